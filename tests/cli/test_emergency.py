"""`keyturn offboard --emergency`: one screen up to the confirmation, and nothing of it hidden."""

import json
from dataclasses import replace

import pytest
from tests.cli.conftest import DANA

from keyturn.cli.app import run
from keyturn.cli.exit_codes import Exit
from keyturn_providers.abilities import Ability
from keyturn_providers.records import AccountState, Membership
from keyturn_providers.simulated import Effect, Fault, Pair

SCREEN = 24


def test_it_is_one_screen_with_every_cut_and_every_warning(
    pair: Pair, front: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    tenant = pair.directory.tenant
    tenant.add(replace(tenant.accounts["d-001"], state=AccountState.ACTIVE))
    mine = pair.secrets.tenant
    for number in range(30):
        group = replace(mine.groups["sg-old-billing"], id=f"g{number}", name=f"old {number}")
        mine.add(group)
        mine.add(Membership(group.id, "s-001"))
    assert run([*front, "refresh"]) in {Exit.IN_STEP, Exit.DRIFT}
    capsys.readouterr()
    assert run([*front, "offboard", DANA, "--emergency"]) == Exit.REFUSED
    said = capsys.readouterr().out.splitlines()
    assert len(said) <= SCREEN, said
    text = "\n".join(said)
    assert "EMERGENCY: Offboard Dana Okafor (plan " in text
    assert "Dana Okafor can reach: " in text
    assert "-   1. Suspend " in text
    assert "Dana Okafor" in text
    assert "Leave 31 groups in corp-vault: old 0, " in text
    assert "guards of" in text or "guard of" in text
    assert "! no undo brings back: End session" in text
    assert "guard ok" not in text
    assert "nothing was changed; saved:" in text
    assert run([*front, "offboard", DANA, "--emergency", "--plan-only"]) == Exit.DRIFT
    assert "guard ok" in capsys.readouterr().out


def test_what_a_guard_refuses_is_said_with_what_to_do(
    pair: Pair, front: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    own = pair.secrets.tenant.own
    assert own is not None
    pair.secrets.tenant.own = replace(own, account_id="s-001")
    assert run([*front, "refresh"]) in {Exit.IN_STEP, Exit.DRIFT}
    assert run([*front, "offboard", DANA, "--emergency"]) == Exit.REFUSED
    said = capsys.readouterr().out
    assert "! refuse keyturn itself: " in said
    assert "a guard refuses this plan as it stands" in said


def test_the_case_and_the_answer_name_the_event_behind_each_verdict(
    pair: Pair, front: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*front, "refresh"]) in {Exit.IN_STEP, Exit.DRIFT}
    pair.secrets.faults.add(Fault(Effect.AUDIT_MISSING, Ability.REVOKE))
    capsys.readouterr()
    cut = ["offboard", DANA, "--emergency", "--confirm", DANA]
    assert run([*front, *cut, "--json"]) == Exit.NOT_VERIFIED
    steps = json.loads(capsys.readouterr().out)["run"]["steps"]
    events = {one["kind"]: one["event"] for one in steps}
    assert events["revoke"] is None
    suspended = events["suspend"]
    assert suspended["id"].startswith("corp-vault-event-")
    assert suspended["actor"]
    assert run([*front, "case", DANA, "--json"]) == Exit.IN_STEP
    told = json.loads(capsys.readouterr().out)["case"]["applied"][0]["steps"]
    assert [one["event"] for one in told] == [one["event"] for one in steps]
    missing = next(one for one in told if one["event"] is None and one["error"])
    assert "does not have it; its time was up at 20" in missing["error"]
    assert run([*front, "case", DANA]) == Exit.IN_STEP
    said = capsys.readouterr().out
    assert suspended["id"] in said
    assert "its time was up at 20" in said
