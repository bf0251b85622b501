"""`keyturn refresh` archives events, says so, and ends with 3 where a stream could not be read."""

import json
from pathlib import Path

import pytest
from tests.run.event_source import USAGES, logging, usages

from keyturn.cli.exit_codes import Exit
from keyturn.cli.invocation import Answer, Invocation
from keyturn.cli.verbs.refresh import refresh_both
from keyturn.run.connections import Connections
from keyturn_providers.abilities import Ability
from keyturn_providers.simulated import Effect, Fault, Pair, simulated_pair

CONFIG = (
    "version: 1\n"
    "directory: {kind: scim, url: 'https://directory.example', token_env: A}\n"
    "secrets: {kind: openbao, url: 'https://bao.example', token_env: B}\n"
)
BEGAN_MS = 1_722_643_200_000


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Pair:
    """Simulated tenants behind whatever the configuration names."""
    made = simulated_pair(people=8)

    def opened(*_: object, **__: object) -> Connections:
        return Connections(made.directory, made.secrets)

    monkeypatch.setattr("keyturn.cli.work.open_connections", opened)
    return made


@pytest.fixture
def invocation(tmp_path: Path) -> Invocation:
    config = tmp_path / "keyturn.yaml"
    config.write_text(CONFIG, "utf-8")
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    return Invocation(config, data, read_only=True)


def test_what_is_archived_is_said(
    pair: Pair, invocation: Invocation, capsys: pytest.CaptureFixture[str]
) -> None:
    logging(pair).add(USAGES, usages(1, 7, at_ms=BEGAN_MS))
    assert refresh_both(invocation, Answer(as_json=False)) is Exit.IN_STEP
    said = capsys.readouterr()
    assert "corp-vault: events archived: 7 since 3 Aug 2024, newest " in said.out
    assert "corp-vault, item usages: 7 new events archived" in said.err


def test_a_stream_that_fails_makes_the_exit_code_3_and_keeps_the_rest(
    pair: Pair, invocation: Invocation, capsys: pytest.CaptureFixture[str]
) -> None:
    logging(pair).add(USAGES, usages(1, 7, at_ms=BEGAN_MS))
    fault = Fault(Effect.NOT_ALLOWED, Ability.STREAM_EVENTS, target=USAGES, page=2)
    pair.secrets.faults.add(fault)
    assert refresh_both(invocation, Answer(as_json=True)) is Exit.INCOMPLETE
    told = json.loads(capsys.readouterr().out)
    assert told["complete"] is True
    assert told["findings"] > 0
    assert told["events"]["well"] is False
    audit, items = told["events"]["streams"]
    assert (audit["whole"], audit["error"]) == (True, "")
    assert (items["new"], items["archived"]["events"]) == (5, 5)
    assert "the token may not do this" in items["error"]
    pair.secrets.faults.add(Fault(Effect.NOT_ALLOWED, Ability.STREAM_EVENTS, target=USAGES))
    assert refresh_both(invocation, Answer(as_json=False)) is Exit.INCOMPLETE
    assert "findings; but their events were not archived" in capsys.readouterr().out
    assert refresh_both(invocation, Answer(as_json=False)) is Exit.IN_STEP


def test_without_streams_a_refresh_makes_no_journal(
    pair: Pair, invocation: Invocation, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refresh_both(invocation, Answer(as_json=False)) is Exit.IN_STEP
    assert "archived" not in capsys.readouterr().out
    assert not invocation.places().journal.exists()
