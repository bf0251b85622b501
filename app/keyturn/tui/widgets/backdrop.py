"""What lies behind other widgets: nearly all of its lines are the same, and are drawn once."""

from collections.abc import Callable

from textual.containers import Container
from textual.geometry import Region
from textual.strip import Strip


def backdrop_lines(draw: Callable[[Region], list[Strip]], crop: Region) -> list[Strip]:
    """The lines of a widget without content of its own, which may have a border: the first two and
    the last are drawn, and those between are as the second.

    Textual draws every line of whatever is laid out, also where other widgets cover it.
    """
    if crop.y or crop.height < 4:
        return draw(crop)
    x, _, width, height = crop
    first, second = draw(Region(x, 0, width, 2))
    return [first, *[second] * (height - 2), *draw(Region(x, height - 1, width, 1))]


class Backdrop(Container):
    """Holds other widgets, which cover it."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """Without drawing the same line again and again."""
        return backdrop_lines(super().render_lines, crop)
