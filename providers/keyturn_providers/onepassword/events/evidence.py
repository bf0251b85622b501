"""Which audit event proves which change. Pure.

1Password's log knows nothing of keyturn's operations: an event is known by what was done, to whom,
when, and by whom where the account that made the call is known.
"""

from collections.abc import Iterable, Mapping, Sequence

from keyturn_providers.abilities import Ability, Sought
from keyturn_providers.onepassword.events.payloads import Audited
from keyturn_providers.records import PrincipalKind

NOISE = frozenset({("dlgsess", "dlgdsess"), ("ssotknv", "ssotkn")})
"""Most of the log: sessions handed on, and single sign-on tokens checked."""
TOLERANCE_MS = 2000
"""How much earlier than the call an event may seem to be: clocks are compared to a second."""

_ACTIONS: Mapping[Ability, frozenset[tuple[str, str]]] = {
    Ability.SUSPEND: frozenset({("suspend", "user")}),
    Ability.REACTIVATE: frozenset({("reactive", "user")}),
    Ability.DEACTIVATE: frozenset({("delete", "user"), ("purge", "user")}),
    Ability.END_ALL_SESSIONS: frozenset({("dealldev", "user")}),
    Ability.END_SESSIONS: frozenset({("delete", "device")}),
    Ability.PROVISION: frozenset({("provsn", "user"), ("create", "user"), ("create", "invite")}),
    Ability.CONFIRM: frozenset({("activate", "user"), ("verify", "user")}),
    Ability.ADD_MEMBERSHIP: frozenset({("join", "gm")}),
    Ability.REMOVE_MEMBERSHIP: frozenset({("leave", "gm")}),
    Ability.GRANT: frozenset({("grant", "*va"), ("update", "*va")}),
    Ability.REVOKE: frozenset({("revoke", "*va"), ("update", "*va")}),
    Ability.NARROW: frozenset({("update", "*va"), ("revoke", "*va")}),
}
_VAULT_ACCESS = {PrincipalKind.ACCOUNT: "uva", PrincipalKind.GROUP: "gva"}
_SWITCHES = frozenset({Ability.SUSPEND, Ability.REACTIVATE})
_ON_USERS = frozenset(
    {
        Ability.SUSPEND,
        Ability.REACTIVATE,
        Ability.DEACTIVATE,
        Ability.END_ALL_SESSIONS,
        Ability.CONFIRM,
    }
)


def is_noise(event: Audited) -> bool:
    """Whether it is of a kind that fills the log and proves nothing."""
    return (event.action, event.object_type) in NOISE


def actions_of(sought: Sought) -> frozenset[tuple[str, str]]:
    """What may have been done to what kind of object, for what is sought. Who may open a vault is
    told of groups and of people apart."""
    access = _VAULT_ACCESS.get(sought.principal_kind) if sought.principal_kind else None
    return frozenset(
        (action, access if kind == "*va" and access else kind)
        for action, kind in _ACTIONS.get(sought.ability, frozenset())
    )


def proves(event: Audited, sought: Sought) -> bool:
    """Whether the event is of the kind and of the objects that are sought; the time is not asked.

    Ids are compared as they are: case counts.
    """
    kind = event.object_type
    if sought.principal_kind is not None and kind == _VAULT_ACCESS.get(sought.principal_kind):
        kind = "*va"
    if (event.action, kind) not in _ACTIONS.get(sought.ability, frozenset()):
        return False
    if sought.ability in _ON_USERS:
        return _is(event.object_uuid, sought.account_id)
    if kind == "gm":
        return _is(event.object_uuid, sought.group_id) and _is(event.aux_uuid, sought.account_id)
    if kind == "*va":
        return event.object_uuid in sought.vault_ids and _is(event.aux_uuid, sought.principal_id)
    if kind == "device":
        return _is(event.object_uuid, sought.session_id)
    subject = sought.subject.casefold()
    return _is(event.object_uuid, sought.account_id) or (
        subject != "" and (subject == event.aux_info.casefold() or subject in event.mails)
    )


def by_another(event: Audited, sought: Sought) -> bool:
    """Whether somebody else did it than the account that made the call. An event that does not name
    who, or a call of which that is not known, says neither."""
    if sought.by_anyone or not sought.actor_ids or not event.actor_uuid:
        return False
    # People are switched by an integration where op did not take it: see `Writing`.
    if event.is_service and sought.ability in _SWITCHES:
        return False
    return event.actor_uuid not in sought.actor_ids


def matched(
    events: Iterable[Audited], sought: Sequence[Sought], *, clock_ahead_ms: int = 0
) -> tuple[tuple[Audited, Sought], ...]:
    """The events of what is sought, each with the one thing it is of, oldest first. One that is
    `by_another` proves nothing, and does not keep the call's own event from being found.

    An event before the call proves nothing. Where it could prove several (the same was done twice),
    it proves the latest that was called before it and has no event yet. `clock_ahead_ms` is how far
    the server's clock is before the one that `not_before_ms` was read from.
    """
    found: list[tuple[Audited, Sought]] = []
    proven: set[str] = set()
    for event in sorted(events, key=lambda one: (one.at_ms, one.uuid)):
        if is_noise(event):
            continue
        at_ms = event.at_ms - clock_ahead_ms + TOLERANCE_MS
        fitting = [one for one in sought if one.not_before_ms <= at_ms and proves(event, one)]
        if not fitting:
            continue
        ours = [one for one in fitting if not by_another(event, one)]
        fresh = [one for one in ours if one.operation_id not in proven]
        chosen = max(fresh or ours or fitting, key=lambda one: one.not_before_ms)
        if ours:
            proven.add(chosen.operation_id)
        found.append((event, chosen))
    return tuple(found)


def _is(value: str, wanted: str) -> bool:
    return wanted != "" and value == wanted
