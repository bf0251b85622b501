"""The line that says that a screen shows the past. Nobody may take it for now."""

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from keyturn.tui.safe import literal


class PastBanner(Widget):
    """Shows the longest of some wordings that fits. Hidden while there is none."""

    DEFAULT_CSS = """
    PastBanner { height: 1; display: none; background: $change; color: $background;
                 text-style: bold; }
    PastBanner:nocolor { text-style: bold reverse; }
    """

    wordings: reactive[tuple[str, ...]] = reactive(())
    """The longest first."""

    def watch_wordings(self) -> None:
        """Appears and disappears."""
        self.display = bool(self.wordings)

    def render(self) -> Content:
        """One line, and the whole line is marked."""
        width = self.size.width
        words = next(
            (one for one in self.wordings if cell_len(one) + 2 <= width),
            self.wordings[-1] if self.wordings else "",
        )
        return literal(f" {words}".ljust(width))
