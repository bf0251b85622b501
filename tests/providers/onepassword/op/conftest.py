"""Fixtures over the simulated account."""

from pathlib import Path

import pytest
from tests.providers.onepassword.op.acme import Acme, made


@pytest.fixture
def acme(tmp_path: Path) -> Acme:
    return made(tmp_path / "acme.db")
