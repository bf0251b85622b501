"""What is asked before keyturn is left while something is running."""

from collections.abc import Callable, Sequence

from textual.content import Content

from keyturn.tui.safe import joined, literal
from keyturn.tui.screens.access import REFRESHING
from keyturn.tui.screens.dialog import Dialog, can_press
from keyturn.tui.widgets.paragraphs import Line


class LeavingDialog(Dialog):
    """Asked at most once at a time, about the jobs of `going`. Stay is the default: only `y`
    leaves."""

    def __init__(self, going: Sequence[str], leave: Callable[[], None]) -> None:
        self.going = tuple(going)
        means = (
            "Leaving stops it after the request in flight. Nothing is lost: what a run has "
            "done and what is open is in the journal, and keyturn resume goes on with it."
        )
        leaves = "leave it journaled, and resume later"
        if all(name == REFRESHING for name in going):
            means = "Leaving stops it. That read is not whole then; the last one that is stays."
            leaves = "leave, and read another time"
        super().__init__(
            "Leave while something is running?",
            [
                Line(joined("Still going on: ", (", ".join(going), "bold"), ".")),
                Line(Content("")),
                Line(literal(means)),
                Line(Content("")),
                Line(joined(can_press("y", leaves), "     ", can_press("esc", "stay", "close"))),
            ],
            note="esc stays",
            answers={"y": leave},
        )
