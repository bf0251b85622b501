"""How a list's lines are drawn: gutter, columns and styles as strips of exactly one width."""

from collections.abc import Callable, Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from keyturn.tui.widgets.cells import MOST, Column, fit, fitted, has_room, widths
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
        self._wanted: tuple[int, ...] = ()
        self._layout_for: tuple[int, tuple[int, ...], str] = (-1, (), " ")

    def forget(self) -> None:
        """The columns have changed."""
        self._layout_for = (-1, (), " ")

    @property
    def measured(self) -> bool:
        """Whether there were rows to measure."""
        return any(self._wanted)

    def measure(self, rows: Sequence[Row]) -> None:
        """Takes the widths that these rows want.

        Only the first rows of a content are measured: no column moves while one scrolls, filters
        or reads again.
        """
        self._wanted = tuple(
            max(
                (cell_len(row.cells[index][:MOST]) for row in rows if index < len(row.cells)),
                default=0,
            )
            for index in range(len(self.columns))
        )
        self.forget()

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
        title = column.title if cell_len(column.title) <= size else column.short or column.title
        if column.key != self.look.order:
            return fit(title, size, right=column.right)
        whole = f"{title}{self.look.mark}"
        if cell_len(whole) > size:
            whole = f"{title[: max(0, size - 1)]}{self.look.mark}"
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
            hidden = self.look.hidden
            kept = [column for column in self.columns if column.key not in hidden]
            room = width - GUTTER - 1
            gap = 2 if width >= 44 and has_room(kept, room, 2) else 1
            found = iter(widths(kept, room, gap))
            sizes = tuple(0 if column.key in hidden else next(found) for column in self.columns)
            if len(self._wanted) == len(sizes):
                sizes = fitted(self.columns, sizes, self._wanted)
            self._layout_for = (width, sizes, " " * gap)
        return self._layout_for[1], self._layout_for[2]


def reversed_line(strip: Strip, base: Style) -> Strip:
    """A row under the cursor for a terminal of sixteen colours, where a drift colour on any other
    ground than the list's own cannot be read: the sign and the word say it."""
    style = base.without_color + Style(reverse=True)
    return Strip([Segment(piece.text, style) for piece in strip], strip.cell_length)
