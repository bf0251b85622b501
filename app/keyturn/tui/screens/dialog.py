"""A text in front of the screen, closed by esc: help, every path of an access, a question."""

from collections.abc import Callable, Sequence
from pathlib import Path

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Static

from keyturn.tui.safe import joined, literal
from keyturn.tui.widgets.paragraphs import Line, wrapped

MOST_WIDTH = 100
FRAME_WIDTH = 5
"""Border, padding and the place of the scroll bar, as dialog.tcss has them."""


def can_press(key: str, words: str, action: str = "") -> Content:
    """A key and what it does, which a click does as well: the answer of that key, or `action`."""
    return clickable(joined((key, "bold $accent"), f" {words}"), action or f"answer({key!r})")


def clickable(content: Content, action: str) -> Content:
    """`content`, on which a click does an action of the dialog."""
    return content.stylize(Style.from_meta({"@click": f"screen.{action}"}))


class Dialog(ModalScreen[None]):
    """Literal lines under a title. `answers` are keys with what each does after closing. A click
    beside it closes it, as esc does."""

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
        text = Static(wrapped(self.lines, self._width), markup=False, id="text")
        text.set_reactive(Widget.auto_links, False)  # keys look like keys, also where one can click
        box = VerticalScroll(text, id="box")
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
        if key.key in self.answers:
            key.stop()
            self.action_answer(key.key)

    def on_click(self, event: events.Click) -> None:
        """Beside the box."""
        if self.get_widget_at(event.screen_x, event.screen_y)[0] is self:
            self.action_close()

    def action_answer(self, key: str) -> None:
        """As the key does."""
        _ = self.dismiss()
        self.answers[key]()

    def action_close(self) -> None:
        """Closes; nothing is done."""
        _ = self.dismiss()

    def action_scroll(self, lines: int) -> None:
        """Scrolls the text."""
        self.query_one("#box", VerticalScroll).scroll_relative(y=lines, animate=False)
