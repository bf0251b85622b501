"""What is shown instead of a screen that would be cut to pieces."""

from textual.content import Content
from textual.widget import Widget

LEAST_WIDTH = 60
LEAST_HEIGHT = 15


def is_too_small(width: int, height: int) -> bool:
    """Whether a terminal of this size cannot show a screen."""
    return width < LEAST_WIDTH or height < LEAST_HEIGHT


class TooSmall(Widget):
    """Says the size there is and the size that is needed."""

    def render(self) -> Content:
        """A few short lines."""
        width, height = self.app.size
        return Content(
            f"keyturn needs {LEAST_WIDTH}x{LEAST_HEIGHT}.\nThis terminal is {width}x{height}.\n"
            "Make it larger, or press q to quit.\n"
            "Everything also works without a screen:\nkeyturn --help"
        )
