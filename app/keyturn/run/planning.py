"""Makes plans: what was read and decided, and who keyturn is, given to `decide.plan`."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from keyturn import __version__
from keyturn.decide.context import Counts, PlanContext
from keyturn.decide.findings import Change
from keyturn.decide.plan import plan_offboard as decide_offboard
from keyturn.decide.plan import plan_sync as decide_sync
from keyturn.decide.plans import Plan
from keyturn.decide.skipping import skip
from keyturn.decide.world import World
from keyturn.run.admission import DAY_MS, HasRules, removals_last_day
from keyturn.run.assess import Assessment, read_assessment
from keyturn.run.clock import Clock
from keyturn.run.connections import Connections
from keyturn.run.ids import new_id
from keyturn.run.leaver_now import read_leaver, with_what_was_read
from keyturn.run.persons import find_person
from keyturn_providers.contract import About
from keyturn_providers.errors import TenantChanged
from keyturn_providers.records import Side
from keyturn_storage.journal import Journal
from keyturn_storage.snapshots import Cache


async def plan_sync(
    connections: Connections,
    cache: Cache,
    journal: Journal,
    *,
    loaded: HasRules,
    clock: Clock,
    chosen: frozenset[str] | None = None,
    skips: Mapping[Change, str] = MappingProxyType({}),
    choose: Callable[[Plan], Mapping[Change, str]] | None = None,
    ids: Callable[[], str] = new_id,
) -> Plan:
    """A plan that mends the findings of the newest snapshots: those whose id is `chosen`, or all,
    without the changes in `skips`, which give the reason. `choose` is shown the whole plan, and
    gives more of them.

    Raises NothingRead where a side was never read, TenantChanged where a source is another tenant
    than its snapshot, or the sources' ProviderError: both are asked who they are.
    """
    assessment = read_assessment(cache, loaded.rules, clock.now_ms())
    abouts = await ask_same(connections, assessment)
    context = context_of(assessment.world, abouts, cache, journal, clock, ids)
    plan = decide_sync(assessment.findings, context, chosen)
    more = choose(plan) if choose is not None else {}
    return skip(plan, context, {**skips, **more})


async def plan_offboard(
    who: str,
    connections: Connections,
    cache: Cache,
    journal: Journal,
    *,
    loaded: HasRules,
    clock: Clock,
    ids: Callable[[], str] = new_id,
) -> Plan:
    """A plan that puts one person out, about this moment: their accounts, sessions, direct grants
    and memberships are read now, by id; what could not be read so is among the blind spots.

    `who` is a person's key, login, e-mail, id or exact name. Raises NoSuchPerson, NothingRead,
    TenantChanged, or the sources' ProviderError.
    """
    before = read_assessment(cache, loaded.rules, clock.now_ms())
    person = find_person(before.world, who)
    abouts = await ask_same(connections, before)
    now = await read_leaver(person, before, connections, abouts, loaded.rules, clock.now_ms())
    context = context_of(now.assessment.world, abouts, cache, journal, clock, ids)
    return decide_offboard(now.person, now.sessions, with_what_was_read(context, (now,)))


async def ask_same(connections: Connections, assessment: Assessment) -> dict[Side, About]:
    """Who both sources are now. Raises TenantChanged where one is not that of its snapshot."""
    abouts: dict[Side, About] = {}
    for side in Side:
        about = await connections.of(side).about()
        read = assessment.world.side(side).snapshot.source
        if about.source.tenant != read.tenant:
            raise TenantChanged(
                about.source.name,
                "cannot plan",
                f"the snapshots are of tenant {read.tenant!r}, and {about.source.tenant!r} "
                "answers now.",
                "Check the address in keyturn.yaml, or refresh under another source name.",
            )
        abouts[side] = about
    return abouts


def context_of(
    world: World,
    abouts: Mapping[Side, About],
    cache: Cache,
    journal: Journal,
    clock: Clock,
    ids: Callable[[], str],
) -> PlanContext:
    """What planning is given besides the world."""
    return PlanContext(
        world=world,
        new_id=ids,
        program=__version__,
        own={side: _own(about) for side, about in abouts.items()},
        abilities={
            side: frozenset(ability.value for ability in about.abilities)
            for side, about in abouts.items()
        },
        removals_last_day=removals_last_day(journal, clock.now_ms()),
        previous=_previous(world, cache),
        blind_spots=tuple(
            f"{about.source.name}: {spot}"
            for about in abouts.values()
            for spot in about.blind_spots
        ),
    )


def _own(about: About) -> frozenset[str]:
    if about.own is None:
        return frozenset()
    return frozenset(one for one in (about.own.account_id, about.own.name) if one)


def _previous(world: World, cache: Cache) -> dict[Side, Counts]:
    """What each side held at most in the day before the snapshot that is planned from.

    The whole day counts, so that a source that answers with too little is not believed because it
    was read twice.
    """
    found: dict[Side, Counts] = {}
    for side in Side:
        snapshot = world.side(side).snapshot
        largest = cache.largest_before(
            snapshot.source.name, snapshot.id, snapshot.taken_ms - DAY_MS
        )
        if largest is not None:
            found[side] = Counts(*largest)
    return found
