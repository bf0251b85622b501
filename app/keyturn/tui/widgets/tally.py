"""A line or two that say at once how it stands."""

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget


class Tally(Widget):
    """Shows one content, wrapped; its style says how many lines at most."""

    words: reactive[Content] = reactive(Content(""), layout=True)

    def render(self) -> Content:
        """The words."""
        return self.words
