"""Reads everything a source lists: which collections there are, in what order, how many at once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from keyturn.run.listing import Pages, Reading, read_listing
from keyturn_providers.abilities import (
    Ability,
    ListsAccounts,
    ListsGrants,
    ListsGroups,
    ListsMachines,
    ListsMemberships,
    ListsVaults,
    able,
)
from keyturn_providers.contract import About
from keyturn_providers.fan_out import in_order
from keyturn_providers.records import Collection, Listing

PARALLEL_PARENTS = 4
"""How many groups or vaults are listed at once, of a source that does not say how many may be."""

SHARE_BESIDE_USERS = 0.75
"""Of the listings that may be read at once, how many are while the users still come. Each page of
users is asked for when the one before has come, so it must not queue behind the members."""

_Chain: TypeAlias = Callable[[], Awaitable[Sequence[Listing]]]


async def read_all(reading: Reading, about: About, reader: object) -> tuple[Listing, ...]:
    """Every listing the source has, each recorded as it ended. Raises `Stopped`.

    Where the source says how many listings may be read at once (`About.parallel`), its collections
    are read side by side, the users, whose pages hang on one another, first. Else one follows the
    other: a connector may need an earlier one to understand a later one.
    """
    width = about.parallel or PARALLEL_PARENTS
    can = about.abilities
    beside = max(1, int(width * SHARE_BESIDE_USERS)) if about.parallel else width
    room = asyncio.Semaphore(beside)

    async def accounts() -> Sequence[Listing]:
        try:
            if Ability.LIST_ACCOUNTS not in can:
                return ()
            pages = able(reader, ListsAccounts).accounts
            return (await read_listing(reading, Collection.ACCOUNTS, "", pages),)
        finally:
            for _ in range(width - beside):
                room.release()

    async def groups() -> Sequence[Listing]:
        found: list[Listing] = []
        if Ability.LIST_GROUPS in can:
            pages = able(reader, ListsGroups).groups
            found.append(await read_listing(reading, Collection.GROUPS, "", pages))
        if Ability.LIST_MEMBERSHIPS in can:
            members = able(reader, ListsMemberships).memberships
            kind, parents = Collection.MEMBERSHIPS, Collection.GROUPS
            found += await _of_parents(reading, kind, parents, members, width, room)
        return found

    async def vaults() -> Sequence[Listing]:
        found: list[Listing] = []
        if Ability.LIST_VAULTS in can:
            pages = able(reader, ListsVaults).vaults
            found.append(await read_listing(reading, Collection.VAULTS, "", pages))
        if Ability.LIST_GRANTS in can:
            grants = able(reader, ListsGrants).grants
            kind, parents = Collection.GRANTS, Collection.VAULTS
            found += await _of_parents(reading, kind, parents, grants, width, room)
        return found

    async def machines() -> Sequence[Listing]:
        if Ability.LIST_MACHINES not in can:
            return ()
        pages = able(reader, ListsMachines).machines
        return (await read_listing(reading, Collection.MACHINES, "", pages),)

    chains: tuple[_Chain, ...] = (accounts, groups, vaults, machines)
    every = await in_order(chains, _begin, len(chains) if about.parallel else 1)
    return tuple(listing for chain in every for listing in chain)


async def _begin(chain: _Chain) -> Sequence[Listing]:
    return await chain()


async def _of_parents(
    reading: Reading,
    collection: Collection,
    parents: Collection,
    pages: Callable[[str], Pages],
    width: int,
    room: asyncio.Semaphore,
) -> Sequence[Listing]:
    """The listing of each group or vault, by a fixed number of workers on one queue."""

    ids = tuple(dict.fromkeys(reading.parents.get(parents, ())))

    async def one(numbered: tuple[int, str]) -> Listing:
        number, parent_id = numbered
        async with room:
            return await read_listing(
                reading, collection, parent_id, lambda: pages(parent_id), (number, len(ids))
            )

    return await in_order(tuple(enumerate(ids, start=1)), one, width)
