"""The audit events that prove the steps of a run, as the journal archived them."""

from collections.abc import Mapping

from keyturn.decide.logged import proof_in
from keyturn_storage.journal import Journal
from keyturn_storage.rows import ArchivedEvent


def proofs(journal: Journal, run_id: str) -> Mapping[int, ArchivedEvent]:
    """For each step, by its number, the event that its verdict rests on; a step without one is not
    in it. A failed attempt, and what another account did, prove nothing."""
    events = {(one.operation_id, one.event_id): one for one in journal.events(run_id)}
    found: dict[int, ArchivedEvent] = {}
    for step in journal.steps(run_id):
        event = events.get((step.operation_id, proof_in(step.words)))
        if event is not None:
            found[step.number] = event
    return found
