"""Reads what the Users API answers. Pure, user by user: an odd one never loses its page."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from keyturn_providers.onepassword.moments import moment_ms
from keyturn_providers.origin import segment
from keyturn_providers.records import Account, AccountState, Email, Unreadable
from keyturn_providers.text import safe, safe_id

_STATES = {"ACTIVE": AccountState.ACTIVE, "SUSPENDED": AccountState.SUSPENDED}
# google.rpc.Code, should it come as a number.
_CODES = {3: "InvalidArgument", 5: "NotFound", 7: "PermissionDenied", 9: "FailedPrecondition"}


@dataclass(frozen=True, slots=True)
class UsersPage:
    """One page of users, as they came."""

    users: tuple[object, ...]
    next_token: str


@dataclass(frozen=True, slots=True)
class GrpcError:
    """What an error body says: a gRPC-style name without spaces or underscores, and a sentence."""

    name: str
    message: str


def users_page(payload: object) -> UsersPage:
    """Raises `ValueError` (a sentence) for what is no list of users."""
    if not isinstance(payload, dict) or not isinstance(payload.get("results"), list):
        raise ValueError("The answer is no list of users (results).")  # noqa: TRY004
    token = payload.get("next_page_token")
    if token is not None and not isinstance(token, str):
        raise ValueError("The token of the next page is no text.")
    return UsersPage(tuple(payload["results"]), token or "")


def account(user: object) -> Account | Unreadable:
    """A User. Any state but ACTIVE and SUSPENDED is kept as UNKNOWN."""
    if not isinstance(user, dict):
        return Unreadable(None, "The record is not a JSON object.")
    try:
        its_id = safe_id(_text(user, "id"))
        segment(its_id)
    except ValueError as error:
        return Unreadable(None, str(error))
    mail, raw = safe(_text(user, "email").strip()), safe(_text(user, "state"), 60)
    state = _STATES.get(raw, AccountState.UNKNOWN)
    return Account(
        id=its_id,
        name=mail or its_id,
        display_name=safe(_text(user, "display_name").strip()) or mail or its_id,
        state=state,
        state_raw=raw or "state not told",
        emails=(Email(mail, verified=True),) if mail else (),
        created_ms=moment_ms(user.get("create_time")),
    )


def access_token(payload: object) -> tuple[str, float] | None:
    """The token and for how many seconds it is good (900 where the answer does not say)."""
    if not isinstance(payload, dict):
        return None
    token, seconds = payload.get("access_token"), payload.get("expires_in")
    if not isinstance(token, str) or not token:
        return None
    try:
        return token, float(seconds) if isinstance(seconds, int | float | str) else 900.0
    except ValueError:
        return token, 900.0


def error_of(body: bytes) -> GrpcError | None:
    """The error in a body: `{"code", "message"}`, the same under "error", or OAuth2's form."""
    try:
        payload: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(payload, dict):
        return None
    inner = payload.get("error")
    told: Mapping[str, object] = inner if isinstance(inner, dict) else payload
    name = told.get("status", told.get("code", told.get("error")))
    message = told.get("message", told.get("error_description", ""))
    if isinstance(name, int):
        name = _CODES.get(name, str(name))
    if not isinstance(name, str) or not isinstance(message, str):
        return None
    return GrpcError(name.replace("_", "").replace(" ", ""), message)


def explain(body: bytes) -> str:
    """The server's own sentence in an error body, or ""."""
    error = error_of(body)
    if error is None:
        return ""
    return f"{error.name}: {error.message}" if error.message else error.name


def _text(user: Mapping[str, object], key: str) -> str:
    value = user.get(key)
    return value if isinstance(value, str) else ""
