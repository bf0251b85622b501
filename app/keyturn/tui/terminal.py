"""The operator's terminal as something that may go away while the dashboard is drawn on it.

Textual's own driver does not expect that: a write to a terminal that is gone ends the thread that
writes, and the program then waits for it for ever, with a run in its hands.
"""

import asyncio
import os
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, TypeVar, cast

from textual.app import App
from textual.driver import Driver

if TYPE_CHECKING:
    from io import TextIOWrapper

T = TypeVar("T")


def let_go() -> None:
    """Puts nothing in the place of a terminal that is gone, so that whatever is still said on the
    way out cannot fail."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    os.close(nothing)


class _Held:
    """What a driver writes to. The first write that fails lets the terminal go, and tells."""

    def __init__(self, file: IO[str], lost: Callable[[], None]) -> None:
        self._file, self._lost = file, lost

    def write(self, text: str) -> int:
        return self._try(lambda: self._file.write(text), 0)

    def flush(self) -> None:
        self._try(self._file.flush, None)

    def fileno(self) -> int:
        return self._file.fileno()

    def _try(self, work: Callable[[], T], instead: T) -> T:
        try:
            return work()
        except OSError:
            self._lost()
            return instead


def watch_terminal(app: App[None], lost: Callable[[], None]) -> None:
    """Has `lost` called on the app's loop once its terminal can be neither read nor written.

    To be called before the app runs. A browser has no terminal: there it changes nothing.
    """
    try:
        from textual.drivers.linux_driver import LinuxDriver
    except ImportError:  # Windows
        return
    if app.driver_class is not LinuxDriver:
        return

    class Watching(LinuxDriver):
        def __init__(
            self,
            app: App[None],
            *,
            debug: bool = False,
            mouse: bool = True,
            size: tuple[int, int] | None = None,
        ) -> None:
            super().__init__(app, debug=debug, mouse=mouse, size=size)
            self._told = False
            self._on = asyncio.get_running_loop()
            if self._file is not None:
                self._file = cast("TextIOWrapper", _Held(self._file, self._gone))

        def _sigcont_application(self, *_: object) -> None:
            # A terminal that goes away sends this with its SIGHUP. What reads keys would be started
            # a second time, and the first, which nobody ends then, kept the process for ever.
            if not os.isatty(self.fileno):
                return
            if self._auto_restart and not self._must_signal_resume:
                self.suspend_application_mode()  # it was stopped by force
            super()._sigcont_application()

        def run_input_thread(self) -> None:
            try:
                super().run_input_thread()
            except OSError:
                self._gone()

        def _gone(self) -> None:
            let_go()
            if not self._told:
                self._told = True
                self._on.call_soon_threadsafe(lost)

    kept: type[Driver] = Watching
    app.driver_class = kept
