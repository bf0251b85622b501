"""Reads what the Events API answers. Pure; words and shapes that are not known are kept as text."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from keyturn_providers.onepassword.moments import moment_ms
from keyturn_providers.text import safe

_ID_LIMIT = 128


@dataclass(frozen=True, slots=True)
class CursorPage:
    """One answer: the entries as they came, and the position after them."""

    items: tuple[Mapping[str, object], ...]
    cursor: str
    has_more: bool


@dataclass(frozen=True, slots=True)
class Introspection:
    """What the server says of the token. `account` is "" before version 1.4.1 of the API."""

    uuid: str = ""
    account: str = ""
    issued_ms: int | None = None
    features: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Audited:
    """An audit event's parts. Ids as they came, names and mails safe; "" where there is nothing.
    `is_service`: an integration made the change, not a person."""

    uuid: str
    at_ms: int
    action: str
    object_type: str
    object_uuid: str
    aux_uuid: str
    aux_info: str
    actor: str
    actor_uuid: str
    is_service: bool
    address: str
    mails: frozenset[str]
    target: str


def cursor_page(payload: object) -> CursorPage:
    """A page of v1 or v2. Raises `ValueError` (a sentence) for what cannot be one."""
    if not isinstance(payload, dict) or not isinstance(payload.get("items", []), list):
        raise ValueError("The answer is no page of events.")  # noqa: TRY004 - the payload is wrong
    cursor, more = payload.get("cursor"), payload.get("has_more")
    if not isinstance(more, bool):
        raise ValueError("It does not say whether there are more (has_more).")  # noqa: TRY004
    # An entry of no known shape is kept all the same: it is counted and archived as it came.
    entries = payload.get("items") or []
    items = tuple(one if isinstance(one, dict) else {"value": one} for one in entries)
    return CursorPage(items, cursor if isinstance(cursor, str) else "", more)


def introspection(payload: object) -> Introspection:
    """Of `/api/v2/auth/introspect` and of the older form with capital letters."""
    if not isinstance(payload, dict):
        return Introspection()
    told = {key.casefold().replace("_", ""): value for key, value in payload.items()}
    features = told.get("features")
    return Introspection(
        uuid=_id(told.get("uuid")),
        account=_id(told.get("accountuuid")),
        issued_ms=moment_ms(told.get("issuedat")),
        features=frozenset(safe(one, 40) for one in features if isinstance(one, str))
        if isinstance(features, list)
        else None,
    )


def audited(entry: Mapping[str, object]) -> Audited | None:
    """An audit event; None where it has no time, action or object to go by."""
    at_ms, action = moment_ms(entry.get("timestamp")), entry.get("action")
    kind = entry.get("object_type")
    if at_ms is None or not isinstance(action, str) or not isinstance(kind, str):
        return None
    details = [entry.get("object_details"), entry.get("aux_details")]
    mails = frozenset(
        mail.casefold()
        for mail in (text(one.get("email")) for one in details if isinstance(one, dict))
        if mail
    )
    session = entry.get("session")
    return Audited(
        uuid=entry_id(entry),
        at_ms=at_ms,
        action=safe(action, 60),
        object_type=safe(kind, 60),
        object_uuid=_id(entry.get("object_uuid")),
        aux_uuid=_id(entry.get("aux_uuid")),
        aux_info=text(entry.get("aux_info")),
        actor=_actor(entry),
        actor_uuid=_id(entry.get("actor_uuid")),
        is_service=_is_service(entry),
        address=text(session.get("ip"), 80) if isinstance(session, dict) else "",
        mails=mails,
        target=_target(entry, kind),
    )


def entry_id(entry: Mapping[str, object]) -> str:
    """Its uuid; for an entry without one, a digest of all it holds."""
    uuid = entry.get("uuid")
    if isinstance(uuid, str) and uuid:
        return safe(uuid, _ID_LIMIT)
    return f"sha256:{hashlib.sha256(raw_of(entry).encode()).hexdigest()}"


def raw_of(entry: Mapping[str, object]) -> str:
    """The entry as JSON, in ASCII: no character of it can act on a terminal."""
    return json.dumps(entry, separators=(",", ":"), sort_keys=True)


def text(value: object, limit: int = 200) -> str:
    """`value` made safe where it is text, else ""."""
    return safe(value, limit) if isinstance(value, str) else ""


def explain(body: bytes) -> str:
    """The server's own sentence in an error body, in both shapes it is known in."""
    try:
        payload: object = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(payload, dict):
        return ""
    inner = payload.get("Error", payload.get("error"))
    if isinstance(inner, dict):
        payload = inner
    said = payload.get("Message", payload.get("message", inner))
    return said if isinstance(said, str) else ""


def _is_service(entry: Mapping[str, object]) -> bool:
    details = entry.get("actor_details")
    mail = text(details.get("email")) if isinstance(details, dict) else ""
    return mail.casefold().endswith("@1passwordserviceaccounts.com")


def _actor(entry: Mapping[str, object]) -> str:
    details = entry.get("actor_details")
    known = details if isinstance(details, dict) else {}
    mail, name = text(known.get("email")), text(known.get("name"))
    if _is_service(entry):
        return f"the provisioning integration {name}".rstrip()
    if name and mail:
        return f"{name} ({mail})"
    return name or mail or _id(entry.get("actor_uuid")) or "not told"


def _target(entry: Mapping[str, object], kind: str) -> str:
    named = []
    for ids, details in (("object_uuid", "object_details"), ("aux_uuid", "aux_details")):
        known = entry.get(details)
        mail = text(known.get("email")) if isinstance(known, dict) else ""
        uuid = _id(entry.get(ids))
        if mail or uuid:
            named.append(f"{mail} ({uuid})" if mail and uuid else mail or uuid)
    return f"{safe(kind, 60)} {' with '.join(named)}".rstrip()


def _id(value: object) -> str:
    return safe(value, _ID_LIMIT) if isinstance(value, str) else ""
