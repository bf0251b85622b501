"""What resume did: how each run ended, and where each of its steps stands."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from keyturn.tui.safe import joined
from keyturn.tui.widgets.paragraphs import Line

if TYPE_CHECKING:
    from keyturn.tui.engine import Ended
    from keyturn.tui.screens.dialog import Dialog

RESUMING = "going on with what is open"
NOTHING_OPEN = "Nothing is open: every run has ended."


def resumed_dialog(ends: "Sequence[Ended]") -> "Dialog":
    """Every run, oldest first."""
    from keyturn.tui.screens.dialog import Dialog

    title = "1 run was resumed" if len(ends) == 1 else f"{len(ends)} runs were resumed"
    return Dialog(title, [line for end in ends for line in _lines(end)][:-1])


def _lines(end: "Ended") -> Iterator[Line]:
    from keyturn.tui.plan_words import STATE_LOOK

    yield Line(joined((end.words, "bold")))
    for step in end.steps:
        state = step.state.replace("_", " ")
        glyph, style = STATE_LOOK.get(state, ("·", "$quiet"))
        yield Line(joined((f" {glyph} {state:<10} ", style), step.what), hang=14)
        verdict = (f"{step.verdict}: " if step.verdict else "", "$accent")
        if step.verdict or step.words != step.what:
            yield Line(joined(" " * 14, verdict, (step.words, "$quiet")), hang=14)
    yield Line(joined(""))
