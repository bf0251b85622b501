"""The parts of Okta's objects that keyturn uses, read straight from bytes.

Tolerant: an attribute that is missing, null or of another type than documented is no reason to lose
a record; only its id is needed. What is not used is not looked at.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from keyturn_providers.records import Unreadable
from keyturn_providers.text import safe_id


class Payload(BaseModel):
    """Anything with an id."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    id: str


class MemberPayload(Payload):
    """A user, of whom only the id is wanted."""


class UserPayload(Payload):
    status: object = None
    created: object = None
    statusChanged: object = None  # noqa: N815 - Okta's names, here and below
    lastLogin: object = None  # noqa: N815
    lastUpdated: object = None  # noqa: N815
    transitioningToStatus: object = None  # noqa: N815
    profile: object = None


class GroupPayload(Payload):
    type: object = None
    profile: object = None


class RulePayload(Payload):
    name: object = None
    status: object = None
    actions: object = None


class AppPayload(Payload):
    label: object = None
    status: object = None


class AppUserPayload(Payload):
    scope: object = None
    status: object = None
    syncState: object = None  # noqa: N815
    externalId: object = None  # noqa: N815
    lastSync: object = None  # noqa: N815


class PushMappingPayload(Payload):
    sourceGroupId: object = None  # noqa: N815
    targetGroupId: object = None  # noqa: N815
    status: object = None
    errorSummary: object = None  # noqa: N815
    lastPush: object = None  # noqa: N815


class RolePayload(Payload):
    type: object = None
    label: object = None
    status: object = None


class TokenPayload(Payload):
    name: object = None
    userId: object = None  # noqa: N815
    created: object = None
    lastUpdated: object = None  # noqa: N815
    expiresAt: object = None  # noqa: N815


class ClientPayload(BaseModel):
    """An OAuth client. Its secret, which Okta sends along, is not taken."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    id: str = Field(alias="client_id")
    client_name: object = None
    application_type: object = None
    client_id_issued_at: object = None
    client_secret_expires_at: object = None


class RefreshTokenPayload(Payload):
    status: object = None
    expiresAt: object = None  # noqa: N815


class GrantPayload(Payload):
    scopeId: object = None  # noqa: N815
    status: object = None


class EventPayload(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    id: str = Field(alias="uuid")
    published: object = None
    eventType: object = None  # noqa: N815
    severity: object = None
    displayMessage: object = None  # noqa: N815
    actor: object = None
    client: object = None
    outcome: object = None
    target: object = None
    transaction: object = None


class OrgPayload(Payload):
    subdomain: object = None
    companyName: object = None  # noqa: N815


T = TypeVar("T", bound=BaseModel)
_ID_OF = attrgetter("id")


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """What a body held. `ids` has the id of each entry, None for one without a usable one.
    `next_link` is the link to the next page, where the body itself has it."""

    items: tuple[T, ...]
    unreadable: tuple[Unreadable, ...]
    ids: tuple[str | None, ...]
    next_link: str | None = None


class Shape(Generic[T]):
    """How a list of objects is read from bytes. `id_key` is the name of their id in JSON."""

    def __init__(self, model: type[T], id_key: str = "id") -> None:
        self._many: TypeAdapter[list[T]] = TypeAdapter(list[model])  # type: ignore[valid-type]
        self._one = model
        self._id_key = id_key

    def read(self, body: bytes) -> Read[T]:
        """Raises `ValueError` (a sentence) where the body is neither a list nor, as the listing of
        admins is, an object with the list in `value`."""
        try:
            items = self._many.validate_json(body)
        except ValidationError:
            return self._each(body)
        ids: tuple[str, ...] = tuple(map(_ID_OF, items))
        if _all_usable(ids):
            return Read(tuple(items), (), ids)
        return self._each(body)

    def one(self, body: bytes) -> T | None:
        """A single object; None where it is not one."""
        try:
            return self._one.model_validate_json(body)
        except ValidationError:
            return None

    def _each(self, body: bytes) -> Read[T]:
        link: str | None = None
        try:
            payload: object = json.loads(body)
        except (ValueError, RecursionError):
            payload = None
        if isinstance(payload, dict) and isinstance(payload.get("value"), list):
            link = _next_in(payload)
            payload = payload["value"]
        if not isinstance(payload, list):
            raise ValueError("A list came as something other than a JSON array.")  # noqa: TRY004 - the payload is wrong, not a caller
        return self._sorted_out(payload, link)

    def _sorted_out(self, entries: Iterable[object], link: str | None) -> Read[T]:
        items: list[T] = []
        odd: list[Unreadable] = []
        ids: list[str | None] = []
        for entry in entries:
            its_id = usable_id(entry.get(self._id_key)) if isinstance(entry, dict) else None
            ids.append(its_id)
            if its_id is None:
                odd.append(Unreadable(None, "The record has no usable id."))
                continue
            try:
                items.append(self._one.model_validate(entry))
            except ValidationError as error:
                places = {".".join(map(str, problem["loc"])) for problem in error.errors()}
                reason = f"The record does not have the documented shape ({', '.join(places)})."
                odd.append(Unreadable(its_id, reason))
        return Read(tuple(items), tuple(odd), tuple(ids), link)


def _all_usable(ids: Sequence[str]) -> bool:
    """Whether each can be an id. All of a page are looked at as one text, as 40,000 looked at one
    by one cost a refresh a tenth of a second."""
    if not ids:
        return True
    whole = "".join(ids)
    if whole.isalnum() and whole.isascii() and min(map(len, ids)) and max(map(len, ids)) <= 64:
        return True  # as Okta's are
    return all(usable_id(one) for one in ids)


def usable_id(value: object) -> str | None:
    """`value` if it can be an id: compared, and put in an address; else None."""
    if isinstance(value, str) and value.isalnum() and value.isascii() and len(value) <= 64:
        return value  # as Okta's are
    try:
        return safe_id(value) if isinstance(value, str) and value not in {".", ".."} else None
    except ValueError:
        return None


def _next_in(wrapper: dict[str, object]) -> str | None:
    links = wrapper.get("_links")
    following = links.get("next") if isinstance(links, dict) else None
    href = following.get("href") if isinstance(following, dict) else None
    return href if isinstance(href, str) and href else None


USERS = Shape(UserPayload)
MEMBERS = Shape(MemberPayload)
GROUPS = Shape(GroupPayload)
RULES = Shape(RulePayload)
APPS = Shape(AppPayload)
APP_USERS = Shape(AppUserPayload)
MAPPINGS = Shape(PushMappingPayload)
ROLES = Shape(RolePayload)
TOKENS = Shape(TokenPayload)
CLIENTS = Shape(ClientPayload, "client_id")
GRANTS = Shape(GrantPayload)
REFRESH_TOKENS = Shape(RefreshTokenPayload)
EVENTS = Shape(EventPayload, "uuid")
ORG = Shape(OrgPayload)
