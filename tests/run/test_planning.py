"""From both sources to a plan and back to no drift, through everything in between."""

from dataclasses import replace

import pytest
from tests.run.conftest import Watch
from tests.run.office import Office, policy_of
from tests.run.plans_by_hand import CARRIER, Loaded

from keyturn.decide.findings import ChangeKind
from keyturn.decide.plans import Plan, Verdict
from keyturn.decide.words import DriftKind
from keyturn.run.assess import NothingRead, read_assessment
from keyturn.run.connections import Connections
from keyturn.run.persons import NoSuchPerson, find_person
from keyturn_providers.abilities import Ability
from keyturn_providers.contract import About
from keyturn_providers.errors import TenantChanged, Unreachable
from keyturn_providers.records import (
    AccountState,
    Grant,
    Level,
    PrincipalKind,
    Session,
    Side,
)
from keyturn_providers.simulated import ABOUT, LEAVER, Effect, Fault, Pair, SimulatedConnector
from keyturn_providers.simulated.reading import SecretsReader
from keyturn_storage.journal import Journal
from keyturn_storage.snapshots import Cache

LOGIN = "p001@acme.example"


@pytest.fixture
def office(
    pair: Pair, connections: Connections, cache: Cache, journal: Journal, watch: Watch
) -> Office:
    return Office(connections, cache, journal, watch, Loaded(policy_of(pair)))


def _kinds(plan: Plan) -> list[ChangeKind]:
    return [operation.change.kind for operation in plan.operations]


async def test_the_pair_has_the_drift_it_promises(office: Office) -> None:
    found = {finding.kind for finding in (await office.look()).findings}
    assert {
        DriftKind.LEAVER_ACTIVE,
        DriftKind.ACCOUNT_WITHOUT_IDENTITY,
        DriftKind.DIRECT_GRANT,
        DriftKind.MISSING_MEMBERSHIP,
        DriftKind.MACHINE_WITHOUT_OWNER,
    } <= found


@pytest.mark.parametrize("who", [LOGIN, "P001@ACME.example", "dana okafor", f"d:{LEAVER}", LEAVER])
async def test_the_leaver_is_out_and_her_drift_is_gone(
    office: Office, pair: Pair, who: str
) -> None:
    before = await office.look()
    assert any(one.kind is DriftKind.LEAVER_ACTIVE for one in before.findings)
    plan = await office.offboarding(who)
    assert plan.confirm_with == LOGIN
    assert not plan.refused
    assert ChangeKind.SUSPEND in _kinds(plan)
    assert _kinds(plan).count(ChangeKind.END_SESSION) == 2
    result = await office.apply(plan)
    assert result.proven
    assert "Offboard Dana Okafor: out" in result.words
    secrets = pair.secrets.tenant
    assert secrets.accounts["s-001"].state is AccountState.SUSPENDED
    assert CARRIER not in secrets.grants
    assert not secrets.sessions
    after = await office.look()
    assert not any(one.person == f"d:{LEAVER}" for one in after.findings)
    again = await office.offboarding(who)
    assert again.operations == ()


async def test_an_offboarding_is_about_now_not_about_the_snapshot(
    office: Office, pair: Pair
) -> None:
    await office.look()
    tenant = pair.secrets.tenant
    del tenant.sessions["t-dana-1"]
    tenant.add(Session("t-dana-3", "s-001"))
    del tenant.grants[CARRIER]
    tenant.members["sg-old-billing"].clear()
    tenant.add(
        Grant("v-billing", PrincipalKind.ACCOUNT, "s-001", Level.READ, "account/s-001/policy/late")
    )
    plan = await office.offboarding(LOGIN)
    sessions = {one.change.session_id for one in plan.operations if one.change.session_id}
    assert sessions == {"t-dana-2", "t-dana-3"}
    carriers = {one.change.carrier for one in plan.operations if one.change.carrier}
    assert carriers == {"account/s-001/policy/late"}
    assert ChangeKind.REMOVE_MEMBERSHIP not in _kinds(plan)
    assert (await office.apply(plan)).proven


async def test_a_source_that_finds_only_where_it_is_told_to_look_hides_no_known_grant(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = SecretsReader.read_grants_of

    async def told_only(
        reader: SecretsReader,
        principal_kind: PrincipalKind,
        principal_id: str,
        vault_ids: frozenset[str] = frozenset(),
    ) -> tuple[Grant, ...]:
        held = await whole(reader, principal_kind, principal_id, vault_ids)
        return tuple(grant for grant in held if grant.vault_id in vault_ids)

    await office.look()
    monkeypatch.setattr(SecretsReader, "read_grants_of", told_only)
    plan = await office.offboarding(LOGIN)
    assert CARRIER in {one.change.carrier for one in plan.operations}
    assert (await office.apply(plan)).proven


async def test_an_account_gone_meanwhile_leaves_nothing_to_do_there(
    office: Office, pair: Pair
) -> None:
    await office.look()
    pair.secrets.tenant.drop_account("s-001")
    pair.secrets.tenant.join("sg-everyone", [])
    plan = await office.offboarding(LOGIN)
    assert plan.operations == ()
    assert any("no account" in left.words for left in plan.left_alone)


async def test_chosen_findings_are_mended_and_nothing_else(office: Office, pair: Pair) -> None:
    found = (await office.look()).findings
    missing = [one.id for one in found if one.kind is DriftKind.MISSING_MEMBERSHIP]
    plan = await office.sync(frozenset(missing))
    assert set(_kinds(plan)) == {ChangeKind.ADD_MEMBERSHIP}
    assert (await office.apply(plan)).proven
    after = (await office.look()).findings
    assert not [one for one in after if one.kind is DriftKind.MISSING_MEMBERSHIP]
    assert {one.id for one in after} == {one.id for one in found} - set(missing)


async def test_a_directory_listing_cut_at_any_page_puts_no_removal_into_any_plan(
    office: Office, pair: Pair
) -> None:
    # Without these nothing would be surplus, and the test could not fail.
    pair.secrets.tenant.join("sg-finance", ["s-003"])
    pair.secrets.tenant.join("sg-platform", ["s-002"])
    directory = pair.directory
    directory.remote.page_size = 2
    whole = {one.id for one in (await office.look()).findings if one.remedy}
    removing = [one for one in (await office.sync()).operations if one.change.kind.removes]
    assert len(removing) >= 3
    cuts = [(Ability.LIST_ACCOUNTS, "", len(directory.tenant.accounts))]
    cuts.append((Ability.LIST_GROUPS, "", len(directory.tenant.groups)))
    for group_id, members in directory.tenant.members.items():
        cuts.append((Ability.LIST_MEMBERSHIPS, group_id, len(members)))
    for ability, parent, rows in cuts:
        pages = -(-rows // 2)
        for page in range(1, pages + 1):
            directory.faults.add(Fault(Effect.UNREACHABLE, ability, parent, page))
            found = (await office.look()).findings
            for plan in (await office.sync(), await office.sync(frozenset(whole))):
                assert [one.words for one in plan.operations if one.change.kind.removes] == []
            assert found


async def test_a_member_listing_that_dies_takes_nobody_out_of_that_group(
    office: Office, pair: Pair
) -> None:
    pair.secrets.tenant.join("sg-finance", ["s-003"])
    await office.look()
    assert ChangeKind.REMOVE_MEMBERSHIP in _kinds(await office.sync())
    pair.directory.faults.add(
        Fault(Effect.UNREACHABLE, Ability.LIST_MEMBERSHIPS, target="dg-finance")
    )
    await office.look()
    plan = await office.sync()
    finance = [
        one.words
        for one in plan.operations
        if one.change.kind is ChangeKind.REMOVE_MEMBERSHIP
        and one.change.group is not None
        and one.change.group.id == "sg-finance"
    ]
    assert finance == []


async def test_a_source_that_shrank_is_not_believed_because_it_was_read_twice(
    office: Office, pair: Pair
) -> None:
    await office.look()
    for group in pair.directory.tenant.members.values():
        group.clear()
    for _ in range(2):
        found = (await office.look()).findings
        surplus = frozenset(
            one.id for one in found if one.kind is DriftKind.MEMBERSHIP_NOT_IN_DIRECTORY
        )
        assert surplus
        plan = await office.sync(surplus)
        refusing = [one.guard for one in plan.guards if one.verdict is Verdict.REFUSE]
        assert "source not shrunken" in refusing


async def test_keyturns_own_account_is_never_offboarded(office: Office) -> None:
    await office.look()
    plan = await office.offboarding("s-keyturn")
    refusing = [one.guard for one in plan.guards if one.verdict is Verdict.REFUSE]
    assert "keyturn itself" in refusing


async def test_a_leaver_of_the_last_day_counts_as_one_and_a_sync_by_its_removals(
    office: Office, pair: Pair, journal: Journal, watch: Watch
) -> None:
    pair.secrets.tenant.join("sg-finance", ["s-003"])
    pair.secrets.tenant.join("sg-platform", ["s-002"])
    await office.look()
    await office.apply(await office.offboarding(LOGIN))
    assert journal.removals_since(0) >= 4
    found = (await office.look()).findings
    surplus = [one.id for one in found if one.kind is DriftKind.MEMBERSHIP_NOT_IN_DIRECTORY]
    assert (await office.apply(await office.sync(frozenset(surplus)))).proven
    assert _last_day(await office.offboarding("s-ghost")).startswith("3 in the last 24 hours")
    watch.at_ms += 25 * 3_600_000
    assert _last_day(await office.offboarding("s-ghost")).startswith("0 in the last 24 hours")


def _last_day(plan: Plan) -> str:
    return next(one.words for one in plan.guards if one.guard == "removals: per day")


async def test_planning_for_another_tenant_is_refused(office: Office, pair: Pair) -> None:
    await office.look()
    pair.secrets.tenant.source = replace(pair.secrets.tenant.source, tenant="other")
    with pytest.raises(TenantChanged, match="other"):
        await office.offboarding(LOGIN)


async def test_planning_needs_both_sources_to_answer(office: Office, pair: Pair) -> None:
    await office.look()
    pair.directory.faults.add(Fault(Effect.UNREACHABLE, ABOUT))
    with pytest.raises(Unreachable):
        await office.sync()


async def test_nothing_read_is_said_with_the_side(office: Office, cache: Cache) -> None:
    with pytest.raises(NothingRead, match="directory: nothing to decide from"):
        read_assessment(cache, office.loaded.rules, 0)


async def test_two_of_one_name_are_never_guessed_between(office: Office, pair: Pair) -> None:
    tenant = pair.directory.tenant
    tenant.add(replace(tenant.accounts["d-002"], display_name="Dana Okafor"))
    world = (await office.look()).world
    with pytest.raises(NoSuchPerson, match="2 people are called this") as caught:
        find_person(world, "Dana Okafor")
    assert {one.key for one in caught.value.candidates} == {"d:d-001", "d:d-002"}
    assert find_person(world, LOGIN).key == "d:d-001"
    assert ", id " not in str(caught.value)
    with pytest.raises(NoSuchPerson, match="keyturn refresh"):
        find_person(world, "nobody at all")
    with pytest.raises(NoSuchPerson):
        find_person(world, "")


async def test_two_of_one_name_and_login_are_told_apart_by_id(office: Office, pair: Pair) -> None:
    tenant = pair.directory.tenant
    twin = replace(tenant.accounts["d-001"], id="d-twin", external_id=None)
    tenant.add(twin)
    world = (await office.look()).world
    with pytest.raises(NoSuchPerson, match="only one of them has") as caught:
        find_person(world, LOGIN)
    assert len(caught.value.candidates) == 3
    for one in caught.value.candidates:
        account = one.directory or one.secrets
        assert account is not None
        assert f"{LOGIN}, id {account.id})" in str(caught.value) or account.name != LOGIN
        assert find_person(world, account.id) == one


async def test_the_assessment_is_stored_for_the_screens(office: Office, cache: Cache) -> None:
    first = await office.look()
    stored = cache.assessment()
    assert stored is not None
    assert stored[:2] == (first.directory.id, first.secrets.id)
    assert first.directory.source.side is Side.DIRECTORY


async def test_a_stopped_offboarding_can_be_planned_again(office: Office, pair: Pair) -> None:
    await office.look()
    plan = await office.offboarding(LOGIN)
    result = await office.apply(plan, stop=lambda: len(pair.secrets.tenant.calls) >= 2)
    assert result.state == "stopped"
    rest = await office.offboarding(LOGIN)
    assert len(rest.operations) == len(plan.operations) - 2


async def test_a_source_that_can_be_asked_for_little_is_planned_from_its_snapshot(
    office: Office, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.look()
    whole = await office.offboarding(LOGIN)
    about = await pair.secrets.about()
    reads = {
        Ability.READ_ACCOUNT,
        Ability.READ_SESSIONS,
        Ability.READ_GRANT,
        Ability.READ_MEMBERS,
    }

    async def little(_: SimulatedConnector) -> About:
        return replace(about, abilities=about.abilities - reads)

    directory = await pair.directory.about()

    async def either(connector: SimulatedConnector) -> About:
        return await little(connector) if connector is pair.secrets else directory

    monkeypatch.setattr(SimulatedConnector, "about", either)
    plan = await office.offboarding(LOGIN)
    sessions = [one for one in whole.operations if one.change.kind is ChangeKind.END_SESSION]
    assert len(plan.operations) == len(whole.operations) - len(sessions)


async def test_sessions_and_grants_that_are_gone_are_none(office: Office, pair: Pair) -> None:
    await office.look()
    pair.secrets.faults.add(
        Fault(Effect.GONE, Ability.READ_SESSIONS), Fault(Effect.GONE, Ability.READ_GRANT)
    )
    kinds = _kinds(await office.offboarding(LOGIN))
    assert ChangeKind.END_SESSION not in kinds
    assert ChangeKind.REVOKE not in kinds
