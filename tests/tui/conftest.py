"""Benches over the simulated pair, each in its own private directory."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.tui.simulated import Bench, bench
from textual.drivers.headless_driver import HeadlessDriver

NEVER_S = 3600.0


@pytest.fixture(autouse=True)
def no_timers(monkeypatch: pytest.MonkeyPatch) -> None:
    """What follows the first paint follows at once (see `ready`), and what is done every few
    seconds is done when a test says so: on a busy machine it would fall anywhere into one."""
    monkeypatch.setattr("keyturn.tui.app.CONFIGURATION_AFTER_S", 0.001)
    monkeypatch.setattr("keyturn.tui.app.AGE_EVERY_S", NEVER_S)
    monkeypatch.setattr("keyturn.tui.screens.activity.AGAIN_EVERY_S", NEVER_S)


@pytest.fixture
def empty_bench(tmp_path: Path) -> Iterator[Bench]:
    """Tenants with people, and nothing read yet."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    made = bench(data)
    yield made
    made.close()


@pytest.fixture
async def read_bench(empty_bench: Bench) -> Bench:
    """The same, read and decided once."""
    await empty_bench.engine.refresh(lambda _event: None, lambda: False)
    return empty_bench


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Everything the app sends its terminal: the test's driver writes as a real one does."""
    found: list[str] = []
    monkeypatch.setattr(HeadlessDriver, "is_headless", False)
    monkeypatch.setattr(HeadlessDriver, "write", lambda _self, data: found.append(data))
    return found
