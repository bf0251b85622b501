"""What of a run is watched afterwards, and what most likely brought something back."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from keyturn.decide.findings import Change, ChangeKind
from keyturn.decide.names import account_ref, listed
from keyturn.decide.plans import Operation, Plan, PlanScope
from keyturn.decide.run_done import RunDone
from keyturn.decide.steps import State
from keyturn.decide.world import World
from keyturn_providers.records import AccountState, PushState, Side

_OFF = frozenset({ChangeKind.SUSPEND, ChangeKind.DEACTIVATE})
_NEVER = frozenset({State.REFUSED, State.GIVEN_UP, State.PLANNED})
_BACK = {
    ChangeKind.SUSPEND: frozenset({ChangeKind.REACTIVATE}),
    ChangeKind.DEACTIVATE: frozenset({ChangeKind.REACTIVATE}),
    ChangeKind.REMOVE_MEMBERSHIP: frozenset({ChangeKind.ADD_MEMBERSHIP}),
    ChangeKind.REVOKE: frozenset({ChangeKind.RESTORE_GRANT, ChangeKind.GRANT}),
    ChangeKind.NARROW: frozenset({ChangeKind.RESTORE_GRANT, ChangeKind.GRANT}),
}

_SOUGHT = {
    ChangeKind.SUSPEND: ChangeKind.REACTIVATE,
    ChangeKind.DEACTIVATE: ChangeKind.REACTIVATE,
    ChangeKind.REMOVE_MEMBERSHIP: ChangeKind.ADD_MEMBERSHIP,
    ChangeKind.REVOKE: ChangeKind.GRANT,
    ChangeKind.NARROW: ChangeKind.GRANT,
}


def watched(run: RunDone) -> tuple[Operation, ...]:
    """The operations of a run whose cut can come back and be seen: one for each account that was
    put off (the last), each membership, each grant. What was never cut is not among them."""
    found: dict[object, Operation] = {}
    for step in run.steps:
        change = step.operation.change
        if change.kind not in _BACK or step.state in _NEVER:
            continue
        key = (change.side, change.account) if change.kind in _OFF else change
        found[key] = step.operation
    return tuple(found.values())


def off_before(plan: Plan, world: World) -> tuple[Operation, ...]:
    """The leavers' accounts that no operation had to put off: they are to stay off as well."""
    if plan.scope is not PlanScope.OFFBOARD:
        return ()
    done = {
        (o.change.side, o.change.account.id)
        for o in plan.operations
        if o.change.kind in _OFF and o.change.account is not None
    }
    return tuple(
        Operation(
            "",
            0,
            Change(ChangeKind.SUSPEND, side, account=account_ref(side, account)),
            f"{person.name} in {world.side(side).name}",
            precondition="",
            expected="",
        )
        for key in plan.subjects
        if (person := world.people.get(key)) is not None
        for side, account in ((Side.DIRECTORY, person.directory), (Side.SECRETS, person.secrets))
        if account is not None and (side, account.id) not in done
    )


def bringing_back(change: Change) -> Change | None:
    """The change that would have brought back what this one cut, to be sought in an audit log."""
    kind = _SOUGHT.get(change.kind)
    return None if kind is None else replace(change, kind=kind)


def put_back(change: Change, by: Iterable[Change]) -> bool:
    """Whether one of the changes `by` took this one back on purpose."""
    return any(
        other.kind in _BACK[change.kind]
        and (other.side, other.account, other.group) == (change.side, change.account, change.group)
        and (other.principal, other.carrier or change.carrier) == (change.principal, change.carrier)
        for other in by
    )


def kept_off(state: AccountState | None, kind: ChangeKind) -> bool:
    """Whether an account is as a cut left it, or further off."""
    if kind is ChangeKind.DEACTIVATE:
        return state is AccountState.DEACTIVATED
    return state is not None and state.is_off


def renamed(operation: Operation, title: str) -> Operation:
    """The operation with its account called as it is now: who is watched is known by the id, and
    a new name hides nothing."""
    change = operation.change
    if change.account is not None:
        change = replace(change, account=replace(change.account, name=title))
    if change.principal is not None:
        change = replace(change, principal=replace(change.principal, name=title))
    return replace(operation, change=change)


def likely(world: World, change: Change) -> str:
    """What most likely brought it back, as far as the snapshots tell."""
    said = tuple(_likely(world, change))
    return " ".join(said) or "Somebody, or something, gave it again: the audit log there tells who."


def _likely(world: World, change: Change) -> Iterator[str]:
    where = world.side(change.side).name
    if change.kind in _OFF and change.side is Side.DIRECTORY:
        yield f"An import into {where} (HR, a directory sync) or an administrator did it."
    elif change.kind in _OFF:
        yield from _on_again(world, change)
    elif change.kind is ChangeKind.REMOVE_MEMBERSHIP:
        yield from _joined(world, change)


def _on_again(world: World, change: Change) -> Iterator[str]:
    ref = change.account
    person = world.person_of.get((ref.side, ref.id)) if ref is not None else None
    mine = person.directory if person is not None else None
    if mine is not None and mine.push is not None and not mine.state.is_off:
        yield (
            f"{world.directory.name} has them {mine.state.value}, and provisions their account "
            f"({mine.push.state.value})."
        )


def _joined(world: World, change: Change) -> Iterator[str]:
    ref, group = change.account, change.group
    if ref is None or group is None:
        return
    if change.side is Side.DIRECTORY:
        known = world.directory.groups.get(group.id)
        if known is not None and known.rules:
            yield f"{listed(known.rules)} puts members in {group.name} by a rule."
        return
    link = world.link_of_secrets.get(group.id)
    pushed = link.directory if link is not None else None
    if pushed is not None and pushed.push is not None and pushed.push.state is PushState.OK:
        yield f"{world.directory.name} pushes {pushed.name} into {group.name}."
