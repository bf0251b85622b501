"""The timed report at the end of a drill."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap

_MINUTE_S = 60
_WIDTH = 79
_INDENT = " " * 20


@dataclass(frozen=True, slots=True)
class Episode:
    """One thing that went wrong, and how it ended. `well`: keyturn came through it as it must; None
    if it was not tried.

    `began_s` counts from the drill's start; `words` are sentences of what was seen.
    """

    title: str
    began_s: float
    took_s: float
    words: tuple[str, ...]
    well: bool | None


def report(episodes: Sequence[Episode], whole_s: float) -> Iterator[str]:
    """The report, a line at a time; empty lines between the episodes."""
    yield ""
    yield f"The drill took {duration(whole_s)}."
    yield ""
    yield f"  {'at':>6}  {'took':>8}  what went wrong"
    for episode in episodes:
        sign = "?" if episode.well is None else "=" if episode.well else "!"
        times = f"{sign} {clock(episode.began_s):>6}  {duration(episode.took_s):>8}  "
        yield from wrap(episode.title, _WIDTH, initial_indent=times, subsequent_indent=_INDENT)
        for sentence in episode.words:
            yield from wrap(sentence, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)
    yield ""
    failed = [episode.title for episode in episodes if episode.well is False]
    untried = [episode.title for episode in episodes if episode.well is None]
    came = len(episodes) - len(untried)
    if failed:
        yield from wrap(f"FAILED: keyturn did not come through: {'; '.join(failed)}.", _WIDTH)
    else:
        yield f"keyturn came through {'all' if not untried else 'the other'} {came} of them."
    if untried:
        yield from wrap(f"Not tried: {'; '.join(untried)}.", _WIDTH)


def clock(seconds: float) -> str:
    """Minutes and seconds: 1:07."""
    return f"{int(seconds) // _MINUTE_S}:{int(seconds) % _MINUTE_S:02}"


def duration(seconds: float) -> str:
    """Seconds to a tenth, or minutes and seconds: 1 m 07 s."""
    if seconds < _MINUTE_S:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // _MINUTE_S} m {int(seconds) % _MINUTE_S:02} s"
