"""A line or two that say at once how it stands."""

from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

PART = "   "


class Tally(Widget):
    """Shows one content, wrapped; its style says how many lines at most. A line that is too long is
    broken between its parts first, which are three spaces apart: a count stays with what it counts.
    """

    words: reactive[Content] = reactive(Content(""), layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the words take."""
        return folded(self.words, width).get_height({}, width)

    def render(self) -> Content:
        """The words."""
        return folded(self.words, self.size.width)


def folded(words: Content, width: int) -> Content:
    """Every line of `words` in lines of whole parts, as far as those are no longer than `width`."""
    return Content("\n").join(part for line in words.split() for part in _lines(line, width))


def _lines(line: Content, width: int) -> list[Content]:
    if line.cell_length <= width:
        return [line]
    lines: list[Content] = []
    for part in line.split(PART):
        longer = Content.assemble(lines[-1], PART, part) if lines else part
        if lines and longer.cell_length <= width:
            lines[-1] = longer
        elif part.plain.strip():
            lines.append(part)
    return lines
