"""The line a filter is typed into."""

from collections.abc import Iterable

from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from keyturn.tui.safe import literal


class FindLine(Horizontal):
    """Says every change at once; enter keeps the filter, esc (handled by the screen) clears it."""

    class Typed(Message):
        """The words so far."""

        def __init__(self, needle: str) -> None:
            super().__init__()
            self.needle = needle

    BINDINGS = [Binding("enter", "screen.keep_filter", "keep", show=False, priority=True)]

    def __init__(self, pane: str, needle: str) -> None:
        super().__init__()
        self._label = Static(literal(f" find in {pane}: "), markup=False)
        self._input = Input(needle, compact=True, select_on_focus=False)
        self._input.cursor_blink = False

    def compose(self) -> Iterable[Widget]:
        """Label and field."""
        return (self._label, self._input)

    @property
    def field(self) -> Input:
        """Where is typed."""
        return self._input

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter as you type."""
        event.stop()
        self.post_message(self.Typed(event.value))
