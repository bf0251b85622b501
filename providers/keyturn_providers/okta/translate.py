"""Okta's objects to records. Pure; a missing or odd attribute is left out, never guessed."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from keyturn_providers.okta.payloads import (
    AppUserPayload,
    ClientPayload,
    EventPayload,
    GrantPayload,
    GroupPayload,
    PushMappingPayload,
    RolePayload,
    RulePayload,
    TokenPayload,
    UserPayload,
)
from keyturn_providers.records import (
    Account,
    AccountKind,
    AccountState,
    AuditEvent,
    Email,
    Group,
    MachineIdentity,
    Push,
    PushState,
)
from keyturn_providers.text import safe, safe_id

_STATES = {
    "STAGED": AccountState.INVITED,
    "PROVISIONED": AccountState.ACTIVE,
    "ACTIVE": AccountState.ACTIVE,
    "RECOVERY": AccountState.ACTIVE,
    "LOCKED_OUT": AccountState.ACTIVE,
    "PASSWORD_EXPIRED": AccountState.ACTIVE,
    "SUSPENDED": AccountState.SUSPENDED,
    "DEPROVISIONED": AccountState.DEACTIVATED,
}
_PROFILE = frozenset(
    {
        "login",
        "firstName",
        "lastName",
        "displayName",
        "userType",
        "email",
        "secondEmail",
        "title",
        "department",
        "manager",
        "managerId",
    }
)
_GUESTS = frozenset({"guest", "external", "b2b"})
_SERVICES = frozenset({"service", "service account", "machine", "robot", "bot", "system"})
_SYNC = {
    "SYNCHRONIZED": PushState.OK,
    "SYNCING": PushState.PENDING,
    "OUT_OF_SYNC": PushState.PENDING,
    "DISABLED": PushState.PAUSED,
    "ERROR": PushState.FAILED,
}
_MAPPING = {"ACTIVE": PushState.OK, "INACTIVE": PushState.PAUSED, "ERROR": PushState.FAILED}
_MANAGED = {"APP_GROUP": "the application it is imported from", "BUILT_IN": "Okta itself"}
_PUSH_ERROR = (
    "A push in the background failed; an admin must clear the task in Okta's console (Dashboard,"
    " Tasks)."
)
_API_TOKEN = "may do whatever its owner's admin roles allow"  # noqa: S105 - a sentence


def account(user: UserPayload, *, roles: tuple[str, ...] = (), push: Push | None = None) -> Account:
    """A user. A state that keyturn does not know is UNKNOWN, with Okta's word in `state_raw`; the
    state that a user is on the way to is told there too."""
    raw = _text(user.status, 60) or "status not told"
    moving = _text(user.transitioningToStatus, 60)
    told = _texts(user.profile).get
    login = told("login", "")
    first, last = told("firstName", ""), told("lastName", "")
    whole = f"{first} {last}" if first and last else first or last
    return Account(
        id=user.id,
        name=login,
        display_name=told("displayName") or whole or login or user.id,
        state=_STATES.get(raw, AccountState.UNKNOWN),
        state_raw=f"{raw}, becoming {moving}" if moving else raw,
        kind=_kind(told("userType", "")),
        emails=_emails(told("email", ""), login, told("secondEmail", "")),
        external_id=push.target_id if push else None,
        title=told("title", ""),
        department=told("department", ""),
        manager=told("manager") or told("managerId", ""),
        roles=roles,
        created_ms=time_ms(user.created),
        last_seen_ms=time_ms(user.lastLogin),
        push=push,
        state_since_ms=time_ms(user.statusChanged),
    )


def group(payload: GroupPayload, *, rules: tuple[str, ...] = (), push: Push | None = None) -> Group:
    """A group. Members of an OKTA_GROUP may be changed here; of others somebody else decides."""
    profile = payload.profile if isinstance(payload.profile, dict) else {}
    kind = _text(payload.type, 60)
    managed = _MANAGED.get(kind, f"Okta's group type {kind or 'not told'}")
    return Group(
        id=payload.id,
        name=_text(profile.get("name")) or payload.id,
        external_id=push.target_id if push else None,
        managed_by="" if kind == "OKTA_GROUP" else managed,
        rules=rules,
        push=push,
    )


def account_push(assignment: AppUserPayload) -> Push:
    """How the push of one assigned user stands."""
    raw = _text(assignment.syncState, 60)
    state = _SYNC.get(raw, PushState.UNKNOWN)
    scope = _text(assignment.scope, 60)
    return Push(
        state=state,
        state_raw=raw or _text(assignment.status, 60),
        scope={"USER": "direct", "GROUP": "group"}.get(scope, scope),
        target_id=_id(assignment.externalId),
        error=_PUSH_ERROR if state is PushState.FAILED else "",
        at_ms=time_ms(assignment.lastSync),
    )


def group_push(mapping: PushMappingPayload) -> tuple[str, Push] | None:
    """The id of the group that is pushed, and how that stands; None where no group is named."""
    source = _id(mapping.sourceGroupId)
    if source is None:
        return None
    raw = _text(mapping.status, 60)
    return source, Push(
        state=_MAPPING.get(raw, PushState.UNKNOWN),
        state_raw=raw,
        target_id=_id(mapping.targetGroupId),
        error=_text(mapping.errorSummary),
        at_ms=time_ms(mapping.lastPush),
    )


def rule_groups(rule: RulePayload) -> tuple[str, ...]:
    """The groups that an active rule puts people in; none for a rule that is not active."""
    actions = rule.actions if isinstance(rule.actions, dict) else {}
    assign = actions.get("assignUserToGroups")
    ids = assign.get("groupIds") if isinstance(assign, dict) else None
    if rule.status != "ACTIVE" or not isinstance(ids, list):
        return ()
    return tuple(one for one in map(_id, ids) if one)


def rule_name(rule: RulePayload) -> str:
    return _text(rule.name) or rule.id


def role_name(role: RolePayload) -> str:
    """As an admin knows it; "" for a role that is not in force."""
    if role.status == "INACTIVE":
        return ""
    return _text(role.label) or _text(role.type)


def api_token(token: TokenPayload, owner_roles: tuple[str, ...]) -> MachineIdentity:
    """An SSWS token: no scopes of its own, and it ends when its owner is deactivated."""
    held = f": {', '.join(owner_roles)}" if owner_roles else ""
    return MachineIdentity(
        id=token.id,
        name=_text(token.name) or token.id,
        kind="API token",
        owner_account_id=_id(token.userId),
        created_ms=time_ms(token.created),
        expires_ms=time_ms(token.expiresAt),
        # Each use renews the token, which is what this time shows.
        last_used_ms=time_ms(token.lastUpdated),
        note=safe(f"{_API_TOKEN}{held}"),
        dies_with_owner=True,
    )


def service_app(
    client: ClientPayload, scopes: tuple[str, ...], roles: tuple[str, ...], unseen: str = ""
) -> MachineIdentity:
    """An OAuth service app; what it may do is its scopes within its admin roles."""
    held = f"admin roles: {', '.join(roles)}" if roles else ""
    return MachineIdentity(
        id=client.id,
        name=_text(client.client_name) or client.id,
        kind="OAuth service app",
        created_ms=_epoch_ms(client.client_id_issued_at),
        expires_ms=_epoch_ms(client.client_secret_expires_at),
        note=safe("; ".join(part for part in (held, unseen) if part)),
        scopes=scopes,
    )


def active_scopes(grants: Iterable[GrantPayload]) -> tuple[str, ...]:
    """The scopes that are granted now."""
    held = {_text(grant.scopeId) for grant in grants if grant.status in {"ACTIVE", None}}
    return tuple(sorted(held - {""}))


def audit_event(event: EventPayload) -> AuditEvent:
    """An event of the System Log, without an operation. What did not end in SUCCESS or ALLOW has an
    `error`. `raw` is the original, without session, device and debug data."""
    outcome = event.outcome if isinstance(event.outcome, dict) else {}
    result, reason = _text(outcome.get("result"), 60), _text(outcome.get("reason"))
    error = "" if result in {"SUCCESS", "ALLOW"} else f"{result or 'no result'}: {reason}"
    source = event.client if isinstance(event.client, dict) else {}
    raw = event.model_dump(by_alias=True)
    raw["client"] = {"ipAddress": source.get("ipAddress")}
    return AuditEvent(
        id=event.id,
        at_ms=time_ms(event.published) or 0,
        actor=_party(event.actor),
        action=_text(event.eventType),
        target=safe(", ".join(_party(one) for one in targets(event))),
        source_address=_text(source.get("ipAddress"), 80),
        error=error.removesuffix(": "),
        raw=json.dumps(raw, sort_keys=True),
    )


def actor_id(event: EventPayload) -> str:
    """The id of who caused the event; "" where it does not tell."""
    told = event.actor.get("id") if isinstance(event.actor, dict) else None
    return told if isinstance(told, str) else ""


def targets(event: EventPayload) -> tuple[Mapping[str, object], ...]:
    """What an event was done to, each as Okta names it."""
    told = event.target if isinstance(event.target, list) else []
    return tuple(one for one in told if isinstance(one, dict))


def transaction_id(event: EventPayload) -> str:
    """The id of the request that caused the event; "" where it does not tell."""
    told = event.transaction if isinstance(event.transaction, dict) else {}
    value = told.get("id")
    return value if isinstance(value, str) else ""


def time_ms(value: object) -> int | None:
    """`2026-11-20T08:11:02.000Z` as milliseconds; None for anything else."""
    if not value or not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def _party(value: object) -> str:
    told = value if isinstance(value, dict) else {}
    name = _text(told.get("alternateId")) or _text(told.get("displayName"))
    its_id = _text(told.get("id"))
    if name and its_id and name != its_id:
        return f"{name} ({its_id})"
    return name or its_id


def _kind(user_type: str) -> AccountKind:
    if not user_type:
        return AccountKind.PERSON
    word = user_type.strip().casefold()
    if word in _GUESTS:
        return AccountKind.GUEST
    return AccountKind.SERVICE if word in _SERVICES else AccountKind.PERSON


def _emails(primary: str, login: str, second: str) -> tuple[Email, ...]:
    told = [Email(primary, True)] if primary else []
    by_login = login if "@" in login else ""
    if by_login and by_login != primary:
        told.append(Email(by_login, False))
    if second and second not in (primary, by_login):
        told.append(Email(second, False))
    return tuple(told)


def _texts(profile: object) -> dict[str, str]:
    """The attributes of a profile that an account is made of; those that are no text are left out.
    Most users have five of the eleven, so what is not there is not asked for.
    """
    if not isinstance(profile, dict):
        return {}
    return {name: _text(profile[name]) for name in profile.keys() & _PROFILE}


def _text(value: object, limit: int = 512) -> str:
    if not value or not isinstance(value, str):
        return ""
    # Nearly all text is plain, and needs neither the strip nor the three calls below `safe`.
    if value.isascii() and value.isprintable() and len(value) <= limit:
        return value if value[0] != " " != value[-1] else value.strip()
    return safe(value.strip(), limit)


def _id(value: object) -> str | None:
    try:
        return safe_id(value) if isinstance(value, str) and value else None
    except ValueError:
        return None


def _epoch_ms(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        return None
    return value * 1000
