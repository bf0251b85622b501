"""A run taken back: each change it made, in the order that lets people in again.

Only what is still as the run left it is changed; what somebody changed since is theirs and is left
alone, by name. What cannot be brought back is in `left_alone` too, before anything is done, under
`NOT_RESTORED`.
"""

from collections.abc import Iterable, Iterator

from keyturn.decide.concerned import login_of, one_person
from keyturn.decide.context import PlanContext
from keyturn.decide.findings import Change, ChangeKind
from keyturn.decide.order import Stage, place, stage_of, waits_for
from keyturn.decide.plan import operation_of, plan_of
from keyturn.decide.plans import LeftAlone, Operation, Plan, PlanScope
from keyturn.decide.run_done import RunDone, StepDone
from keyturn.decide.undo.accounts import KINDS as OF_ACCOUNTS
from keyturn.decide.undo.accounts import undo_accounts
from keyturn.decide.undo.beforehand import DIES_WITH_OWNER, not_undoable
from keyturn.decide.undo.found import NOT_RESTORED, Found, Unread
from keyturn.decide.undo.grants import KINDS as OF_GRANTS
from keyturn.decide.undo.grants import undo_grant
from keyturn.decide.undo.memberships import KINDS as OF_MEMBERSHIPS
from keyturn.decide.undo.memberships import undo_membership
from keyturn_providers.records import Side

__all__ = ["DIES_WITH_OWNER", "NOT_RESTORED", "not_restored", "not_undoable", "plan_undo"]

_UNDO, _REDO = "Undo: ", "Redo: "
_ORDER = {
    stage: rank
    for rank, stage in enumerate(
        (
            Stage.SIGN_IN,
            Stage.DIRECTORY_SESSIONS,
            Stage.SECRETS_ACCOUNT,
            Stage.SESSIONS,
            Stage.BACK_IN_DIRECTORY,
            Stage.BACK_IN_SECRETS,
            Stage.GIVE,
            Stage.MEMBERSHIPS,
            Stage.GRANTS,
            Stage.END_ACCOUNT,
        )
    )
}


def plan_undo(run: RunDone, context: PlanContext, unread: Unread | None = None) -> Plan:
    """The plan that takes back what `run` did. `unread` says of which objects nobody knows just now
    how they are; those are left alone. Undoing what is undone already has no operations."""
    found = Found(context, unread or {})
    undo_accounts(found, run.made)
    for step in reversed(run.made):
        _undo(found, step)
    _lose_machines(found, run)
    for step in run.steps:
        if step.by_another:
            found.lose(step.operation.words, step.by_another)
        elif not step.made:
            found.leave(step.operation.words, step.why_not_made)
    operations = _operations(found)
    person = one_person(context.world, operations)
    return plan_of(
        context,
        PlanScope.UNDO,
        title=_title(run.plan.title),
        subject=PlanScope.UNDO.subject(run.id),
        operations=operations,
        left=_losses_first(found.left_alone),
        confirm_with=login_of(person) if person is not None else str(len(operations)),
    )


def not_restored(plan: Plan) -> tuple[LeftAlone, ...]:
    """What undoing does not bring back, of a plan that `plan_undo` made; nothing of another."""
    if not plan.undoes:
        return ()
    return tuple(one for one in plan.left_alone if one.words.startswith(NOT_RESTORED))


def _undo(found: Found, step: StepDone) -> None:
    kind = step.operation.change.kind
    if kind in OF_MEMBERSHIPS:
        undo_membership(found, step)
    elif kind in OF_GRANTS:
        undo_grant(found, step)
    elif kind not in OF_ACCOUNTS:
        found.lose(step.operation.words, step.operation.irreversible)


def _lose_machines(found: Found, run: RunDone) -> None:
    """What ended with its owner, as the guard of the run's plan named it."""
    ended = {ChangeKind.SUSPEND, ChangeKind.DEACTIVATE}
    if not any(step.operation.change.kind in ended for step in run.made):
        return
    for guard in run.plan.guards:
        for name in guard.names if guard.guard == DIES_WITH_OWNER else ():
            found.lose(
                name, "It ended with its owner's account; make a new one for whoever uses it."
            )


def _losses_first(left: Iterable[LeftAlone]) -> tuple[LeftAlone, ...]:
    every = tuple(dict.fromkeys(left))
    return tuple(sorted(every, key=lambda one: not one.words.startswith(NOT_RESTORED)))


def _title(title: str) -> str:
    if title.startswith(_UNDO):
        return _REDO + title.removeprefix(_UNDO)
    return _UNDO + title.removeprefix(_REDO)


def _operations(found: Found) -> tuple[Operation, ...]:
    stages = {change: _stage(change) for change in found.changes}
    changes = sorted(found.changes, key=lambda x: (_ORDER[stages[x]], _turn(x), place(x)))
    ids = {change: found.context.new_id() for change in changes}
    return tuple(
        operation_of(
            found.context.world,
            change,
            operation_id=ids[change],
            number=number,
            stage=stages[change],
            depends_on=tuple(
                ids[other] for other in changes[: number - 1] if other in _waits(found, change)
            ),
            also=tuple(found.also[change]),
        )
        for number, change in enumerate(changes, start=1)
    )


def _stage(change: Change) -> Stage:
    """Bringing an account back is a stage of its own."""
    if change.kind is not ChangeKind.REACTIVATE:
        return stage_of(change)
    directory = change.side is Side.DIRECTORY
    return Stage.BACK_IN_DIRECTORY if directory else Stage.BACK_IN_SECRETS


def _turn(change: Change) -> int:
    """Within a stage: the directory's memberships before those that follow them."""
    return 0 if change.side is Side.DIRECTORY else 1


def _waits(found: Found, change: Change) -> frozenset[Change]:
    """What must be done before a change: what had to wait for it in the run, turned round; an
    account, before anything is given to it, the directory's first of all."""
    others = waits_for(change, found.changes)
    return frozenset((*_turned(found, change), *_accounts_of(found, change), *others))


def _turned(found: Found, change: Change) -> Iterator[Change]:
    """Where one cut fails the others are wanted all the more, so no cut waits for another."""
    mine = {step.operation.id for step in found.of[change]}
    for other, steps in found.of.items():
        cuts = change.kind.removes and other.kind.removes
        waited = not cuts and any(mine & set(step.operation.depends_on) for step in steps)
        if other != change and waited:
            yield other


def _accounts_of(found: Found, change: Change) -> Iterator[Change]:
    ref = change.account or change.principal
    if ref is None or change.kind.removes:
        return
    person = found.world.person_of.get((ref.side, ref.id))
    accounts = (person.directory, person.secrets) if person is not None else (None, None)
    for side, account in zip(Side, accounts, strict=True):
        on = found.switched.get((side, account.id)) if account is not None else None
        # The directory's account is brought back before anything of the other side's.
        if on is not None and on != change and not (side is Side.SECRETS and ref.side is not side):
            yield on
