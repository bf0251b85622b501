"""`keyturn retention`: dry by default, gone when confirmed, and never what is held."""

import json
from pathlib import Path

import pytest
from tests.cli.conftest import DANA

from keyturn.cli import work
from keyturn.cli.app import run
from keyturn.cli.exit_codes import Exit
from keyturn_storage.journal import open_journal

DAY_MS = 86_400_000


@pytest.fixture
def front(front: list[str]) -> list[str]:
    config = Path(front[1])
    config.write_text(config.read_text("utf-8") + "retention: {days: 30}\n", "utf-8")
    return front


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred days after everything that was done."""
    at_ms = work.now_ms() + 100 * DAY_MS
    monkeypatch.setattr("keyturn.cli.verbs.retention.now_ms", lambda: at_ms)


def asked(front: list[str], capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = run([*front, *words])
    return code, capsys.readouterr().out


def closed(front: list[str], capsys: pytest.CaptureFixture[str], *facts: str) -> None:
    if facts:
        assert run([*front, "case", DANA, *facts]) == Exit.IN_STEP
    assert run([*front, "case", DANA, "--close", "all done"]) == Exit.IN_STEP
    capsys.readouterr()


@pytest.mark.usefixtures("offboarded")
def test_nothing_that_is_recent_or_open_is_old(
    front: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = asked(front, capsys, "retention", "purge", "--confirm")
    assert code == Exit.IN_STEP
    assert "nothing that may go" in said


@pytest.mark.usefixtures("later")
def test_it_is_shown_first_and_gone_once_confirmed(
    offboarded: str, front: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = asked(front, capsys, "retention", "purge")
    assert "stays: it is not closed" in said
    closed(front, capsys)
    code, said = asked(front, capsys, "retention", "purge")
    assert code == Exit.DRIFT
    assert "- 1 run, with plan, words and proof" in said
    assert "nothing was changed" in said
    journal = Path(front[-1]) / "journal.db"
    assert b"Dana Okafor" in journal.read_bytes()
    code, said = asked(front, capsys, "--read-only", "retention", "purge", "--confirm")
    assert code == Exit.REFUSED
    # A copy from before a migration has in it what is to go, however new it is.
    copy = journal.with_name("journal.db.before-4-1799999999999")
    copy.write_bytes(journal.read_bytes())
    code, said = asked(front, capsys, "retention", "purge", "--confirm", "--json")
    assert code == Exit.IN_STEP
    told = json.loads(said)
    assert told["runs"] == [offboarded]
    assert told["chain"]["unbroken"]
    assert b"Dana Okafor" not in journal.read_bytes()
    assert not copy.exists()
    code, said = asked(front, capsys, "verify", "--journal")
    assert code == Exit.IN_STEP
    assert "none missing" in said
    assert "older than 30 days: 1 run, 1 case" in said
    code, said = asked(front, capsys, "retention", "show")
    assert "is kept for 30 days" in said
    assert "and 1 file" in said
    assert "1 run, 1 case" in said
    # What is left of the installation works as before.
    for words in (["cases"], ["recheck", "--due"], ["resume"], ["drift"]):
        code, said = asked(front, capsys, *words)
        assert code in {Exit.IN_STEP, Exit.DRIFT}, words
    assert run([*front, "report", offboarded]) == Exit.NOT_FOUND
    assert "being older than 30 days" in capsys.readouterr().err


@pytest.mark.usefixtures("later", "offboarded")
def test_a_legal_hold_keeps_everything_about_the_case(
    front: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    data = Path(front[-1])
    (data / "plans").mkdir(mode=0o700, exist_ok=True)
    (data / "plans" / "old.json").write_text("{}", "utf-8")
    assert run([*front, "offboard", DANA, "--legal-hold", "yes", "--plan-only"]) is not None
    closed(front, capsys)
    code, said = asked(front, capsys, "retention", "purge", "--confirm")
    assert "stays: it is under legal hold" in said
    assert "saved plans stay: a case is under legal hold" in said
    with open_journal(data / "journal.db") as journal:
        assert len(journal.runs()) == 1
    assert (data / "plans" / "old.json").is_file()
    assert code == Exit.IN_STEP


def test_without_a_limit_nothing_is_purged(
    front: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    config = Path(front[1])
    config.write_text(config.read_text("utf-8").replace("retention: {days: 30}\n", ""), "utf-8")
    assert run([*front, "retention", "purge", "--confirm"]) == Exit.USAGE
    assert "does not say how long" in capsys.readouterr().err


def test_a_journal_that_was_changed_is_named_and_not_purged(
    offboarded: str, front: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with open_journal(Path(front[-1]) / "journal.db") as journal:
        journal.connection.execute("update step set verdict = 'effective and logged!'")
    code, said = asked(front, capsys, "verify", "--journal")
    assert code == Exit.ALTERED
    assert "is not stored as the entries say" in said
    assert offboarded
