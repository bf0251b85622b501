"""An open step that somebody gives up: no run does it any more; the journal has the reason."""

from collections.abc import Sequence
from dataclasses import dataclass

from keyturn.decide.names import counted, listed
from keyturn.decide.planfile import recorded
from keyturn.decide.plans import Operation
from keyturn.decide.run_done import NOT_KNOWN
from keyturn.decide.steps import Event, Impossible, State, advance, replayed
from keyturn.run.admission import lease_targets
from keyturn.run.cases import of_leaver
from keyturn.run.clock import Clock
from keyturn.run.results import RunResult, result_of
from keyturn.run.running import states_of
from keyturn.run.runs_done import find_run
from keyturn_providers.text import safe
from keyturn_storage import leases
from keyturn_storage.case_rows import CaseRow
from keyturn_storage.journal import Journal
from keyturn_storage.rows import RunRow

MOST_REASON = 500
GIVEN_UP_BY = "given up by "
"""How the words of a step begin that a person gave up."""
LOOK = "whether it was done is not known: look at it yourself"


@dataclass(frozen=True, slots=True)
class OpenStep:
    """A step that can be given up. `called`: it may have been done, and nobody knows. `waiting` are
    the open steps that will not be done without it, `others` counts those that stay open then."""

    run_id: str
    title: str
    operation_id: str
    number: int
    words: str
    called: bool
    waiting: tuple[str, ...]
    others: int

    @property
    def effect(self) -> tuple[str, ...]:
        """What giving it up does, in sentences."""
        undone = "no run does it any more; nothing is sent now, and nothing is taken back"
        found = [f"{self.words}: {undone}."]
        if self.called:
            found.append(f"It was called already, and {LOOK}.")
        if self.waiting:
            what = counted(len(self.waiting), "step waits", "steps wait")
            found.append(f"{what} for it and will not be done either: {listed(self.waiting)}.")
        if self.others:
            found.append(f"{counted(self.others, 'other step stays', 'other steps stay')} open.")
        elif not self.waiting:
            found.append("Nothing else of the run is open: it ends.")
        return tuple(found)


def open_steps(journal: Journal, run_id: str, case: CaseRow | None = None) -> tuple[OpenStep, ...]:
    """The steps of a run that can be given up, in the order of the plan; with a `case` those about
    its leaver alone. Raises NoSuchRun, PlanFileError."""
    row = find_run(journal, run_id)
    plan = recorded(row.plan_json)
    offered = {one.id for one in (plan.operations if case is None else of_leaver(plan, case))}
    states = {step.operation_id: State(step.state) for step in journal.steps(row.id)}
    every = [x for x in plan.operations if states.get(x.id, State.PLANNED).open]
    found: list[OpenStep] = []
    for operation in (one for one in every if one.id in offered):
        waiting = _waiting(operation, every)
        found.append(
            OpenStep(
                row.id,
                row.title,
                operation.id,
                operation.number,
                operation.words,
                states.get(operation.id, State.PLANNED) is not State.PLANNED,
                tuple(one.words for one in waiting),
                len(every) - len(waiting) - 1,
            )
        )
    return tuple(found)


def _waiting(operation: Operation, every: Sequence[Operation]) -> list[Operation]:
    """What waits for it, directly or through others; a plan names what comes before first."""
    gone, found = {operation.id}, list[Operation]()
    for one in every:
        if one.id not in gone and gone.intersection(one.depends_on):
            gone.add(one.id)
            found.append(one)
    return found


class CannotGiveUp(Exception):
    """There is no such step, no reason, or it stands where nothing is left to be given up."""

    def __init__(self, row: RunRow, number: int, why: str) -> None:
        self.run_id = row.id
        super().__init__(
            f"step {number} of run {row.id} ({row.title}): cannot be given up: {why}. "
            "Nothing was changed."
        )


def give_up(
    journal: Journal, run_id: str, number: int, reason: str, *, clock: Clock, operator: str
) -> RunResult:
    """Gives a step up, by who and why, under the lease of its run; the run as it stands then, ended
    where nothing of it is open any more. Asks no source and changes nothing there.

    `run_id` may be the beginning of an id. Only what is still to be called, or of which nobody
    knows whether it was done, can be given up. Raises NoSuchRun, CannotGiveUp, LeaseHeld,
    LeaseLost, PlanFileError.
    """
    row = find_run(journal, run_id)
    plan = recorded(row.plan_json)
    operation = next((one for one in plan.operations if one.number == number), None)
    if operation is None:
        raise CannotGiveUp(row, number, f"the run has {len(plan.operations)} steps, and not that")
    told = safe(reason, limit=MOST_REASON).strip()
    if not told:
        raise CannotGiveUp(row, number, "a reason is needed, for whoever reads it later")
    generation = leases.take(
        journal,
        lease_targets(plan),
        holder=operator,
        operation=f"give up a step: {plan.title}",
        now_ms=clock.now_ms(),
        run_id=row.id,
    )
    try:
        states = states_of(journal.lines(row.id)).get(operation.id, [])
        try:
            before = replayed(states)
            after = advance(before, Event.GIVE_UP)
        except Impossible as impossible:
            raise CannotGiveUp(row, number, str(impossible)) from None
        called = before is not State.PLANNED
        words = f"{GIVEN_UP_BY}{operator}: {told}" + (f"; {LOOK}" if called else "")
        journal.record_step(
            row.id,
            operation.id,
            number,
            after.value,
            words,
            clock.now_ms(),
            outcome=NOT_KNOWN if called else "",
            error=words,
            generation=generation,
            removes=operation.change.kind.removes,
        )
        steps = {step.operation_id: step for step in journal.steps(row.id)}
        result = result_of(row.id, plan, row.state, steps)
        if result.open or row.state == "ended":
            return result
        journal.end_run(row.id, "ended", clock.now_ms(), generation=generation)
        return result_of(row.id, plan, "ended", steps)
    finally:
        leases.release(journal, generation)
