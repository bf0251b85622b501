"""Where only one pane fits, the line that says which one is in front. Each can be clicked."""

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from keyturn.tui.safe import joined


class PaneTabs(Widget):
    """The names of the panes in order, the one in front marked by brackets as well as by colour."""

    names: reactive[tuple[tuple[str, str], ...]] = reactive(())
    front: reactive[str] = reactive("")

    class Picked(Message):
        """A tab was clicked."""

        def __init__(self, pane: str) -> None:
            super().__init__()
            self.pane = pane

    def render(self) -> Content:
        """The line."""
        return Content(" ").join(
            joined((f"[{words}]", "bold $accent"))
            if pane == self.front
            else joined((f" {words} ", "$quiet"))
            for pane, words in self.names
        )

    def on_click(self, event: events.Click) -> None:
        """Says which tab is under the mouse."""
        right = 0
        for pane, words in self.names:
            left, right = right, right + len(words) + 3
            if left <= event.x < right - 1:
                self.post_message(self.Picked(pane))
