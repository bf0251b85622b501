"""Runs one job in a thread with its own event loop, so that screens only watch.

A screen that closes, or a worker that is cancelled, does not touch the job; only `stop` asks it to
end, and it does so between two requests. What the job raises is delivered, never lost. Events go to
the `observe` that the job was made with; they too come from the job's thread.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from enum import StrEnum
from typing import Generic, TypeAlias, TypeVar

from keyturn.run.short_pauses import short_pauses

T = TypeVar("T")

Stop: TypeAlias = Callable[[], bool]

_stop: ContextVar[Stop | None] = ContextVar("stop", default=None)


class GivenUp(Exception):
    """The operator asked a job to stop, and it was left in the middle of what it was at."""

    def __init__(self) -> None:
        super().__init__("Stopped. Nothing was changed in a source.")


def asked_to_stop() -> bool:
    """Whether the job that this is called in was asked to stop. Never, where there is no job."""
    stop = _stop.get()
    return stop is not None and stop()


class JobState(StrEnum):
    """STOPPING: asked to end, and at work until its next look."""

    RUNNING = "running"
    STOPPING = "stopping"
    DONE = "done"
    FAILED = "failed"


class Job(Generic[T]):
    """One piece of work in its own thread. Safe to ask from any thread."""

    def __init__(self, name: str, run: "Callable[[Stop], Awaitable[T]]") -> None:
        self.name = name
        self._run = run
        self._asked = threading.Event()
        self._ended = threading.Event()
        self._result: list[T] = []
        self._failure: BaseException | None = None
        self._on_done: Callable[[Job[T]], None] | None = None
        self._thread = threading.Thread(target=self._work, name=f"keyturn {name}", daemon=False)

    @property
    def state(self) -> JobState:
        """How it stands now."""
        if self._ended.is_set():
            return JobState.DONE if self._failure is None else JobState.FAILED
        return JobState.STOPPING if self._asked.is_set() else JobState.RUNNING

    @property
    def failure(self) -> BaseException | None:
        """What the job raised, once it ended."""
        return self._failure

    def stop(self) -> None:
        """Asks the job to end after the request in flight. May be called repeatedly."""
        self._asked.set()

    def join(self, timeout_s: float | None = None) -> bool:
        """Waits for the end. False if it did not come in time."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def result(self) -> T:
        """What the job returned; raises what it raised. RuntimeError while it still runs."""
        if not self._ended.is_set():
            raise RuntimeError(f"{self.name} is still going on")
        if self._failure is not None:
            raise self._failure
        return self._result[0]

    def _start(self, on_done: "Callable[[Job[T]], None] | None") -> None:
        self._on_done = on_done
        self._thread.start()

    def _work(self) -> None:
        async def whole() -> T:
            _stop.set(self._asked.is_set)
            return await self._run(self._asked.is_set)

        try:
            with short_pauses():
                self._result.append(asyncio.run(whole()))
        except BaseException as failure:  # noqa: BLE001 - delivered by `result` and `failure`
            self._failure = failure
        finally:
            self._ended.set()
            if self._on_done is not None:
                self._on_done(self)


class Background:
    """The jobs of one program, at most one of each name at a time. What an ended job gave, and who
    waited for it, is let go of when the next one begins."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job[object]] = {}

    def start(
        self,
        name: str,
        run: Callable[[Stop], Awaitable[T]],
        on_done: Callable[[Job[T]], None] | None = None,
    ) -> Job[T]:
        """Starts `run(stop)` in a new thread. `on_done` is called in that thread at the end.

        RuntimeError while a job of that name is still going on.
        """
        going = self.running()
        if name in going:
            raise RuntimeError(f"{name} is going on already")
        self._jobs = {one: self._jobs[one] for one in going}
        job = Job(name, run)
        self._jobs[name] = job  # type: ignore[assignment] # only states are asked through this map
        job._start(on_done)
        return job

    def running(self) -> tuple[str, ...]:
        """The names of the jobs that have not ended."""
        return tuple(
            name
            for name, job in self._jobs.items()
            if job.state in (JobState.RUNNING, JobState.STOPPING)
        )

    def join_all(self, timeout_s: float | None = None) -> bool:
        """Waits for every job. False if one did not end in time."""
        ended = [job.join(timeout_s) for job in self._jobs.values()]
        return all(ended)
