"""Benches over the simulated pair, each in its own private directory."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.tui.simulated import Bench, bench
from textual.drivers.headless_driver import HeadlessDriver


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
