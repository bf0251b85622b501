"""Each source over all runs: what the person held there, what became of it, how long it was on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from keyturn.decide.blast_radius import BlastRadius
from keyturn.decide.each_change import Stand
from keyturn.decide.findings import ChangeKind
from keyturn.decide.rechecks import CameBack, Recheck
from keyturn.evidence import access
from keyturn.evidence.access import Done, Found
from keyturn.evidence.case_record import Beside
from keyturn.evidence.exposure import Returned, Span, exposure
from keyturn.evidence.moments import utc
from keyturn.evidence.pack_person import SystemTold
from keyturn.evidence.pack_runs import StepTold
from keyturn.evidence.readings import Reading
from keyturn.evidence.run_record import RunRecord, StepRecord
from keyturn.evidence.stated import Stated
from keyturn.evidence.step_telling import label_of
from keyturn.evidence.subject import Subject
from keyturn.run.cases import held_of
from keyturn_providers.records import Side

_CUTS = frozenset({ChangeKind.SUSPEND, ChangeKind.DEACTIVATE})


@dataclass(frozen=True, slots=True)
class Part:
    """One run with whom it is about, and the readings that its plan rests on, the directory's
    first."""

    number: int
    record: RunRecord
    subject: Subject
    before: tuple[Reading, ...]

    def reading(self, side: Side) -> Reading | None:
        return next((one for one in self.before if one.side is side), None)


def systems_of(
    parts: Sequence[Part],
    subject: Subject,
    later: Sequence[Reading],
    stated: Stated,
    besides: Beside,
    changes: Sequence[tuple[Stand, StepTold]],
) -> tuple[SystemTold, ...]:
    """The sources that the runs were planned on. `subject` is whom all of them are about, `changes`
    say how each change stands."""
    found = ((side, _first(parts, side)) for side in Side)
    return tuple(
        _system(side, reading, parts, subject, later, stated, besides, changes)
        for side, reading in found
        if reading is not None
    )


def _first(parts: Sequence[Part], side: Side) -> Reading | None:
    return next((x for part in parts if (x := part.reading(side)) is not None), None)


def _system(
    side: Side,
    reading: Reading,
    parts: Sequence[Part],
    subject: Subject,
    later: Sequence[Reading],
    stated: Stated,
    besides: Beside,
    changes: Sequence[tuple[Stand, StepTold]],
) -> SystemTold:
    used = reading.used
    account = subject.account(side)
    after = next((one for one in later if one.side is side), None)
    one_id = next(iter(sorted(subject.ids.get(side, ()))), None)
    alone = bool(subject.key)
    kept = held_of(besides.case) if besides.case is not None and reading.snapshot is None else ()
    held = kept[-1] if kept else None
    found = [Found(part.number, part.subject, held) for part in parts]
    done = tuple(_done(parts, side))
    return SystemTold(
        source=used.source,
        kind=used.kind,
        tenant=used.tenant,
        side=side.value,
        account=account.name if account else subject.names.get(side) if alone else None,
        account_id=account.id if account else one_id if alone else None,
        state_before=(account.state_raw or account.state.value) if account else None,
        access_from=_access_from(reading, held),
        access=access.access_of(side, found, done, after) if alone else (),
        exposure=exposure(
            tuple(_spans(parts, side, subject, besides)),
            stated.left_ms,
            used.source,
            *_counting(done, changes),
        ),
    )


def _done(parts: Sequence[Part], side: Side) -> Iterator[Done]:
    for part in parts:
        for step in part.record.steps:
            if step.operation.change.side is side:
                label = label_of(part.number, step.operation.number, several=len(parts) > 1)
                yield Done(part.number, label, step)


def _counting(
    done: Sequence[Done], changes: Sequence[tuple[Stand, StepTold]]
) -> tuple[tuple[StepRecord, ...], int]:
    """The steps in one source that say how a change stands, and how many were put back."""
    by_label = {one.label: one.step for one in done}
    mine = [(stand, by_label[told.label]) for stand, told in changes if told.label in by_label]
    put_back = sum(stand is Stand.PUT_BACK for stand, _ in mine)
    return tuple(step for stand, step in mine if stand is not Stand.PUT_BACK), put_back


def _spans(parts: Sequence[Part], side: Side, subject: Subject, besides: Beside) -> Iterator[Span]:
    for part in parts:
        reading = part.reading(side)
        steps = tuple(
            step
            for step in part.record.steps
            if step.operation.change.side is side and _is_of(step, subject, side)
        )
        yield Span(
            number=part.number,
            account=part.subject.account(side),
            read_ms=reading.used.taken_ms if reading is not None else 0,
            steps=steps,
            returned=tuple(_returned(part, side, besides.looks.get(part.record.row.id, ()))),
        )


def _is_of(step: StepRecord, subject: Subject, side: Side) -> bool:
    """Whether a step is done to the person's account, as far as it is known which that is."""
    ref = step.operation.change.account
    own = subject.ids.get(side, frozenset())
    return step.operation.change.kind not in {*_CUTS, ChangeKind.REACTIVATE} or (
        ref is None or not own or ref.id in own
    )


def _returned(part: Part, side: Side, looks: Sequence[Recheck]) -> Iterator[Returned]:
    """That the account was on again, by the later looks at this run."""
    cuts = {
        x.operation.id
        for x in part.record.steps
        if x.operation.change.kind in _CUTS and x.operation.change.side is side
    }
    for look in looks:
        for back in look.came_back:
            if back.operation in cuts:
                yield _back(look, back)


def _back(look: Recheck, back: CameBack) -> Returned:
    return Returned(look.at_ms, back.since_ms, back.by)


def _access_from(reading: Reading, held: BlastRadius | None) -> str:
    if reading.snapshot is not None:
        return access.FROM_SNAPSHOT
    return access.FROM_CASE.format(at=utc(held.read_ms)) if held is not None else access.FROM_PLAN
