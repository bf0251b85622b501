"""Reads both sources into the cache, at the same time. A failed listing closes nothing."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from keyturn.run.clock import Clock
from keyturn.run.connections import Connections
from keyturn.run.listing import Pages, Reading, Stopped, read_listing
from keyturn.run.progress import Observer, SourceDone
from keyturn_providers.contract import (
    Ability,
    About,
    Connector,
    ListsAccounts,
    ListsGrants,
    ListsGroups,
    ListsMachines,
    ListsMemberships,
    ListsVaults,
    able,
)
from keyturn_providers.errors import ProviderError
from keyturn_providers.records import Collection, Listing, Side
from keyturn_storage.errors import SnapshotOvertaken, TenantDiffers
from keyturn_storage.rows import SnapshotInfo
from keyturn_storage.snapshots import Cache

PARALLEL_PARENTS = 4
"""How many groups or vaults of one source are listed at once. The connector paces requests."""


@dataclass(frozen=True, slots=True)
class SourceReport:
    """How reading one source ended. `snapshot` is None where nothing could be sealed.

    `failure` is the error as raised where the source could not be asked at all.
    """

    side: Side
    source: str
    snapshot: SnapshotInfo | None
    words: str
    failure: Exception | None = None

    @property
    def complete(self) -> bool:
        return self.snapshot is not None and self.snapshot.complete


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """How a refresh ended. `stopped`: the operator asked to; nothing of it was kept."""

    directory: SourceReport
    secrets: SourceReport
    stopped: bool = False

    @property
    def complete(self) -> bool:
        return self.directory.complete and self.secrets.complete

    @property
    def words(self) -> str:
        """Both sources in words, one after the other."""
        return " ".join(f"{one.source}: {one.words}" for one in (self.directory, self.secrets))


async def refresh(
    connections: Connections,
    cache: Cache,
    *,
    observe: Observer,
    stop: Callable[[], bool],
    clock: Clock,
) -> RefreshReport:
    """Reads both sources to the end, whatever happens to the other, and seals what was read.

    Every listing is recorded as complete with its proof, or as incomplete with the error in words.
    An error in one listing does not stop the others, unless the credential, the tenant or the
    shape of the answers is wrong: then the rest of that source is recorded as not read. When
    stopped, both snapshots are abandoned. Never raises a ProviderError.
    """
    cache.recover()
    directory, secrets = await asyncio.gather(
        _source(connections.directory, Side.DIRECTORY, cache, observe, stop, clock),
        _source(connections.secrets, Side.SECRETS, cache, observe, stop, clock),
        return_exceptions=True,
    )
    if isinstance(directory, BaseException):
        raise directory
    if isinstance(secrets, BaseException):
        raise secrets
    stopped = any(isinstance(one.failure, Stopped) for one in (directory, secrets))
    return RefreshReport(directory, secrets, stopped)


async def _source(
    connector: Connector,
    side: Side,
    cache: Cache,
    observe: Observer,
    stop: Callable[[], bool],
    clock: Clock,
) -> SourceReport:
    started_ms = clock.now_ms()
    try:
        about = await connector.about()
        snapshot_id = cache.begin(about.source, started_ms)
    except (ProviderError, TenantDiffers) as failure:
        name = failure.source if isinstance(failure, ProviderError) else failure.who
        _remember(cache, name, started_ms, failure)
        words = str(failure).removeprefix(f"{name}: ")
        return _done(SourceReport(side, name, None, words, failure), observe)
    reading = Reading(about.source.name, cache, snapshot_id, observe, stop)
    try:
        listings = await _listings(reading, about, connector.reader())
        info = cache.seal(snapshot_id, clock.now_ms(), about.blind_spots, about.permission_rules)
    except Stopped as stopped:
        words = "stopped; the snapshot before stands."
        cache.abandon(snapshot_id, "stopped by the operator")
        return _done(SourceReport(side, reading.source, None, words, stopped), observe)
    except SnapshotOvertaken as overtaken:
        return _done(SourceReport(side, reading.source, None, str(overtaken), overtaken), observe)
    except BaseException as failure:
        cache.abandon(snapshot_id, f"the refresh failed: {type(failure).__name__}")
        raise
    return _done(SourceReport(side, reading.source, info, _words(info, listings)), observe)


def _remember(cache: Cache, name: str, started_ms: int, failure: Exception) -> None:
    """Keeps the failure with the source's history, where the source was read before."""
    for known in cache.sources():
        if known.source.name == name:
            cache.abandon(cache.begin(known.source, started_ms), str(failure))


async def _listings(reading: Reading, about: About, reader: object) -> tuple[Listing, ...]:
    found: list[Listing] = []
    if Ability.LIST_ACCOUNTS in about.abilities:
        accounts = able(reader, ListsAccounts).accounts
        found.append(await read_listing(reading, Collection.ACCOUNTS, "", accounts))
    if Ability.LIST_GROUPS in about.abilities:
        groups = able(reader, ListsGroups).groups
        found.append(await read_listing(reading, Collection.GROUPS, "", groups))
    if Ability.LIST_MEMBERSHIPS in about.abilities:
        members = able(reader, ListsMemberships).memberships
        found += await _of_parents(reading, Collection.MEMBERSHIPS, Collection.GROUPS, members)
    if Ability.LIST_VAULTS in about.abilities:
        vaults = able(reader, ListsVaults).vaults
        found.append(await read_listing(reading, Collection.VAULTS, "", vaults))
    if Ability.LIST_GRANTS in about.abilities:
        grants = able(reader, ListsGrants).grants
        found += await _of_parents(reading, Collection.GRANTS, Collection.VAULTS, grants)
    if Ability.LIST_MACHINES in about.abilities:
        machines = able(reader, ListsMachines).machines
        found.append(await read_listing(reading, Collection.MACHINES, "", machines))
    return tuple(found)


async def _of_parents(
    reading: Reading, collection: Collection, parents: Collection, pages: Callable[[str], Pages]
) -> Sequence[Listing]:
    ids = list(dict.fromkeys(reading.parents.get(parents, ())))
    room = asyncio.Semaphore(PARALLEL_PARENTS)

    async def one(parent_id: str) -> Listing:
        async with room:
            return await read_listing(reading, collection, parent_id, lambda: pages(parent_id))

    results = await asyncio.gather(*(one(parent) for parent in ids), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if isinstance(result, Listing)]


def _words(info: SnapshotInfo, listings: Sequence[Listing]) -> str:
    broken = [listing for listing in listings if not listing.complete]
    unreadable = sum(listing.unreadable for listing in listings)
    odd = f" {unreadable} records could not be understood." if unreadable else ""
    if info.complete:
        return f"complete: {len(listings)} of {len(listings)} listings.{odd}"
    if not broken:
        return f"incomplete: a group or vault known before was not listed.{odd}"
    first = broken[0]
    what = f"{first.collection.value} of {first.parent_id}" if first.parent_id else first.collection
    return (
        f"incomplete: {len(broken)} of {len(listings)} listings; {what}: {first.error}{odd} "
        "Nothing is taken away because of this snapshot."
    )


def _done(report: SourceReport, observe: Observer) -> SourceReport:
    observe(SourceDone(report.source, report.side, report.complete, report.words))
    return report
