"""A whole simulated account for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.providers.onepassword.whole import Whole, whole


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Whole]:
    with whole(tmp_path / "1password.db") as served:
        yield served
