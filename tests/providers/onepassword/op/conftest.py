"""Fixtures over the simulated account."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.providers.onepassword.op.acme import Acme, made

from keyturn_providers.simulated.onepassword.op_program import daemon


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Acme]:
    found = made(tmp_path / "acme.db")
    with daemon.running(found.path):
        yield found
