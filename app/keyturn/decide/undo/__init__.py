"""A run taken back: each change it made, in the order that lets people in again.

Only what is still as the run left it is changed; what somebody changed since is theirs and is left
alone, by name. What cannot be brought back is in `left_alone` too, before anything is done, under
`NOT_RESTORED`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from keyturn.decide.about import is_about, is_done_to
from keyturn.decide.concerned import login_of, one_person
from keyturn.decide.context import PlanContext
from keyturn.decide.findings import Change, ChangeKind
from keyturn.decide.guards_of_leaving import machine_title
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

__all__ = [
    "DIES_WITH_OWNER",
    "NOT_RESTORED",
    "OnlyOf",
    "not_restored",
    "not_undoable",
    "plan_undo",
    "steps_of",
]

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


@dataclass(frozen=True, slots=True)
class OnlyOf:
    """One of several people a run is about: what stands in the plan for them, what they are called,
    and the ids of their accounts."""

    key: str
    name: str
    account_ids: frozenset[str]


def plan_undo(
    run: RunDone,
    context: PlanContext,
    unread: Unread | None = None,
    only: OnlyOf | None = None,
) -> Plan:
    """The plan that takes back what `run` did, or what it did to one person. `unread` says of which
    objects nobody knows just now how they are; those are left alone. Undoing what is undone already
    has no operations."""
    found = Found(context, unread or {})
    if only is not None:
        run = _of_one(found, run, only)
    found.made = tuple(run.made)
    undo_accounts(found, run.made)
    for step in reversed(run.made):
        _undo(found, step)
    _lose_machines(found, run, only)
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
        title=_title(run.plan.title, only.name if only is not None else ""),
        subject=PlanScope.UNDO.subject(run.id, only.key if only is not None else ""),
        operations=operations,
        left=_losses_first(found.left_alone),
        confirm_with=login_of(person) if person is not None else str(len(operations)),
    )


def not_restored(plan: Plan) -> tuple[LeftAlone, ...]:
    """What undoing does not bring back, of a plan that `plan_undo` made; nothing of another."""
    if not plan.undoes:
        return ()
    return tuple(one for one in plan.left_alone if one.words.startswith(NOT_RESTORED))


def steps_of(run: RunDone, account_ids: frozenset[str]) -> tuple[StepDone, ...]:
    """The steps of a run that are about these accounts, in the order of the plan."""
    return tuple(one for one in run.steps if is_about(one.operation, run.plan, account_ids))


def _of_one(found: Found, run: RunDone, only: OnlyOf) -> RunDone:
    """The run as far as it is about one person alone. What somebody else's leaving rests on too
    stays, by name."""
    mine: list[StepDone] = []
    for step in steps_of(run, only.account_ids):
        if _shared(step, run, only):
            found.leave(step.operation.words, _SHARED)
        else:
            mine.append(step)
    return replace(run, steps=tuple(mine))


_SHARED = "Somebody else who left in this run rests on it too: it goes back with the whole run."


def _shared(step: StepDone, run: RunDone, only: OnlyOf) -> bool:
    """Whether a step is not done to the person, and not only the person's steps hang on it."""
    operation = step.operation
    if is_done_to(operation, only.account_ids):
        return False
    hanging = [
        one.operation
        for one in run.steps
        if operation.id in one.operation.depends_on or one.operation.id in operation.depends_on
    ]
    return not all(is_done_to(one, only.account_ids) for one in hanging)


def _undo(found: Found, step: StepDone) -> None:
    kind = step.operation.change.kind
    if kind in OF_MEMBERSHIPS:
        undo_membership(found, step)
    elif kind in OF_GRANTS:
        undo_grant(found, step)
    elif kind not in OF_ACCOUNTS:
        found.lose(step.operation.words, step.operation.irreversible)


def _lose_machines(found: Found, run: RunDone, only: OnlyOf | None) -> None:
    """What ended with its owner, as the guard of the run's plan named it; of one person without
    what is known to be another's."""
    ended = {ChangeKind.SUSPEND, ChangeKind.DEACTIVATE}
    if not any(step.operation.change.kind in ended for step in run.made):
        return
    others = {
        machine_title(found.world, side, machine)
        for side in Side
        for machine in found.world.side(side).snapshot.machines
        if only is not None and machine.owner_account_id not in only.account_ids
    }
    named = (one.names for one in run.plan.guards if one.guard == DIES_WITH_OWNER)
    for name in (name for names in named for name in names):
        if name not in others:
            found.lose(
                name, "It ended with its owner's account; make a new one for whoever uses it."
            )


def _losses_first(left: Iterable[LeftAlone]) -> tuple[LeftAlone, ...]:
    every = tuple(dict.fromkeys(left))
    return tuple(sorted(every, key=lambda one: not one.words.startswith(NOT_RESTORED)))


def _title(title: str, name: str) -> str:
    alone = f", {name} alone" if name and not title.endswith(f", {name} alone") else ""
    if title.startswith(_UNDO):
        return _REDO + title.removeprefix(_UNDO) + alone
    return _UNDO + title.removeprefix(_REDO) + alone


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
