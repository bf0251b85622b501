"""Plans a move about this moment: the person is read anew, and their findings decided anew."""

from collections.abc import Callable

from keyturn.decide.plan import plan_move as decide_move
from keyturn.run.admission import HasRules
from keyturn.run.assess import read_assessment
from keyturn.run.clock import Clock
from keyturn.run.connections import Connections
from keyturn.run.ids import new_id
from keyturn.run.leaver_now import read_leaver
from keyturn.run.leavers import LeaversPlanned, held_by
from keyturn.run.persons import find_person
from keyturn.run.planning import ask_same, context_of
from keyturn_storage.journal import Journal
from keyturn_storage.snapshots import Cache


async def plan_move(
    who: str,
    connections: Connections,
    cache: Cache,
    journal: Journal,
    *,
    loaded: HasRules,
    clock: Clock,
    ids: Callable[[], str] = new_id,
) -> LeaversPlanned:
    """A plan that takes from one person what their new role does not justify. Raises as
    `planning.plan_offboard`."""
    before = read_assessment(cache, loaded.rules, clock.now_ms())
    person = find_person(before.world, who)
    abouts = await ask_same(connections, before)
    now = await read_leaver(person, before, connections, abouts, loaded.rules, clock.now_ms())
    world = now.assessment.world
    context = context_of(world, abouts, cache, journal, clock, ids)
    plan = decide_move(now.person, now.assessment.findings, context)
    held = held_by(world, journal, now.person, clock.now_ms())
    return LeaversPlanned(plan, world, (now.person,), (held,), {}, {})
