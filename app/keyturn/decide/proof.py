"""What a remedy rests on: the listings that must have been read to their end.

Absence is never evidence: a missing row means nothing unless the listing it would be in is
complete and every record of it could be read.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from keyturn.decide.index import Indexed, group_and_inside
from keyturn.decide.names import counted, listed
from keyturn.decide.people import MatchedBy, Person
from keyturn.decide.world import World
from keyturn_providers.records import Collection, Side


@dataclass(frozen=True, slots=True)
class Need:
    """One listing a decision rests on. `absence`: it also rests on what is *not* in it, so that
    a single unreadable record spoils it."""

    side: Side
    collection: Collection
    parent_id: str = ""
    absence: bool = True


ACCOUNTS_SEEN = (
    Need(Side.DIRECTORY, Collection.ACCOUNTS, absence=False),
    Need(Side.SECRETS, Collection.ACCOUNTS, absence=False),
)
"""Enough for what rests on two accounts that are there and are tied by an id."""

ACCOUNTS_ALL = (
    Need(Side.DIRECTORY, Collection.ACCOUNTS),
    Need(Side.SECRETS, Collection.ACCOUNTS),
)
"""For what rests on an account not being there."""

DIRECTORY_ACCOUNTS, SECRETS_ACCOUNTS = ((need,) for need in ACCOUNTS_ALL)
"""For what rests on one side having no account."""


def accounts_needed(person: Person | None) -> tuple[Need, ...]:
    """The account listings that acting on `person` rests on.

    An external id ties two accounts whatever else there is. Any other match, or none, rests on no
    other account having the same claim: an unreadable record could be that account.
    """
    by_id = person is not None and person.matched_by is MatchedBy.EXTERNAL_ID
    return ACCOUNTS_SEEN if by_id else ACCOUNTS_ALL


GROUPS_ALL = (Need(Side.DIRECTORY, Collection.GROUPS), Need(Side.SECRETS, Collection.GROUPS))


def members_needed(world: World, side: Side, group_id: str) -> tuple[Need, ...]:
    """The member listings of a group and of every group nested in it."""
    return tuple(
        Need(side, Collection.MEMBERSHIPS, inner)
        for inner in group_and_inside(world.side(side), group_id)
    )


def grants_needed(world: World) -> tuple[Need, ...]:
    """The grants of every vault: a carrier may reach any of them."""
    return (
        Need(Side.SECRETS, Collection.VAULTS),
        *(Need(Side.SECRETS, Collection.GRANTS, vault_id) for vault_id in world.secrets.vaults),
    )


def unproven(world: World, needs: Iterable[Need]) -> tuple[str, ...]:
    """In words the needed listings that are not complete; empty where all are."""
    return tuple(
        dict.fromkeys(
            words for need in needs if (words := _unproven(world.side(need.side), need)) is not None
        )
    )


def directory_not_whole(world: World) -> tuple[str, ...]:
    """In words what of the directory was not read to its end; empty where all of it was.

    A sync takes nothing away while the directory is known in part only, whichever part: who should
    have access is decided there, and a half-read directory is how others lost whole groups.
    """
    snapshot = world.directory.snapshot
    if snapshot.complete:
        return ()
    cut = unproven(
        world,
        (
            Need(Side.DIRECTORY, one.collection, one.parent_id, absence=False)
            for one in snapshot.listings
        ),
    )
    return cut or (f"{world.directory.name} was not read whole",)


def refresh_first(missing: Iterable[str]) -> str:
    """What to do about incomplete listings, as a sentence."""
    return f"keyturn plans nothing here until a refresh is complete: {listed(missing)}."


def _unproven(indexed: Indexed, need: Need) -> str | None:
    what = _listing_words(indexed, need)
    if not indexed.complete(need.collection, need.parent_id):
        return f"{what} could not be read to the end"
    if need.absence and (odd := indexed.unreadable(need.collection, need.parent_id)):
        return f"{what} hold {counted(odd, 'unreadable record')}"
    return None


def _listing_words(indexed: Indexed, need: Need) -> str:
    if need.collection is Collection.MEMBERSHIPS:
        return f"the members of {indexed.group_name(need.parent_id)} in {indexed.name}"
    if need.collection is Collection.GRANTS:
        return f"the grants on {indexed.vault_name(need.parent_id)} in {indexed.name}"
    return f"the {need.collection.value} of {indexed.name}"
