"""A case for everybody whom a plan puts out or moves, also where it was not made by name."""

from keyturn.decide.plans import Plan, PlanScope
from keyturn.decide.rules import Rules
from keyturn.run.assess import read_assessment
from keyturn.run.cases import MOVER, case_of, note_held, open_or_join
from keyturn.run.leavers import held_by
from keyturn_storage.journal import Journal
from keyturn_storage.snapshots import Cache


def ensure_cases(
    plan: Plan, cache: Cache, journal: Journal, rules: Rules, *, by: str, at_ms: int
) -> None:
    """Opens the cases that are missing, with what the newest snapshots show that could be reached.
    Call it before the plan is applied: then the run is tied to them."""
    if not plan.subjects or plan.refused:
        return
    facts = {"kind": MOVER} if plan.scope is PlanScope.MOVE else {}
    world = read_assessment(cache, rules, at_ms).world
    for key in plan.subjects:
        person = world.people.get(key)
        if person is not None and case_of(journal, person) is None:
            row = open_or_join(journal, world, person, facts, by, at_ms)
            note_held(journal, row, held_by(world, journal, person, at_ms), by, at_ms)
