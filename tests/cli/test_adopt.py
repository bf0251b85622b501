"""`keyturn policy adopt`: from what is to what should be, printed or written, and then in step."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from keyturn.cli.app import run
from keyturn.cli.exit_codes import Exit
from keyturn.policy.load import load_policy
from keyturn_providers.abilities import Ability
from keyturn_providers.simulated import Effect, Fault, Pair

OF_GROUPS = {"grant not in policy", "permissions wider than policy", "missing grant"}


def drift(front: list[str], capsys: pytest.CaptureFixture[str]) -> set[str]:
    """The kinds of drift that groups have."""
    capsys.readouterr()
    run([*front, "drift", "--json"])
    found = json.loads(capsys.readouterr().out)["findings"]
    return {one["kind"] for one in found} & OF_GROUPS


def test_what_is_printed_is_what_is_written_and_then_nothing_of_groups_differs(
    pair: Pair, front: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    config = Path(front[1])
    config.chmod(0o640)
    run([*front, "refresh"])
    assert drift(front, capsys)
    assert run([*front, "policy", "adopt"]) == Exit.IN_STEP
    printed = capsys.readouterr().out
    before = config.read_text("utf-8")
    shown = yaml.safe_load(printed)["mappings"]
    assert "direct grant" in printed
    assert run([*front, "policy", "adopt", "--write", "--json"]) == Exit.IN_STEP
    told = json.loads(capsys.readouterr().out)
    assert told["written"]
    after = config.read_text("utf-8")
    assert after.startswith(before)
    assert config.stat().st_mode & 0o777 == 0o640
    assert yaml.safe_load(after)["mappings"] == shown
    assert [one["group"]["id"] for one in told["mappings"]] == [one["group"]["id"] for one in shown]
    assert len(load_policy(config).rules.mappings) == len(shown)
    assert drift(front, capsys) == set()
    assert run([*front, "policy", "check"]) == Exit.IN_STEP
    capsys.readouterr()
    # Again: everything is mapped, nothing is written twice.
    assert run([*front, "policy", "adopt", "--write"]) == Exit.IN_STEP
    said = capsys.readouterr().out
    assert "0 mappings" in said
    assert "mapped already" in said
    assert config.read_text("utf-8") == after


def test_one_group_by_name_and_none_that_is_not_there(
    pair: Pair, front: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    run([*front, "refresh"])
    run([*front, "policy", "adopt", "--json"])
    told = json.loads(capsys.readouterr().out.partition("{")[2].join(["{", ""]))
    name = told["mappings"][0]["group"]["name"]
    assert run([*front, "policy", "adopt", "--group", name.upper()]) == Exit.IN_STEP
    said = yaml.safe_load(capsys.readouterr().out)["mappings"]
    assert [one["group"]["name"] for one in said] == [name]
    assert run([*front, "policy", "adopt", "--group", "nobody's"]) == Exit.NOT_FOUND
    assert "nobody's" in capsys.readouterr().err


def test_nothing_is_adopted_from_half_a_read(
    pair: Pair, front: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = Path(front[1]).read_text("utf-8")
    assert run([*front, "policy", "adopt", "--write"]) == Exit.INCOMPLETE
    pair.secrets.faults.add(Fault(Effect.NO_PROOF, Ability.LIST_GRANTS, times=None))
    run([*front, "refresh"])
    capsys.readouterr()
    assert run([*front, "policy", "adopt", "--write"]) == Exit.INCOMPLETE
    assert "Nothing is adopted" in capsys.readouterr().out
    assert Path(front[1]).read_text("utf-8") == before


def test_a_file_that_it_cannot_be_put_into_is_left_as_it_is(
    pair: Pair, front: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    config = Path(front[1])
    config.write_text(config.read_text("utf-8") + "mappings: []\n", "utf-8")
    before = config.read_text("utf-8")
    run([*front, "refresh"])
    capsys.readouterr()
    assert run([*front, "policy", "adopt", "--write"]) == Exit.USAGE
    said = capsys.readouterr().err
    assert "written in one line" in said
    assert "Nothing was written" in said
    assert config.read_text("utf-8") == before


def test_a_group_of_equal_name_alone_is_said_to_be_one_whose_members_are_mended_from_then_on(
    pair: Pair, front: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    tenant = pair.secrets.tenant
    for group in list(tenant.groups.values()):
        tenant.groups[group.id] = replace(group, external_id="")
    inside = {name for _, name, *_ in pair.mappings}
    team = next(one.id for one in tenant.groups.values() if one.name in inside)
    tenant.join(team, list(tenant.accounts))
    run([*front, "refresh"])
    capsys.readouterr()
    mended = []
    for verb in ("drift", "policy adopt --write", "drift"):
        run([*front, *verb.split(), "--json"])
        told = json.loads(capsys.readouterr().out)
        of_members = [
            one for one in told.get("findings", []) if one["kind"] == "membership not in directory"
        ]
        mended.append(sum(bool(one["remedy"]) for one in of_members))
    assert mended[0] < mended[2]
    text = Path(front[1]).read_text("utf-8")
    assert f"{len(tenant.accounts)} in " in text
    assert "linked by equal name alone: named here, its members are mended too" in text
