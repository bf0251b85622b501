"""The operator's terminal as something that may go away while the dashboard is drawn on it.

Textual's own driver does not expect that: a write to a terminal that is gone ends the thread that
writes, and the program then waits for it for ever, with a run in its hands.
"""

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import suppress
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
    """Has `lost` called on the app's loop once its terminal can be neither read nor written; and a
    dashboard that was stopped drawn whole again when it goes on.

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
            self._asleep = False
            self._on = asyncio.get_running_loop()
            if self._file is not None:
                self._file = cast("TextIOWrapper", _Held(self._file, self._gone))

        # A signal comes in the middle of anything, also while something is handed over to be
        # written, under a lock that its handler would wait for without end; or while the keys'
        # reader is ended, which would leave a second one that nobody ends. So both wait their turn.

        def _sigtstp_application(self, *_: object) -> None:
            try:
                self._on.call_soon_threadsafe(self._sleep)
            except RuntimeError:  # the dashboard is closed
                os.kill(os.getpid(), signal.SIGSTOP)

        def _sigcont_application(self, *_: object) -> None:
            with suppress(RuntimeError):
                self._on.call_soon_threadsafe(self._wake)

        @property
        def _drawn(self) -> bool:
            return self._key_thread is not None and self._key_thread.is_alive()

        def _sleep(self) -> None:
            if not self._drawn:
                os.kill(os.getpid(), signal.SIGSTOP)
                return
            self._asleep = True
            super()._sigtstp_application()

        def _wake(self) -> None:
            # A terminal that goes away sends SIGCONT too, with its SIGHUP.
            if not self._auto_restart or not os.isatty(self.fileno):
                return
            if self._drawn:  # it was stopped by force
                self.suspend_application_mode()
            elif not self._asleep:  # it is being left
                return
            self.resume_application_mode()
            self._asleep = not self._drawn  # it may still be in the background
            self._app.call_later(self._app.refresh, layout=True)

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
