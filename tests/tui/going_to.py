"""Going to a line of a list by its label."""

from tests.tui.looking import text_of
from textual.pilot import Pilot

from keyturn.tui.widgets.virtual_list import VirtualList


async def go_to_line(pilot: Pilot[None], table: VirtualList, label: str) -> None:
    """The cursor to the line called so."""
    await table.settled()
    await pilot.press("g")
    for _ in table.content.shown:
        if table.row is not None and table.row.label == label:
            return
        await pilot.press("down")
    raise AssertionError(f"no line is called {label}:\n{text_of(table.app)}")
