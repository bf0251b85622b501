"""What of a leaver may have been missed: listings not read to their end, and not read by id now."""

from collections.abc import Iterator
from dataclasses import dataclass

from keyturn.decide.people import Person
from keyturn.decide.proof import Need, grants_needed, unproven
from keyturn.decide.world import World
from keyturn_providers.records import Account, Collection, Side


@dataclass(frozen=True, slots=True)
class ReadNow:
    """What a source itself said of one leaver just now. `whole` are the collections of which it
    gave everything that is the leaver's; `failed` says in words which reads of these failed."""

    whole: frozenset[tuple[Side, Collection]] = frozenset()
    failed: tuple[str, ...] = ()


def half_read(world: World, person: Person, now: ReadNow) -> tuple[str, ...]:
    """In words every listing that is not whole and in which something of the leaver's could be
    missing, and every read of theirs that failed; empty where nothing can have been missed.

    Of the directory's groups only those count that it pushes: no other opens anything for an
    account that is suspended.
    """
    return tuple(dict.fromkeys((*now.failed, *unproven(world, _needed(world, person, now)))))


def not_asked(world: World, person: Person, now: ReadNow) -> tuple[str, ...]:
    """In words what of the leaver is known from the refresh only: what came since is not seen."""
    return tuple(
        f"{world.side(side).name}: {what} given since the refresh (it was not asked for those of "
        "one account)"
        for side, _ in _accounts(person)
        for collection, what in _WORDS[side].items()
        if (side, collection) not in now.whole
    )


_WORDS = {
    Side.DIRECTORY: {Collection.MEMBERSHIPS: "memberships"},
    Side.SECRETS: {Collection.MEMBERSHIPS: "memberships", Collection.GRANTS: "direct grants"},
}


def _needed(world: World, person: Person, now: ReadNow) -> Iterator[Need]:
    for side, _ in _accounts(person):
        indexed = world.side(side)
        if (side, Collection.MEMBERSHIPS) not in now.whole:
            yield Need(side, Collection.GROUPS)
            for group in indexed.groups.values():
                if side is Side.SECRETS or group.push is not None:
                    yield Need(side, Collection.MEMBERSHIPS, group.id)
        if side is Side.SECRETS and (side, Collection.GRANTS) not in now.whole:
            yield from grants_needed(world)


def _accounts(person: Person) -> Iterator[tuple[Side, Account]]:
    for side, account in ((Side.DIRECTORY, person.directory), (Side.SECRETS, person.secrets)):
        if account is not None:
            yield side, account
