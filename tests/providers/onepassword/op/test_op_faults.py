"""`op` dying, hanging, refusing and lying; sessions that end; programs that are not there."""

import asyncio
import time
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.providers.onepassword.op.acme import (
    ANA,
    BOB,
    ENG,
    EVA,
    OP_ID,
    PAYMENTS,
    READ,
    ROBOT_TOKEN,
    SECRET,
    Acme,
    all_of,
)

from keyturn_providers.abilities import Outcome
from keyturn_providers.contract import (
    RequestSeen,
    Surroundings,
    Waiting,
)
from keyturn_providers.errors import (
    BadAnswer,
    Misconfigured,
    NotAllowed,
    NotAuthenticated,
    OutcomeUnknown,
    Throttled,
    Unreachable,
)
from keyturn_providers.onepassword.op.settings import OpSettings
from keyturn_providers.onepassword.op.surface import WRITES, OpSurface
from keyturn_providers.records import AccountState, Level, PrincipalKind
from keyturn_providers.simulated.onepassword import inspection

ACCOUNT = PrincipalKind.ACCOUNT


@pytest.mark.parametrize("kind", ["die_before", "die_after"])
async def test_a_write_whose_child_dies_has_an_unknown_outcome(acme: Acme, kind: str) -> None:
    surface = acme.surface()
    inspection.put_op_fault(acme.path, kind, "user suspend *")
    with pytest.raises(OutcomeUnknown, match="may have been made"):
        await surface.writer().suspend(ANA, OP_ID)
    account = await surface.reader().read_account(ANA)
    assert account is not None
    assert (account.state is AccountState.SUSPENDED) is (kind == "die_after")
    again = await surface.writer().suspend(ANA, OP_ID)
    assert again.outcome is (Outcome.ALREADY_SO if kind == "die_after" else Outcome.APPLIED)


async def test_a_write_that_takes_too_long_has_an_unknown_outcome(acme: Acme) -> None:
    surface = acme.surface(timeout_s=5.0)
    inspection.put_op_fault(acme.path, "delay", "vault user grant *", seconds=60)
    with pytest.raises(OutcomeUnknown, match="no answer in time"):
        await surface.writer().grant(SECRET, ACCOUNT, EVA, Level.READ, OP_ID)
    assert inspection.grants_of(acme.path, "user", EVA) == {}


async def test_an_invitation_whose_answer_was_cut_is_unknown_and_found_again(acme: Acme) -> None:
    surface = acme.surface()
    inspection.put_op_fault(acme.path, "cut", "user provision *")
    with pytest.raises(OutcomeUnknown):
        await surface.writer().provision("new@acme.example", "Nia", OP_ID)
    found = await surface.reader().find_account("new@acme.example")
    assert found is not None
    again = await surface.writer().provision("new@acme.example", "Nia", OP_ID)
    assert (again.outcome, again.account_id) == (Outcome.ALREADY_SO, found.id)


async def test_a_write_that_lies_is_found_out_only_by_reading(acme: Acme) -> None:
    surface = acme.surface()
    inspection.put_op_fault(acme.path, "ignore", "user suspend *")
    assert (await surface.writer().suspend(ANA, OP_ID)).outcome is Outcome.APPLIED
    account = await surface.reader().read_account(ANA)
    assert account is not None
    assert account.state is AccountState.ACTIVE


async def test_a_list_that_is_cut_is_no_list(acme: Acme) -> None:
    inspection.put_op_fault(acme.path, "cut", "group user list *")
    with pytest.raises(Unreachable, match="killed before it answered"):
        await all_of(acme.surface().reader().memberships(ENG))


async def test_half_a_list_with_exit_code_0_is_no_list(tmp_path: Path) -> None:
    program = _script(tmp_path, 'printf \'[{"id":"x"},{"id\'')
    with pytest.raises(BadAnswer, match="no JSON"):
        await all_of(_surface(program).reader().groups())


async def test_one_failed_member_list_does_not_spoil_the_others(acme: Acme) -> None:
    inspection.put_op_fault(
        acme.path, "refuse", f"group user list {ENG}*", text="(403) Forbidden", exit_code=4
    )
    reader = acme.surface().reader()
    with pytest.raises(NotAllowed, match="listing the members of group"):
        await all_of(reader.memberships(ENG))
    groups = [one.id for one in await all_of(reader.groups()) if one.id != ENG]
    for group_id in groups:
        await all_of(reader.memberships(group_id))


async def test_after_a_rate_limit_nothing_is_started_for_a_while(acme: Acme) -> None:
    surface = acme.surface()
    inspection.put_op_fault(acme.path, "refuse", "vault user revoke *", text="rate-limited")
    writer = surface.writer()
    with pytest.raises(Throttled, match="Nothing was done") as first:
        await writer.revoke(f"user/{ANA}/vault/{PAYMENTS}", OP_ID)
    assert first.value.retry_after_s == 600
    (waiting,) = [one for one in acme.seen if isinstance(one, Waiting)]
    assert (waiting.seconds, "rate-limited" in waiting.reason) == (600, True)
    calls = len(acme.said(""))
    with pytest.raises(Throttled) as second:
        await surface.reader().read_account(ANA)
    assert 590 < second.value.retry_after_s <= 600
    assert len(acme.said("")) == calls


async def test_a_read_by_id_that_failed_on_the_way_works_when_made_again(acme: Acme) -> None:
    reader = acme.surface().reader()
    inspection.put_op_fault(acme.path, "refuse", "group list", text="(502) Bad Gateway")
    with pytest.raises(Unreachable):
        await reader.read_account(ANA)
    assert await reader.read_account(ANA) is not None


async def test_without_a_named_account_it_stays_with_the_one_it_began_with(acme: Acme) -> None:
    surface = OpSurface(
        "1password", "", OpSettings(command=acme.command), Surroundings(secret=_none)
    )
    await surface.reader().read_members(ENG)
    await surface.look()
    await surface.reader().read_members(ENG)
    calls = [call.arguments for call in inspection.op_calls(acme.path, "group user list")]
    assert "--account" not in calls[0]
    assert calls[1][-2:] == ("--account", inspection.account_id(acme.path))


async def test_an_expired_session_says_how_to_sign_in(acme: Acme) -> None:
    surface = acme.surface()
    await surface.look()
    inspection.set_switch(acme.path, "session_expired", value=True)
    with pytest.raises(NotAuthenticated, match="op signin"):
        await surface.writer().suspend(ANA, OP_ID)
    assert inspection.user_state(acme.path, ANA) == "ACTIVE"
    with pytest.raises(NotAuthenticated, match="expired"):
        await all_of(surface.reader().accounts())


async def test_nobody_signed_in(acme: Acme) -> None:
    inspection.set_switch(acme.path, "signed_in", value=False)
    with pytest.raises(NotAuthenticated, match="press r"):
        await acme.surface().look()


async def test_op_that_is_not_installed() -> None:
    with pytest.raises(Misconfigured, match=r"/nowhere/op is not installed.*op\.command"):
        await _surface("/nowhere/op").look()


async def test_op_that_may_not_be_run(tmp_path: Path) -> None:
    program = tmp_path / "op"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o600)
    with pytest.raises(Misconfigured, match="may not be run"):
        await _surface(str(program)).look()


async def test_a_firewall_and_a_missing_right_are_told_apart(acme: Acme) -> None:
    writer = acme.surface().writer()
    inspection.put_op_fault(
        acme.path,
        "refuse",
        "user suspend *",
        text="(403) Forbidden (Firewall Rule): The IP address of your SCIM bridge was blocked by a"
        " 1Password firewall rule.",
        exit_code=4,
    )
    with pytest.raises(NotAllowed, match="firewall rules let in"):
        await writer.suspend(ANA, OP_ID)
    inspection.put_op_fault(
        acme.path, "refuse", "user suspend *", text="(403) Forbidden", exit_code=4
    )
    with pytest.raises(NotAllowed, match="Provision"):
        await writer.suspend(ANA, OP_ID)


async def test_a_person_without_rights_is_refused(acme: Acme) -> None:
    inspection.sign_in_op(acme.path, EVA)
    with pytest.raises(NotAllowed):
        await acme.surface().writer().suspend(ANA, OP_ID)
    assert inspection.user_state(acme.path, ANA) == "ACTIVE"


async def test_members_that_provisioning_manages_are_refused_in_words(acme: Acme) -> None:
    inspection.put_op_fault(
        acme.path, "refuse", "group user revoke *", text="(403) Forbidden: managed", exit_code=4
    )
    with pytest.raises(NotAllowed, match="identity provider provisions"):
        await acme.surface().writer().remove_membership(ENG, ANA, OP_ID)


async def test_a_cancelled_write_leaves_no_child_behind(acme: Acme) -> None:
    surface = acme.surface()
    await surface.look()
    inspection.put_op_fault(acme.path, "delay", "user suspend *", seconds=300)
    writing = asyncio.create_task(surface.writer().suspend(ANA, OP_ID))
    await asyncio.to_thread(_until_called, acme, "user suspend")
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    (call,) = inspection.op_calls(acme.path, "user suspend")
    assert call.exit_code is None
    assert inspection.user_state(acme.path, ANA) == "ACTIVE"


async def test_other_credentials_in_the_environment_are_not_used(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OP_CONNECT_HOST", "https://connect.example")
    monkeypatch.setenv("OP_CONNECT_TOKEN", "secret")
    monkeypatch.setenv("OP_SERVICE_ACCOUNT_TOKEN", ROBOT_TOKEN)
    monkeypatch.setenv("OP_SESSION_ACME", "stale")
    monkeypatch.setenv("OP_ACCOUNT", "somebody-else")
    view = await acme.surface().look()
    assert view.own.name == "olu@acme.example"
    assert view.writes == WRITES


async def test_a_chosen_service_account_reads_little_and_changes_nothing(acme: Acme) -> None:
    view = await acme.surface(token=ROBOT_TOKEN).look()
    assert not view.owner
    assert view.writes == frozenset()
    assert any("service account" in spot for spot in view.blind_spots)
    assert {check.condition.value for check in view.checks} == {"well", "wrong"}


async def test_a_session_token_is_used_and_never_shown(acme: Acme) -> None:
    token = "stale-session-token"
    surface = acme.surface(token=token)
    with pytest.raises(NotAuthenticated) as refusal:
        await surface.look()
    assert token not in str(refusal.value)
    assert token not in repr(acme.seen)
    assert all(token not in call.command for call in inspection.op_calls(acme.path))


async def test_a_credential_that_op_repeats_is_not_quoted(acme: Acme, tmp_path: Path) -> None:
    program = _script(tmp_path, 'echo "[ERROR] odd token $OP_SESSION" >&2; exit 1')
    settings = OpSettings(command=(program,), token_env="OP_SESSION_ACME")
    surroundings = Surroundings(secret=_none, secret_of=lambda _: SecretStr("tell-nobody"))
    with pytest.raises(Unreachable, match=r"odd token \(removed\)"):
        await OpSurface("1password", "acme", settings, surroundings).look()


@pytest.mark.parametrize("token", ["", "a\0b"])
async def test_a_token_that_is_none_is_not_taken_for_whoever_is_signed_in(
    acme: Acme, token: str
) -> None:
    settings = OpSettings(command=acme.command, token_env="OP_SESSION_ACME")
    surroundings = Surroundings(secret=_none, secret_of=lambda _: SecretStr(token))
    with pytest.raises(Misconfigured, match="empty or holds a NUL"):
        await OpSurface("1password", "acme", settings, surroundings).look()
    assert acme.said("") == []


async def test_what_is_seen_of_a_call(acme: Acme) -> None:
    await acme.surface().reader().read_members(ENG)
    requests = [one for one in acme.seen if isinstance(one, RequestSeen)]
    assert requests[-1].path == f"group user list {ENG}"
    assert (requests[-1].method, requests[-1].status) == ("op", 0)


async def test_reads_run_at_most_four_at_a_time(tmp_path: Path) -> None:
    program = _script(
        tmp_path,
        f"""case "$1" in
          group) mkdir {tmp_path}/running.$$; ls -d {tmp_path}/running.* | wc -l >> {tmp_path}/most
                 sleep 0.2; rmdir {tmp_path}/running.$$ ;;
        esac""",
    )
    reader = _surface(program).reader()
    ids = [f"{number:026d}" for number in range(12)]
    await asyncio.gather(*(reader.read_members(group_id) for group_id in ids))
    counts = [int(line) for line in (tmp_path / "most").read_text().split()]
    assert len(counts) == 12
    assert 1 < max(counts) <= 4


async def test_revoking_what_the_double_holds_is_seen_at_once(acme: Acme) -> None:
    surface = acme.surface()
    await surface.writer().revoke(f"user/{BOB}/vault/{SECRET}", OP_ID)
    assert await surface.reader().read_grants_of(ACCOUNT, BOB, frozenset({SECRET})) == ()
    await surface.writer().restore(f"user/{BOB}/vault/{SECRET}", OP_ID)
    (grant,) = await surface.reader().read_grants_of(ACCOUNT, BOB)
    assert frozenset(grant.permissions) == READ


def _until_called(acme: Acme, command: str) -> None:
    for _ in range(600):
        if acme.said(command):
            return
        time.sleep(0.05)
    raise AssertionError(f"{command} was never called")


def _script(place: Path, body: str) -> str:
    program = place / "op"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o700)
    return str(program)


def _surface(program: str) -> OpSurface:
    surroundings = Surroundings(secret=_none)
    return OpSurface("1password", "acme", OpSettings(command=(program,)), surroundings)


def _none() -> SecretStr:
    raise LookupError
