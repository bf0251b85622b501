"""Every failure is one message and one exit code; what nobody foresaw keeps no values."""

import os
import signal
from pathlib import Path

import click
import pytest

from keyturn.cli import app
from keyturn.cli.exit_codes import Exit
from keyturn.cli.failures import VerbFailed, explain
from keyturn.cli.invocation import Answer, Invocation
from keyturn.cli.plan_files import read_plan
from keyturn.cli.work import stoppable
from keyturn.decide.planfile import PlanFileError, from_json
from keyturn.demo.processes import DemoError, DemoNotInstalled
from keyturn.policy.load import parse_policy
from keyturn.policy.problems import PolicyInvalid
from keyturn.settings import ConfigNotFound, places, require_config
from keyturn_providers.errors import (
    BadAnswer,
    Misconfigured,
    NotAllowed,
    NotAuthenticated,
    ReadOnly,
    TenantChanged,
    Unreachable,
)
from keyturn_storage.errors import NewerFile, StorageBusy, StorageRefused

TOKEN = "hvs.SentinelSentinelSentinel42"
WORDS = ("openbao", "cannot refresh", "it said no.", "Ask again.")


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (NotAuthenticated(*WORDS), Exit.INCOMPLETE),
        (NotAllowed(*WORDS), Exit.INCOMPLETE),
        (Unreachable(*WORDS), Exit.INCOMPLETE),
        (BadAnswer(*WORDS), Exit.INCOMPLETE),
        (TenantChanged(*WORDS), Exit.INCOMPLETE),
        (Misconfigured(*WORDS), Exit.USAGE),
        (ReadOnly(*WORDS), Exit.REFUSED),
        (DemoNotInstalled("the extra is missing"), Exit.USAGE),
        (DemoError("it did not start"), Exit.INCOMPLETE),
        (NewerFile("journal.db", "0007_cases"), Exit.STORAGE),
        (StorageRefused(*WORDS), Exit.STORAGE),
        (StorageBusy(*WORDS), Exit.LOCKED),
        (VerbFailed(Exit.NOT_FOUND, "ana: nobody."), Exit.NOT_FOUND),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_a_known_failure_has_its_code_and_its_own_words(
    failure: Exception, code: Exit, tmp_path: Path
) -> None:
    said: list[str] = []
    assert explain(failure, said.append, tmp_path) is code
    assert said == str(failure).splitlines()
    assert list(tmp_path.iterdir()) == []


def test_a_policy_says_all_its_mistakes() -> None:
    with pytest.raises(PolicyInvalid) as caught:
        parse_policy(b"version: 1\ncolour: red\nshape: round\n", "keyturn.yaml")
    said: list[str] = []
    assert explain(caught.value, said.append) is Exit.USAGE
    assert len(said) >= 3
    assert all(line.startswith("keyturn.yaml") for line in said)


def test_a_plan_file_that_is_none_is_a_usage_mistake() -> None:
    with pytest.raises(PlanFileError) as caught:
        from_json("{}")
    assert explain(caught.value, lambda _: None) is Exit.USAGE


def test_a_missing_configuration_is_a_usage_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigNotFound) as caught:
        require_config(places(tmp_path / "none.yaml", tmp_path))
    assert explain(caught.value, lambda _: None) is Exit.USAGE


def test_what_nobody_foresaw_is_reported_without_values(tmp_path: Path) -> None:
    def fail(token: str) -> None:
        raise RuntimeError(f"Authorization: Bearer {token} was refused")

    said: list[str] = []
    with pytest.raises(RuntimeError) as caught:
        fail(TOKEN)
    assert explain(caught.value, said.append, tmp_path) is Exit.CRASH
    (report,) = tmp_path.iterdir()
    text = report.read_text(encoding="utf-8")
    assert "RuntimeError" in text
    assert TOKEN not in text + "".join(said)
    assert str(report) in said[0]
    assert report.stat().st_mode & 0o077 == 0


def test_text_from_outside_in_a_failure_is_made_safe(tmp_path: Path) -> None:
    said: list[str] = []
    explain(VerbFailed(Exit.NOT_FOUND, "a\x1b]52;c;aGk=\x07b"), said.append, tmp_path)
    assert "\x1b" not in said[0]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, click.Abort])
def test_ctrl_c_says_that_nothing_is_lost(
    interruption: type[BaseException],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupted(**_: object) -> None:
        raise interruption

    monkeypatch.setattr(app.keyturn, "main", interrupted)
    assert app.run(["resume"]) == Exit.INTERRUPTED
    assert "keyturn resume" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_and_the_second_ends(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with stoppable(Answer(as_json=True)) as stop:
        assert not stop()
        os.kill(os.getpid(), number)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


def test_a_file_that_is_no_plan_is_named(tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("root:x:0:0", encoding="utf-8")
    with pytest.raises(PlanFileError, match=rf"^{other}: This is not JSON"):
        read_plan(str(other), Invocation(None, tmp_path, read_only=False))
