"""What tests do with a running dashboard: look at the screen, wait for a condition."""

from collections.abc import Callable

from textual._context import visible_screen_stack
from textual.app import App
from textual.pilot import Pilot

from keyturn.tui.app import KeyturnApp
from keyturn.tui.data import Pane
from keyturn.tui.quitting import QUIET
from keyturn.tui.screens.access import Access
from keyturn.tui.widgets.row_source import Row
from keyturn.tui.widgets.virtual_list import VirtualList


def lines_of(app: App[None]) -> list[str]:
    """What is on the screen, line by line."""
    # As Textual does before it draws. Without it a dialog that is drawn anew here, as on a busy
    # machine, has nothing behind it.
    visible_screen_stack.set(app._background_screens)
    return ["".join(s.text for s in strip) for strip in app.screen._compositor.render_strips()]


def text_of(app: App[None]) -> str:
    """What is on the screen."""
    return "\n".join(lines_of(app))


async def until(pilot: Pilot[None], condition: Callable[[], object]) -> None:
    """Waits for a condition, never for a time."""
    for _ in range(3000):
        if condition():
            return
        await pilot.pause(0.01)
    raise AssertionError(f"the condition never became true; on the screen:\n{text_of(pilot.app)}")


async def shows(pilot: Pilot[None], words: str) -> None:
    """Waits until `words` are on the screen."""
    await until(pilot, lambda: words in text_of(pilot.app))


def access(app: KeyturnApp) -> Access:
    """The Access screen."""
    found = app.screen_stack[0]
    assert isinstance(found, Access)
    return found


def pane(app: KeyturnApp, which: Pane) -> VirtualList:
    """One pane's list."""
    return access(app).pane(which)


def labels(app: KeyturnApp, which: Pane) -> list[str]:
    """What the rows of a pane are called, as far as they have been read."""
    return [row.label for row in known_rows(pane(app, which))]


def known_rows(shown: VirtualList) -> list[Row]:
    """The rows of a list, as far as they have been read."""
    return [row for n in shown.content.shown if (row := shown._known.get(n)) is not None]


def going_on(app: KeyturnApp) -> list[str]:
    """The jobs that run, without those that nobody asked for."""
    return [name for name in app.jobs.running() if name not in QUIET]


async def quiet(pilot: Pilot[None], app: KeyturnApp) -> None:
    """Waits until nothing goes on, neither what was asked for nor what follows the first paint by
    itself: from then on only what the test does has anything read, counted or told."""

    def at_rest() -> bool:
        reading = any(not worker.is_finished for worker in app.workers)
        return app.after_first_paint and not app.jobs.running() and not reading

    await until(pilot, at_rest)
    await pilot.pause()


async def ready(pilot: Pilot[None], app: KeyturnApp) -> None:
    """Waits until the first person drives the other two panes, and nothing goes on."""
    await until(pilot, lambda: pane(app, Pane.USERS).row is not None)
    await until(pilot, lambda: pane(app, Pane.GROUPS).note.startswith("of "))
    await quiet(pilot, app)
