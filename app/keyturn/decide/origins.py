"""Who made an edge, and when: by keyturn's own journal, the source's audit log, or its snapshots.

An edge that a snapshot did not have was made after it: what is told of an earlier time was about
one that went again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from keyturn.decide.explain import day

EdgeKey = tuple[str, str, str]


class Known(StrEnum):
    """What the answer rests on, the best first."""

    JOURNAL = "keyturn's journal"
    AUDIT = "audit log"
    SNAPSHOTS = "snapshots"
    BEFORE = "before our history"


@dataclass(frozen=True, slots=True)
class Making:
    """That somebody made an edge, as one record tells it. `run_id` where keyturn did."""

    key: EdgeKey
    at_ms: int
    by: str
    known: Known
    run_id: str = ""


@dataclass(frozen=True, slots=True)
class Sighting:
    """The first snapshot of an unbroken row that has the edge, and the last before without it.

    `after_ms` None: no snapshot that could have shown it is older.
    """

    first_ms: int
    after_ms: int | None


@dataclass(frozen=True, slots=True)
class Origin:
    """Who made an edge and when, as far as is known. `by` is empty where nobody is named; `at_ms`
    None where not even a time is."""

    known: Known
    at_ms: int | None = None
    by: str = ""
    run_id: str = ""
    after_ms: int | None = None


def origin_of(
    key: EdgeKey,
    makings: Iterable[Making],
    seen: Sighting | None,
    logged_since_ms: int | None = None,
) -> Origin:
    """The newest record of the edge's making that can be about this edge; else when it was first
    seen. Of two records of one moment (the same hour), keyturn's own, for it names who was at it.

    `logged_since_ms` is since when the audit log is archived without a gap: what it does not tell
    of was made before.
    """
    floor = seen.after_ms if seen is not None and seen.after_ms is not None else None
    fitting = [one for one in makings if one.key == key and (floor is None or one.at_ms > floor)]
    newest = max(fitting, key=lambda one: one.at_ms, default=None)
    if newest is not None:
        same = [one for one in fitting if newest.at_ms - one.at_ms <= _SAME_MS]
        best = min(same, key=lambda one: (list(Known).index(one.known), -one.at_ms))
        return Origin(best.known, best.at_ms, best.by, best.run_id)
    first_ms = seen.first_ms if seen is not None else None
    known_since = [at for at in (first_ms, logged_since_ms) if at is not None]
    if seen is None or seen.after_ms is None:
        return Origin(Known.BEFORE, min(known_since, default=None))
    return Origin(Known.SNAPSHOTS, seen.first_ms, after_ms=seen.after_ms)


_SAME_MS = 3_600_000


def origin_words(origin: Origin) -> str:
    """`made 2 Mar 2025 by t.ong (audit log)`, or as much of it as is known."""
    if origin.known is Known.JOURNAL and origin.at_ms is not None:
        by = f" by {origin.by}" if origin.by else ""
        return f"made {day(origin.at_ms)}{by} with keyturn (run {origin.run_id})"
    if origin.known is Known.AUDIT and origin.at_ms is not None:
        by = f" by {origin.by}" if origin.by else ""
        return f"made {day(origin.at_ms)}{by} (audit log)"
    if origin.known is Known.SNAPSHOTS and origin.at_ms is not None and origin.after_ms is not None:
        first, after = day(origin.at_ms), day(origin.after_ms)
        when = f"on {first}" if first == after else f"between {after} and {first}"
        return f"made {when}, by whom is not told"
    if origin.at_ms is not None:
        return f"made before our history, which begins {day(origin.at_ms)}"
    return "made before our history"
