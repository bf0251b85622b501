"""How a list's lines are drawn: gutter, columns and styles as strips of exactly one width."""

from collections.abc import Callable, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from keyturn.tui.widgets.cells import Column, fit, widths
from keyturn.tui.widgets.list_content import SIGN_ROLE
from keyturn.tui.widgets.list_look import ListLook
from keyturn.tui.widgets.row_source import Row

GUTTER = 3
ROLES = ("dim", "add", "remove", "change", "unknown", "urgent", "strong")

Look = Callable[[str], Style]


class ListLines:
    """Draws for one set of columns. `look` gives the style of a role over nothing."""

    def __init__(self, columns: Sequence[Column], look: Look) -> None:
        self.columns = tuple(columns)
        self.look = ListLook()
        self._look = look
        self._layout_for: tuple[int, tuple[int, ...], str] = (-1, (), " ")

    def forget(self) -> None:
        """The columns have changed."""
        self._layout_for = (-1, (), " ")

    def head(self, width: int, base: Style) -> Strip:
        """The titles of the columns; the one that sorts has a sign."""
        sizes, gap = self._layout(width)
        cells = [
            self._title(column, size)
            for column, size in zip(self.columns, sizes, strict=True)
            if size
        ]
        return self.words(" " * GUTTER + gap.join(cells), "head", width, base)

    def _title(self, column: Column, size: int) -> str:
        if column.key != self.look.order:
            return fit(column.title, size, right=column.right)
        whole = f"{column.title}{self.look.mark}"
        if cell_len(whole) > size:
            whole = f"{column.title[: max(0, size - 1)]}{self.look.mark}"
        return fit(whole, size, right=column.right)

    def column_at(self, x: int, width: int) -> str:
        """The key of the column whose head is at a place; empty between them."""
        sizes, gap = self._layout(width)
        left = GUTTER
        for column, size in zip(self.columns, sizes, strict=True):
            if size and left <= x < left + size:
                return column.key
            left += size + len(gap) if size else 0
        return ""

    def words(self, words: str, role: str, width: int, base: Style) -> Strip:
        """A line of text in place of a row."""
        return Strip([Segment(fit(words, width), base + self._look(role))], width)

    def row(self, row: Row, width: int, base: Style, *, marked: bool) -> Strip:
        """One row. A drift colour is only ever a third channel beside the sign and the word."""
        sizes, gap = self._layout(width)
        pieces = [
            Segment("●" if marked else " ", base + self._look("mark")),
            Segment(fit(row.sign, 1), base + self._look(SIGN_ROLE.get(row.sign, "dim"))),
            Segment(" ", base),
        ]
        between = ""
        for index, size in enumerate(sizes):
            if not size:
                continue
            cell = row.cells[index] if index < len(row.cells) else ""
            role = row.roles[index] if index < len(row.roles) else ""
            style = base + self._look(role) if role in ROLES else base
            if between:
                pieces.append(Segment(between, base))
            pieces.append(Segment(fit(cell, size, right=self.columns[index].right), style))
            between = gap
        return Strip(pieces).adjust_cell_length(width, base)

    def _layout(self, width: int) -> tuple[tuple[int, ...], str]:
        if self._layout_for[0] != width:
            gap = 2 if width >= 44 else 1
            hidden = self.look.hidden
            kept = [column for column in self.columns if column.key not in hidden]
            found = iter(widths(kept, width - GUTTER - 1, gap))
            sizes = tuple(0 if column.key in hidden else next(found) for column in self.columns)
            self._layout_for = (width, sizes, " " * gap)
        return self._layout_for[1], self._layout_for[2]


def reversed_line(strip: Strip, base: Style) -> Strip:
    """A row under the cursor for a terminal of sixteen colours, where a drift colour on any other
    ground than the list's own cannot be read: the sign and the word say it."""
    style = base.without_color + Style(reverse=True)
    return Strip([Segment(piece.text, style) for piece in strip], strip.cell_length)
