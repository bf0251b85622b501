"""A process that kills itself, with SIGKILL, at a chosen moment of what it does to a database."""

import os
import signal
import sqlite3
from collections.abc import Callable

STEPS_BETWEEN_MOMENTS = 150


class Killer:
    """Counts moments and ends this process at the chosen one. Nothing is cleaned up."""

    def __init__(self, point: int) -> None:
        self._left = point

    def watch(self, connection: sqlite3.Connection) -> None:
        connection.set_trace_callback(lambda _: self.moment())
        connection.set_progress_handler(self.moment, STEPS_BETWEEN_MOMENTS)

    def moment(self) -> int:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return 0


def attempt(work: Callable[[], object], point: int) -> bool:
    """One child that does the work until its moment, which `work` sees to; whether it was killed.
    Raises RuntimeError where it failed otherwise."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status) != 0:
        raise RuntimeError(f"the child failed at point {point}")
    return os.WIFSIGNALED(status)
