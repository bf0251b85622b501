"""The configuration as the dashboard loads it: a wrong connector is worded with its place."""

from pathlib import Path

import pytest

from keyturn.policy.problems import PolicyInvalid
from keyturn.tui.real_doors import RealDoors


def test_a_kind_that_is_not_installed_is_told_with_its_place(tmp_path: Path) -> None:
    config = tmp_path / "keyturn.yaml"
    config.write_text(
        "keyturn: 1\n"
        "directory:\n  kind: scm\n  url: https://directory.example\n"
        "secrets:\n  kind: openbao\n  url: https://bao.example\n",
        "utf-8",
    )

    with pytest.raises(PolicyInvalid) as told:
        RealDoors(config).load()

    assert "scm" in str(told.value)
    assert "keyturn.yaml:3" in str(told.value)
