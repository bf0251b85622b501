"""The journal's hash chain: each entry's hash is SHA-256(previous hash, newline, line).

The stored line itself is hashed, so a checker needs no rule about how JSON is to be written.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

GENESIS = "0" * 64
PURGED_LINE = '{"kind":"purged"}'
"""What stands in place of a line that was purged; its hash stays as it was."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored line with its place in the chain. `seq` counts from 1 without gaps."""

    seq: int
    prev_hash: str
    line: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry as the journal itself remembers it: what shows a cut tail."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class ChainReport:
    """`first_bad` is the number of the first entry that is not as written, None if all are.

    `why` says what is wrong with it. `entries` counts the entries that are good, `head` is the
    hash of the last good one. A chain alone does not show a rewrite by somebody who can also
    write the head: compare `head` with one published elsewhere.
    """

    entries: int
    head: str
    first_bad: int | None = None
    why: str = ""

    @property
    def unbroken(self) -> bool:
        return self.first_bad is None


def link(prev_hash: str, line: str) -> str:
    """The hash of the entry `line` after the entry with hash `prev_hash`."""
    return hashlib.sha256(f"{prev_hash}\n{line}".encode("utf-8", "surrogatepass")).hexdigest()


def verify(
    entries: Iterable[Entry],
    head: Head | None = None,
    purged: Mapping[int, str] = MappingProxyType({}),
) -> ChainReport:
    """Checks entries in the order of `seq`, and that they end at `head` where one is given.
    `purged` are the hashes of the entries whose line is gone: one is good if it holds that hash."""
    seq, last = 0, GENESIS
    for entry in entries:
        if entry.seq != seq + 1:
            return ChainReport(seq, last, seq + 1, f"entry {seq + 1} is missing")
        if entry.prev_hash != last:
            return ChainReport(
                seq, last, entry.seq, f"entry {entry.seq} does not follow entry {seq}"
            )
        gone = entry.line == PURGED_LINE and purged.get(entry.seq) == entry.hash
        if not gone and link(last, entry.line) != entry.hash:
            return ChainReport(seq, last, entry.seq, f"entry {entry.seq} was changed")
        seq, last = entry.seq, entry.hash
    if head is not None and (head.seq, head.hash) != (seq, last):
        return ChainReport(
            seq, last, seq + 1, f"the journal ends at entry {seq}, but had {head.seq} entries"
        )
    return ChainReport(seq, last)
