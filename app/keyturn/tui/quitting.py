"""Leaving keyturn, and what it keeps for the next start: where the operator was, and filters."""

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from keyturn.tui.data import Pane
from keyturn.tui.screens import ways
from keyturn.tui.screens.access import Access
from keyturn.tui.state import remember
from keyturn.tui.theme import LIGHT
from keyturn.tui.waiting import COUNTING

if TYPE_CHECKING:
    from keyturn.tui.app import KeyturnApp

CONFIGURING = "reading the configuration"
IMPORTING = "making ready for a refresh"
QUIET = frozenset({CONFIGURING, COUNTING, IMPORTING})
"""Jobs that nobody asked for: nothing is said of them."""


class Quits:
    """For the app: leaving it, and keeping its state. It goes before Textual's own class, which has
    an `action_quit` too."""

    @property
    def _left(self) -> "KeyturnApp":
        return cast("KeyturnApp", self)

    @property
    def going(self) -> tuple[str, ...]:
        """The jobs that run and do more than read: a reason to ask before leaving."""
        app = self._left
        return tuple(name for name in app.jobs.running() if name not in app.only_read)

    def keep_filter(self, place: str, name: str, needle: str) -> None:
        """Keeps a list's filter under a name, or with an empty one, forgets it."""
        app = self._left
        app.remembered = app.remembered.with_saved(place, name, needle)
        app.save_state()

    def action_quit_now(self) -> None:
        """Leaves; what runs stops after the request in flight and stays in the journal."""
        app = self._left
        app.leave(0)

    def leave(self, code: int) -> None:
        """As `action_quit_now`, with an exit code: a signal from outside is not asked back."""
        app = self._left
        app.jobs.stop()
        app.save_state()
        app.exit(return_code=code)

    async def action_quit(self) -> None:
        """Leaves, or asks where a run is going on."""
        app = self._left
        if not app.going:
            app.action_quit_now()
            return
        from keyturn.tui.screens.leaving import LeavingDialog

        if isinstance(app.screen, LeavingDialog):
            return
        _ = app.push_screen(LeavingDialog(app.going, app.action_quit_now))

    def ask_again(self) -> None:
        """What is asked before leaving is about what goes on now, and is not asked any more where
        nothing does."""
        app = self._left
        if not app.screen_stack or app.screen is app.frame:
            return
        from keyturn.tui.screens.leaving import LeavingDialog

        if not isinstance(app.screen, LeavingDialog) or app.screen.going == app.going:
            return
        _ = app.pop_screen()
        if app.going:
            _ = app.push_screen(LeavingDialog(app.going, app.action_quit_now))
        else:
            app.tell("What went on has ended. q leaves.")

    def action_suspend(self) -> None:
        """To the shell and back. A run would stand still with its leases held, in the middle of a
        request, for nobody knows how long."""
        app = self._left
        if app.going:
            going = ", ".join(app.going)
            app.tell(f"Suspend: not while something is going on: {going}. x stops it.")
        elif app.is_web:
            app.tell("Suspend: there is no shell behind a page in a browser.")
        else:
            app.action_suspend_process()

    def save_state(self) -> None:
        """Keeps where the operator is; a disk that does not take it is no reason to stay."""
        app = self._left
        access = app.screen_stack[0] if app.screen_stack else None
        if not isinstance(access, Access) or not access.alive:
            return
        finds = {pane.value: access.pane(pane).needle for pane in Pane}
        try:
            remember(
                app.parts.state_dir,
                replace(
                    app.remembered,
                    screen=ways.front(app),
                    pane=access.front.value,
                    drift_only=access.drift_only,
                    person=access.person_key,
                    light=app.theme == LIGHT.name,
                    finds={**app.remembered.finds, **finds},
                ),
            )
        except OSError:
            return
