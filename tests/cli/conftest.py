"""Verbs on simulated tenants, behind whatever the configuration names."""

from pathlib import Path

import pytest

from keyturn.cli.app import run
from keyturn.cli.exit_codes import Exit
from keyturn.run.connections import Connections
from keyturn_providers.simulated import Pair, simulated_pair
from keyturn_storage.journal import open_journal

CONFIG = (
    "version: 1\n"
    "directory: {kind: scim, url: 'https://directory.example', token_env: A}\n"
    "secrets: {kind: openbao, url: 'https://bao.example', token_env: B}\n"
)
DANA = "p001@acme.example"


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Pair:
    """Simulated tenants behind whatever the configuration names."""
    made = simulated_pair(people=8)

    def opened(*_: object, **__: object) -> Connections:
        return Connections(made.directory, made.secrets)

    monkeypatch.setattr("keyturn.cli.work.open_connections", opened)
    return made


@pytest.fixture
def front(tmp_path: Path) -> list[str]:
    config = tmp_path / "keyturn.yaml"
    config.write_text(CONFIG, "utf-8")
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    return ["--config", str(config), "--data-dir", str(data)]


@pytest.fixture
def offboarded(pair: Pair, front: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The id of the run that put Dana out."""
    assert run([*front, "refresh"]) in {Exit.IN_STEP, Exit.DRIFT}
    assert run([*front, "offboard", DANA, "--confirm", DANA]) == Exit.IN_STEP
    capsys.readouterr()
    with open_journal(Path(front[-1]) / "journal.db") as journal:
        (row,) = journal.runs()
    return row.id
