"""Plans the undoing of a run, about this moment: everything the run changed is read again by id."""

from collections.abc import Callable
from dataclasses import replace

from keyturn.decide.names import fold
from keyturn.decide.plans import Plan
from keyturn.decide.run_done import RunDone
from keyturn.decide.undo import OnlyOf, steps_of
from keyturn.decide.undo import plan_undo as decide_undo
from keyturn.decide.world import World
from keyturn.run.admission import HasRules, refuse_other_sources
from keyturn.run.assess import read_assessment
from keyturn.run.clock import Clock
from keyturn.run.connections import Connections
from keyturn.run.ids import new_id
from keyturn.run.persons import find_person
from keyturn.run.planning import ask_same, context_of
from keyturn.run.runs_done import find_run, refuse_open, run_done
from keyturn.run.touched import read_touched
from keyturn_storage.case_rows import CaseRow
from keyturn_storage.journal import Journal
from keyturn_storage.queries.cases import cases_of_run
from keyturn_storage.snapshots import Cache


class NotOfThisRun(Exception):
    """Nothing that a run did is about this person."""

    def __init__(self, name: str, run: RunDone) -> None:
        super().__init__(
            f"{name}: no step of run {run.id} ({run.plan.title}) is about them, so nothing of it "
            "can be taken back for them. keyturn cases names whose runs there are."
        )


async def plan_undo(
    run_id: str,
    connections: Connections,
    cache: Cache,
    journal: Journal,
    *,
    loaded: HasRules,
    clock: Clock,
    person: str = "",
    ids: Callable[[], str] = new_id,
) -> Plan:
    """A plan that takes back what a run did, as far as it is still as the run left it. `run_id` may
    be the beginning of an id. With a `person` (a case of the run, a login or a name) it is about
    what the run did to them alone; where the run is about nobody else that is all of it.

    Raises NoSuchRun, StillOpen, PlanFileError, NothingRead, TenantChanged, NoSuchPerson,
    NotOfThisRun, or the sources' ProviderError. An object that cannot be read is left alone, with
    the reason.
    """
    row = find_run(journal, run_id)
    run = run_done(journal, row)
    before = read_assessment(cache, loaded.rules, clock.now_ms())
    only = _only(journal, run, before.world, person) if person else None
    mine = run if only is None else replace(run, steps=steps_of(run, only.account_ids))
    refuse_open(row, mine)
    abouts = await ask_same(connections, before)
    refuse_other_sources(run.plan, abouts, "undo")
    now = await read_touched(
        (step.operation.change for step in mine.made),
        before,
        connections,
        abouts,
        loaded.rules,
        clock.now_ms(),
    )
    context = context_of(now.assessment.world, abouts, cache, journal, clock, ids)
    return decide_undo(run, context, now.unread, only)


def _only(journal: Journal, run: RunDone, world: World, text: str) -> OnlyOf | None:
    """Whose steps are meant; None where the run has no others."""
    cases = [one for one in cases_of_run(journal, run.id) if fold(text) in _called(one)]
    if len(cases) == 1:
        (case,) = cases
        key, name, ids = case.person_key, case.name, {case.directory_id, case.secrets_id}
    else:
        person = find_person(world, text)
        accounts = [one for one in (person.directory, person.secrets) if one is not None]
        key, name, ids = person.key, person.name, {one.id for one in accounts}
    ids.discard("")
    steps = steps_of(run, frozenset(ids))
    if not steps:
        raise NotOfThisRun(name, run)
    if len(run.plan.subjects) == 1 or len(steps) == len(run.steps):
        return None
    known = (one for one in run.plan.subjects if one.partition(":")[2] in ids)
    return OnlyOf(next(known, key), name, frozenset(ids))


def _called(case: CaseRow) -> set[str]:
    return {fold(one) for one in (case.id, case.person_key, case.login, case.name)}
