"""Cases: opened or joined, what was decided noted, runs tied to them, and how each stands."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

from keyturn.decide.about import about_of, is_about, same_change
from keyturn.decide.blast_radius import BlastRadius
from keyturn.decide.case_state import CaseRun, CaseStep, Standing, cut_ms, standing, standing_cuts
from keyturn.decide.concerned import login_of
from keyturn.decide.guards_of_objects import is_untouchable
from keyturn.decide.people import Person
from keyturn.decide.planfile import recorded
from keyturn.decide.plans import Operation, Plan, PlanScope
from keyturn.decide.run_done import NOT_KNOWN
from keyturn.decide.steps import State
from keyturn.decide.values import NotThatValue, from_plain, to_plain
from keyturn.decide.world import World
from keyturn.run.ids import new_id
from keyturn_storage.case_files import note_case, note_of_facts, open_case
from keyturn_storage.case_rows import CaseIn, CaseRow, Facts, Noted, NoteIn
from keyturn_storage.journal import Journal
from keyturn_storage.queries.cases import (
    case,
    cases_beginning,
    cases_called,
    cases_of,
    cases_of_run,
)
from keyturn_storage.rows import StepRow

_TIED = frozenset({PlanScope.OFFBOARD, PlanScope.MOVE})
MOVER = "mover"


class NoSuchCase(Exception):
    """No case has this id, and none is of a person called this."""

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(
            f"{text or 'an empty id'}: no case has this id, or begins so alone, and no case is of "
            "anybody with this login or name. keyturn cases lists them all."
        )


class NobodyToPutOut(Exception):
    """The policy's `never_touch` names somebody, so they have no case and nothing is stated."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name}: no case is opened and nothing is stated: the policy names them in "
            "never_touch, so nobody puts them out. If they do leave, take them off that list in "
            "keyturn.yaml first."
        )


def refuse_untouchable(world: World, people: Iterable[Person]) -> None:
    """Raises NobodyToPutOut for the first of these people whom the policy never touches."""
    for person in people:
        if is_untouchable(world, person):
            raise NobodyToPutOut(person.name)


def find_case(journal: Journal, text: str) -> CaseRow:
    """The case with this id, the only one whose id begins so, or the newest one of the person with
    this login, name or account id. Raises NoSuchCase, also where the name is of several people, or
    nothing was said."""
    if not text.strip():
        raise NoSuchCase("")
    found = case(journal, text)
    if found is not None:
        return found
    called = cases_called(journal, text)
    if called and len({one.person_key for one in called}) == 1:
        return called[0]
    near = cases_beginning(journal, text) if not called else ()
    if len(near) != 1:
        raise NoSuchCase(text)
    return near[0]


def case_of(journal: Journal, person: Person) -> CaseRow | None:
    """The person's newest case that nobody closed."""
    found = cases_of(
        journal,
        directory_id=person.directory.id if person.directory else "",
        secrets_id=person.secrets.id if person.secrets else "",
    )
    return next((one for one in found if not is_closed(one)), None)


def is_closed(row: CaseRow) -> bool:
    """Whether the last word on the case is that it is closed."""
    last = [note.what for note in row.notes if note.what in {Noted.CLOSED, Noted.REOPENED}]
    return bool(last) and last[-1] == Noted.CLOSED.value


def open_or_join(
    journal: Journal, world: World, person: Person, said: Mapping[str, object], by: str, at_ms: int
) -> CaseRow:
    """The person's open case, with the facts that were said now; a new one where there is none.
    Raises NobodyToPutOut for whom none may be opened."""
    found = case_of(journal, person)
    if found is None:
        refuse_untouchable(world, (person,))
        found = _opened(journal, world, person, by, at_ms)
    facts = replace(found.facts, **said)  # type: ignore[arg-type]  # fields by name, checked by the command line
    notes = note_of_facts(found.facts, facts, by, at_ms)
    if notes:
        note_case(journal, found.id, *notes)
    return case(journal, found.id) or found


def _opened(journal: Journal, world: World, person: Person, by: str, at_ms: int) -> CaseRow:
    made = CaseIn(
        id=new_id()[:12],
        person_key=person.key,
        name=person.name,
        login=login_of(person),
        directory_tenant=world.directory.snapshot.source.tenant,
        directory_id=person.directory.id if person.directory else "",
        directory_name=person.directory.name if person.directory else "",
        secrets_tenant=world.secrets.snapshot.source.tenant,
        secrets_id=person.secrets.id if person.secrets else "",
        secrets_name=person.secrets.name if person.secrets else "",
        opened_by=by,
        opened_ms=at_ms,
    )
    open_case(journal, made)
    return find_case(journal, made.id)


def note_held(journal: Journal, row: CaseRow, held: BlastRadius, by: str, at_ms: int) -> None:
    """Keeps what the leaver could reach, as long as nothing of it was cut, and once."""
    before = held_of(row)
    if (before and _reach(before[-1]) == _reach(held)) or standing_cuts(runs_of(journal, row)):
        return
    note_case(journal, row.id, NoteIn(Noted.HELD, json.dumps(to_plain(held)), by, at_ms))


def held_of(row: CaseRow) -> tuple[BlastRadius, ...]:
    """What was noted that the leaver could reach, oldest first; what an older keyturn noted in
    another form is left out."""
    found: list[BlastRadius] = []
    for note in row.of(Noted.HELD):
        try:
            found.append(from_plain(BlastRadius, note.plain))
        except NotThatValue:
            continue
    return tuple(found)


def _reach(held: BlastRadius) -> tuple[object, ...]:
    return (held.groups, held.vaults, held.roles, held.machines)


def note_decision(journal: Journal, row: CaseRow, *notes: NoteIn) -> None:
    """Keeps decisions, those that are there already not again."""
    there = {(note.what, note.body) for note in row.notes}
    new = [note for note in notes if (note.what.value, note.body) not in there]
    if new:
        note_case(journal, row.id, *new)


def waiver(vault_id: str, vault_name: str, reason: str, by: str, at_ms: int) -> NoteIn:
    """That a vault may be left without a manager, and why."""
    body = {"vault": vault_id, "vault_name": vault_name, "reason": reason}
    return NoteIn(Noted.WAIVER, json.dumps(body), by, at_ms)


def successor(vault_id: str, vault_name: str, person: Person, by: str, at_ms: int) -> NoteIn:
    """Who takes a vault over."""
    body = {
        "vault": vault_id,
        "vault_name": vault_name,
        "person": person.key,
        "person_name": person.name,
    }
    return NoteIn(Noted.SUCCESSOR, json.dumps(body), by, at_ms)


def tie(
    journal: Journal, plan: Plan, run_id: str, by: str, at_ms: int, generation: int = 0
) -> None:
    """Ties a run to the open cases of the people whom its plan puts out or moves, and an undo to
    the cases of the run that it takes back, or to that of the one person of whom it is. What is
    tied already stays so. Raises LeaseLost."""
    rows: Iterable[CaseRow] = ()
    if plan.undoes:
        whose = plan.undoes_of.partition(":")[2]
        rows = (
            row
            for row in cases_of_run(journal, plan.undoes)
            if not whose or whose in {row.directory_id, row.secrets_id}
        )
    elif plan.scope in _TIED:
        rows = (row for key in plan.subjects for row in _open_of_key(journal, key))
    for row in tuple(rows):
        if run_id not in row.run_ids:
            note = NoteIn(Noted.RUN, "", by, at_ms, run_id)
            note_case(journal, row.id, note, generation=generation)


def _open_of_key(journal: Journal, key: str) -> tuple[CaseRow, ...]:
    side, _, account_id = key.partition(":")
    found = cases_of(journal, **{"directory_id" if side == "d" else "secrets_id": account_id})
    return tuple(row for row in found if not is_closed(row))[:1]


def runs_of(journal: Journal, row: CaseRow) -> tuple[CaseRun, ...]:
    """The runs of a case, oldest first, each with the steps that are about this leaver."""
    found: list[CaseRun] = []
    for run_id in row.run_ids:
        run = journal.run(run_id)
        if run is None:
            continue
        plan = recorded(run.plan_json)
        rows = {step.operation_id: step for step in journal.steps(run_id)}
        steps = tuple(
            _step(operation, rows.get(operation.id)) for operation in of_leaver(plan, row)
        )
        found.append(CaseRun(run_id, plan.scope, steps, plan.undoes))
    return tuple(found)


def of_leaver(plan: Plan, row: CaseRow) -> tuple[Operation, ...]:
    """The operations of a run of the case that are about its leaver; others may have left in it."""
    if len(plan.subjects) < 2 and not plan.undoes:
        return plan.operations
    ids = {row.directory_id, row.secrets_id}
    return tuple(one for one in plan.operations if is_about(one, plan, ids))


def unsaid(facts: Facts) -> tuple[str, ...]:
    """What an auditor asks of a leaver and nobody has stated."""
    asked = (
        ("type", facts.kind),
        ("leave time", facts.left_ms),
        ("approver", facts.approver),
        ("legal hold", facts.legal_hold),
    )
    mover = facts.kind == MOVER
    return tuple(
        name
        for name, value in asked
        if value in {"", None} and not (mover and name == "legal hold")
    )


def standing_of(journal: Journal, row: CaseRow) -> Standing:
    """How a case stands now."""
    return standing(
        runs_of(journal, row),
        closed=is_closed(row),
        reopened=reopened(row),
        unsaid=unsaid(row.facts),
    )


def reopened(row: CaseRow) -> str:
    """Why the case was opened again; "" where it was not, or somebody closed it or put the person
    out since, or nothing of it is back any more."""
    words = ""
    for note in row.notes:
        if note.what == Noted.REOPENED.value:
            words = str(note.field("reason"))
        elif note.what in {Noted.CLOSED, Noted.RUN, Noted.SETTLED}:
            words = ""
    return words


def is_back(row: CaseRow) -> bool:
    """Whether the last that was seen of the leaver is that something came back, also where somebody
    closed the case since: their word takes nothing away."""
    seen = {Noted.REOPENED, Noted.RUN, Noted.SETTLED}
    last = [note.what for note in row.notes if note.what in seen]
    return bool(last) and last[-1] == Noted.REOPENED.value


def settled_ms(row: CaseRow) -> int | None:
    """When it was seen last that nothing is back any more; None where that never was noted."""
    return max((note.at_ms for note in row.of(Noted.SETTLED)), default=None)


def close(journal: Journal, row: CaseRow, reason: str, by: str, at_ms: int) -> None:
    """Notes that somebody closed the case, and why."""
    body = json.dumps({"reason": reason})
    note_case(journal, row.id, NoteIn(Noted.CLOSED, body, by, at_ms))


def cut_ms_of(journal: Journal, row: CaseRow) -> int | None:
    """When the last step of the cuts that stand was taken; None where something is open or was
    taken back."""
    return cut_ms(runs_of(journal, row))


def _step(operation: Operation, row: StepRow | None) -> CaseStep:
    """A step as the journal has it; without a row nothing was begun."""
    state = State(row.state) if row is not None else State.PLANNED
    return CaseStep(
        number=operation.number,
        words=operation.words,
        state=state,
        verdict=row.verdict if row is not None else "",
        change=same_change(operation.change),
        sent=row is None or row.attempts > 0,
        about=about_of(operation.change),
        removes=operation.change.kind.removes,
        lasting=operation.inverse is None,
        cut_ms=_cut_ms(row) if row is not None and state.accepted else None,
    )


def _cut_ms(step: StepRow) -> int:
    """When a step was taken, if it was sent once and answered; a verdict that comes later does not
    move it. Else when it was last written down: what was lost may have been done late."""
    sure = step.done_ms is not None and step.attempts == 1 and step.outcome not in {"", NOT_KNOWN}
    return step.done_ms if sure and step.done_ms is not None else step.at_ms
