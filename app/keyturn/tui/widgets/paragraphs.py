"""Lines that wrap under themselves: what belongs to a line starts where the line's text starts."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text. What does not fit goes on `hang` cells from the left; the first `hang`
    characters (a sign, a number) must be one cell wide each."""

    content: Content
    hang: int = 0


def wrapped(lines: Sequence[Line], width: int) -> Content:
    """All lines, each within `width` cells."""
    return Content("\n").join(part for line in lines for part in parts(line, width))


def parts(line: Line, width: int) -> Sequence[Content]:
    """One line as the lines it takes within `width` cells."""
    room = width - line.hang
    if line.content.cell_length <= width or room < 12:
        return [line.content]
    head, rest = line.content[: line.hang], line.content[line.hang :]
    first, *others = rest.wrap(room)
    return [head.append(first), *(Content(" " * line.hang).append(part) for part in others)]
