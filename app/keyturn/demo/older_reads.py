"""Gives a demo's cache reads from before it was started, made from the first real one.

Only the cache is written: the journal has nothing that did not happen. The newest read stays what
was read; each older one is what a rule makes of it, sealed and judged like any other.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from keyturn.decide.rules import Rules
from keyturn.run.assess import assess
from keyturn_providers.records import Collection, Listing, Snapshot
from keyturn_storage.snapshots import Cache, open_cache
from keyturn_storage.staging import StagedRecord

READING_MS = 4_000
"""How long a made-up read took."""
States = Callable[[Snapshot, Snapshot, int], tuple[Snapshot, Snapshot]]
"""The directory and the secrets side of now to what they were at a time."""


@dataclass(frozen=True, slots=True)
class OlderRead:
    """A read at a time. With `directory_only` the secrets side was not read then; `cut` is a
    collection of it of which one listing was not read to its end."""

    at_ms: int
    directory_only: bool = False
    cut: Collection | None = None


def add_older_reads(
    cache_path: Path, rules: Rules, older: Sequence[OlderRead], states: States
) -> None:
    """Puts `older` reads (oldest first) before the newest of both sides, which stay as they are but
    for their numbers. Does nothing where a side has not been read whole, or more than once."""
    with open_cache(cache_path) as cache:
        newest = [cache.load(row.snapshot_id) for row in cache.sources()]
        times = {row.source: cache.info(row.snapshot_id) for row in cache.sources()}
        again = any(len(cache.snapshots(one.source.name)) > 1 for one in newest)
    if (
        again
        or len(newest) != 2
        or not all(one.complete and not one.unreadable_accounts for one in newest)
    ):
        return
    directory, secrets = newest
    made = cache_path.with_name(f"{cache_path.name}.made")
    with open_cache(made) as cache:
        for read in older:
            here, there = states(directory, secrets, read.at_ms)
            _seal(cache, here, read.at_ms, None)
            if not read.directory_only:
                _seal(cache, there, read.at_ms, read.cut)
            if len(cache.sources()) == 2:
                assess(cache, rules, read.at_ms + READING_MS)
        for one in newest:
            info = times[one.source]
            ended = info.ended_ms if info is not None and info.ended_ms is not None else 0
            _seal(cache, one, one.taken_ms, None, ended_ms=max(ended, one.taken_ms))
        last = [info.ended_ms or 0 for info in times.values() if info is not None]
        assess(cache, rules, max(last, default=0))
    for leftover in cache_path.parent.glob(f"{cache_path.name}-*"):
        leftover.unlink()
    made.replace(cache_path)


def _seal(
    cache: Cache, snapshot: Snapshot, at_ms: int, cut: Collection | None, *, ended_ms: int = 0
) -> None:
    snapshot_id = cache.begin(snapshot.source, at_ms)
    known = {(one.collection, one.parent_id): one for one in snapshot.listings}
    for collection, parent_id, records in _listings(snapshot):
        before = known.get((collection, parent_id))
        whole = collection is not cut
        if not whole:
            cut = None
        kept = records if whole else records[: len(records) // 2]
        cache.stage(snapshot_id, kept, collection=collection, parent_id=parent_id)
        proof = before.proof if before is not None else "the last page was reached"
        error = "" if whole else "HTTP 500 on page 2, three times."
        listing = Listing(collection, parent_id, whole, proof if whole else "", error, len(kept), 0)
        cache.end_listing(snapshot_id, listing)
    _ = cache.seal(
        snapshot_id, ended_ms or at_ms + READING_MS, snapshot.blind_spots,
        snapshot.permission_rules,
    )  # fmt: skip


def _listings(
    snapshot: Snapshot,
) -> Iterable[tuple[Collection, str, Sequence[StagedRecord]]]:
    """Every listing of the read, in the order in which it was read; what is there now of it."""
    members: dict[str, list[StagedRecord]] = defaultdict(list)
    grants: dict[str, list[StagedRecord]] = defaultdict(list)
    for member in snapshot.memberships:
        members[member.group_id].append(member)
    for grant in snapshot.grants:
        grants[grant.vault_id].append(grant)
    flat: dict[Collection, Sequence[StagedRecord]] = {
        Collection.ACCOUNTS: snapshot.accounts,
        Collection.GROUPS: snapshot.groups,
        Collection.VAULTS: snapshot.vaults,
        Collection.MACHINES: snapshot.machines,
    }
    there = {one.id for one in snapshot.groups} | {one.id for one in snapshot.vaults}
    for listing in snapshot.listings:
        if listing.collection is Collection.MEMBERSHIPS:
            if listing.parent_id in there:
                yield listing.collection, listing.parent_id, members[listing.parent_id]
        elif listing.collection is Collection.GRANTS:
            if listing.parent_id in there:
                yield listing.collection, listing.parent_id, grants[listing.parent_id]
        else:
            yield listing.collection, listing.parent_id, flat.get(listing.collection, ())
