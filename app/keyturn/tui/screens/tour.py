"""The tour of five steps that is offered once, at the first start with something to show."""

from typing import TYPE_CHECKING, cast

from textual import events
from textual.binding import Binding
from textual.content import Content

from keyturn.tui.actions import find
from keyturn.tui.safe import joined, literal
from keyturn.tui.screens.dialog import Dialog, can_press
from keyturn.tui.widgets.paragraphs import Line

if TYPE_CHECKING:
    from keyturn.tui.app import KeyturnApp

_SEEN = """People, groups and vault grants, from the directory and from the secret manager, side by
side. The sign at the left says how a row stands: = in step, + should be, - must go, ~ differs,
! urgent, ? not known."""
_MOVING = """\
Arrows or j and k move, tab goes to the next pane; the pane with focus narrows the other
two. The numbers are the screens, esc goes back. ctrl+k jumps to anybody and anything by a few
letters."""
_FINDING = """\
/ filters as you type: ana, dept:finance, drift:leaver, vault:payments, since:7d, and - for
the opposite. tab takes what is suggested, F keeps a filter under a name, > sorts."""
_WHY = """\
w says by which paths somebody can open a vault, i shows all about a person in words you can
read out, and the strip at the bottom says what is wrong with the row and since when."""
_CHANGING = """\
o offboards a person, s mends drift. Either shows a plan first, with names and numbers,
and does nothing before it is confirmed by typing. What was done is in Activity (3)."""
STEPS = (
    ("What you see", _SEEN),
    ("Moving", _MOVING),
    ("Finding", _FINDING),
    ("Asking why", _WHY),
    ("Changing", _CHANGING),
)


class TourDialog(Dialog):
    """One step; `enter` goes on, `esc` skips the rest. A key of the screen behind it ends the tour
    and acts: what the words name can be tried at once."""

    BINDINGS = [Binding("enter", "go_on", "go on", priority=True)]

    def action_go_on(self) -> None:
        """Closes, and the next step comes."""
        self.answers["enter"]()

    def on_key(self, key: events.Key) -> None:
        """Gives a key that is none of its own to the screen behind it."""
        app = cast("KeyturnApp", self.app)
        behind = app.frame
        if behind is None or key.key in self.active_bindings or not find(behind.WHERE, key.key):
            return
        key.stop()
        _ = app.pop_screen()
        app.post_message(events.Key(key.key, key.character))


def tour(app: "KeyturnApp", number: int = 0) -> TourDialog:
    """The dialog of one step."""
    title, words = STEPS[number]
    last = number == len(STEPS) - 1

    def go_on() -> None:
        _ = app.pop_screen()
        if not last:
            _ = app.push_screen(tour(app, number + 1))

    keys = [can_press("enter", "done" if last else "next", "go_on")]
    if not last:
        keys += [joined("     "), can_press("esc", "skip the tour", "close")]
    return TourDialog(
        f"{title}  ({number + 1} of {len(STEPS)})",
        [Line(literal(" ".join(words.split()))), Line(Content("")), Line(joined(*keys))],
        note=f"{'enter goes on' if not last else 'esc closes'}   other keys act as ever",
        answers={"enter": go_on},
    )
