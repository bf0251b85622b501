"""SCIM resources to records. Pure, one resource at a time: one odd record never loses its page.

Only the attributes that keyturn uses are looked at; what it does not use can neither make a record
unreadable nor be kept. scim2-models checks their shapes. An attribute of the wrong shape is left
out, except the id: without a usable id the record is `Unreadable`, and the listing not complete.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime

from pydantic import ValidationError
from scim2_models import EnterpriseUser, ScimPolicy, User

from keyturn_providers.origin import segment
from keyturn_providers.records import (
    Account,
    AccountKind,
    AccountState,
    Email,
    Group,
    MemberKind,
    Membership,
    Unreadable,
)
from keyturn_providers.scim.payloads import as_object, attribute
from keyturn_providers.text import safe, safe_id

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
NOT_TOLD = "active not told"

_TOLERANT = ScimPolicy(unknown=ScimPolicy.Unknown.ignore)
_FullUser = User[EnterpriseUser]
_USED = (
    "externalId",
    "userName",
    "displayName",
    "name",
    "title",
    "userType",
    "active",
    "meta",
    ENTERPRISE,
)
_GUESTS = frozenset({"guest", "external", "b2b"})
_SERVICES = frozenset({"service", "service account", "machine", "robot", "bot", "system"})


def identifier(value: object) -> str:
    """A resource's id; numbers are taken as their digits. Raises `ValueError` (a sentence) for
    what cannot be compared or put in an address."""
    if value is None:
        raise ValueError("The record has no id.")
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("The id is neither a string nor a number.")  # noqa: TRY004 - as below
    checked = safe_id(str(value))
    segment(checked)
    return checked


def account(resource: object) -> Account | Unreadable:
    """A User (RFC 7643 §4.1).

    State: `active` true or false (strings too) is ACTIVE or SUSPENDED; all else is UNKNOWN with the
    server's word in `state_raw`. E-mail: the primary one counts as verified, and so does a sole
    one; with two primary ones none does. Kind: a guest or a service account only where `userType`
    says so in an exact word.
    """
    payload = as_object(resource)
    if payload is None:
        return Unreadable(None, "The record is not a JSON object.")
    try:
        its_id = identifier(attribute(payload, "id"))
    except ValueError as error:
        return Unreadable(None, str(error))
    user = _checked(payload)
    if user is None:
        return Unreadable(its_id, "The record does not have the shape of a SCIM user.")
    state, raw = _state(user.active, attribute(payload, "active"))
    extension = user[EnterpriseUser]
    manager = extension.manager if extension else None
    login = safe(user.user_name or "")
    return Account(
        id=its_id,
        name=login,
        display_name=_display_name(user) or login or its_id,
        state=state,
        state_raw=raw,
        kind=_kind(user.user_type),
        emails=_emails(attribute(payload, "emails")),
        external_id=_external_id(user.external_id),
        title=safe(user.title or ""),
        department=safe((extension.department if extension else None) or ""),
        manager=safe((manager.display_name or manager.value or "") if manager else ""),
        created_ms=_milliseconds(user.meta.created if user.meta else None),
    )


def group(resource: object) -> Group | Unreadable:
    """A Group (RFC 7643 §4.2), without its members."""
    payload = as_object(resource)
    if payload is None:
        return Unreadable(None, "The record is not a JSON object.")
    try:
        its_id = identifier(attribute(payload, "id"))
    except ValueError as error:
        return Unreadable(None, str(error))
    name, external = attribute(payload, "displayName"), attribute(payload, "externalId")
    return Group(
        id=its_id,
        name=safe(name) if isinstance(name, str) and name else its_id,
        external_id=_external_id(external if isinstance(external, str) else None),
    )


def membership(
    group_id: str,
    member: object,
    *,
    groups: AbstractSet[str] = frozenset(),
    accounts: AbstractSet[str] = frozenset(),
    logins: AbstractSet[str] = frozenset(),
) -> Membership | Unreadable:
    """One entry of a group's `members`.

    It is a nested group if `type` says Group, else if `$ref` leads to /Groups/, else if its value
    is in `groups` (ids known of this directory). A value that nobody knows as an id is kept: it may
    have been made in between. But where it is not one of `accounts` (ids), yet one of `logins`
    (casefolded), the entry is `Unreadable` without id: logins may change hands, so a name is
    never taken for an id.
    """
    entry = as_object(member)
    if entry is None:
        return Unreadable(None, "A member is not a JSON object.")
    try:
        value = identifier(attribute(entry, "value"))
    except ValueError as error:
        return Unreadable(None, f"A member cannot be told: {error}")
    kind = _member_kind(entry, value in groups)
    if kind is None:
        shown = safe(str(attribute(entry, "type")), 60)
        return Unreadable(value, f"The member is neither a user nor a group: {shown}.")
    if kind is MemberKind.ACCOUNT and value not in accounts and value.casefold() in logins:
        return Unreadable(None, f"A member is given as the login {safe(value, 80)}, not as an id.")
    return Membership(group_id, value, kind)


def members_of(resource: object) -> tuple[object, ...] | None:
    """The raw `members` of a group; None where the attribute is missing. What is no array counts as
    its only entry: a lone member, or an entry that `membership` cannot read."""
    members = attribute(as_object(resource) or {}, "members")
    if members is None:
        return None
    return tuple(members) if isinstance(members, list) else (members,)


def _checked(payload: Mapping[str, object]) -> "User[EnterpriseUser] | None":
    used = {name: attribute(payload, name) for name in _USED}
    for _ in range(len(_USED) + 1):
        try:
            return _FullUser.model_validate(used, scim_policy=_TOLERANT)
        except ValidationError as error:
            wrong = {str(problem["loc"][0]) for problem in error.errors() if problem["loc"]}
            if not wrong & used.keys():
                return None
            used = {name: value for name, value in used.items() if name not in wrong}
    return None


def _state(active: bool | None, raw: object) -> tuple[AccountState, str]:
    if active is None:
        return AccountState.UNKNOWN, NOT_TOLD if raw is None else safe(str(raw), 60)
    if active:
        return AccountState.ACTIVE, ""
    return AccountState.SUSPENDED, ""


def _display_name(user: "User[EnterpriseUser]") -> str:
    if user.display_name and user.display_name.strip():
        return safe(user.display_name.strip())
    if user.name is None:
        return ""
    parts = (user.name.given_name or "", user.name.family_name or "")
    return safe((user.name.formatted or " ".join(part for part in parts if part)).strip())


def _kind(user_type: str | None) -> AccountKind:
    word = (user_type or "").strip().casefold()
    if word in _GUESTS:
        return AccountKind.GUEST
    return AccountKind.SERVICE if word in _SERVICES else AccountKind.PERSON


def _emails(value: object) -> tuple[Email, ...]:
    # Not checked by scim2-models: it refuses addresses that directories do have (ana@corp.local).
    told: dict[str, bool] = {}
    for entry in value if isinstance(value, list) else []:
        item = as_object(entry) or {"value": entry}
        address = attribute(item, "value")
        if isinstance(address, str) and address.strip():
            shown = safe(address.strip())
            told[shown] = told.get(shown, False) or attribute(item, "primary") in (True, "true")
    primary = [address for address, is_primary in told.items() if is_primary]
    vouched = primary or list(told)
    sole = vouched[0] if len(vouched) == 1 else None
    return tuple(Email(address, address == sole) for address in told)


def _external_id(value: str | None) -> str | None:
    try:
        return safe_id(value) if value else None
    except ValueError:
        return None


def _milliseconds(moment: datetime | None) -> int | None:
    if moment is None or moment.tzinfo is None:
        return None
    return int(moment.timestamp() * 1000)


def _member_kind(entry: Mapping[str, object], known_group: bool) -> MemberKind | None:
    told = attribute(entry, "type")
    word = told.strip().casefold() if isinstance(told, str) else ""
    if word in {"user", "group"}:
        return MemberKind.GROUP if word == "group" else MemberKind.ACCOUNT
    if word and word != "direct":
        return None
    reference = attribute(entry, "$ref")
    path = reference.casefold() if isinstance(reference, str) else ""
    if "/groups/" in path:
        return MemberKind.GROUP
    if "/users/" in path:
        return MemberKind.ACCOUNT
    return MemberKind.GROUP if known_group else MemberKind.ACCOUNT
