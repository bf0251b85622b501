"""Reads from the cache, in one thread of their own, so that no query ever holds up a key."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar


class Open(Protocol):
    """Something that is open until it is closed, and whose work can be broken off from any
    thread."""

    def close(self) -> None: ...

    def interrupt(self) -> None: ...


R_co = TypeVar("R_co", bound=Open, covariant=True)
T = TypeVar("T")


class Reads(Generic[R_co]):
    """One thread with one open reader. Work is done in the order it was asked for. What nobody
    waits for any more is not begun, and where it goes on already, its query is broken off.

    `open_reader` is called in that thread, at the first read and again after `reopen`; what it
    raises is what the read raises.
    """

    def __init__(self, open_reader: Callable[[], R_co]) -> None:
        self._open = open_reader
        self._reader: R_co | None = None
        self._lock = threading.Lock()
        self._now: object = None
        """What is being done, while its reader may be interrupted."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="keyturn-reads")

    def reader(self) -> R_co:
        """The open reader. Only from work that `ask` runs."""
        if self._reader is None:
            self._reader = self._open()
        return self._reader

    async def ask(self, work: Callable[[], T]) -> T:
        """Runs `work` in the reading thread and gives its answer."""
        # What is read before there is a loop must not wait for this.
        import asyncio

        mine = object()

        def named() -> T:
            with self._as_now(mine):
                return work()

        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, named)
        except asyncio.CancelledError:
            with self._lock:
                if self._now is mine and self._reader is not None:
                    self._reader.interrupt()
            raise

    @contextmanager
    def _as_now(self, work: object) -> Iterator[None]:
        with self._lock:
            self._now = work
        try:
            yield
        finally:
            with self._lock:
                self._now = None

    def begin(self, work: Callable[[], T]) -> Future[T]:
        """Starts `work` in the reading thread before there is a loop to wait on."""
        return self._thread.submit(work)

    def reopen(self) -> None:
        """The next read opens anew: the file may have been created or replaced."""
        self._thread.submit(self._close)

    def close(self) -> None:
        """Ends the thread after what it is doing now. No read may follow."""
        self._thread.submit(self._close)
        self._thread.shutdown(wait=True, cancel_futures=False)

    def _close(self) -> None:
        if self._reader is not None:
            reader, self._reader = self._reader, None
            reader.close()
