"""`keyturn who`: the helpdesk's answer, who made each way, what would end it, and why not."""

import json
from pathlib import Path

import pytest
from tests.cli.conftest import DANA

from keyturn.cli.app import run
from keyturn.cli.exit_codes import Exit
from keyturn_providers.records import Grant, Level, PrincipalKind, Vault
from keyturn_providers.simulated import Pair

LEA = "p003@acme.example"


def _who(front: list[str], capsys: pytest.CaptureFixture[str], *rest: str) -> dict[str, object]:
    assert run([*front, "who", *rest, "--json"]) == Exit.IN_STEP
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


@pytest.fixture
def read(pair: Pair, front: list[str], capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert run([*front, "refresh"]) in {Exit.IN_STEP, Exit.DRIFT}
    capsys.readouterr()
    return front


def test_paths_makers_and_the_smallest_cut(
    pair: Pair, read: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    pair.secrets.tenant.add(
        Grant("v-payments", PrincipalKind.ACCOUNT, "s-001", Level.READ, "entity/s-001/policy/new")
    )
    assert run([*read, "refresh"]) in {Exit.IN_STEP, Exit.DRIFT}
    capsys.readouterr()
    found = _who(read, capsys, DANA, "v-payments")
    assert found["why_not"] == []
    edges = found["edges"]
    assert isinstance(edges, list)
    by_source = {one["known_from"] for one in edges}
    # The new grant was not there at the first reading; the others are as old as what we know.
    assert by_source == {"snapshots", "before our history"}
    cut = found["smallest_cut"]
    assert isinstance(cut, dict)
    assert cut["edges"]
    assert all(one["owned_by"] and one["remove"] for one in cut["edges"])
    assert run([*read, "who", DANA, "v-payments"]) == Exit.IN_STEP
    said = capsys.readouterr().out
    assert "What would end it, at the least:" in said
    assert "by whom is not told" in said


def test_why_not_names_the_first_gate(
    pair: Pair, read: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    pair.secrets.tenant.add(Vault("v-legal", "Legal"))
    assert run([*read, "refresh"]) in {Exit.IN_STEP, Exit.DRIFT}
    capsys.readouterr()
    found = _who(read, capsys, LEA, "--vault", "Legal")
    assert found["smallest_cut"] is None
    assert found["first_gate"] == "in the policy"
    assert "Ask who manages Legal" in str(found["why_not_words"])
    assert run([*read, "who", LEA, "Legal"]) == Exit.IN_STEP
    assert "Does the policy give anybody Legal? NO: no mapping names it" in capsys.readouterr().out


def test_a_run_that_gave_it_is_named(
    pair: Pair, read: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*read, "offboard", DANA, "--confirm", DANA]) == Exit.IN_STEP
    capsys.readouterr()
    run_id = _only_run(Path(read[-1]))
    assert run([*read, "undo", run_id, "--confirm", DANA]) in {Exit.IN_STEP, Exit.NOT_VERIFIED}
    assert run([*read, "refresh"]) in {Exit.IN_STEP, Exit.DRIFT}
    capsys.readouterr()
    document = _who(read, capsys, DANA)
    paths = document["paths"]
    assert isinstance(paths, list)
    made = {
        edge["known_from"]
        for path in paths
        for edge in _who(read, capsys, DANA, path["vault_id"])["edges"]  # type: ignore[attr-defined]  # JSON
    }
    assert "keyturn's journal" in made


def _only_run(data: Path) -> str:
    from keyturn_storage.journal import open_journal

    with open_journal(data / "journal.db") as journal:
        (row,) = journal.runs()
    return row.id
