"""What `op --format json` prints, read leniently: unknown keys are left, missing ones are empty."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from keyturn_providers.records import Unreadable
from keyturn_providers.text import safe, safe_id

_LEAD = " \t\r\n,"
_NEVER_YEAR = 1


def documents(stdout: bytes) -> Iterator[object]:
    """Every JSON document in `stdout`, one after the other; an array counts as its elements.

    Commands on many objects print objects without commas between them, or an array, and for an
    empty result nothing at all. Raises ValueError at the first thing that is no JSON, after what
    came before it.
    """
    text = stdout.decode("utf-8")
    decoder = json.JSONDecoder()
    at = _skip(text, 0)
    while at < len(text):
        try:
            document, at = decoder.raw_decode(text, at)
        except RecursionError:
            raise ValueError("the JSON is nested too deeply") from None
        if isinstance(document, list):
            yield from document
        else:
            yield document
        at = _skip(text, at)


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _LEAD:
        at += 1
    return at


def _text(value: object) -> object:
    return "" if value is None else value


def _words(value: object) -> object:
    """A list of words; grants print theirs as one string with commas."""
    if isinstance(value, str):
        return [word.strip() for word in value.split(",") if word.strip()]
    return value


def _moment(value: object) -> object:
    """UTC milliseconds; None for a moment that never was (0001-01-01) or is not understood."""
    if not isinstance(value, str) or not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    if moment.year <= _NEVER_YEAR:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


def _id(value: object) -> object:
    return safe_id(value) if isinstance(value, str) else value


Id = Annotated[str, BeforeValidator(_id)]
Text = Annotated[str, BeforeValidator(_text)]
Words = Annotated[tuple[str, ...], BeforeValidator(_words)]
Moment = Annotated[int | None, BeforeValidator(_moment)]


class _Payload(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class Whoami(_Payload):
    url: Text = ""
    email: Text = ""
    user_uuid: Text = ""
    account_uuid: Text = ""
    user_type: Text = ""


class AccountInfo(_Payload):
    id: str
    name: Text = ""
    domain: Text = ""
    type: Text = ""
    state: Text = ""


class _Object(_Payload):
    id: Id
    name: Text = ""
    state: Text = ""
    created_at: Moment = None


class User(_Object):
    """A person in any of the listings. `role` only with a group, `permissions` only with a vault;
    None where the key is missing, which is not the same as none."""

    email: Text = ""
    type: Text = ""
    updated_at: Moment = None
    last_auth_at: Moment = None
    role: Text = ""
    permissions: Words | None = None


class Group(_Object):
    description: Text = ""
    type: Text = ""
    permissions: Words | None = None


class Vault(_Object):
    description: Text = ""
    type: Text = ""


class Item(_Object):
    """An item from outside. Whatever else `op` tells of it, such as the name one signs in with, is
    not even taken in."""

    title: Text = ""
    category: Text = ""
    last_edited_by: Text = ""
    updated_at: Moment = None


class ConnectServer(_Object):
    creator_id: Text = ""


class _Scope(_Payload):
    id: Text = ""
    acl: Words = ()


class ConnectToken(_Object):
    """`integration_id` is the server it was made for."""

    integration_id: Text = ""
    features: Words = ()
    vaults: tuple[_Scope, ...] = ()
    expires_at: Moment = None


P = TypeVar("P", bound=_Object)


def shaped(model: type[P], document: object) -> P | Unreadable:
    """`document` as `model`. What does not fit becomes `Unreadable`, with its id where it has one
    that can be an id."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        fields = {str(problem["loc"][0]) for problem in error.errors() if problem["loc"]}
    its_id: str | None = None
    if isinstance(document, Mapping):
        raw = document.get("id")
        try:
            its_id = safe_id(raw) if isinstance(raw, str) else None
        except ValueError:
            its_id = None
    odd = safe(", ".join(sorted(fields)), 120) or "its form"
    return Unreadable(its_id, f"op gave something that is not understood: {odd}.")
