"""What follows the first paint and would hold it up: the configuration, imports, a look around."""

import gc
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from textual.widgets import Input

from keyturn.tui.quitting import CONFIGURING, IMPORTING
from keyturn.tui.screens import ways

if TYPE_CHECKING:
    from keyturn.tui.app import KeyturnApp
    from keyturn.tui.engine import Setting


AGAIN_S = 0.05
"""After so long it is looked again whether there is a screen to follow."""


def follow_first_paint(app: "KeyturnApp") -> None:
    """Once, some time after it. Goes to where the operator was, or offers the tour."""
    gc.enable()
    if not app.screen_stack:
        return  # left already
    if not app.access.alive:  # on a busy machine
        _ = app.set_timer(AGAIN_S, partial(follow_first_paint, app))
        return
    app.after_first_paint = True
    _configure(app)
    app.count_open_runs()
    app.look_elsewhere()
    if app.parts.read_first:
        app.refresh_sources()
    if app.remembered.screen in ways.NUMBERED and app.parts.link is None:
        ways.go(app, app.remembered.screen)
    app.tour_due = app.parts.tour and not (app.remembered.toured or app.parts.link)


def offer_tour(app: "KeyturnApp") -> None:
    """Once it is known what waits: the tour comes neither before somebody who has begun with
    something, nor before a run that is open, as after a crash at night: next time."""
    begun = len(app.screen_stack) > 1 or isinstance(app.focused, Input)
    due, app.tour_due = app.tour_due, False
    if due and not (begun or app.standing):
        app.action_tour()


def _configure(app: "KeyturnApp") -> None:
    """Reads the configuration, then imports what a refresh needs."""
    housekeeping = app.parts.housekeeping

    async def setting(_observe: object, _stop: object) -> "Setting":
        from keyturn.tui.ahead import import_for_keys

        import_for_keys()
        try:
            return await app.parts.engine.setting()
        except BaseException:
            housekeeping.settled()  # without a configuration there is no refresh
            raise

    async def ahead(_observe: object, stop: Callable[[], bool]) -> None:
        from keyturn.tui.ahead import import_for_jobs

        import_for_jobs(stop)
        housekeeping.settled()

    def put(found: "Setting") -> None:
        organisation = found.organisation or app.facts.organisation
        read_only = found.read_only or app.parts.read_only
        app.put_facts(replace(app.facts, organisation=organisation, read_only=read_only))
        app.refresh_bindings()
        app.start(IMPORTING, ahead, lambda _: None, quiet=True)

    app.start(CONFIGURING, setting, put, quiet=True)
