"""Opens the configuration, the two sources and the two files for one job, and closes them."""

import getpass
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from keyturn.tui.engine import Observe
from keyturn_storage.files import CACHE_NAME, JOURNAL_NAME

if TYPE_CHECKING:
    from keyturn.decide.rules import Rules
    from keyturn.decide.world import World
    from keyturn.run.clock import Clock
    from keyturn.run.connections import Connections
    from keyturn_providers.records import Side
    from keyturn_storage.journal import Journal
    from keyturn_storage.snapshots import Cache


class Loaded(Protocol):
    """A loaded policy, as far as the dashboard needs it."""

    @property
    def rules(self) -> "Rules": ...

    @property
    def read_only(self) -> bool: ...

    @property
    def organisation(self) -> str: ...


class Doors(Protocol):
    """How the configuration is loaded and the two sources are opened."""

    def load(self) -> Loaded:
        """The configuration as it is now."""
        ...

    def reached(self, loaded: Loaded, side: "Side") -> tuple[str, str, Mapping[str, object]]:
        """The kind, the name and the settings of a source, as the configuration has them."""
        ...

    def connect(self, loaded: Loaded, *, read_only: bool, observe: Observe) -> "Connections":
        """Both sources, open; the caller closes them."""
        ...


class PastShown(Exception):
    """Something was to be planned or done while the dashboard shows the past."""

    def __init__(self) -> None:
        super().__init__("an earlier read is shown, and nothing is planned from it: t shows now.")


HERE = sys.maxsize
"""So many are never there: everything is done in this process."""


@dataclass(frozen=True, slots=True)
class Openings:
    """Where a job gets what it works with. Nothing is opened before it is asked for."""

    doors: Doors
    data: Path
    read_only: bool = False
    clock: "Callable[[], Clock] | None" = None
    then: tuple[tuple[int, int], int] | None = None
    """Two snapshots and their time, where the world is that of the past."""
    many: int | None = None
    """With so many accounts and grants it is decided in a process of its own; None as is usual."""

    @property
    def cache_path(self) -> Path:
        """Where the cache is, or will be."""
        return self.data / CACHE_NAME

    @property
    def journal_path(self) -> Path:
        """Where the journal is, or will be."""
        return self.data / JOURNAL_NAME

    def now(self) -> "Clock":
        """The clock, which tests may set."""
        from keyturn.run.clock import system_clock

        return system_clock() if self.clock is None else self.clock()

    @asynccontextmanager
    async def connected(
        self, loaded: Loaded, observe: Observe, *, read_only: bool
    ) -> AsyncIterator["Connections"]:
        """Both sources, closed when the block ends."""
        without_writers = read_only or self.read_only or loaded.read_only
        connections = self.doors.connect(loaded, read_only=without_writers, observe=observe)
        try:
            yield connections
        finally:
            await connections.aclose()

    @contextmanager
    def files(self) -> "Iterator[tuple[Cache, Journal]]":
        """Cache and journal, made where there are none. Raises PastShown while the past is shown:
        what needs both plans or changes something."""
        from keyturn_storage.journal import open_journal
        from keyturn_storage.snapshots import open_cache

        if self.then is not None:
            raise PastShown
        with (
            open_cache(self.cache_path) as cache,
            open_journal(self.journal_path) as journal,
        ):
            yield cache, journal

    @asynccontextmanager
    async def everything(
        self, loaded: Loaded, observe: Observe, *, read_only: bool = False
    ) -> "AsyncIterator[tuple[Connections, Cache, Journal]]":
        """Both sources and both files, as `connected` and `files` give them."""
        async with self.connected(loaded, observe, read_only=read_only) as connections:
            with self.files() as (cache, journal):
                yield connections, cache, journal

    def journal_if_any(self) -> "AbstractContextManager[Journal | None]":
        """The journal for reading; None where there is none. Looking does not make one."""
        from keyturn_storage.journal_if_any import journal_if_any

        return journal_if_any(self.journal_path)

    def world(self, loaded: Loaded) -> "World":
        """What was decided last, or of the time that is shown."""
        from keyturn.run.assess import decide, read_assessment
        from keyturn_storage.snapshots import open_cache

        with open_cache(self.cache_path) as cache:
            if self.then is not None:
                (directory, secrets), at_ms = self.then
                return decide(cache.load(directory), cache.load(secrets), loaded.rules, at_ms).world
            return read_assessment(cache, loaded.rules, self.now().now_ms()).world


def unobserved(_event: object) -> None:
    """For work that nobody watches."""


def operator() -> str:
    """Who works here, for leases and the journal: user@host."""
    return f"{getpass.getuser()}@{socket.gethostname()}"
