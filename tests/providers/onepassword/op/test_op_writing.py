"""Changes of people, memberships and vault access, against an account that behaves."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from tests.providers.onepassword.op.acme import (
    ALL,
    ANA,
    BOB,
    ENG,
    EVA,
    NOBODY,
    NOWHERE,
    OP_ID,
    OPS,
    OWNER,
    OWNERS,
    PAYMENTS,
    PLATFORM,
    READ,
    SECRET,
    SEED,
    WRITE,
    Acme,
    made,
)

from keyturn_providers.abilities import Outcome
from keyturn_providers.contract import Waiting
from keyturn_providers.errors import Conflict, Gone, NotAllowed
from keyturn_providers.records import AccountState, Level, PrincipalKind
from keyturn_providers.simulated.onepassword import inspection
from keyturn_providers.simulated.onepassword.seeds import Grant as SeedGrant
from keyturn_providers.simulated.onepassword.seeds import User, stable_id

ACCOUNT, GROUP = PrincipalKind.ACCOUNT, PrincipalKind.GROUP
ANA_ON_PAYMENTS = f"user/{ANA}/vault/{PAYMENTS}"
ENG_ON_PLATFORM = f"group/{ENG}/vault/{PLATFORM}"


async def test_suspending_cuts_the_devices_after_a_while(acme: Acme) -> None:
    writer = acme.surface().writer()
    receipt = await writer.suspend(ANA, OP_ID)
    assert (receipt.outcome, receipt.request_ids) == (Outcome.APPLIED, ())
    assert inspection.user_state(acme.path, ANA) == "SUSPENDED"
    assert acme.said("user suspend") == [f"user suspend {ANA} --deauthorize-devices-after 5m"]
    assert (await writer.suspend(ANA, OP_ID)).outcome is Outcome.ALREADY_SO
    assert len(acme.said("user suspend")) == 1
    inspection.advance(acme.path, 301)
    assert inspection.devices_cut_ms(acme.path, ANA) is not None


async def test_two_who_suspend_at_the_same_time_both_succeed(acme: Acme) -> None:
    inspection.put_op_fault(acme.path, "delay", "user suspend *", times=2, seconds=1)
    receipts = await asyncio.gather(
        acme.surface().writer().suspend(ANA, OP_ID), acme.surface().writer().suspend(ANA, OP_ID)
    )
    assert {one.outcome for one in receipts} == {Outcome.APPLIED, Outcome.ALREADY_SO}


async def test_what_the_server_refuses_is_told_in_its_words(acme: Acme) -> None:
    inspection.put_op_fault(
        acme.path, "refuse", "user suspend *", text="(400) Bad Request: last owner", exit_code=4
    )
    with pytest.raises(Conflict, match="last owner"):
        await acme.surface().writer().suspend(ANA, OP_ID)


async def test_reactivating(acme: Acme) -> None:
    writer = acme.surface().writer()
    assert (await writer.reactivate(BOB, OP_ID)).outcome is Outcome.APPLIED
    assert inspection.user_state(acme.path, BOB) == "ACTIVE"
    assert (await writer.reactivate(BOB, OP_ID)).outcome is Outcome.ALREADY_SO


async def test_an_invitation_from_sent_to_let_in(acme: Acme) -> None:
    surface = acme.surface()
    writer, reader = surface.writer(), surface.reader()
    receipt = await writer.provision("new@acme.example", "Nia New", OP_ID)
    assert receipt.outcome is Outcome.APPLIED
    assert receipt.account_id == inspection.user_id(acme.path, "new@acme.example")
    account = await reader.read_account(receipt.account_id)
    assert account is not None
    assert (account.state, account.state_raw) == (AccountState.INVITED, "TRANSFER_PENDING")
    assert not account.emails[0].verified

    again = await writer.provision("New@ACME.example", "Nia New", OP_ID)
    assert (again.outcome, again.account_id) == (Outcome.ALREADY_SO, receipt.account_id)
    with pytest.raises(Conflict, match="nothing to confirm yet"):
        await writer.confirm(receipt.account_id, OP_ID)

    inspection.accept_invitation(acme.path, receipt.account_id)
    accepted = await reader.read_account(receipt.account_id)
    assert accepted is not None
    assert accepted.state_raw == "TRANSFER_ACCEPTED"
    assert accepted.state_since_ms is not None
    assert (await writer.confirm(receipt.account_id, OP_ID)).outcome is Outcome.APPLIED
    assert inspection.user_state(acme.path, receipt.account_id) == "ACTIVE"
    assert (await writer.confirm(receipt.account_id, OP_ID)).outcome is Outcome.ALREADY_SO


async def test_an_expired_invitation_is_sent_again_or_it_is_told_who_can(tmp_path: Path) -> None:
    long_ago = User(
        stable_id("late", capital=True),
        "Lea Late",
        "late@acme.example",
        state="TRANSFER_PENDING",
        created_ms=1_700_000_000_000,
        updated_ms=1_700_000_000_000,
    )
    acme = made(tmp_path / "late.db", replace(SEED, users=(*SEED.users, long_ago)))
    writer = acme.surface().writer()
    with pytest.raises(Conflict, match="under People"):
        await writer.provision("late@acme.example", "Lea Late", OP_ID)
    assert len(acme.said("user provision")) == 1


async def test_who_is_suspended_is_not_invited(acme: Acme) -> None:
    with pytest.raises(Conflict, match="Reactivate it instead"):
        await acme.surface().writer().provision("bob@acme.example", "Bob", OP_ID)
    assert acme.said("user provision") == []


@pytest.mark.parametrize("email", ["", "no address", "--all@acme.example"])
async def test_what_is_no_address_is_not_invited(acme: Acme, email: str) -> None:
    with pytest.raises(Conflict, match="no address"):
        await acme.surface().writer().provision(email, "Nia", OP_ID)
    assert acme.said("user provision") == []


async def test_members_come_and_go(acme: Acme) -> None:
    writer = acme.surface().writer()
    assert (await writer.add_membership(OPS, ANA, OP_ID)).outcome is Outcome.APPLIED
    assert inspection.members(acme.path, OPS) == {ANA: "MEMBER"}
    assert (await writer.add_membership(OPS, ANA, OP_ID)).outcome is Outcome.ALREADY_SO
    assert (await writer.remove_membership(OPS, ANA, OP_ID)).outcome is Outcome.APPLIED
    assert inspection.members(acme.path, OPS) == {}
    assert (await writer.remove_membership(OPS, ANA, OP_ID)).outcome is Outcome.ALREADY_SO


async def test_a_manager_comes_back_as_one(acme: Acme) -> None:
    surface = acme.surface()
    removed = await surface.writer().remove_membership(ENG, BOB, OP_ID)
    assert removed.note == "was a manager of the group"
    added = await surface.writer().add_membership(ENG, BOB, OP_ID)
    assert added.note == "as a manager of the group, as before"
    assert inspection.members(acme.path, ENG)[BOB] == "MANAGER"


async def test_a_manager_who_comes_back_only_as_a_member_is_told(acme: Acme) -> None:
    surface = acme.surface()
    await surface.writer().remove_membership(ENG, BOB, OP_ID)
    inspection.put_op_fault(
        acme.path, "refuse", "group user grant *manager*", text="(403) Forbidden", exit_code=4
    )
    added = await surface.writer().add_membership(ENG, BOB, OP_ID)
    assert added.outcome is Outcome.APPLIED
    assert "not as a manager" in added.note
    assert inspection.members(acme.path, ENG)[BOB] == "MEMBER"


async def test_granting_sends_a_closed_set(acme: Acme) -> None:
    writer = acme.surface().writer()
    receipt = await writer.grant(SECRET, ACCOUNT, EVA, Level.WRITE, OP_ID)
    assert receipt.outcome is Outcome.APPLIED
    assert inspection.grants_of(acme.path, "user", EVA) == {SECRET: WRITE}
    assert (await writer.grant(SECRET, ACCOUNT, EVA, Level.WRITE, OP_ID)).outcome is (
        Outcome.ALREADY_SO
    )
    assert (await writer.grant(SECRET, GROUP, OPS, Level.LIST, OP_ID)).outcome is Outcome.APPLIED
    assert inspection.grants_of(acme.path, "group", OPS) == {SECRET: frozenset({"view_items"})}


async def test_granting_adds_what_is_missing_and_narrows_nothing(acme: Acme) -> None:
    writer = acme.surface().writer()
    await writer.grant(SECRET, ACCOUNT, BOB, Level.MANAGE, OP_ID)
    assert inspection.grants_of(acme.path, "user", BOB)[SECRET] == ALL
    with pytest.raises(Conflict, match="More than that"):
        await writer.grant(SECRET, ACCOUNT, BOB, Level.READ, OP_ID)


async def test_revoking_and_restoring_the_very_same(acme: Acme) -> None:
    surface = acme.surface()
    receipt = await surface.writer().revoke(ANA_ON_PAYMENTS, OP_ID)
    assert receipt.outcome is Outcome.APPLIED
    assert "edit_items" in receipt.note
    assert inspection.grants_of(acme.path, "user", ANA) == {}
    assert (await surface.writer().revoke(ANA_ON_PAYMENTS, OP_ID)).outcome is Outcome.ALREADY_SO
    assert (await surface.writer().restore(ANA_ON_PAYMENTS, OP_ID)).outcome is Outcome.APPLIED
    assert inspection.grants_of(acme.path, "user", ANA) == {PAYMENTS: WRITE}
    assert (await surface.writer().restore(ANA_ON_PAYMENTS, OP_ID)).outcome is Outcome.ALREADY_SO


async def test_what_another_process_took_is_not_guessed(acme: Acme) -> None:
    await acme.surface().writer().revoke(ANA_ON_PAYMENTS, OP_ID)
    with pytest.raises(Conflict, match="not known any more"):
        await acme.surface().writer().restore(ANA_ON_PAYMENTS, OP_ID)


async def test_narrowing_takes_the_difference_in_one_call(acme: Acme) -> None:
    writer = acme.surface().writer()
    assert (await writer.narrow(ANA_ON_PAYMENTS, Level.READ, OP_ID)).outcome is Outcome.APPLIED
    assert inspection.grants_of(acme.path, "user", ANA) == {PAYMENTS: READ}
    assert (await writer.narrow(ANA_ON_PAYMENTS, Level.READ, OP_ID)).outcome is Outcome.ALREADY_SO
    assert (await writer.narrow(ENG_ON_PLATFORM, Level.WRITE, OP_ID)).outcome is Outcome.APPLIED
    assert inspection.grants_of(acme.path, "group", ENG)[PLATFORM] == WRITE
    assert len(acme.said("vault group revoke")) == 1


async def test_narrowing_to_what_is_not_held_leaves_nothing(tmp_path: Path) -> None:
    only_managed = SeedGrant(SECRET, "user", EVA, ("manage_vault",))
    acme = made(tmp_path / "m.db", replace(SEED, grants=(only_managed,)))
    writer = acme.surface().writer()
    receipt = await writer.narrow(f"user/{EVA}/vault/{SECRET}", Level.READ, OP_ID)
    assert "nothing is left" in receipt.note
    assert inspection.grants_of(acme.path, "user", EVA) == {}
    again = await writer.narrow(f"user/{EVA}/vault/{SECRET}", Level.READ, OP_ID)
    assert again.outcome is Outcome.ALREADY_SO


async def test_permissions_named_one_by_one(acme: Acme) -> None:
    writer = acme.surface().writer()
    on_secret = f"user/{EVA}/vault/{SECRET}"
    wanted = ("view_items", "create_items")
    given = await writer.grant(SECRET, ACCOUNT, EVA, Level.UNKNOWN, OP_ID, wanted)
    assert given.outcome is Outcome.APPLIED
    assert inspection.grants_of(acme.path, "user", EVA) == {SECRET: frozenset(wanted)}
    again = await writer.grant(SECRET, ACCOUNT, EVA, Level.UNKNOWN, OP_ID, ("view_items",))
    assert again.outcome is Outcome.ALREADY_SO

    narrowed = await writer.narrow(on_secret, Level.UNKNOWN, OP_ID, ("view_items", "edit_items"))
    assert narrowed.outcome is Outcome.APPLIED
    assert inspection.grants_of(acme.path, "user", EVA) == {SECRET: frozenset({"view_items"})}

    elsewhere = acme.surface().writer()
    assert (await elsewhere.restore(on_secret, OP_ID, wanted)).outcome is Outcome.APPLIED
    assert inspection.grants_of(acme.path, "user", EVA) == {SECRET: frozenset(wanted)}
    assert (await elsewhere.restore(on_secret, OP_ID, wanted)).outcome is Outcome.ALREADY_SO


async def test_permissions_that_the_account_does_not_have_are_not_sent(acme: Acme) -> None:
    writer = acme.surface().writer()
    with pytest.raises(NotAllowed, match="no such permissions: fly"):
        await writer.grant(SECRET, ACCOUNT, EVA, Level.UNKNOWN, OP_ID, ("view_items", "fly"))
    with pytest.raises(NotAllowed, match="no such permissions: fly"):
        await writer.restore(f"user/{EVA}/vault/{SECRET}", OP_ID, ("fly",))
    assert acme.said("vault user grant") == []


async def test_access_through_a_group_is_not_there_to_revoke(acme: Acme) -> None:
    receipt = await acme.surface().writer().revoke(f"user/{ANA}/vault/{PLATFORM}", OP_ID)
    assert receipt.outcome is Outcome.ALREADY_SO
    assert acme.said("vault user revoke") == []


async def test_access_that_went_in_between_is_already_so(acme: Acme) -> None:
    inspection.put_op_fault(
        acme.path,
        "refuse",
        "vault user revoke *",
        text="cannot revoke: the accessor doesn't have any permissions on this vault",
    )
    receipt = await acme.surface().writer().revoke(ANA_ON_PAYMENTS, OP_ID)
    assert receipt.outcome is Outcome.ALREADY_SO
    assert "accessor" in receipt.note


async def test_the_sessions_own_account_is_never_cut(acme: Acme) -> None:
    writer = acme.surface().writer()
    for call in (
        writer.suspend(OWNER, OP_ID),
        writer.remove_membership(OWNERS, OWNER, OP_ID),
        writer.revoke(f"user/{OWNER}/vault/{PAYMENTS}", OP_ID),
        writer.narrow(f"user/{OWNER}/vault/{PAYMENTS}", Level.READ, OP_ID),
    ):
        with pytest.raises(NotAllowed, match="keyturn itself"):
            await call
    assert inspection.user_state(acme.path, OWNER) == "ACTIVE"


async def test_unknown_targets(acme: Acme) -> None:
    writer = acme.surface().writer()
    for unknown in (NOBODY, "Ana Ng"):
        for call in (
            writer.suspend(unknown, OP_ID),
            writer.reactivate(unknown, OP_ID),
            writer.confirm(unknown, OP_ID),
            writer.add_membership(ENG, unknown, OP_ID),
            writer.grant(PAYMENTS, ACCOUNT, unknown, Level.READ, OP_ID),
        ):
            with pytest.raises(Gone):
                await call
    with pytest.raises(Gone):
        await writer.add_membership(NOWHERE, ANA, OP_ID)
    with pytest.raises(Gone):
        await writer.grant(NOWHERE, ACCOUNT, ANA, Level.READ, OP_ID)
    assert (await writer.remove_membership(NOWHERE, ANA, OP_ID)).outcome is Outcome.ALREADY_SO
    for carrier in ("", "token/x", f"user/{ANA}/vault/", "user/Ana Ng/vault/Payments"):
        with pytest.raises(Conflict, match="does not name an edge"):
            await writer.revoke(carrier, OP_ID)


async def test_levels_and_principals_that_cannot_be_granted(acme: Acme) -> None:
    writer = acme.surface().writer()
    with pytest.raises(NotAllowed, match="machine identities"):
        await writer.grant(PAYMENTS, PrincipalKind.MACHINE, ANA, Level.READ, OP_ID)
    for level in (Level.NONE, Level.UNKNOWN):
        with pytest.raises(NotAllowed, match="no permissions for the level"):
            await writer.grant(PAYMENTS, ACCOUNT, ANA, level, OP_ID)


async def test_vault_changes_keep_their_distance_and_say_so(acme: Acme) -> None:
    writer = acme.surface(pace_writes_s=0.5).writer()
    await writer.suspend(ANA, OP_ID)
    await asyncio.gather(
        writer.grant(SECRET, ACCOUNT, EVA, Level.READ, OP_ID),
        writer.grant(SECRET, GROUP, OPS, Level.READ, OP_ID),
    )
    (waited,) = [one for one in acme.seen if isinstance(one, Waiting)]
    assert "pace" in waited.reason
    assert 0 < waited.seconds <= 0.5


async def test_on_teams_the_broad_words_are_sent(tmp_path: Path) -> None:
    acme = made(tmp_path / "team.db", replace(SEED, grants=()), plan="TEAM")
    writer = acme.surface().writer()
    await writer.grant(PAYMENTS, ACCOUNT, ANA, Level.WRITE, OP_ID)
    (said,) = acme.said("vault user grant")
    assert "--permissions allow_viewing,allow_editing" in said
    await writer.narrow(ANA_ON_PAYMENTS, Level.READ, OP_ID)
    (taken,) = acme.said("vault user revoke")
    assert "--permissions allow_editing" in taken
