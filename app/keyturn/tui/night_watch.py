"""Whether what is open may wait until morning: at night the first thing to know."""

from collections.abc import Sequence
from dataclasses import dataclass

from keyturn.decide.names import counted
from keyturn.tui.ages import age
from keyturn_storage.queries.activity import RunLine
from keyturn_storage.rows import DriftCounts, SourceRow

STALE_MS = 6 * 60 * 60 * 1000
"""What was read longer ago tells nothing about tonight."""


@dataclass(frozen=True, slots=True)
class Watch:
    """`sign` as in the gutter: "!" act now, "?" it cannot be told, "=" it can wait."""

    sign: str
    headline: str
    words: str


def watch(
    drift: DriftCounts | None,
    leavers: tuple[int, tuple[str, ...]],
    runs: Sequence[RunLine],
    sources: Sequence[SourceRow],
    now_ms: int,
    reopened: tuple[int, tuple[str, ...]] = (0, ()),
) -> Watch:
    """The worst that holds. Never "it can wait" from a read that is old or not whole."""
    count, names = leavers
    if count:
        more = f" and {count - len(names)} more" if count > len(names) else ""
        who = "1 person who left still has" if count == 1 else f"{count} people who left still have"
        return Watch("!", "Do not leave it:", f"{who} access ({', '.join(names)}{more}). "
                     f"1, then o{'' if count == 1 else ' on each'}, offboards them."
                     f"{_before(runs, sources)}")  # fmt: skip
    if reopened[0]:
        return Watch("!", "Do not leave it:", _again(*reopened))
    leaving = [run for run in runs if run.scope == "offboard" and run.state != "ended"]
    if leaving:
        return Watch("!", "Do not leave it:", f"{leaving[0].title} is not finished "
                     f"({leaving[0].done} of {leaving[0].steps} done). R goes on.")  # fmt: skip
    doubt = _doubt(drift, sources, now_ms)
    if doubt:
        return Watch("?", "Cannot tell:", f"{doubt} r reads again.")
    if drift is not None and drift.urgent:
        what = "1 finding is" if drift.urgent == 1 else f"{drift.urgent} findings are"
        return Watch("!", "Look first:", f"{what} urgent, though nobody who left has visible "
                     "access. 2 shows what.")  # fmt: skip
    still = [run for run in runs if run.state != "ended"]
    open_words = (
        f"; {len(still)} open run{'s' if len(still) != 1 else ''} may wait" if still else ""
    )
    return Watch("=", "It can wait until morning:", "nobody who left has visible access, and no "
                 f"offboarding is open{open_words}.")  # fmt: skip


def watch_then(drift: DriftCounts | None, leavers: tuple[int, tuple[str, ...]]) -> Watch:
    """How it stood at an earlier read: what to do about it is only known now."""
    count, names = leavers
    more = f" and {count - len(names)} more" if count > len(names) else ""
    who = "nobody who had left had visible access"
    if count:
        who = f"{counted(count, 'person', 'people')} who had left still had access "
        who += f"({', '.join(names)}{more})"
    urgent = "" if drift is None else f", {counted(drift.urgent, 'finding')} urgent"
    return Watch("?", "As it was then:", f"{who}{urgent}. t goes back to now.")


def _again(count: int, names: Sequence[str]) -> str:
    more = f" and {count - len(names)} more" if count > len(names) else ""
    who = f"{', '.join(names)}{more}"
    words = f"The case of {who} is" if count == 1 else f"{count} cases ({who}) are"
    return f"{words} open again: what was cut has come back. 7 shows what, since when and by whom."


def _before(runs: Sequence[RunLine], sources: Sequence[SourceRow]) -> str:
    """What was read before a run tells nothing of what the run did."""
    last = max((run.ended_ms or run.started_ms for run in runs), default=0)
    if any(row.taken_ms < last for row in sources):
        return " That was read before the last run: r reads again."
    return ""


def _doubt(drift: DriftCounts | None, sources: Sequence[SourceRow], now_ms: int) -> str:
    if drift is None or not sources:
        return "nothing has been compared yet."
    for row in sources:
        name = row.source.name
        if row.error:
            return f"the last read of {name} failed, and what is known is {_old(row, now_ms)} old."
        if not row.complete:
            return f"{name} was not wholly read."
        if now_ms - row.taken_ms > STALE_MS:
            return f"{name} was last read {_old(row, now_ms)} ago."
    return ""


def _old(row: SourceRow, now_ms: int) -> str:
    return age(row.taken_ms, now_ms)
