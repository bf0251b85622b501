"""Signals from outside while the dashboard stands: it is left in order, with the signal's own exit
code, and what runs ends after the request in flight, as after `q`."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from keyturn.tui.terminal import let_go

HANGUP = getattr(signal, "SIGHUP", None)
"""The terminal is gone. There is none on Windows."""
LOST_TERMINAL_EXIT_CODE = 129


class Leaving:
    """What was asked from outside: `code` is the exit code of the first signal, 0 without one.

    `drawn` is to be set False once the dashboard is closed and only waits for what runs: from
    then on a first signal is written down, and nothing else.
    """

    code: int = 0
    drawn: bool = True


@contextmanager
def leaving_on_signals(leave: Callable[[int], None]) -> Iterator[Leaving]:
    """Within the block the first SIGINT, SIGTERM or SIGHUP calls `leave` with 128 + its number on
    the loop that runs; before one runs it raises SystemExit.

    Another SIGINT or SIGTERM does what it did before the block, so it usually ends at once: the
    journal takes that. SIGHUP commonly comes twice, from the terminal and from the shell, so it
    never does.
    """
    asked = Leaving()
    numbers = [signal.SIGINT, signal.SIGTERM, *([] if HANGUP is None else [HANGUP])]

    def ask(number: int, _frame: FrameType | None) -> None:
        if number == HANGUP:
            let_go()
        elif asked.code:
            signal.signal(number, before[number])
            os.kill(os.getpid(), number)
            return
        asked.code = asked.code or 128 + number
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            if asked.drawn:
                raise SystemExit(asked.code) from None
            return
        # The handler runs in the loop's thread, but a loop that waits has to be woken.
        loop.call_soon_threadsafe(leave, asked.code)

    before = {number: signal.getsignal(number) for number in numbers}
    for number in numbers:
        signal.signal(number, ask)
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
