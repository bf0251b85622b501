"""One line of drift over time, on the screens that are about it."""

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from keyturn.tui.safe import joined
from keyturn.tui.trend import plain_terminal, trend_parts
from keyturn_storage.queries.moments import DriftPoint


class TrendLine(Widget):
    """Hidden while there is nothing to compare."""

    DEFAULT_CSS = "TrendLine { height: 1; padding: 0 1; display: none; }"

    def __init__(self) -> None:
        super().__init__()
        self._points: Sequence[DriftPoint] = ()
        self._now_ms = 0

    def put(self, points: Sequence[DriftPoint], now_ms: int) -> None:
        """Shows these, oldest first."""
        self._points, self._now_ms = points, now_ms
        self.display = len(points) > 1
        self.refresh()

    def render(self) -> Content:
        """As much as fits."""
        width = self.size.width
        parts = trend_parts(self._points, width, self._now_ms, plain=plain_terminal())
        return joined(*parts)
