"""What is older than the retention allows: found in journal, cache and files, and taken out.

The journal decides first: what of it stays, and above all what is under legal hold, keeps what the
cache and the files have of the same people too.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from keyturn.decide.values import from_plain, to_plain
from keyturn_storage.journal import Journal
from keyturn_storage.purge_rows import Purgeable, PurgeDone
from keyturn_storage.purgeable import ON_HOLD
from keyturn_storage.purging import find_purgeable, purge
from keyturn_storage.snapshots import Cache

DAY_MS = 86_400_000
_OUTSIDE = "purged outside"


@dataclass(frozen=True, slots=True)
class Old:
    """What would go. `snapshots` counts those of the cache, `files` are saved plans and copies of
    the journal made before it was migrated. `bundles` are evidence, which is never taken: it was
    made to be given away. `held_back` says in words what stays because of a legal hold."""

    days: int
    journal: Purgeable
    snapshots: int
    files: tuple[Path, ...]
    bundles: tuple[Path, ...]
    held_back: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether nothing would go."""
        return self.journal.nothing and not self.snapshots and not self.files


@dataclass(frozen=True, slots=True)
class Purged:
    """What went: the journal's own purges, and how many snapshots and files."""

    purges: tuple[PurgeDone, ...]
    snapshots: int
    files: int


@dataclass(frozen=True, slots=True)
class TakenOutside:
    """What one purge took outside of the journal: at most so many snapshots, and so many files."""

    at_ms: int
    by: str
    days: int
    snapshots: int
    files: int


def taken_outside(journal: Journal) -> tuple[TakenOutside, ...]:
    """Of every purge what it took outside of the journal, oldest first."""
    return tuple(from_plain(TakenOutside, json.loads(body)) for body in journal.notes(_OUTSIDE))


def find_old(journal: Journal, cache: Cache | None, data: Path, *, days: int, now_ms: int) -> Old:
    """Everything older than `days`. Reads only."""
    before_ms = now_ms - days * DAY_MS
    found = find_purgeable(journal, before_ms)
    plans = tuple(_older(data.glob("plans/*.json"), before_ms))
    # A copy holds all that the journal held when it was made.
    copies = tuple(_copies(data, before_ms if found.nothing else now_ms))
    snapshots = _snapshots(cache, before_ms) if cache is not None else 0
    bundles = tuple(_older(data.glob("evidence/keyturn-evidence-*"), before_ms))
    if not any(one.why == ON_HOLD for one in found.stays):
        return Old(days, found, snapshots, (*plans, *copies), bundles)
    told = (
        (snapshots, "snapshots in the cache"),
        (len(plans), "saved plans"),
        (len(copies), "copies of the journal"),
    )
    held_back = tuple(f"{number} {what}" for number, what in told if number)
    return Old(days, found, 0, (), bundles, held_back)


def purge_old(journal: Journal, cache: Cache | None, old: Old, *, by: str, now_ms: int) -> Purged:
    """Takes out what `find_old` found. What goes outside of the journal is noted in it first, by
    number; after a crash in between, what is left is found again the next time."""
    before_ms = old.journal.before_ms
    if old.snapshots or old.files:
        told = TakenOutside(now_ms, by, old.days, old.snapshots, len(old.files))
        journal.note(_OUTSIDE, json.dumps(to_plain(told)), now_ms)
    for path in old.files:
        path.unlink(missing_ok=True)
    snapshots = 0
    if cache is not None and old.snapshots:
        snapshots = sum(
            cache.forget_before(name, before_ms)
            for name in sorted({one.source.name for one in cache.sources()})
        )
    done = purge(journal, before_ms=before_ms, days=old.days, by=by, at_ms=now_ms)
    return Purged(done, snapshots, len(old.files))


def _older(paths: Iterable[Path], before_ms: int) -> Iterable[Path]:
    return (path for path in sorted(paths) if path.stat().st_mtime_ns // 1_000_000 < before_ms)


def _copies(data: Path, before_ms: int) -> Iterable[Path]:
    """Copies of the journal, by the moment in their names."""
    for path in sorted(data.glob("journal.db.before-*")):
        made = path.name.rpartition("-")[2]
        if made.isdigit() and int(made) < before_ms:
            yield path


def _snapshots(cache: Cache, before_ms: int) -> int:
    """How many snapshots at most may be forgotten; the newest of each source stay."""
    number = 0
    for source in cache.sources():
        sealed = [one for one in cache.snapshots(source.source.name) if one.state == "sealed"]
        number += sum((one.ended_ms or before_ms) < before_ms for one in sealed[1:])
    return number
