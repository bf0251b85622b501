"""Plans one or several leavers about this moment: each read fresh, decisions taken by name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from keyturn.decide.blast_radius import USED_MS, BlastRadius, blast_radius
from keyturn.decide.findings import Change
from keyturn.decide.leaving import Leaver, last_managed
from keyturn.decide.names import fold, listed
from keyturn.decide.people import Person
from keyturn.decide.plan import plan_leavers as decide_leavers
from keyturn.decide.plans import Plan
from keyturn.decide.skipping import skip
from keyturn.decide.world import World
from keyturn.run.admission import HasRules
from keyturn.run.all_members import AllMembers
from keyturn.run.assess import read_assessment
from keyturn.run.clock import Clock
from keyturn.run.connections import Connections
from keyturn.run.ids import new_id
from keyturn.run.leaver_now import LeaverNow, read_leaver, with_what_was_read
from keyturn.run.persons import find_person
from keyturn.run.planning import ask_same, context_of
from keyturn.run.usage import usage_of
from keyturn_providers.records import AccountState, Side, Vault
from keyturn_storage.journal import Journal
from keyturn_storage.snapshots import Cache


class WrongDecision(Exception):
    """What was decided about a vault cannot be so; says why and what to do next."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """By vault, as it was named: who takes over, or why nobody has to."""

    successors: Mapping[str, str] = field(default_factory=dict)
    waivers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LeaversPlanned:
    """The plan, what each leaver can reach, and the decisions by the ids they are about."""

    plan: Plan
    world: World
    people: tuple[Person, ...]
    held: tuple[BlastRadius, ...]
    successors: Mapping[str, Person]
    waivers: Mapping[str, str]


async def plan_leavers(
    whos: Sequence[str],
    connections: Connections,
    cache: Cache,
    journal: Journal,
    *,
    loaded: HasRules,
    clock: Clock,
    decisions: Decisions | None = None,
    skips: Mapping[Change, str] = MappingProxyType({}),
    choose: Callable[[Plan], Mapping[Change, str]] | None = None,
    ids: Callable[[], str] = new_id,
) -> LeaversPlanned:
    """One plan that puts these people out, without the changes in `skips`, which give the reason.
    `choose` is shown the whole plan, and gives more of them. Each leaver is read now, by id, from
    both sources.

    Raises WrongDecision where a decision names no vault, nobody who could take over, or a vault
    that others manage too; else as `planning.plan_offboard`.
    """
    found = read_assessment(cache, loaded.rules, clock.now_ms())
    named = [find_person(found.world, who) for who in whos]
    abouts = await ask_same(connections, found)
    leavers: dict[str, Leaver] = {}
    read: list[LeaverNow] = []
    listed: dict[Side, AllMembers] = {}
    for person in dict.fromkeys(named):
        now = await read_leaver(
            person, found, connections, abouts, loaded.rules, clock.now_ms(), listed
        )
        found = now.assessment
        read.append(now)
        leavers[person.key] = Leaver(now.person, now.sessions)
    world = found.world
    people = tuple(leaver.person for leaver in leavers.values())
    context = with_what_was_read(context_of(world, abouts, cache, journal, clock, ids), read)
    alone = last_managed(context, people)
    successors, waivers = _decided(world, people, alone, decisions or Decisions())
    context = replace(context, waived=waivers)
    plan = decide_leavers(tuple(leavers.values()), context, successors)
    more = choose(plan) if choose is not None else {}
    plan = skip(plan, context, {**skips, **more})
    leaving = frozenset(one.secrets.id for one in people if one.secrets is not None)
    held = tuple(held_by(world, journal, person, clock.now_ms(), leaving) for person in people)
    return LeaversPlanned(plan, world, people, held, successors, waivers)


def held_by(
    world: World,
    journal: Journal,
    person: Person,
    now_ms: int,
    leaving: frozenset[str] = frozenset(),
) -> BlastRadius:
    """What a person can reach, with the items used in the last 90 days."""
    usage = usage_of(
        journal,
        person.secrets.id if person.secrets is not None else "",
        world.secrets.snapshot.source.tenant,
        since_ms=now_ms - USED_MS,
        until_ms=now_ms,
    )
    return blast_radius(world, person, usage.items, leaving)


def _decided(
    world: World, people: tuple[Person, ...], alone: tuple[str, ...], decisions: Decisions
) -> tuple[dict[str, Person], dict[str, str]]:
    successors: dict[str, Person] = {}
    for text, who in decisions.successors.items():
        successors[vault_called(world, text).id] = _successor(world, people, text, who)
    waivers: dict[str, str] = {}
    for text, reason in decisions.waivers.items():
        vault = vault_called(world, text)
        if vault.id not in alone:
            names = listed(world.secrets.vault_name(one) for one in alone) or "none"
            raise WrongDecision(
                f"{vault.name}: needs no waiver: it keeps a manager, or has none now. Vaults that "
                f"only who leaves can manage: {names}."
            )
        if vault.id in successors:
            raise WrongDecision(f"{vault.name}: has a successor and a waiver. Give one of the two.")
        if not reason.strip():
            raise WrongDecision(
                f"{vault.name}: the waiver has no reason. Say why nobody has to manage it."
            )
        waivers[vault.id] = reason.strip()
    return successors, waivers


def _successor(world: World, people: tuple[Person, ...], vault: str, who: str) -> Person:
    person = find_person(world, who)
    if person.key in {one.key for one in people}:
        raise WrongDecision(f"{person.name}: cannot take {vault} over: leaves too. Name another.")
    if person.secrets is None or person.secrets.state is not AccountState.ACTIVE:
        state = person.secrets.state.value if person.secrets is not None else "not there"
        raise WrongDecision(
            f"{person.name}: cannot take {vault} over: the account in {world.secrets.name} is "
            f"{state}. Name somebody whose account is active."
        )
    return person


def vault_called(world: World, text: str) -> Vault:
    """The vault with this id or exact name. Raises WrongDecision."""
    vaults = world.secrets.snapshot.vaults
    wanted = fold(text)
    fitting = [one for one in vaults if one.id == text] or [
        one for one in vaults if fold(one.name) == wanted
    ]
    if len(fitting) != 1:
        how_many = "no vault" if not fitting else f"{len(fitting)} vaults"
        raise WrongDecision(
            f"{text}: cannot tell which vault that is: {how_many} in {world.secrets.name} is "
            "called this. Give its id, or its name as keyturn who shows it."
        )
    return fitting[0]
