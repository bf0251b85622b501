"""A text in front of the screen, closed by esc: help, every path of an access, a question."""

from collections.abc import Callable, Sequence

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from keyturn.tui.safe import literal


class Dialog(ModalScreen[None]):
    """Literal lines under a title. `answers` are keys with what each does after closing."""

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
        lines: Sequence[Content],
        *,
        note: str = "esc closes",
        answers: dict[str, Callable[[], None]] | None = None,
    ) -> None:
        super().__init__()
        self.heading = title
        self.lines = Content("\n").join(lines)
        self.note = note
        self.answers = answers or {}

    def compose(self) -> ComposeResult:
        """One box."""
        box = VerticalScroll(Static(self.lines, markup=False), id="box")
        box.border_title = literal(self.heading)
        box.border_subtitle = literal(self.note)
        box.can_focus = False
        yield box

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
