"""Going to a screen by its key, and to a line of a list by its label."""

from typing import TypeVar

from tests.tui.looking import quiet, text_of, until
from textual.pilot import Pilot

from keyturn.tui.app import KeyturnApp
from keyturn.tui.screens.list_screen import ListScreen
from keyturn.tui.widgets.virtual_list import VirtualList

ScreenT = TypeVar("ScreenT", bound=ListScreen)


async def at_screen(pilot: Pilot[None], app: KeyturnApp, key: str, kind: type[ScreenT]) -> ScreenT:
    """The screen behind a key, pressed when nothing goes on, with the cursor on a row of it."""
    await quiet(pilot, app)
    await pilot.press(key)
    await until(pilot, lambda: isinstance(app.screen, kind) and app.screen.table.row is not None)
    found = app.screen
    assert isinstance(found, kind)
    return found


async def go_to_line(pilot: Pilot[None], table: VirtualList, label: str) -> None:
    """The cursor to the line called so."""
    await table.settled()
    await pilot.press("g")
    for _ in table.content.shown:
        if table.row is not None and table.row.label == label:
            return
        await pilot.press("down")
    raise AssertionError(f"no line is called {label}:\n{text_of(table.app)}")
