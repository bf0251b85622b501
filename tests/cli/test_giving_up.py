"""`keyturn resume RUN --give-up STEP --reason TEXT`, and what the case says of it."""

import json
from pathlib import Path

import pytest
from tests.cli.conftest import DANA

from keyturn.cli.app import run
from keyturn.cli.exit_codes import Exit
from keyturn_providers.abilities import Ability
from keyturn_providers.simulated import Effect, Fault, Pair
from keyturn_storage.journal import open_journal


def test_an_open_step_is_given_up_and_the_case_says_by_whom_and_why(
    pair: Pair, front: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*front, "refresh"]) in {Exit.IN_STEP, Exit.DRIFT}
    denied = Fault(Effect.NOT_AUTHENTICATED, Ability.SUSPEND, times=None)
    pair.secrets.faults.add(denied)
    assert run([*front, "offboard", DANA, "--confirm", DANA]) == Exit.STOPPED
    with open_journal(Path(front[-1]) / "journal.db") as journal:
        (row,) = journal.runs()
        number = next(one.number for one in journal.steps(row.id) if one.state == "planned")
    capsys.readouterr()
    assert run([*front, "resume", row.id]) == Exit.USAGE
    assert run([*front, "resume", row.id, "--give-up", "1"]) == Exit.USAGE
    assert '--reason "..."' in capsys.readouterr().err
    why = ["--reason", "the token is gone"]
    arguments = [*front, "resume", row.id[:12], "--give-up", str(number), *why]
    run([*arguments, "--json"])
    (told,) = json.loads(capsys.readouterr().out)["runs"]
    (step,) = (one for one in told["steps"] if one["number"] == number)
    assert step["state"] == "given_up"
    assert run(arguments) == Exit.REFUSED
    assert "cannot be given up" in capsys.readouterr().err
    run([*front, "case", DANA])
    said = capsys.readouterr().out
    assert "given up by " in said
    assert "the token is gone" in said
