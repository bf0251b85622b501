"""Reads both sources into the cache, at the same time. A failed listing closes nothing."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from keyturn.run.clock import Clock
from keyturn.run.connections import Connections
from keyturn.run.listing import Reading, Stopped
from keyturn.run.progress import Observer, SourceDone
from keyturn.run.source_listings import read_all
from keyturn_providers.contract import Connector
from keyturn_providers.errors import ProviderError
from keyturn_providers.records import Listing, Side
from keyturn_storage.errors import SnapshotOvertaken, TenantDiffers
from keyturn_storage.rows import SnapshotInfo
from keyturn_storage.snapshots import Cache


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
        """Whether every listing was read to its end."""
        return self.snapshot is not None and self.snapshot.complete


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """How a refresh ended. `stopped`: the operator asked to; nothing of it was kept."""

    directory: SourceReport
    secrets: SourceReport
    stopped: bool = False

    @property
    def complete(self) -> bool:
        """Whether every listing of both sources was."""
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
        listings = await read_all(reading, about, connector.reader())
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
        f"incomplete: {len(broken)} of {len(listings)} listings were not read whole; the first, "
        f"{what}: {first.error}{odd} "
        "Nothing is taken away because of this snapshot."
    )


def _done(report: SourceReport, observe: Observer) -> SourceReport:
    observe(SourceDone(report.source, report.side, report.complete, report.words))
    return report
