"""Where one is: the screens that esc goes back through, as one line."""

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

MOST_NAMES = 4
LONGEST_NAME = 24


def trail_words(names: Sequence[str]) -> str:
    """From the first screen to the one in front; where there are many, only the last of them.
    Empty for one name: there is no way back from the first screen."""
    if len(names) < 2:
        return ""
    shown = [_short(name) for name in names[-MOST_NAMES:]]
    return " › ".join(["…", *shown] if len(names) > MOST_NAMES else shown)


def _short(name: str) -> str:
    return name if cell_len(name) <= LONGEST_NAME else f"{set_cell_size(name, LONGEST_NAME - 1)}…"
