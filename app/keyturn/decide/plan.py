"""Findings or a leaver become a plan. Nothing is decided after this but whether it still holds."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from keyturn.decide.concerned import login_of
from keyturn.decide.context import PlanContext
from keyturn.decide.findings import Change, Finding
from keyturn.decide.guard import judge
from keyturn.decide.leaving import Leaver, leaving
from keyturn.decide.left_out import why_left_out
from keyturn.decide.mover import moving
from keyturn.decide.names import counted, listed
from keyturn.decide.operations import word
from keyturn.decide.order import Stage, in_order, stage_of, waits_for
from keyturn.decide.people import Person
from keyturn.decide.planfile import sealed
from keyturn.decide.plans import (
    PLAN_FORMAT,
    LeftAlone,
    Operation,
    Plan,
    PlanScope,
    SnapshotUsed,
)
from keyturn.decide.side_effects import side_effects
from keyturn.decide.world import World
from keyturn_providers.records import Session, Side, Snapshot


def plan_sync(
    findings: Iterable[Finding], context: PlanContext, chosen: frozenset[str] | None = None
) -> Plan:
    """A plan that mends findings: those whose id is `chosen`, or all (None).

    Findings without a remedy are left alone with the reason. When syncing all, so is what keyturn
    cannot do, may not do, or must not touch; of what was chosen by hand, a guard refuses it.
    """
    because: dict[Change, list[str]] = {}
    left: list[LeftAlone] = []
    mended = 0
    for finding in findings:
        if chosen is not None and finding.id not in chosen:
            continue
        reason = "" if finding.remedy else finding.remedy_words
        if chosen is None:
            reason = reason or _left_out(context, finding.remedy)
        if reason:
            left.append(LeftAlone(finding.words, reason))
            continue
        mended += 1
        for change in finding.remedy:
            because.setdefault(change, []).append(finding.id)
    scope = PlanScope.SYNC if chosen is None else PlanScope.FINDINGS
    operations = _operations(context, because, {})
    return plan_of(
        context,
        scope,
        title=f"{counted(len(operations), 'change')} for {counted(mended, 'finding')}",
        subject="",
        operations=operations,
        left=left,
        confirm_with=confirmation(context, operations),
    )


def plan_offboard(person: Person, sessions: Sequence[Session], context: PlanContext) -> Plan:
    """A plan that puts one person out: suspended in the directory, suspended in the secret manager,
    every session ended, direct grants and memberships no directory group stands for taken away.

    `sessions` are the person's live sessions in the secret manager, read just now. What needs no
    change, or is not keyturn's to change, is in `left_alone`.
    """
    return plan_leavers((Leaver(person, tuple(sessions)),), context)


def plan_leavers(
    leavers: Sequence[Leaver],
    context: PlanContext,
    successors: Mapping[str, Person] = MappingProxyType({}),
) -> Plan:
    """One plan that puts all of these people out, as `plan_offboard` does one. `successors` become
    managers of vaults, by vault id, before anything is taken from a leaver who manages them. What
    is typed to confirm is the login of the one, or how many leave."""
    found = leaving(context, leavers, successors)
    operations = _operations(
        context,
        dict.fromkeys(found.cut.changes, ()),
        found.cut.also,
        first=tuple(found.hand_over),
        waits=found.waits,
    )
    people = [leaver.person for leaver in leavers]
    names = listed((person.name for person in people), limit=len(people))
    several = len(people) > 1
    return plan_of(
        context,
        PlanScope.OFFBOARD,
        title=f"Offboard {len(people)} people: {names}" if several else f"Offboard {names}",
        subject="\n".join(person.key for person in people),
        operations=operations,
        left=found.cut.left_alone,
        confirm_with=str(len(people)) if several else login_of(people[0]),
    )


def plan_move(person: Person, findings: Iterable[Finding], context: PlanContext) -> Plan:
    """A plan that takes from one person what the policy does not give any more, and suspends
    nothing. Rests on whole, fresh listings like every sync: the policy and the directory decide."""
    found = moving(findings, person)
    because: dict[Change, list[str]] = {}
    left = list(found.left_alone)
    for finding in found.mended:
        reason = _left_out(context, finding.remedy)
        if reason:
            left.append(LeftAlone(finding.words, reason))
            continue
        for change in finding.remedy:
            because.setdefault(change, []).append(finding.id)
    return plan_of(
        context,
        PlanScope.MOVE,
        title=f"Move {person.name}",
        subject=person.key,
        operations=_operations(context, because, {}),
        left=left,
        confirm_with=login_of(person),
    )


def _left_out(context: PlanContext, changes: Iterable[Change]) -> str:
    return next((why for x in changes if (why := why_left_out(context, x))), "")


def _operations(
    context: PlanContext,
    because: dict[Change, list[str]] | dict[Change, tuple[()]],
    also: dict[Change, tuple[str, ...]],
    *,
    first: tuple[Change, ...] = (),
    waits: Mapping[Change, tuple[Change, ...]] = MappingProxyType({}),
) -> tuple[Operation, ...]:
    """`first` comes before everything else; `waits` is what a change waits for, where it is known
    better than from the order alone."""
    changes = (*in_order(first), *in_order(because))
    ids = {change: context.new_id() for change in changes}
    return tuple(
        operation_of(
            context.world,
            change,
            operation_id=ids[change],
            number=number,
            stage=Stage.HAND_OVER if change in first else stage_of(change),
            depends_on=tuple(
                ids[other]
                for other in (waits[change] if change in waits else waits_for(change, changes))
            ),
            also=also.get(change, ()),
            finding_ids=tuple(because.get(change, ())),
        )
        for number, change in enumerate(changes, start=1)
    )


def operation_of(
    world: World,
    change: Change,
    *,
    operation_id: str,
    number: int,
    stage: Stage,
    depends_on: tuple[str, ...],
    also: tuple[str, ...],
    finding_ids: tuple[str, ...] = (),
) -> Operation:
    """A change as an operation, with all that it says of itself; `also` comes on top of that."""
    wording = word(world, change)
    return Operation(
        id=operation_id,
        number=number,
        change=change,
        words=wording.words,
        precondition=wording.precondition,
        expected=wording.expected,
        inverse=wording.inverse,
        irreversible=wording.irreversible,
        depends_on=depends_on,
        stage=int(stage),
        finding_ids=finding_ids,
        also=(*side_effects(world, change), *also),
    )


def plan_of(
    context: PlanContext,
    scope: PlanScope,
    *,
    title: str,
    subject: str,
    operations: tuple[Operation, ...],
    left: Sequence[LeftAlone],
    confirm_with: str,
) -> Plan:
    """The sealed plan of these operations, judged by every guard."""
    world = context.world
    spots = [
        f"{indexed.name}: {spot}"
        for indexed in (world.directory, world.secrets)
        for spot in indexed.snapshot.blind_spots
    ]
    return sealed(
        Plan(
            id="",
            digest="",
            format=PLAN_FORMAT,
            created_ms=world.now_ms,
            program=context.program,
            scope=scope,
            title=title,
            subject_key=subject,
            policy_digest=world.rules.digest,
            snapshots=tuple(_used(world.side(side).snapshot) for side in Side),
            operations=operations,
            guards=judge(operations, context, scope),
            left_alone=tuple(left),
            blind_spots=tuple(dict.fromkeys((*spots, *context.blind_spots))),
            confirm_with=confirm_with,
        )
    )


def _used(snapshot: Snapshot) -> SnapshotUsed:
    return SnapshotUsed(
        source=snapshot.source.name,
        kind=snapshot.source.kind,
        tenant=snapshot.source.tenant,
        snapshot_id=snapshot.id,
        taken_ms=snapshot.taken_ms,
        complete=snapshot.complete,
    )


def confirmation(context: PlanContext, operations: Sequence[Operation]) -> str:
    """The login, where all changes concern one person's account; else how many there are."""
    people = {
        context.world.person_of.get((o.change.account.side, o.change.account.id))
        if o.change.account
        else None
        for o in operations
    }
    only = next(iter(people)) if len(people) == 1 else None
    return login_of(only) if only is not None else str(len(operations))
