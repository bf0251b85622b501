"""`keyturn recheck`: exit codes for cron, what came back by name, and what is due."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from keyturn.cli.app import run
from keyturn.cli.exit_codes import Exit
from keyturn.cli.verbs import recheck as verb
from keyturn_providers.abilities import Ability
from keyturn_providers.records import AccountState
from keyturn_providers.simulated import Effect, Fault, Pair
from keyturn_storage.journal import open_journal

DAY_MS = 86_400_000
Said = pytest.CaptureFixture[str]


def test_nothing_came_back(pair: Pair, front: list[str], offboarded: str, capsys: Said) -> None:
    assert run([*front, "--read-only", "recheck"]) == Exit.IN_STEP
    assert f"{offboarded}: Offboard Dana Okafor: nothing came back" in capsys.readouterr().out
    assert run([*front, "recheck", offboarded[:8], "--json"]) == Exit.IN_STEP
    (found,) = json.loads(capsys.readouterr().out)["rechecks"]
    assert (found["run_id"], found["whole"], found["came_back"]) == (offboarded, True, [])


def test_what_came_back_is_named_and_is_more_than_what_is_not_seen(
    pair: Pair, front: list[str], offboarded: str, capsys: Said
) -> None:
    tenant = pair.directory.tenant
    tenant.add(replace(tenant.accounts["d-001"], state=AccountState.ACTIVE))
    pair.secrets.faults.add(Fault(Effect.NOT_ALLOWED, Ability.READ_MEMBERS, times=None))
    assert run([*front, "recheck"]) == Exit.DRIFT
    said = capsys.readouterr().out
    assert "! corp-id: Dana Okafor is active again" in said
    assert "An import into corp-id" in said
    assert "? Remove Dana Okafor (p001) from old-billing in corp-vault: corp-vault" in said


def test_what_cannot_be_read_has_its_own_code(
    pair: Pair, front: list[str], offboarded: str
) -> None:
    pair.secrets.faults.add(Fault(Effect.NOT_ALLOWED, Ability.READ_MEMBERS, times=None))
    assert run([*front, "recheck"]) == Exit.INCOMPLETE


def test_due_looks_once_and_says_what_was_missed(
    pair: Pair,
    front: list[str],
    offboarded: str,
    capsys: Said,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert run([*front, "recheck", "--due"]) == Exit.IN_STEP
    assert "No recheck is due." in capsys.readouterr().out
    with open_journal(Path(front[-1]) / "journal.db") as journal:
        (row,) = journal.runs()
    assert row.ended_ms is not None
    two_days_later = row.ended_ms + 2 * DAY_MS
    monkeypatch.setattr(verb, "now_ms", lambda: two_days_later)
    assert run([*front, "recheck", "--due"]) == Exit.IN_STEP
    said = capsys.readouterr().out
    assert f"{offboarded} (T+24 h): Offboard Dana Okafor: nothing came back" in said
    assert "missed: Offboard Dana Okafor was not looked at T+5 min" in said


def test_a_run_and_due_are_not_both(front: list[str], offboarded: str, capsys: Said) -> None:
    assert run([*front, "recheck", offboarded, "--due"]) == Exit.USAGE
    assert "not both" in capsys.readouterr().err


def test_without_an_offboarding_there_is_nothing_to_look_at(
    pair: Pair, front: list[str], capsys: Said
) -> None:
    assert run([*front, "recheck"]) == Exit.NOT_FOUND
    assert "nobody was offboarded yet" in capsys.readouterr().err
    assert run([*front, "recheck", "zzz"]) == Exit.NOT_FOUND


def test_without_snapshots_it_is_looked_at_all_the_same(
    pair: Pair, front: list[str], offboarded: str
) -> None:
    for file in Path(front[-1]).glob("cache.db*"):
        file.unlink()
    assert run([*front, "recheck"]) == Exit.IN_STEP
