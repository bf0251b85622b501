"""Drift over time in one line: one block for each read, the highest for the most."""

import sys
from collections.abc import Sequence

from keyturn.tui.ages import age
from keyturn_storage.queries.moments import DriftPoint

BLOCKS = "▁▂▃▄▅▆▇█"
DIGITS = "0123456789"
MOST = 60
"""The longest line of blocks: more would say no more at a glance."""
Part = str | tuple[str, str]


def spark(values: Sequence[int], width: int, *, plain: bool = False) -> str:
    """The newest `width` values: the least of them is the lowest block and the most the highest, so
    that a small change of a large number can be seen; the words beside it say both. Where all are
    the same they are of middle height, or lowest for nothing. `plain` has digits for terminals
    without block characters."""
    steps = DIGITS if plain else BLOCKS
    shown = values[-width:] if width > 0 else ()
    least, most = min(shown, default=0), max(shown, default=0)
    if most == least:
        return steps[len(steps) // 2 if most else 0] * len(shown)
    last = len(steps) - 1
    return "".join(steps[round((value - least) * last / (most - least))] for value in shown)


def trend_parts(
    points: Sequence[DriftPoint], width: int, now_ms: int, *, plain: bool = False
) -> list[Part]:
    """The line within `width` cells; empty with fewer than two points, which show no trend."""
    if len(points) < 2:
        return []
    values = [point.total for point in points]
    last, first = points[-1], points[0]
    urgent = f", {last.urgent} urgent" if last.urgent else ""
    now = f" {last.total:,}{urgent}"
    for room in (MOST, 24, 12):
        shown = values[-room:]
        since = age(points[-len(shown)].made_ms if len(shown) < len(points) else first.made_ms,
                    now_ms)  # fmt: skip
        span = f"   least {min(shown):,}, most {max(shown):,} in {since}, {len(shown)} reads"
        if len("drift ") + len(shown) + len(now) + len(span) <= width:
            return [("drift ", "$quiet"), (spark(values, room, plain=plain), "$accent"),
                    (now, "bold"), (span, "$quiet")]  # fmt: skip
    room = max(4, min(12, width - len("drift ") - len(now)))
    return [("drift ", "$quiet"), (spark(values, room, plain=plain), "$accent"), (now, "bold")]


def plain_terminal() -> bool:
    """Whether the terminal takes no characters beyond ASCII."""
    encoding = (sys.__stdout__.encoding if sys.__stdout__ is not None else "") or "utf-8"
    return not encoding.casefold().replace("-", "").startswith("utf")
