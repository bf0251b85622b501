"""The archive of event streams in words: how much, since when, how new, and what is missing."""

from collections.abc import Sequence
from datetime import UTC, datetime

from keyturn_storage.stream_rows import GapRow, StreamCoverage

GAPS_NAMED = 2
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_STEPS = ((86_400_000, "day", "days"), (3_600_000, "h", "h"), (60_000, "min", "min"))


def covered_words(streams: Sequence[StreamCoverage], now_ms: int) -> str:
    """One line about all streams of one source: "events archived: 41,203 since 3 Aug 2024, newest
    2 min ago; gap 1–4 Mar 2026". Empty where nothing was ever archived. Days are UTC."""
    if not streams:
        return ""
    oldest = [one.oldest_ms for one in streams if one.oldest_ms is not None]
    newest = [one.newest_ms for one in streams if one.newest_ms is not None]
    count = sum(one.events for one in streams)
    if oldest and newest:
        parts = [f"{count:,} since {day(min(oldest))}, newest {ago(max(newest), now_ms)}"]
    else:
        parts = ["none yet"]
    parts += _gap_words(streams)
    parts += [
        f"{one.stream} read up to {day(one.whole_ms)} so far"
        for one in streams
        if one.behind and one.whole_ms is not None
    ]
    return "events archived: " + "; ".join(parts)


def trouble_words(streams: Sequence[StreamCoverage], now_ms: int) -> tuple[str, ...]:
    """A sentence for each stream whose last attempt failed."""
    return tuple(
        f"{one.stream} never archived: {one.error}"
        if one.asked_ms is None
        else f"{one.stream} not archived for {_age(one.asked_ms, now_ms)}: {one.error}"
        for one in streams
        if one.error
    )


def day(at_ms: int) -> str:
    """ "3 Aug 2024", in UTC."""
    try:
        at = datetime.fromtimestamp(at_ms / 1000, UTC)
    except (ValueError, OverflowError, OSError):  # a source with a clock far off said so
        return f"{at_ms} ms"
    return f"{at.day} {_MONTHS[at.month - 1]} {at.year}"


def ago(at_ms: int, now_ms: int) -> str:
    """ "just now", "2 min ago", "3 h ago", "5 days ago"."""
    words = _age(at_ms, now_ms)
    return f"{words} ago" if words != _NOW else "just now"


def days(gap: GapRow) -> str:
    """ "gap 1–4 Mar 2026"; with no beginning, "nothing before 4 Mar 2026"."""
    if gap.from_ms is None:
        return f"nothing before {day(gap.until_ms)}"
    first, last = day(gap.from_ms), day(gap.until_ms)
    if first == last:
        return f"gap on {last}"
    begins, ends = first.split(), last.split()
    while begins[-1] == ends[-1]:
        del begins[-1], ends[-1]
    between = "–" if len(begins) == 1 else " – "
    return f"gap {' '.join(begins)}{between}{last}"


_NOW = "less than a minute"


def _age(at_ms: int, now_ms: int) -> str:
    for size, one, many in _STEPS:
        number = (now_ms - at_ms) // size
        if number >= 1:
            return f"{number} {one if number == 1 else many}"
    return _NOW


def _gap_words(streams: Sequence[StreamCoverage]) -> list[str]:
    """The newest gaps; one that all streams have is named once."""
    found: dict[str, list[str]] = {}
    latest: dict[str, int] = {}
    for one in streams:
        for gap in one.gaps:
            words = days(gap)
            names = found.setdefault(words, [])
            if one.stream not in names:
                names.append(one.stream)
            latest[words] = max(gap.until_ms, latest.get(words, gap.until_ms))
    order = sorted(found, key=lambda words: latest[words], reverse=True)
    said = [
        words if len(found[words]) == len(streams) else f"{words} in {' and '.join(found[words])}"
        for words in order[:GAPS_NAMED]
    ]
    if len(order) > GAPS_NAMED:
        more = len(order) - GAPS_NAMED
        said.append(f"and {more} older {'gap' if more == 1 else 'gaps'}")
    return said
