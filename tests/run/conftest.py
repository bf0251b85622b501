"""A clock that never waits, both files of storage in a private directory, and runs of plans."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.run.plans_by_hand import Loaded

from keyturn.decide.plans import Plan
from keyturn.run.apply import apply
from keyturn.run.clock import Clock
from keyturn.run.connections import Connections
from keyturn.run.progress import Event, never
from keyturn.run.recover import resume
from keyturn.run.results import RunResult
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


Apply = Callable[..., Awaitable[RunResult]]


@pytest.fixture
def run_plan(connections: Connections, journal: Journal, watch: Watch, seen: Seen) -> Apply:
    """Applies a plan, confirmed as it asks unless told otherwise."""

    async def applied(
        plan: Plan,
        *,
        stop: Callable[[], bool] = never,
        loaded: Loaded | None = None,
        confirmed: str | None = None,
        audit_wait_s: float = 60.0,
        clock: Clock | None = None,
        observe: Callable[[Event], None] | None = None,
    ) -> RunResult:
        return await apply(
            plan,
            connections,
            journal,
            loaded=loaded or Loaded(),
            observe=observe or seen,
            stop=stop,
            clock=clock or watch.clock,
            operator="t.ong",
            confirmed=plan.confirm_with if confirmed is None else confirmed,
            audit_wait_s=audit_wait_s,
        )

    return applied


@pytest.fixture
def go_on(connections: Connections, journal: Journal, watch: Watch, seen: Seen) -> Apply:
    """Resumes the one run that is open."""

    async def resumed(loaded: Loaded | None = None) -> RunResult:
        (result,) = await resume(
            journal,
            connections,
            loaded=loaded or Loaded(),
            observe=seen,
            stop=never,
            clock=watch.clock,
            operator="m.reed",
        )
        return result

    return resumed
