"""Listings and reads by id, against an account that behaves."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.providers.onepassword.op.acme import (
    ADMIN,
    ADMINISTRATORS,
    ALL,
    ANA,
    BOB,
    ENG,
    EVA,
    NOBODY,
    NOWHERE,
    OPS,
    OWNER,
    PAYMENTS,
    PLATFORM,
    READ,
    SECRET,
    SEED,
    SERVER,
    TOKEN,
    WRITE,
    Acme,
    all_of,
    made,
)

from keyturn_providers.abilities import Ability
from keyturn_providers.errors import Gone, NotAllowed, Unreachable
from keyturn_providers.records import (
    AccountKind,
    AccountState,
    Level,
    Membership,
    PrincipalKind,
)
from keyturn_providers.simulated.onepassword import inspection
from keyturn_providers.simulated.onepassword.seeds import Grant as SeedGrant
from keyturn_providers.simulated.onepassword.seeds import User, stable_id


async def test_people_with_their_details(acme: Acme) -> None:
    accounts = {one.id: one for one in await all_of(acme.surface().reader().accounts())}
    assert set(accounts) == {OWNER, ADMIN, ANA, BOB, EVA}
    ana = accounts[ANA]
    assert (ana.state, ana.state_raw, ana.kind) == (
        AccountState.ACTIVE,
        "ACTIVE",
        AccountKind.PERSON,
    )
    assert (ana.display_name, ana.emails[0].address) == ("Ana Ng", "Ana@acme.example")
    assert (ana.created_ms, ana.last_seen_ms) == (1_700_000_000_000, None)
    assert accounts[OWNER].last_seen_ms == 1_790_000_000_000
    assert accounts[BOB].state is AccountState.SUSPENDED
    assert accounts[EVA].kind is AccountKind.GUEST
    assert "\x1b" not in accounts[EVA].display_name


async def test_everybodys_details_come_with_one_call(acme: Acme) -> None:
    await all_of(acme.surface().reader().accounts())
    assert acme.said("user list") == ["user list"]
    assert acme.said("user get") == ["user get -"]


async def test_roles_are_privileged_groups_by_type_not_by_name(acme: Acme) -> None:
    accounts = {one.id: one for one in await all_of(acme.surface().reader().accounts())}
    assert accounts[OWNER].roles == ("Owners",)
    assert accounts[ADMIN].roles == ("Administrators",)
    assert accounts[ANA].roles == ()


async def test_groups_and_members_with_roles(acme: Acme) -> None:
    reader = acme.surface().reader()
    listed = await all_of(reader.groups())
    groups = {one.id: one.name for one in listed}
    assert groups[ENG] == "Engineering"
    assert {one.name for one in listed if one.managed_by} == {"Team Members"}
    assert set(await all_of(reader.memberships(ENG))) == {
        Membership(ENG, ANA),
        Membership(ENG, BOB, role="manager"),
    }
    assert await all_of(reader.memberships(OPS)) == ()
    with pytest.raises(Gone):
        await all_of(reader.memberships(NOWHERE))


async def test_an_owner_sees_every_vault_but_other_peoples_own(acme: Acme) -> None:
    vaults = {one.id: one for one in await all_of(acme.surface().reader().vaults())}
    assert {PAYMENTS, PLATFORM, SECRET} <= set(vaults)
    own = [one for one in vaults.values() if one.kind == "personal"]
    assert len(own) == len(vaults) - 3 == 1
    assert (vaults[PAYMENTS].kind, vaults[PAYMENTS].description) == ("user created", "cards")


async def test_grants_are_direct_ones_of_people_and_groups(acme: Acme) -> None:
    grants = {one.carrier: one for one in await all_of(acme.surface().reader().grants(PAYMENTS))}
    direct = grants[f"user/{ANA}/vault/{PAYMENTS}"]
    assert (direct.level, direct.principal_kind, direct.revocable) == (
        Level.WRITE,
        PrincipalKind.ACCOUNT,
        True,
    )
    assert frozenset(direct.permissions) == WRITE
    assert direct.note == "with move_items"
    assert grants[f"group/{ENG}/vault/{PAYMENTS}"].level is Level.READ
    assert f"user/{BOB}/vault/{PAYMENTS}" not in grants


async def test_connect_tokens_are_machines_with_their_scopes(acme: Acme) -> None:
    machines = {one.id: one for one in await all_of(acme.surface().reader().machines())}
    assert set(machines) == {SERVER, TOKEN}
    assert machines[TOKEN].scopes == ("Payments: read",)
    assert machines[TOKEN].owner_account_id == ADMIN
    assert machines[SERVER].note == "1 token"


async def test_a_connect_tokens_access_is_among_the_grants(acme: Acme) -> None:
    reader = acme.surface().reader()
    (grant,) = [one for one in await all_of(reader.grants(PAYMENTS)) if one.principal_id == TOKEN]
    assert (grant.principal_kind, grant.level) == (PrincipalKind.MACHINE, Level.READ)
    assert (grant.permissions, grant.revocable) == (("read",), False)
    assert await reader.read_grants_of(PrincipalKind.MACHINE, TOKEN) == (grant,)
    assert await reader.read_grants_of(PrincipalKind.MACHINE, NOBODY) == ()


async def test_tokens_that_may_not_be_listed_are_a_blind_spot_and_spoil_nothing(
    acme: Acme,
) -> None:
    inspection.put_op_fault(
        acme.path, "refuse", "connect *", text="(403) Forbidden", exit_code=4, times=9
    )
    surface = acme.surface()
    view = await surface.look()
    assert Ability.LIST_MACHINES not in view.reads
    assert any("Connect servers" in spot for spot in view.blind_spots)
    assert len(await all_of(surface.reader().grants(PAYMENTS))) == 2
    assert await surface.reader().read_grants_of(PrincipalKind.MACHINE, TOKEN) == ()


async def test_reads_by_id_say_what_the_listings_said(acme: Acme) -> None:
    reader = acme.surface().reader()
    for account in await all_of(reader.accounts()):
        assert await reader.read_account(account.id) == account
    assert set(await reader.read_members(ENG) or ()) == set(await all_of(reader.memberships(ENG)))
    everything = [
        grant
        for vault in await all_of(reader.vaults())
        for grant in await all_of(reader.grants(vault.id))
    ]
    for kind, holder in ((PrincipalKind.ACCOUNT, ANA), (PrincipalKind.GROUP, ENG)):
        wanted = {one for one in everything if one.principal_id == holder}
        assert set(await reader.read_grants_of(kind, holder)) == wanted != set()


async def test_reads_by_id_are_live(acme: Acme) -> None:
    surface = acme.surface()
    reader = surface.reader()
    await all_of(reader.accounts())
    await all_of(reader.memberships(ENG))
    writer = acme.surface().writer()
    await writer.suspend(ANA, "op")
    await writer.remove_membership(ENG, ANA, "op")
    account = await reader.read_account(ANA)
    assert account is not None
    assert account.state is AccountState.SUSPENDED
    assert await reader.read_members(ENG) == (Membership(ENG, BOB, role="manager"),)


async def test_what_does_not_exist_reads_as_nothing(acme: Acme) -> None:
    reader = acme.surface().reader()
    for unknown in (NOBODY, "Ana Ng", "ana@acme.example", "--help"):
        assert await reader.read_account(unknown) is None
        assert await reader.read_members(unknown) is None
        assert await reader.read_grants_of(PrincipalKind.ACCOUNT, unknown) == ()
    assert await reader.read_members(NOWHERE) is None
    assert await reader.read_grants_of(PrincipalKind.GROUP, NOWHERE) == ()
    with pytest.raises(Gone):
        await all_of(reader.grants(NOWHERE))


async def test_a_vault_that_is_gone_holds_no_grant_for_an_owner(acme: Acme) -> None:
    reader = acme.surface().reader()
    held = await reader.read_grants_of(PrincipalKind.ACCOUNT, ANA, frozenset({NOWHERE, PAYMENTS}))
    assert [one.vault_id for one in held] == [PAYMENTS]


async def test_an_account_is_found_by_its_address_in_any_case(acme: Acme) -> None:
    reader = acme.surface().reader()
    found = await reader.find_account("ANA@acme.EXAMPLE")
    assert found is not None
    assert found.id == ANA
    assert await reader.find_account("nobody@acme.example") is None
    assert await reader.find_account("Ana Ng") is None


async def test_details_that_do_not_come_leave_the_listing_without_proof(acme: Acme) -> None:
    inspection.put_op_fault(
        acme.path, "refuse", "user get -*", text="(404) Not Found: gone.", exit_code=4, times=2
    )
    pages = acme.surface().reader().accounts()
    page = await anext(pages)
    assert page.proof == ""
    assert {one.id for one in page.records} == {OWNER, ADMIN, ANA, BOB, EVA}
    with pytest.raises(Unreachable, match="details of 5 of 5 people"):
        await anext(pages)


async def test_somebody_deleted_between_list_and_details_spoils_nothing(acme: Acme) -> None:
    inspection.put_op_fault(
        acme.path, "refuse", "user get -*", text="(404) Not Found: gone.", exit_code=4
    )
    assert len(await all_of(acme.surface().reader().accounts())) == 5
    assert acme.said("user list") == ["user list", "user list"]


async def test_more_people_than_one_call_takes(tmp_path: Path) -> None:
    many = tuple(
        User(stable_id(f"p{number}", capital=True), f"P {number}", f"p{number}@acme.example")
        for number in range(700)
    )
    acme = made(tmp_path / "many.db", replace(SEED, users=(*SEED.users, *many)))
    accounts = await all_of(acme.surface().reader().accounts())
    assert len({one.id for one in accounts}) == 705
    assert len(acme.said("user get")) == 2


async def test_an_empty_list_may_be_printed_as_one(acme: Acme) -> None:
    inspection.set_switch(acme.path, "empty_stdout", value=False)
    assert await all_of(acme.surface().reader().memberships(OPS)) == ()


async def test_what_is_known_of_a_vaults_kind_is_no_condition_for_its_grants(acme: Acme) -> None:
    inspection.put_op_fault(
        acme.path, "refuse", "vault get -*", text="(403) Forbidden", exit_code=4, times=5
    )
    reader = acme.surface().reader()
    assert {one.kind for one in await all_of(reader.vaults())} == {""}
    assert len(await all_of(reader.grants(PAYMENTS))) == 3


async def test_who_is_no_owner_is_told_what_cannot_be_seen(acme: Acme) -> None:
    inspection.sign_in_op(acme.path, ANA)
    surface = acme.surface()
    view = await surface.look()
    assert not view.owner
    assert any("nobody in this session can reach" in spot for spot in view.blind_spots)
    reader = surface.reader()
    assert {one.name for one in await all_of(reader.vaults())} >= {"Platform", "Payments"}
    assert SECRET not in {one.id for one in await all_of(reader.vaults())}
    with pytest.raises(NotAllowed, match="cannot look into the vault"):
        await reader.read_grants_of(PrincipalKind.ACCOUNT, BOB, frozenset({SECRET}))


async def test_a_group_that_is_only_called_owners_makes_no_owner(tmp_path: Path) -> None:
    acme = made(
        tmp_path / "a.db",
        replace(
            SEED,
            groups=(*SEED.groups, replace(SEED.groups[0], id=stable_id("fake"), name="Owners 2")),
            members=(
                *SEED.members,
                replace(SEED.members[0], group_id=stable_id("fake"), user_id=ANA),
            ),
            signed_in=ANA,
        ),
    )
    assert not (await acme.surface().look()).owner


async def test_what_the_surface_says_of_itself(acme: Acme) -> None:
    view = await acme.surface().look()
    assert view.tenant == inspection.account_id(acme.path)
    assert (view.own.account_id, view.own.name) == (OWNER, "olu@acme.example")
    assert view.owner
    assert view.business
    assert view.version.startswith("op 2.")
    assert "acme.1password.com" in view.address
    assert dict(view.permission_rules.levels)[Level.MANAGE]


async def test_a_teams_account_speaks_broad_words(tmp_path: Path) -> None:
    seeded = replace(
        SEED,
        grants=(
            SeedGrant(PAYMENTS, "user", ANA, ("allow_viewing",)),
            SeedGrant(PLATFORM, "user", ANA, ("allow_viewing", "allow_editing", "allow_managing")),
        ),
    )
    acme = made(tmp_path / "team.db", seeded, plan="TEAM")
    surface = acme.surface()
    assert not (await surface.look()).business
    held = await surface.reader().read_grants_of(PrincipalKind.ACCOUNT, ANA)
    assert {one.vault_id: one.level for one in held} == {
        PAYMENTS: Level.READ,
        PLATFORM: Level.MANAGE,
    }


async def test_odd_states_and_types_are_shown_not_guessed(tmp_path: Path) -> None:
    odd = User(stable_id("odd", capital=True), "Odd", "odd@acme.example", state="ON_HOLIDAY")
    acme = made(tmp_path / "odd.db", replace(SEED, users=(*SEED.users, odd)))
    account = await acme.surface().reader().read_account(odd.id)
    assert account is not None
    assert (account.state, account.state_raw) == (AccountState.UNKNOWN, "ON_HOLIDAY")


def test_the_seed_is_what_these_tests_think() -> None:
    assert READ < WRITE < ALL
    assert ADMINISTRATORS in {member.group_id for member in SEED.members}
