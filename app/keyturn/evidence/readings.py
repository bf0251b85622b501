"""The readings a plan rests on and the first whole ones after the run, as far as the cache has
them: how complete they were, and by what that is known."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from keyturn.decide.plans import SnapshotUsed
from keyturn.evidence.moments import MINUTE_MS, utc
from keyturn.evidence.pack_basis import CountTold, ListingTold, ReadingTold
from keyturn_providers.records import Collection, Listing, Side, Snapshot
from keyturn_storage.rows import SnapshotInfo
from keyturn_storage.snapshots import Cache

BEFORE = "the plan rests on it"
AFTER = "first whole reading after the run"
BEFORE_OF = "the plan of run {number} rests on it"
AFTER_ALL = "first whole reading after the last run"
_ERRORS_SHOWN = 10
_PROOFS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of a source. `snapshot` and `info` are None where the cache has it no more."""

    used: SnapshotUsed
    side: Side
    info: SnapshotInfo | None = None
    snapshot: Snapshot | None = None


def before(cache: Cache | None, used: Iterable[SnapshotUsed]) -> tuple[Reading, ...]:
    """The readings that a plan names, the directory's first."""
    return tuple(_kept(cache, Reading(one, side)) for side, one in zip(Side, used, strict=False))


def _kept(cache: Cache | None, reading: Reading) -> Reading:
    used = reading.used
    info = cache.info(used.snapshot_id) if cache else None
    # A cache that was made anew counts its snapshots from 1 again: the id alone says nothing.
    if cache is None or info is None or info.state != "sealed":
        return reading
    same = (info.source.name, info.source.tenant) == (used.source, used.tenant)
    if not same or info.started_ms != used.taken_ms:
        return reading
    return Reading(used, reading.side, info, cache.load(used.snapshot_id))


def after(cache: Cache | None, used: Iterable[SnapshotUsed], last_ms: int) -> tuple[Reading, ...]:
    """Of each source the first complete reading that began after the run; else the first at all."""
    found: list[Reading] = []
    for side, one in zip(Side, used, strict=False):
        later = [
            info
            for info in reversed(cache.snapshots(one.source) if cache else ())
            if info.state == "sealed"
            and info.started_ms > last_ms
            and info.source.tenant == one.tenant
        ]
        info = next((info for info in later if info.complete), later[0] if later else None)
        if cache is None or info is None:
            continue
        as_used = SnapshotUsed(
            one.source, one.kind, one.tenant, info.id, info.started_ms, info.complete
        )
        found.append(Reading(as_used, side, info, cache.load(info.id)))
    return tuple(found)


def told(reading: Reading, role: str, planned_ms: int | None = None) -> ReadingTold:
    """A reading for the completeness block. `planned_ms` is when the plan was made that rests on
    it."""
    used, info = reading.used, reading.info
    age = (planned_ms - used.taken_ms) // MINUTE_MS if planned_ms is not None else None
    return ReadingTold(
        role=role,
        source=used.source,
        kind=used.kind,
        tenant=used.tenant,
        snapshot=used.snapshot_id,
        began=utc(used.taken_ms),
        ended=utc(info.ended_ms) if info and info.ended_ms is not None else None,
        age_minutes=age,
        complete=used.complete,
        kept=info is not None,
        rows_sha256=rows_digest(reading.snapshot) if reading.snapshot else None,
        counts=_counts(info) if info else (),
        listings=_listings(info.listings) if info else (),
        invariants=info.invariants if info else (),
        blind_spots=info.blind_spots if info else (),
    )


def _counts(info: SnapshotInfo) -> tuple[CountTold, ...]:
    return (
        CountTold("accounts", info.accounts),
        CountTold("groups", info.groups),
        CountTold("memberships", info.memberships),
        CountTold("vaults", info.vaults),
        CountTold("grants", info.grants),
        CountTold("machine identities", info.machines),
        CountTold("unreadable records", info.unreadable),
    )


def _listings(listings: Iterable[Listing]) -> tuple[ListingTold, ...]:
    by_collection: dict[Collection, list[Listing]] = defaultdict(list)
    for one in listings:
        by_collection[one.collection].append(one)
    return tuple(_listing(name, by_collection[name]) for name in Collection if by_collection[name])


def _listing(collection: Collection, listings: list[Listing]) -> ListingTold:
    proofs = list(dict.fromkeys(one.proof for one in listings if one.proof))
    errors = [
        f"{one.parent_id or collection.value}: {one.error or 'it was not read to its end'}"
        for one in listings
        if not one.complete
    ]
    pages = [one.pages for one in listings]
    return ListingTold(
        collection=collection.value,
        listings=len(listings),
        complete=sum(one.complete for one in listings),
        pages=None if None in pages else sum(number or 0 for number in pages),
        rows=sum(one.rows for one in listings),
        unreadable=sum(one.unreadable for one in listings),
        proofs=_cut(proofs, _PROOFS_SHOWN),
        errors=_cut(errors, _ERRORS_SHOWN),
    )


def _cut(words: list[str], limit: int) -> tuple[str, ...]:
    rest = len(words) - limit
    return (*words[:limit], f"and {rest} more") if rest > 0 else tuple(words)


def rows_digest(snapshot: Snapshot) -> str:
    """SHA-256 over all rows of a snapshot, sorted: the same rows give the same."""
    digest = hashlib.sha256()
    for rows in (
        snapshot.accounts,
        snapshot.groups,
        snapshot.memberships,
        snapshot.vaults,
        snapshot.grants,
        snapshot.machines,
    ):
        for row in sorted(map(repr, rows)):
            digest.update(f"{row}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
