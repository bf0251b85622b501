"""Where only one pane fits, the line that says which one is in front. Each can be clicked."""

from textual.content import Content
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget

from keyturn.tui.safe import joined


class PaneTabs(Widget):
    """The names of the panes in order, the one in front marked by brackets as well as by colour."""

    names: reactive[tuple[tuple[str, str], ...]] = reactive(())
    front: reactive[str] = reactive("")

    def render(self) -> Content:
        """The line."""
        pieces = [
            joined((f"[{words}]" if pane == self.front else f" {words} ",
                    "bold $accent" if pane == self.front else "$quiet"))
            .stylize(Style.from_meta({"@click": f"screen.front({pane!r})"}))
            for pane, words in self.names
        ]  # fmt: skip
        return Content(" ").join(pieces)
