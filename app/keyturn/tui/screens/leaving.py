"""What is asked before keyturn is left while something is running."""

from collections.abc import Callable, Sequence

from textual.content import Content

from keyturn.tui.safe import joined
from keyturn.tui.screens.dialog import Dialog


def leaving_dialog(going: Sequence[str], leave: Callable[[], None]) -> Dialog:
    """Stay is the default: only `y` leaves."""
    return Dialog(
        "Leave while something is running?",
        [
            joined("Still going on: ", (", ".join(going), "bold"), "."),
            Content(""),
            joined("Leaving stops it after the request in flight. Nothing is lost: what a run has"),
            joined(
                "done and what is open stays in the journal, and keyturn resume goes on with it."
            ),
            Content(""),
            joined(("y", "bold $accent"), " leave     ", ("esc", "bold $accent"), " stay"),
        ],
        note="esc stays",
        answers={"y": leave},
    )
