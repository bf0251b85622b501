"""Long work as the dashboard sees it: it runs elsewhere, screens watch, one key stops it."""

from collections import deque
from collections.abc import Awaitable, Callable
from threading import Lock
from time import monotonic
from typing import TypeVar

from textual.app import App
from textual.message import Message

from keyturn.run.background import Background, Job, Stop

T = TypeVar("T")
MOVED_EVERY_S = 0.05
"""A job that reads ten thousand groups has more to tell than a screen can draw, or anybody read."""
Observe = Callable[[object], None]
Work = Callable[[Observe, Stop], Awaitable[T]]


class JobMoved(Message):
    """Something happened in a job. `take` gives what has happened since the last `take`."""

    def __init__(self, name: str, told: "_Told") -> None:
        super().__init__()
        self.name = name
        self._told = told

    def take(self) -> list[object]:
        """The events in order; empty if an earlier message already took them."""
        return self._told.take()


class JobEnded(Message):
    """A job has ended. `take` gives what of it was not taken yet; `settle` gives its result to
    whoever started it, or raises its failure."""

    def __init__(self, name: str, told: "_Told", settle: Callable[[], None]) -> None:
        super().__init__()
        self.name = name
        self.settle = settle
        self._told = told

    def take(self) -> list[object]:
        """The last events, in order."""
        return self._told.take()


class _Told:
    """Collects events in the job's thread, and tells the app once per batch."""

    def __init__(self, app: App[None], name: str) -> None:
        self._app, self._name = app, name
        self._waiting: deque[object] = deque()
        self._lock = Lock()

    def observe(self, event: object) -> None:
        with self._lock:
            first = not self._waiting
            self._waiting.append(event)
        if first:
            self._app.post_message(JobMoved(self._name, self))

    def take(self) -> list[object]:
        with self._lock:
            happened = list(self._waiting)
            self._waiting.clear()
        return happened


class Jobs:
    """Starts work in `keyturn.run.background` and turns what it tells into messages to the app.

    For the app a job goes on until `hears` it has ended: what it gave is on the screens by then.
    """

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._background = Background()
        self._jobs: dict[str, Callable[[], None]] = {}
        """How each job that goes on is stopped."""
        self._moved_s = 0.0

    def start(self, name: str, work: Work[T], done: Callable[[T], None]) -> None:
        """Starts `work(observe, stop)`; `done` is called on the app's loop with its result.

        RuntimeError while a job of that name is still going on.
        """
        if name in self._jobs:
            raise RuntimeError(f"{name} is going on already")
        told = _Told(self._app, name)

        def ended(job: Job[T]) -> None:
            self._app.post_message(JobEnded(name, told, lambda: done(job.result())))

        job = self._background.start(name, lambda stop: work(told.observe, stop), ended)
        self._jobs[name] = job.stop

    def pace(self, event: JobMoved, moved: Callable[[str, list[object]], None]) -> None:
        """Gives `moved` what has happened, at most every MOVED_EVERY_S. On the app's loop."""

        def give() -> None:
            self._moved_s = monotonic()
            moved(event.name, event.take())

        wait_s = self._moved_s + MOVED_EVERY_S - monotonic()
        if wait_s > 0:
            _ = self._app.set_timer(wait_s, give)
        else:
            give()

    def hears(self, event: JobEnded) -> None:
        """The app takes what a job gave: from now on it does not go on any more."""
        _ = self._jobs.pop(event.name, None)

    def running(self) -> tuple[str, ...]:
        """The names of jobs still going on."""
        return tuple(self._jobs)

    def stop(self) -> tuple[str, ...]:
        """Asks every job that goes on to stop after the request in flight; gives their names."""
        return tuple(name for name in self.running() if self.stop_one(name))

    def stop_one(self, name: str) -> bool:
        """Asks one job to stop after the request in flight; False where it has none any more."""
        if name not in self._background.running():
            return False
        self._jobs[name]()
        return True

    def join(self, timeout_s: float | None = None) -> bool:
        """Waits for every job to end. Blocks: only where no screen is left."""
        return self._background.join_all(timeout_s)
