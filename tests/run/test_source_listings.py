"""How many listings of one source are read at the same time, and in what order."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from keyturn.run.listing import Reading, Stopped
from keyturn.run.source_listings import PARALLEL_PARENTS, read_all
from keyturn_providers.abilities import Ability, Page
from keyturn_providers.contract import About
from keyturn_providers.errors import NotAllowed
from keyturn_providers.records import (
    Account,
    AccountState,
    Collection,
    Group,
    Membership,
    Side,
    SourceIdentity,
)
from keyturn_storage.snapshots import Cache

SOURCE = SourceIdentity("idp", "double", Side.DIRECTORY, "t1")
ABILITIES = frozenset({Ability.LIST_ACCOUNTS, Ability.LIST_GROUPS, Ability.LIST_MEMBERSHIPS})
GROUPS = 80


@dataclass
class Reader:
    """Every page takes a few turns of the loop. `log` has what began and ended; `most` is how many
    lists of members were open at once, `beside` how many while the users still came."""

    refuse: str = ""
    log: list[str] = field(default_factory=list)
    open: int = 0
    most: int = 0
    beside: int = 0
    tasks: int = 0

    async def accounts(self) -> AsyncIterator[Page[Account]]:
        self.log.append("accounts begin")
        for number in range(20):
            await asyncio.sleep(0)
            proof = "all came" if number == 19 else ""
            one = Account(f"u{number}", f"u{number}", f"u{number}", AccountState.ACTIVE)
            yield Page((one,), proof=proof)
        self.log.append("accounts end")

    async def groups(self) -> AsyncIterator[Page[Group]]:
        self.log.append("groups begin")
        await asyncio.sleep(0)
        yield Page(tuple(Group(f"g{n}", f"g{n}") for n in range(GROUPS)), proof="all came")
        self.log.append("groups end")

    async def memberships(self, group_id: str) -> AsyncIterator[Page[Membership]]:
        self.open += 1
        self.most = max(self.most, self.open)
        if "accounts end" not in self.log:
            self.beside = max(self.beside, self.open)
        self.tasks = max(self.tasks, len(asyncio.all_tasks()))
        self.log.append(f"members {group_id}")
        try:
            for _ in range(3):
                await asyncio.sleep(0)
            if group_id == self.refuse:
                raise NotAllowed("idp", f"listing {group_id}", "No.", "Ask.")
            yield Page((Membership(group_id, "u1"),), proof="all came")
        finally:
            self.open -= 1


def about(parallel: int) -> About:
    return About(SOURCE, "https://idp.example", ABILITIES, parallel=parallel)


def reading(cache: Cache, stop: bool = False) -> Reading:
    return Reading("idp", cache, cache.begin(SOURCE, 1), lambda _: None, lambda: stop)


async def test_as_many_at_once_as_the_source_allows_and_no_flood_of_tasks(cache: Cache) -> None:
    reader = Reader()
    listings = await read_all(reading(cache), about(16), reader)
    assert all(listing.complete for listing in listings)
    assert reader.most == 16
    assert reader.beside == 12  # the next page of users must not queue behind the members
    assert reader.tasks <= 1 + 4 + 16  # this test, the chains, the workers
    assert reader.log.index("groups begin") < reader.log.index("accounts end")
    assert reader.log[0] == "accounts begin"
    # Told in the same order as ever, whichever ended first.
    assert [one.collection for one in listings[:2]] == [Collection.ACCOUNTS, Collection.GROUPS]
    assert [one.parent_id for one in listings[2:]] == [f"g{n}" for n in range(GROUPS)]


async def test_members_wait_for_the_groups(cache: Cache) -> None:
    reader = Reader()
    await read_all(reading(cache), about(16), reader)
    first = next(n for n, what in enumerate(reader.log) if what.startswith("members"))
    assert reader.log.index("groups end") < first


async def test_a_source_that_says_nothing_is_read_one_collection_after_the_other(
    cache: Cache,
) -> None:
    reader = Reader()
    await read_all(reading(cache), about(0), reader)
    assert reader.most == PARALLEL_PARENTS
    assert reader.log[:4] == ["accounts begin", "accounts end", "groups begin", "groups end"]


@pytest.mark.parametrize("parallel", [0, 16])
async def test_one_refused_listing_leaves_the_others_whole(cache: Cache, parallel: int) -> None:
    listings = await read_all(reading(cache), about(parallel), Reader(refuse="g7"))
    assert [one.parent_id for one in listings if not one.complete] == ["g7"]
    assert len(listings) == 2 + GROUPS


async def test_stopping_ends_every_chain(cache: Cache) -> None:
    reader = Reader()
    with pytest.raises(Stopped):
        await read_all(reading(cache, stop=True), about(16), reader)
    assert reader.open == 0
