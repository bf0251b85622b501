"""What the journal has of runs beside their steps: the leaver's case, rechecks, undoing runs."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from keyturn.decide.planfile import PlanFileError, recorded
from keyturn.decide.plans import Plan, PlanScope
from keyturn.decide.rechecks import CameBack, Recheck, kept_recheck, kept_recheck_of
from keyturn.decide.values import NotThatValue
from keyturn.evidence.moments import in_zone, utc
from keyturn.evidence.pack_person import CaseNoteTold
from keyturn.evidence.pack_runs import RecheckTold, UndoneTold
from keyturn.evidence.stated import Stated
from keyturn_storage.case_rows import CaseRow, Facts, Noted, NoteRow
from keyturn_storage.journal import Journal
from keyturn_storage.queries.cases import cases_of_run
from keyturn_storage.rows import RunRow

RECHECK, RECHECK_OF = "recheck", "recheck of one"
DECISIONS = frozenset(
    one.value
    for one in (Noted.SUCCESSOR, Noted.WAIVER, Noted.CLOSED, Noted.REOPENED, Noted.SETTLED)
)
"""The notes of a case that the pack tells as decided."""


@dataclass(frozen=True, slots=True)
class Beside:
    """`case` is None where the runs belong to none that is of this person. `looks` are the rechecks
    of the runs by their ids, oldest first; `undone` are undos that are not among the runs, and
    `other_runs` those of the same case that are not either. `came_back` is what the last looks
    found again that no later run was about, with the moment it was seen. `untold` are runs in which
    several left whose looks were kept of all of them together."""

    case: CaseRow | None
    others: tuple[CaseRow, ...]
    looks: Mapping[str, tuple[Recheck, ...]]
    undone: tuple[UndoneTold, ...]
    came_back: tuple[tuple[int, CameBack], ...] = ()
    other_runs: tuple[str, ...] = ()
    untold: frozenset[str] = frozenset()

    @property
    def rechecks(self) -> tuple[Recheck, ...]:
        """All of them, oldest first."""
        return _in_order(self.looks)

    @property
    def again(self) -> bool:
        """Whether what was cut is not any more, by an undo elsewhere or by itself."""
        return bool(self.undone) or bool(self.came_back)


def beside(journal: Journal, rows: Sequence[RunRow], key: str) -> Beside:
    """What there is beside these runs, oldest first, for the person with this key."""
    ids = tuple(row.id for row in rows)
    cases = {one.id: one for run_id in ids for one in cases_of_run(journal, run_id)}
    case = next((one for one in cases.values() if one.person_key == key), None)
    shared = {row.id for row in rows if key and _several(row.plan_json)}
    looks = {run_id: tuple(_rechecks(journal, run_id)) for run_id in ids}
    own = {run_id: tuple(_rechecks_of(journal, run_id, key)) for run_id in shared}
    untold = {run_id for run_id in shared if looks[run_id] and not own[run_id]}
    mine = {f"directory/{case.directory_id}", f"secrets/{case.secrets_id}"} if case else set()
    for run_id in shared:
        looks[run_id] = own[run_id] or tuple(_only_of(one, mine) for one in looks[run_id])
    return Beside(
        untold=frozenset(untold),
        case=case,
        others=tuple(one for one in cases.values() if one.person_key != key),
        looks=looks,
        undone=tuple(one for run_id in ids for one in _undone(journal, run_id, ids, key)),
        came_back=back_now(looks, rows[-1].started_ms),
        other_runs=tuple(one for one in case.run_ids if one not in ids) if case else (),
    )


def back_now(
    looks: Mapping[str, Sequence[Recheck]], last_began_ms: int
) -> tuple[tuple[int, CameBack], ...]:
    """What the last look at each run found again, with when, if no run began since."""
    found = [of_run[-1] for of_run in looks.values() if of_run]
    return tuple(
        (one.at_ms, back) for one in found if one.at_ms >= last_began_ms for back in one.came_back
    )


def _in_order(looks: Mapping[str, Sequence[Recheck]]) -> tuple[Recheck, ...]:
    every = (one for of_run in looks.values() for one in of_run)
    return tuple(sorted(every, key=lambda one: one.at_ms))


def _rechecks(journal: Journal, run_id: str) -> Iterator[Recheck]:
    for body in journal.notes(RECHECK, run_id=run_id):
        try:
            yield kept_recheck(body)
        except NotThatValue:
            # Another version's: it is in journal.jsonl all the same.
            continue


def told_rechecks(
    looks: Mapping[str, Sequence[Recheck]], numbers: Mapping[str, int]
) -> tuple[RecheckTold, ...]:
    """The later looks at the runs with these numbers, oldest first."""
    return tuple(
        RecheckTold(
            run=numbers[one.run_id],
            at=utc(one.at_ms),
            moment=one.moment,
            words=one.words,
            came_back=tuple(f"{back.words}: {back.why}" for back in one.came_back),
            not_seen=tuple(f"{blind.words}: {blind.reason}" for blind in one.not_seen),
            put_back=one.put_back,
        )
        for one in _in_order(looks)
        if one.run_id in numbers
    )


def _several(text: str) -> bool:
    try:
        return len(recorded(text).subjects) > 1
    except PlanFileError:
        return False


def _only_of(look: Recheck, accounts: Collection[str]) -> Recheck:
    """A look of an older keyturn, without what it says of others; of nobody's accounts all."""
    mine = tuple(one for one in look.came_back if not accounts or one.account in accounts)
    return replace(look, came_back=mine)


def _rechecks_of(journal: Journal, run_id: str, key: str) -> Iterator[Recheck]:
    for body in journal.notes(RECHECK_OF, run_id=run_id):
        try:
            found = kept_recheck_of(body)
        except NotThatValue:
            continue
        if found.person == key:
            yield found.look


def _undone(
    journal: Journal, run_id: str, known: Collection[str], key: str
) -> tuple[UndoneTold, ...]:
    """The undos of a run that are not among the `known` ones, without those of what it did to
    somebody else than the person with this key."""
    return tuple(
        UndoneTold(row.id, utc(row.started_ms), row.operator, row.state)
        for row in reversed(journal.runs())
        if row.scope == PlanScope.UNDO.value
        and row.id not in known
        and _undoes(row.plan_json, run_id, key)
    )


def _undoes(text: str, run_id: str, key: str) -> bool:
    try:
        plan: Plan = recorded(text)
    except PlanFileError:
        return False
    return plan.undoes == run_id and (not key or plan.undoes_of in {"", key})


def with_case(stated: Stated, case: CaseRow | None) -> Stated:
    """The statements, with those of the case where the command line says nothing."""
    return stated if case is None else with_facts(stated, case.facts)


def with_facts(stated: Stated, facts: Facts) -> Stated:
    """The statements, with these facts of a case where the command line says nothing."""
    hold = {True: "yes", False: "no", None: None}[facts.legal_hold]
    said = {
        "approver": stated.approver is None and facts.approver,
        "ticket": stated.ticket is None and facts.ticket,
        "legal_hold": stated.legal_hold is None and hold,
    }
    left = stated.left_ms is None and facts.left_ms is not None
    return Stated(
        left_at=in_zone(facts.left_ms, facts.left_zone) if left else stated.left_at,
        left_ms=facts.left_ms if left else stated.left_ms,
        approver=facts.approver if said["approver"] else stated.approver,
        ticket=facts.ticket if said["ticket"] else stated.ticket,
        legal_hold=hold if said["legal_hold"] else stated.legal_hold,
        from_case=(*(("left_at",) if left else ()), *(name for name, yes in said.items() if yes)),
    )


def told_notes(case: CaseRow | None) -> tuple[CaseNoteTold, ...]:
    """What was decided in the case: successors, waivers, closing and opening it again. What was
    stated and what was held are told elsewhere; comments are for colleagues."""
    if case is None:
        return ()
    return tuple(
        CaseNoteTold(note.what, _words(note), note.by, utc(note.at_ms), note.entry)
        for note in case.notes
        if note.what in DECISIONS
    )


def _words(note: NoteRow) -> str:
    """What was decided, as a sentence. Raises StorageRefused for a note that is not as keyturn
    writes it."""
    said = note.decision
    vault = f"{said.vault_name} ({said.vault})"
    if note.what == Noted.SUCCESSOR.value:
        return f"{vault} goes to {said.person_name} ({said.person})"
    if note.what == Noted.WAIVER.value:
        return f"{vault} may be left without a manager: {said.reason}"
    return said.reason
