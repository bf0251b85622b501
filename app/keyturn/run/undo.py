"""Plans the undoing of a run, about this moment: everything the run changed is read again by id."""

from collections.abc import Callable

from keyturn.decide.plans import Plan
from keyturn.decide.undo import plan_undo as decide_undo
from keyturn.run.admission import HasRules, refuse_other_sources
from keyturn.run.assess import read_assessment
from keyturn.run.clock import Clock
from keyturn.run.connections import Connections
from keyturn.run.ids import new_id
from keyturn.run.planning import ask_same, context_of
from keyturn.run.runs_done import find_run, refuse_open, run_done
from keyturn.run.touched import read_touched
from keyturn_storage.journal import Journal
from keyturn_storage.snapshots import Cache


async def plan_undo(
    run_id: str,
    connections: Connections,
    cache: Cache,
    journal: Journal,
    *,
    loaded: HasRules,
    clock: Clock,
    ids: Callable[[], str] = new_id,
) -> Plan:
    """A plan that takes back what a run did, as far as it is still as the run left it. `run_id` may
    be the beginning of an id.

    Raises NoSuchRun, StillOpen, PlanFileError, NothingRead, TenantChanged, or the sources'
    ProviderError. An object that cannot be read is left alone, with the reason.
    """
    row = find_run(journal, run_id)
    run = run_done(journal, row)
    refuse_open(row, run)
    before = read_assessment(cache, loaded.rules, clock.now_ms())
    abouts = await ask_same(connections, before)
    refuse_other_sources(run.plan, abouts, "undo")
    now = await read_touched(
        (step.operation.change for step in run.made),
        before,
        connections,
        abouts,
        loaded.rules,
        clock.now_ms(),
    )
    context = context_of(now.assessment.world, abouts, cache, journal, clock, ids)
    return decide_undo(run, context, now.unread)
