"""Puts the cursor of a list on the row that stands for something, wherever it is in the list."""

from collections.abc import Callable

from keyturn.tui.widgets.row_source import Ask
from keyturn.tui.widgets.virtual_list import VirtualList

ROWS_AT_ONCE = 500


async def put_on(shown: VirtualList, ask: Ask, wanted: Callable[[object], bool]) -> bool:
    """Waits until the list is there, then looks for the first row whose `about` is wanted; False
    where none is, or where a filter hides it."""
    await shown.settled()
    source, ids = shown.source, shown.content.ids

    def look() -> int | None:
        for start in range(0, len(ids), ROWS_AT_ONCE):
            for row in source.rows(ids[start : start + ROWS_AT_ONCE]):
                if wanted(row.about):
                    return row.id
        return None

    number = await ask(look)
    return number is not None and shown.put_cursor(number)
