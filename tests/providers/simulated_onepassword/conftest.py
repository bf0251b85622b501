"""A fresh small account for each test."""

from pathlib import Path

import pytest
from tests.providers.simulated_onepassword.small_tenant import Op, small_tenant


@pytest.fixture
def tenant(tmp_path: Path) -> Path:
    return small_tenant(tmp_path / "1password.db")


@pytest.fixture
def op(tenant: Path) -> Op:
    return Op(tenant)
