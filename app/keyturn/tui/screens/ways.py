"""The screens that have a number: which there are, and how the dashboard goes from one to another.

Each is made when it is first gone to, so that none costs the first paint anything.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.app import App

    from keyturn.tui.app import KeyturnApp
    from keyturn.tui.screens.frame import Frame
    from keyturn_storage.queries.jump import Place

NUMBERED = ("drift", "activity", "history", "machines", "sources", "cases")
"""By name, besides Access, which is always at the bottom."""


def make(name: str) -> "Frame":
    """A numbered screen."""
    if name == "drift":
        from keyturn.tui.screens.drift import Drift

        return Drift()
    if name == "activity":
        from keyturn.tui.screens.activity import Activity

        return Activity()
    if name == "history":
        from keyturn.tui.screens.history import History

        return History()
    if name == "machines":
        from keyturn.tui.screens.machines import Machines

        return Machines()
    if name == "cases":
        from keyturn.tui.screens.cases import Cases

        return Cases()
    from keyturn.tui.screens.sources import Sources

    return Sources()


def name_of(screen: object) -> str:
    """The name of a screen; empty for one without a number."""
    from keyturn.tui.screens.frame import Frame

    name = screen.WHERE.name.lower() if isinstance(screen, Frame) else ""
    return name if name in NUMBERED else ""


def go(app: "App[None]", name: str) -> None:
    """To a numbered screen: back to it where it is open already, else on top of what is."""
    open_now = [name_of(screen) for screen in app.screen_stack]
    if name not in open_now:
        _ = app.push_screen(make(name))
        return
    while name_of(app.screen) != name:
        _ = app.pop_screen()


def go_by_name(app: "KeyturnApp", name: str) -> None:
    """To a numbered screen, or back to Access."""
    if name == "access":
        app.action_go_access()
    else:
        go(app, name)


def open_place(app: "KeyturnApp", place: "Place") -> None:
    """To a person's or a vault's card, or to a group in Access."""
    if place.kind == "person":
        app.show_person(place.key, place.name)
    elif place.kind == "vault":
        app.show_vault(place.key, place.name)
    else:
        app.go_to_group(place.key)


def front(app: "App[None]") -> str:
    """The numbered screen that is in front, or "access"."""
    return next(filter(None, map(name_of, reversed(app.screen_stack))), "access")
