"""What the pack tells of its own ground: readings, journal, controls, and what is not known."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NotKnown:
    field: str
    why: str


@dataclass(frozen=True, slots=True)
class ListingTold:
    """All listings of one collection. `pages` is in how many answers they came, None where that was
    not kept; `proofs` are the words that say why they are complete."""

    collection: str
    listings: int
    complete: int
    pages: int | None
    rows: int
    unreadable: int
    proofs: tuple[str, ...]
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CountTold:
    what: str
    rows: int


@dataclass(frozen=True, slots=True)
class ReadingTold:
    """One reading of a source that the plan rests on, or that came after. `kept` is False where the
    snapshot is not in the cache any more; then only what the plan says of it is known."""

    role: str
    source: str
    kind: str
    tenant: str
    snapshot: int
    began: str
    ended: str | None
    age_minutes: int | None
    complete: bool
    kept: bool
    rows_sha256: str | None
    counts: tuple[CountTold, ...]
    listings: tuple[ListingTold, ...]
    invariants: tuple[tuple[str, str], ...]
    blind_spots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ControlTold:
    framework: str
    control: str
    asks: str
    evidence: str
    not_proven: str


@dataclass(frozen=True, slots=True)
class JournalTold:
    start_seq: int
    start_hash: str
    seq: int
    hash: str
    entries: int
    withheld: int
    not_told: tuple[str, ...]
    """The operations of these runs that are about others who left with them."""


@dataclass(frozen=True, slots=True)
class ToolTold:
    keyturn: str
    logic_sha256: str
