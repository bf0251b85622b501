"""The order of a plan: what is cut first, and what waits for what.

A leaver's way in is cut from the outside inwards: first the directory, so that no new sign-in can
begin, and what is signed in there already; then the account in the secret manager; then the live
sessions, after it, so that no new one can appear behind them; then memberships and grants, which by
then open nothing any more. What is given comes before what is taken, so that nobody who moves is
without access in between. Ending the account's life in the directory comes last of all: it cannot
wholly be taken back, and may take along what the other steps still have to find.

What nobody else manages is handed over before all of that, where a leaver's plan says to whom.

The two stages of bringing an account back are of an undo, which has an order of its own.

What does not have to wait need not: `comes_after` says which operations of a plan only begin once
others were tried, and all others may be under way together.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum

from keyturn.decide.findings import Change, ChangeKind
from keyturn_providers.records import Side


class Stage(IntEnum):
    """The parts of a plan, in the order of their numbers but in an undo; plans keep the numbers."""

    HAND_OVER = -1
    SIGN_IN = 0
    DIRECTORY_SESSIONS = 1
    SECRETS_ACCOUNT = 2
    SESSIONS = 3
    GIVE = 4
    MEMBERSHIPS = 5
    GRANTS = 6
    END_ACCOUNT = 7
    BACK_IN_DIRECTORY = 8
    BACK_IN_SECRETS = 9


STAGE_TITLES = {
    Stage.HAND_OVER: "Hand over what would be left without a manager",
    Stage.SIGN_IN: "Cut the way in: the directory",
    Stage.DIRECTORY_SESSIONS: "End what is signed in at the directory",
    Stage.SECRETS_ACCOUNT: "Cut the account in the secret manager",
    Stage.SESSIONS: "End live sessions",
    Stage.GIVE: "Give what is missing",
    Stage.MEMBERSHIPS: "Take memberships away",
    Stage.GRANTS: "Take grants away",
    Stage.END_ACCOUNT: "End the account's life",
    Stage.BACK_IN_DIRECTORY: "Bring the account back in the directory",
    Stage.BACK_IN_SECRETS: "Bring the account back in the secret manager",
}

_STAGES = {
    ChangeKind.END_SESSION: Stage.SESSIONS,
    ChangeKind.REACTIVATE: Stage.GIVE,
    ChangeKind.PROVISION: Stage.GIVE,
    ChangeKind.CONFIRM: Stage.GIVE,
    ChangeKind.ADD_MEMBERSHIP: Stage.GIVE,
    ChangeKind.GRANT: Stage.GIVE,
    ChangeKind.RESTORE_GRANT: Stage.GIVE,
    ChangeKind.REMOVE_MEMBERSHIP: Stage.MEMBERSHIPS,
    ChangeKind.REVOKE: Stage.GRANTS,
    ChangeKind.NARROW: Stage.GRANTS,
    ChangeKind.DEACTIVATE: Stage.END_ACCOUNT,
}


def stage_of(change: Change) -> Stage:
    """The stage a change belongs to."""
    if change.kind is ChangeKind.SUSPEND:
        return Stage.SIGN_IN if change.side is Side.DIRECTORY else Stage.SECRETS_ACCOUNT
    if change.kind is ChangeKind.END_ALL_SESSIONS:
        return Stage.DIRECTORY_SESSIONS if change.side is Side.DIRECTORY else Stage.SESSIONS
    return _STAGES[change.kind]


def in_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Each change once, by stage; within a stage by the names a reader sees, then by id."""
    return tuple(
        sorted(dict.fromkeys(changes), key=lambda change: (stage_of(change), *place(change)))
    )


def waits_for(change: Change, others: Iterable[Change]) -> tuple[Change, ...]:
    """The changes that must be done before `change`, or it would take away what is still needed: a
    revocation waits for the grant that replaces it on the same vault, and a deactivation for
    everything else. Nothing else waits: where one cut fails, the others are wanted all the more."""
    if change.kind is ChangeKind.DEACTIVATE:
        return tuple(other for other in others if other.kind is not ChangeKind.DEACTIVATE)
    if change.kind is not ChangeKind.REVOKE:
        return ()
    vaults = {vault.id for vault in change.vaults}
    return tuple(
        other
        for other in others
        if other.kind is ChangeKind.GRANT
        and other.principal == change.principal
        and not vaults.isdisjoint(vault.id for vault in other.vaults)
    )


_STATES = frozenset(
    {
        ChangeKind.SUSPEND,
        ChangeKind.REACTIVATE,
        ChangeKind.DEACTIVATE,
        ChangeKind.PROVISION,
        ChangeKind.CONFIRM,
    }
)
_GIVES = frozenset({ChangeKind.ADD_MEMBERSHIP, ChangeKind.GRANT, ChangeKind.RESTORE_GRANT})
_TAKES = frozenset({ChangeKind.REMOVE_MEMBERSHIP, ChangeKind.REVOKE, ChangeKind.NARROW})
_ENDS = frozenset({ChangeKind.END_SESSION, ChangeKind.END_ALL_SESSIONS})


def comes_after(changes: Sequence[Change]) -> Mapping[int, tuple[int, ...]]:
    """For each change of a plan, by place, the earlier ones that must have been tried before it
    begins, whatever came of them.

    An account's state comes before and after everything else of that account, in the plan's order;
    sessions end after whatever lets nobody sign in any more, and what is taken from an account is
    taken after its single sessions, or one that still lives would have it when it is read back; of
    one side, nothing is taken before everything was given; an account is brought back in the
    directory first; and the very same object is never changed twice at once.
    """
    found: dict[int, tuple[int, ...]] = {}
    of_account: dict[tuple[Side, str], list[int]] = defaultdict(list)
    states_of: dict[tuple[Side, str], list[int]] = defaultdict(list)
    last_at: dict[tuple[Side, tuple[str, ...]], int] = {}
    given: dict[Side, list[int]] = {side: [] for side in Side}
    of_kind: dict[tuple[Side, ChangeKind], list[int]] = defaultdict(list)
    ends_of: dict[tuple[Side, str], list[int]] = defaultdict(list)
    for number, change in enumerate(changes):
        accounts = [(change.side, ref.id) for ref in (change.account, change.principal) if ref]
        target = (change.side, _target(change))
        before = {last_at[target]} if target in last_at else set[int]()
        for account in accounts:
            before.update((of_account if change.kind in _STATES else states_of)[account])
        if change.kind in _ENDS and change.side is Side.SECRETS:
            before.update(of_kind[Side.DIRECTORY, ChangeKind.SUSPEND])
        if change.kind is ChangeKind.REACTIVATE and change.side is Side.SECRETS:
            before.update(of_kind[Side.DIRECTORY, ChangeKind.REACTIVATE])
        if change.kind in _TAKES:
            before.update(given[change.side])
            for account in accounts:
                before.update(ends_of[account])
        found[number] = tuple(sorted(before))
        for account in accounts:
            of_account[account].append(number)
            if change.kind in _STATES:
                states_of[account].append(number)
            if change.kind is ChangeKind.END_SESSION:
                ends_of[account].append(number)
        if change.kind in _GIVES:
            given[change.side].append(number)
        last_at[target] = number
        of_kind[change.side, change.kind].append(number)
    return found


def _target(change: Change) -> tuple[str, ...]:
    """The one object that a change is about: two of the same must not be under way together."""
    if change.kind in _STATES or change.kind is ChangeKind.END_ALL_SESSIONS:
        return ("account", change.account.id if change.account else "", change.email)
    if change.kind is ChangeKind.END_SESSION:
        return ("session", change.session_id)
    if change.group is not None:
        return ("member", change.group.id, change.account.id if change.account else "")
    holder = change.principal.id if change.principal else ""
    return ("grant", holder, *sorted(vault.id for vault in change.vaults))


def place(change: Change) -> tuple[str, ...]:
    """Where a change stands within its stage: by the names a reader sees, then by id."""
    account = change.account or change.principal
    return (
        change.kind.value,
        account.name if account else "",
        account.id if account else "",
        change.group.name if change.group else "",
        change.group.id if change.group else "",
        *(vault.name for vault in change.vaults),
        change.carrier,
        change.session_id,
        change.email,
        *change.permissions,
    )
