"""One line that says at once how it stands."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget


class Tally(Widget):
    """Shows one content, cut with an ellipsis where it does not fit."""

    words: reactive[Content] = reactive(Content(""))

    def render(self) -> Content:
        """The line."""
        room = max(1, self.size.width)
        if self.words.cell_length <= room:
            return self.words
        return self.words.truncate(room - 1).rstrip().append("…")
