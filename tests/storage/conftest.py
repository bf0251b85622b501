"""Open files for the storage tests, private and closed at the end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from keyturn_storage.journal import Journal, open_journal
from keyturn_storage.snapshots import Cache, open_cache


@pytest.fixture
def cache_path(tmp_path: Path) -> Path:
    return tmp_path / "cache.db"


@pytest.fixture
def journal_path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def cache(cache_path: Path) -> Iterator[Cache]:
    with open_cache(cache_path) as opened:
        yield opened


@pytest.fixture
def journal(journal_path: Path) -> Iterator[Journal]:
    with open_journal(journal_path) as opened:
        yield opened
