"""What is known of a source, from the cache and from asking it, and its line in the list."""

from collections import Counter
from dataclasses import dataclass

from keyturn.run.source_health import SIGNS, worst
from keyturn.tui.ages import age
from keyturn.tui.engine import Met
from keyturn.tui.widgets.row_source import Row
from keyturn_providers.contract import Condition
from keyturn_storage.rows import SnapshotInfo, SourceRow
from keyturn_storage.stream_rows import StreamCoverage

ROLES = {
    Condition.WRONG: "urgent",
    Condition.WATCH: "change",
    Condition.UNKNOWN: "unknown",
    Condition.WELL: "",
}
COUNTED = {
    Condition.WRONG: "wrong",
    Condition.WATCH: "to watch",
    Condition.UNKNOWN: "not known",
    Condition.WELL: "well",
}


@dataclass(frozen=True, slots=True)
class ReadSource:
    """A source as it was last read."""

    row: SourceRow
    snapshot: SnapshotInfo | None
    unreadable: tuple[tuple[str, str], ...]
    archived: tuple[StreamCoverage, ...]
    whole_ms: int | None = None
    """When the newest whole read began."""
    silence_ms: int | None = None
    """`limits.silence`; None where it is not known."""


@dataclass(frozen=True, slots=True)
class Known:
    """One source: as it was read, as it answered when it was asked; at least one of the two."""

    name: str
    read: ReadSource | None = None
    met: Met | None = None

    @property
    def condition(self) -> Condition:
        """The worst that is known; UNKNOWN while it was not asked."""
        if self.met is not None and (self.met.error or worst(self.met.checks) is Condition.WRONG):
            return Condition.WRONG
        if self.read is not None and (self.read.row.error or not self.read.row.complete):
            return Condition.WRONG
        return Condition.UNKNOWN if self.met is None else worst(self.met.checks)


def known_sources(read: tuple[ReadSource, ...], met: tuple[Met, ...]) -> tuple[Known, ...]:
    """Each source once, in the order of the cache; those that were only asked come last. What no
    name or tenant ties to a source, a failure, belongs to the source of its side."""
    left = list(met)
    found: list[Known] = []
    for one in read:
        answer = next((answer for answer in left if _is_of(answer, one)), None) or next(
            (answer for answer in left if answer.error and answer.side is one.row.source.side),
            None,
        )
        if answer is not None:
            left.remove(answer)
        found.append(Known(one.row.source.name, one, answer))
    return (*found, *(Known(one.name, met=one) for one in left))


def _is_of(met: Met, read: ReadSource) -> bool:
    """A source that was given another name since is known by its tenant."""
    source = read.row.source
    same_tenant = bool(met.tenant) and (met.kind, met.tenant) == (source.kind, source.tenant)
    return met.name == source.name or same_tenant


def source_line(number: int, known: Known, now_ms: int) -> Row:
    """The line of one source: how old, how whole, and the worst of its checks."""
    listings, role = "not read", "unknown"
    read_age = "–"
    if known.read is not None:
        row = known.read.row
        read_age = age(row.taken_ms, now_ms)
        if row.error:
            listings, role = "! old", "urgent"
        elif row.complete:
            listings, role = "✓ complete", ""
        else:
            listings, role = "✗ incomplete", "remove"
    checks, condition = "not asked", Condition.UNKNOWN
    if known.met is not None:
        checks, condition = _checked(known.met)
    return Row(
        number,
        SIGNS[known.condition],
        (known.name, read_age, listings, checks),
        ("strong", "dim", role, ROLES[condition]),
        label=known.name,
        about=known,
    )


def _checked(met: Met) -> tuple[str, Condition]:
    if met.error:
        return "no answer", Condition.WRONG
    if not met.checks:
        return "no checks", Condition.UNKNOWN
    condition = worst(met.checks)
    if condition is Condition.WELL:
        return "all well", condition
    count = Counter(one.condition for one in met.checks)[condition]
    return f"{count} {COUNTED[condition]}", condition
