"""`keyturn undo`: shown first, confirmed by typing, proven, and told what does not come back."""

import json
from pathlib import Path

import pytest

from keyturn.cli.app import run
from keyturn.cli.exit_codes import Exit
from keyturn_providers.records import AccountState
from keyturn_providers.simulated import Pair

DANA = "p001@acme.example"


def test_nothing_is_undone_before_it_was_typed(
    pair: Pair, front: list[str], offboarded: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*front, "undo", offboarded, "--plan-only"]) == Exit.DRIFT
    said = capsys.readouterr().out
    assert "Undo: Offboard Dana Okafor" in said
    assert "left alone: Not restored: End session t-dana-1" in said
    assert f"--confirm {DANA}" in said
    assert run([*front, "undo", offboarded, "--confirm", "somebody"]) == Exit.REFUSED
    assert pair.secrets.tenant.accounts["s-001"].state is AccountState.SUSPENDED


def test_an_undo_is_applied_proven_and_says_what_is_lost(
    pair: Pair, front: list[str], offboarded: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*front, "undo", offboarded[:10], "--confirm", DANA, "--json"]
    assert run(arguments) == Exit.IN_STEP
    told = json.loads(capsys.readouterr().out)["run"]
    assert told["undoes"] == offboarded
    assert {step["verdict"] for step in told["steps"]} <= {
        "effective and logged",
        "effective, not logged",
    }
    assert [one["words"] for one in told["not_restored"]] == [
        "End session t-dana-2 of Dana Okafor (p001) in corp-vault",
        "End session t-dana-1 of Dana Okafor (p001) in corp-vault",
    ]
    assert pair.secrets.tenant.accounts["s-001"].state is AccountState.ACTIVE
    assert run([*front, "undo", offboarded]) == Exit.IN_STEP
    assert "nothing to do" in capsys.readouterr().out


def test_a_saved_undo_is_applied_like_any_plan(
    pair: Pair, front: list[str], offboarded: str, tmp_path: Path
) -> None:
    saved = tmp_path / "undo.json"
    assert run([*front, "undo", offboarded, "--plan-only", "--out", str(saved)]) == Exit.DRIFT
    assert run([*front, "apply", str(saved), "--confirm", DANA]) == Exit.IN_STEP
    assert pair.secrets.tenant.accounts["s-001"].state is AccountState.ACTIVE


def test_an_unknown_run_has_its_own_code(
    pair: Pair, front: list[str], offboarded: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*front, "undo", "zzz"]) == Exit.NOT_FOUND
    assert f"{offboarded} (Offboard Dana Okafor)" in capsys.readouterr().err
