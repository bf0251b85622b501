"""The list of sources: a line each, the cursor moved by the screen that shows it."""

from collections.abc import Sequence

from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.row_source import Row, RowsInMemory, Wish, answer_of
from keyturn.tui.widgets.virtual_list import VirtualList

COLUMNS = (
    Column("source", 10, 1, most=24),
    Column("read", 4, right=True),
    Column("listings", 12),
    Column("checks", 11),
)


class SourceList(VirtualList, inherit_bindings=False):
    """A virtual list without keys of its own: page keys belong to what is shown of the source."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(COLUMNS, title="Sources", empty="Nothing read yet.", id=id)

    def put(self, rows: Sequence[Row]) -> None:
        """Other rows at once; the cursor stays on its source."""
        before = self.content.cursor_id
        source = RowsInMemory(tuple(rows))
        place = next((place for place, row in enumerate(rows) if row.id == before), 0)
        self.begin_at(source, answer_of(source, Wish(), 0, len(rows), None), place)
        self._content_changed()
