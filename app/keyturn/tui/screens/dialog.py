"""A text in front of the screen, closed by esc: help, every path of an access, a question."""

from collections.abc import Callable, Sequence
from pathlib import Path

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from keyturn.tui.safe import literal
from keyturn.tui.widgets.paragraphs import Line, wrapped

MOST_WIDTH = 100
FRAME_WIDTH = 5
"""Border, padding and the place of the scroll bar, as dialog.tcss has them."""


class Dialog(ModalScreen[None]):
    """Literal lines under a title. `answers` are keys with what each does after closing."""

    CSS_PATH = Path(__file__).with_name("dialog.tcss")
    BINDINGS = [
        Binding("escape,q,enter", "close", "close"),
        Binding("down,j", "scroll(1)", "down"),
        Binding("up,k", "scroll(-1)", "up"),
        Binding("pagedown,space", "scroll(10)", "page down"),
        Binding("pageup", "scroll(-10)", "page up"),
    ]
    AUTO_FOCUS = ""

    def __init__(
        self,
        title: str,
        lines: Sequence[Line],
        *,
        note: str = "esc closes",
        answers: dict[str, Callable[[], None]] | None = None,
    ) -> None:
        super().__init__()
        self.heading = title
        self.lines = lines
        self.note = note
        self.answers = answers or {}

    def compose(self) -> ComposeResult:
        """One box."""
        box = VerticalScroll(
            Static(wrapped(self.lines, self._width), markup=False, id="text"), id="box"
        )
        box.border_title = literal(self.heading)
        box.border_subtitle = literal(self.note)
        box.can_focus = False
        yield box

    def on_resize(self) -> None:
        """Lines wrap to the box."""
        self.call_after_refresh(self._wrap)

    def _wrap(self) -> None:
        self.query_one("#text", Static).update(wrapped(self.lines, self._width))

    @property
    def _width(self) -> int:
        return min(MOST_WIDTH, self.app.size.width) - FRAME_WIDTH

    def on_key(self, key: events.Key) -> None:
        """An answer closes the dialog and is done."""
        answer = self.answers.get(key.key)
        if answer is not None:
            key.stop()
            _ = self.dismiss()
            answer()

    def action_close(self) -> None:
        """Closes; nothing is done."""
        _ = self.dismiss()

    def action_scroll(self, lines: int) -> None:
        """Scrolls the text."""
        self.query_one("#box", VerticalScroll).scroll_relative(y=lines, animate=False)
