"""Putting the dashboard together from the files it is to show."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from keyturn.tui.app import KeyturnApp
from keyturn.tui.housekeeping import SHARED, Housekeeping
from keyturn.tui.parts import Parts
from keyturn.tui.reading_ahead import ReadAhead, read_ahead
from keyturn.tui.start import DashboardOptions

if TYPE_CHECKING:
    from keyturn.tui.engine import Engine


def make_app(
    options: DashboardOptions,
    now_ms: Callable[[], int],
    housekeeping: Housekeeping = SHARED,
    ahead: ReadAhead | None = None,
) -> KeyturnApp:
    """The app over `options`' files, of which `ahead` is being read already, or is from now on."""
    ahead = ahead or read_ahead(options, now_ms)
    directory, doors = ahead.directory, ahead.doors

    @cache
    def engine() -> "Engine":
        # Not needed for the first paint.
        from keyturn.tui.run_engine import RunEngine

        return RunEngine(
            doors(), directory, read_only=options.read_only, after_read=options.after_read
        )

    return KeyturnApp(
        Parts(
            reads=ahead.data.reads,
            data=ahead.data,
            open_engine=engine,
            state_dir=directory,
            now_ms=now_ms,
            organisation=options.organisation,
            read_only=options.read_only,
            person=ahead.person,
            tour=options.tour,
            link=options.link,
            read_first=options.read_first,
            look=ahead.look,
            housekeeping=housekeeping,
        )
    )
