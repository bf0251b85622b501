"""Several people marked in Access, and the screen of their offboarding in front."""

from tests.tui.going_to import go_to_line
from tests.tui.looking import pane, quiet, ready, text_of, until
from textual.pilot import Pilot

from keyturn.tui.app import KeyturnApp
from keyturn.tui.data import Pane
from keyturn.tui.screens.leavers import Leavers

THREE = ("Dana Okafor", "Ravi Menon", "Lea Baum")


def screen(app: KeyturnApp) -> Leavers:
    """The leavers in front."""
    assert isinstance(app.screen, Leavers)
    return app.screen


async def mark(app: KeyturnApp, pilot: Pilot[None], *names: str) -> None:
    """Marks these people in Users, by keys."""
    await ready(pilot, app)
    users = pane(app, Pane.USERS)
    await pilot.press("g")
    for _ in users.content.shown:
        if users.row is not None and users.row.label in names:
            await pilot.press("space")
        await pilot.press("down")
        await users.settled()
    assert len(users.content.marks) == len(names), text_of(app)


async def opened(app: KeyturnApp, pilot: Pilot[None], *names: str) -> None:
    """These people marked, and their offboarding read."""
    await mark(app, pilot, *names)
    await pilot.press("o")
    await until(pilot, lambda: isinstance(app.screen, Leavers) and screen(app).seen)
    await quiet(pilot, app)
    await screen(app).table.settled()


async def go_to(app: KeyturnApp, pilot: Pilot[None], label: str) -> None:
    """The cursor to the line called so."""
    await go_to_line(pilot, screen(app).table, label)
