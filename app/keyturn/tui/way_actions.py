"""What opens something from anywhere: the numbered screens, help, palette, jump, tour, jobs."""

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from keyturn.tui.screens import ways

if TYPE_CHECKING:
    from keyturn.tui.app import KeyturnApp
    from keyturn.tui.screens.frame import Frame


class WayActions:
    """For the app: the actions that go to a screen, or open a list in front of the one there is.
    What they open is imported when it is opened, so that none costs the first paint anything."""

    @property
    def _dashboard(self) -> "KeyturnApp":
        return cast("KeyturnApp", self)

    @property
    def _in_front(self) -> "Frame | None":
        """The screen in front; None behind a dialog."""
        app = self._dashboard
        return app.frame if app.screen is app.frame else None

    def action_help(self) -> None:
        """Every key."""
        from keyturn.tui.screens.help import help_dialog

        frame = self._in_front
        if frame is not None:
            app = self._dashboard
            _ = app.push_screen(help_dialog(frame.WHERE, read_only=app.read_only))

    def action_palette(self) -> None:
        """Commands and people by typing."""
        from keyturn.tui.palette import palette

        if self._in_front is not None:
            _ = self._dashboard.push_screen(palette())

    def action_tour(self) -> None:
        """The five steps; they are offered once."""
        from keyturn.tui.screens.tour import tour

        if self._in_front is not None:
            app = self._dashboard
            app.remembered = replace(app.remembered, toured=True)
            app.save_state()
            _ = app.push_screen(tour(app))

    def action_jobs(self) -> None:
        """What runs in the background, and what has ended."""
        from keyturn.tui.screens.pickers import jobs

        if self._in_front is not None:
            _ = self._dashboard.push_screen(jobs(self._dashboard))

    async def action_jump(self) -> None:
        """To anything by a few letters; its field has the keys when this returns."""
        from keyturn.tui.screens.pickers import jump

        if self._in_front is not None:
            await self._dashboard.push_screen(jump(self._dashboard))

    def action_go_access(self) -> None:
        """Back to the bottom of the stack."""
        while len(self._dashboard.screen_stack) > 1:
            _ = self._dashboard.pop_screen()

    def action_go_drift(self) -> None:
        """The Drift screen."""
        ways.go(self._dashboard, "drift")

    def action_go_activity(self) -> None:
        """The Activity screen."""
        ways.go(self._dashboard, "activity")

    def action_go_history(self) -> None:
        """The History screen."""
        ways.go(self._dashboard, "history")

    def action_as_of(self) -> None:
        """To where a time is chosen; from the past, back to now."""
        app = self._dashboard
        if app.back is None:
            if ways.name_of(app.screen) == "history":
                app.tell("As of: put the cursor on a read; enter shows every screen as of it.")
            ways.go(app, "history")
            return
        from keyturn.tui.looking_back import come_back

        come_back(self._dashboard)
        self._dashboard.tell("Every screen shows now again.")

    def action_go_machines(self) -> None:
        """The Machines screen."""
        ways.go(self._dashboard, "machines")

    def action_go_sources(self) -> None:
        """The Sources screen."""
        ways.go(self._dashboard, "sources")

    def action_go_cases(self) -> None:
        """The Cases screen."""
        ways.go(self._dashboard, "cases")
