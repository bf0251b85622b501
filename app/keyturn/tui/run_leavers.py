"""The cases of several who leave at once, read and stated together: one look at the snapshots."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from keyturn.tui.case_desk import LeaverSeen, LeaversSeen, Share, VaultLeft
from keyturn.tui.openings import Openings, operator
from keyturn.tui.run_desk import decisions, seen_of

if TYPE_CHECKING:
    from keyturn.decide.blast_radius import BlastRadius
    from keyturn.decide.world import World
    from keyturn.run.leavers import LeaversPlanned
    from keyturn_storage.journal import Journal


def look_at_all(opened: Openings, people: Sequence[str]) -> LeaversSeen:
    """Looking makes neither a journal nor a case."""
    world = opened.world(opened.doors.load())
    with opened.journal_if_any() as journal:
        return _seen(world, journal, people, opened.now().now_ms())


def state_of_all(
    opened: Openings, people: Sequence[str], said: Mapping[str, object]
) -> LeaversSeen:
    """Opens a case for each who has none. Raises NoSuchPerson, or NobodyToPutOut where
    somebody has none and must not be touched, before anything is kept."""
    from keyturn.run.cases import case_of, open_or_join, refuse_untouchable
    from keyturn.run.persons import find_person

    world = opened.world(opened.doors.load())
    found = [find_person(world, key) for key in people]
    at_ms = opened.now().now_ms()
    with opened.files() as (_cache, journal):
        refuse_untouchable(world, (one for one in found if case_of(journal, one) is None))
        for person in found:
            _ = open_or_join(journal, world, person, said, operator(), at_ms)
        return _seen(world, journal, people, at_ms)


def shares(planned: "LeaversPlanned") -> tuple[Share, ...]:
    """What each leaver has of a plan; a vault that is handed over counts with its leaver."""
    from keyturn.decide.about import is_about

    found: list[Share] = []
    for person in planned.people:
        ids = {one.id for one in (person.directory, person.secrets) if one is not None}
        mine = (one.id for one in planned.plan.operations if is_about(one, planned.plan, ids))
        found.append(Share(person.name, frozenset(mine)))
    return tuple(found)


def _seen(
    world: "World", journal: "Journal | None", people: Sequence[str], now_ms: int
) -> LeaversSeen:
    from keyturn.decide.guards_of_managers import managed_by_nobody_else

    there = [person for key in people if (person := world.people.get(key)) is not None]
    leaving = frozenset(one.secrets.id for one in there if one.secrets is not None)
    left = managed_by_nobody_else(world, leaving) if leaving else ()
    decided: dict[str, VaultLeft] = {}
    leavers: list[LeaverSeen] = []
    for key in people:
        case, row = seen_of(journal, key, world)
        if row is not None:
            decided.update(decisions(row))
        held = _held(world, journal, key, leaving, now_ms)
        leavers.append(LeaverSeen(key, replace(case, vaults=()), held))
    vaults = (
        decided.get(vault_id) or VaultLeft(vault_id, world.secrets.vault_name(vault_id))
        for vault_id in left
    )
    return LeaversSeen(tuple(leavers), tuple(vaults))


def _held(
    world: "World", journal: "Journal | None", key: str, leaving: frozenset[str], now_ms: int
) -> "BlastRadius | None":
    from keyturn.decide.blast_radius import ItemsUsed, blast_radius
    from keyturn.run.leavers import held_by

    person = world.people.get(key)
    if person is None:
        return None
    if journal is None:
        return blast_radius(world, person, ItemsUsed.never_archived(now_ms), leaving)
    return held_by(world, journal, person, now_ms, leaving)
