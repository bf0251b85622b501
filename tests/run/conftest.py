"""A clock that never waits, and both files of storage in a private directory."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from keyturn.run.clock import Clock
from keyturn.run.connections import Connections
from keyturn.run.progress import Event
from keyturn_providers.simulated import Pair, simulated_pair
from keyturn_storage.journal import Journal, open_journal
from keyturn_storage.snapshots import Cache, open_cache

START_MS = 1_800_000_000_000


@dataclass(slots=True)
class Watch:
    """Simulated time: sleeping moves it on at once. `slept` keeps every wait."""

    at_ms: int = START_MS
    slept: list[float] = field(default_factory=list)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at_ms += int(seconds * 1000)

    def _now(self) -> int:
        self.at_ms += 1
        return self.at_ms

    @property
    def clock(self) -> Clock:
        return Clock(now_ms=self._now, sleep=self._sleep)


@dataclass(slots=True)
class Seen:
    """Every event that was observed."""

    events: list[Event] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        self.events.append(event)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def pair() -> Pair:
    return simulated_pair(people=8, page_size=3)


@pytest.fixture
def connections(pair: Pair) -> Connections:
    return Connections(pair.directory, pair.secrets)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def cache(data: Path) -> Iterator[Cache]:
    with open_cache(data / "cache.db") as opened:
        yield opened


@pytest.fixture
def journal(data: Path) -> Iterator[Journal]:
    with open_journal(data / "journal.db") as opened:
        yield opened
