"""Runs as the journal has them, for undoing and rechecking, and which run undid which."""

import json
from collections.abc import Mapping

from keyturn.decide.planfile import recorded
from keyturn.decide.run_done import RunDone, StepDone
from keyturn.decide.steps import State
from keyturn_storage.journal import Journal
from keyturn_storage.rows import RunRow

UNDO_OF = "undo of"
"""The kind of the note that ties a run to the one it undoes."""
Links = Mapping[str, tuple[str, ...]]


class NoSuchRun(Exception):
    """No run of the journal has this id."""

    def __init__(self, run_id: str, near: tuple[RunRow, ...]) -> None:
        self.run_id = run_id
        known = "; ".join(f"{row.id} ({row.title})" for row in near)
        super().__init__(
            f"{run_id or 'an empty id'}: no such run in the journal, or several begin so. "
            + (f"The newest are: {known}." if known else "The journal has no runs yet.")
        )


class StillOpen(Exception):
    """A run of which some steps are still to be done, or of which nobody knows whether they were.
    What is not known cannot be undone."""

    def __init__(self, row: RunRow, number: int) -> None:
        self.run_id = row.id
        super().__init__(
            f"run {row.id} ({row.title}): cannot be undone yet: {number} of its steps are open. "
            "Nothing was done. Go on with it first (keyturn resume), then undo it."
        )


def find_run(journal: Journal, run_id: str) -> RunRow:
    """The run with this id, or the only one whose id begins so. Raises NoSuchRun."""
    row = journal.run(run_id)
    if row is not None:
        return row
    every = journal.runs()
    found = [one for one in every if run_id and one.id.startswith(run_id)]
    if len(found) != 1:
        raise NoSuchRun(run_id, every[:3])
    return found[0]


def run_done(journal: Journal, row: RunRow) -> RunDone:
    """A run with its plan and what became of each of its operations. Raises PlanFileError."""
    plan = recorded(row.plan_json)
    rows = {step.operation_id: step for step in journal.steps(row.id)}
    steps: list[StepDone] = []
    for operation in plan.operations:
        step = rows.get(operation.id)
        steps.append(
            StepDone(operation, State(step.state), step.intent, step.outcome)
            if step is not None
            else StepDone(operation, State.PLANNED)
        )
    return RunDone(row.id, plan, tuple(steps))


def refuse_open(row: RunRow, run: RunDone) -> None:
    """Raises StillOpen for a run with steps whose outcome is not settled. That an audit event is
    still waited for does not count."""
    number = sum(step.open for step in run.steps)
    if row.state != "ended" and number:
        raise StillOpen(row, number)


def note_undo(
    journal: Journal, *, run_id: str, undone: str, at_ms: int, of: str = "", generation: int = 0
) -> None:
    """Ties an undo to the run it takes back, or to what that did to the person with the key `of`.
    Raises LeaseLost."""
    body = json.dumps({"run": undone, "by": run_id} | ({"of": of} if of else {}))
    journal.note(UNDO_OF, body, at_ms, run_id=run_id, generation=generation)


def undo_links(journal: Journal) -> Links:
    """For each run the ids of those that were to undo it, oldest first, however they ended."""
    found: dict[str, list[str]] = {}
    for body in journal.notes(UNDO_OF):
        note = json.loads(body)
        found.setdefault(str(note["run"]), []).append(str(note.get("by", "")))
    return {run_id: tuple(by) for run_id, by in found.items()}


def undos_of(journal: Journal, run_id: str, links: Links | None = None) -> tuple[RunRow, ...]:
    """The runs that were to undo a run, oldest first, however they ended. `links` spares reading
    the whole journal where many are asked about."""
    known = undo_links(journal) if links is None else links
    rows = (journal.run(by) for by in known.get(run_id, ()))
    return tuple(row for row in rows if row is not None)
