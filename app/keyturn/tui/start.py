"""Starting the dashboard from the command line."""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keyturn.run.deep_links import Link

USAGE_EXIT_CODE = 2


@dataclass(frozen=True, slots=True)
class DashboardOptions:
    """What the dashboard is started with. `person` (a key, login, address or name) is put in focus.
    `link` is opened in front of that.
    `read_first` reads both sources as soon as the dashboard stands, for where nothing was read yet.

    `tour` offers the tour, if it never was.
    `read_only` also holds if the configuration says so. `organisation` is shown until the
    configuration has been read.
    """

    config: Path
    data: Path
    read_only: bool = False
    organisation: str = ""
    person: str = ""
    read_first: bool = False
    after_read: Callable[[], None] | None = None
    tour: bool = False
    link: "Link | None" = None


def now_ms() -> int:
    """The time, in UTC milliseconds."""
    return time.time_ns() // 1_000_000


def run_dashboard(options: DashboardOptions, *, say: Callable[[str], None] | None = None) -> int:
    """Runs the dashboard until the operator leaves, or a signal asks to; gives the exit code.
    What runs ends after the request in flight, and is waited for.

    The first paint is from the cache: no source is asked anything before the operator does, unless
    `read_first` says so.
    `say` writes a refusal for people (default: standard error). Raises what storage raises where
    the data directory is refused.
    """
    tell = say or _say
    # Textual draws on standard error: with that in a file, the terminal would stay blank.
    in_browser = os.environ.get("TEXTUAL_DRIVER", "").endswith(":WebDriver")
    drawable = in_browser or (sys.stdout.isatty() and sys.stderr.isatty())
    refusal = why_not_here(os.environ.get("TERM", ""), interactive=drawable)
    if refusal:
        tell(refusal)
        return USAGE_EXIT_CODE
    import gc

    # Nothing made before the first paint is garbage; looking for some takes a good part of it.
    # The app switches it on again after the first paint.
    gc.disable()

    from keyturn.tui.reading_ahead import read_ahead

    ahead = read_ahead(options, now_ms)

    from keyturn.tui.housekeeping import of_own_process
    from keyturn.tui.leaving_signals import LOST_TERMINAL_EXIT_CODE, leaving_on_signals
    from keyturn.tui.make import make_app
    from keyturn.tui.terminal import watch_terminal

    app = make_app(options, now_ms, of_own_process(), ahead)
    watch_terminal(app, lambda: app.leave(LOST_TERMINAL_EXIT_CODE))
    with leaving_on_signals(app.leave) as asked:
        try:
            app.run()
        finally:
            gc.enable()
            gc.unfreeze()
            asked.drawn = False
            # However it was left: what runs must not go on with nobody who watches.
            left = app.jobs.stop()
            app.parts.data.go_to(None)
            app.parts.reads.close()
        asked_for = [name for name in left if name not in app.only_read]
        if asked_for:
            tell(f"keyturn: ending {', '.join(asked_for)} after the request in flight …")
        if left:
            app.jobs.join()
    return app.return_code or asked.code


def why_not_here(term: str, *, interactive: bool) -> str:
    """Why no dashboard can be drawn on this terminal; empty where it can."""
    if not interactive:
        return (
            "keyturn: the dashboard needs a terminal, and this is none. "
            "Every command also works without one: see keyturn --help."
        )
    if term in {"dumb", "unknown", ""}:
        return (
            f"keyturn: the dashboard cannot be drawn on this terminal (TERM={term or 'not set'}). "
            "Use another terminal, or the commands: see keyturn --help."
        )
    return ""


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")
