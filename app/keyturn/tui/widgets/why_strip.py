"""The strip that says in a sentence why the row in focus is as it is."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from keyturn.tui.safe import literal


class WhyStrip(Widget):
    """A few lines of literal text under the title "Why"."""

    words: reactive[Content] = reactive(Content(""))

    def on_mount(self) -> None:
        """The title never changes."""
        self.border_title = literal("Why")

    def render(self) -> Content:
        """The words."""
        return self.words
