"""From refresh to proof where both sources can do all that the vendors' can."""

from dataclasses import replace

import pytest
from tests.run.conftest import Watch
from tests.run.office import Office, policy_of
from tests.run.plans_by_hand import Loaded

from keyturn.decide.findings import ChangeKind
from keyturn.decide.rules import Allowed, GrantRule, Limits, NamedId
from keyturn.decide.words import DriftKind
from keyturn.run.connections import Connections
from keyturn_providers.records import (
    AccountState,
    Level,
    MachineIdentity,
    Push,
    PushState,
    Side,
)
from keyturn_providers.simulated import Pair, simulated_pair
from keyturn_storage.journal import Journal
from keyturn_storage.snapshots import Cache


@pytest.fixture
def pair() -> Pair:
    return simulated_pair(people=8, page_size=3, lifecycle=True)


@pytest.fixture
def office(pair: Pair, cache: Cache, journal: Journal, watch: Watch) -> Office:
    rules = replace(
        policy_of(pair),
        allowed=Allowed(deactivate=True, provision=True),
        limits=Limits(removals_share=0.5),
    )
    connections = Connections(pair.directory, pair.secrets)
    return Office(connections, cache, journal, watch, Loaded(rules))


async def test_a_leaver_is_put_out_by_the_whole_runbook(pair: Pair, office: Office) -> None:
    directory = pair.directory.tenant
    group = directory.groups["dg-platform"]
    directory.add(replace(group, push=Push(PushState.OK, "ACTIVE"), rules=("Engineers",)))
    directory.add(MachineIdentity("t-1", "sync", "API token", "d-001", dies_with_owner=True))
    await office.look()
    plan = await office.offboarding("Dana Okafor")
    assert [(o.change.side, o.change.kind) for o in plan.operations] == [
        (Side.DIRECTORY, ChangeKind.END_ALL_SESSIONS),
        (Side.SECRETS, ChangeKind.SUSPEND),
        (Side.SECRETS, ChangeKind.END_SESSION),
        (Side.SECRETS, ChangeKind.END_SESSION),
        (Side.DIRECTORY, ChangeKind.REMOVE_MEMBERSHIP),
        (Side.SECRETS, ChangeKind.REMOVE_MEMBERSHIP),
        (Side.SECRETS, ChangeKind.REVOKE),
        (Side.DIRECTORY, ChangeKind.DEACTIVATE),
    ]
    result = await office.apply(plan)
    assert result.proven, result.words
    assert directory.accounts["d-001"].state is AccountState.DEACTIVATED
    assert "d-001" not in directory.members["dg-platform"]
    assert {step.verdict for step in result.steps} == {"effective and logged"}


async def test_the_account_lives_on_where_another_step_was_not_done(
    pair: Pair, office: Office
) -> None:
    await office.look()
    plan = await office.offboarding("Dana Okafor")
    group = pair.secrets.tenant.groups["sg-old-billing"]
    pair.secrets.tenant.add(replace(group, managed_by="somebody"))
    result = await office.apply(plan)
    *_, last = result.steps
    assert last.operation.change.kind is ChangeKind.DEACTIVATE
    assert (last.state.value, last.sent) == ("given_up", False)
    assert "which was not done" in last.words
    assert pair.directory.tenant.accounts["d-001"].state is AccountState.SUSPENDED


async def test_permissions_too_many_and_who_waits_are_mended_by_a_sync(
    pair: Pair, office: Office
) -> None:
    first, *others = office.loaded.rules.mappings
    wish = GrantRule(NamedId("v-platform", "Platform Prod"), Level.UNKNOWN, permissions=("reveal",))
    rules = replace(
        office.loaded.rules, mappings=(replace(first, grants=(wish,)), *others), digest="policy-2"
    )
    office.loaded = Loaded(rules)
    found = (await office.look()).findings
    wanted = {
        one.id for one in found if one.kind in {DriftKind.PERMISSIONS_WIDER, DriftKind.STUCK_INVITE}
    }
    assert len(wanted) == 2
    plan = await office.sync(frozenset(wanted))
    assert {o.change.kind for o in plan.operations} == {ChangeKind.CONFIRM, ChangeKind.NARROW}
    result = await office.apply(plan)
    assert result.proven, result.words
    (edge,) = [
        g
        for e in pair.secrets.tenant.grants.values()
        for g in e.values()
        if g.vault_id == "v-platform"
    ]
    assert edge.permissions == ("view", "reveal")
    assert pair.secrets.tenant.accounts["s-003"].state is AccountState.ACTIVE
    again = {one.kind for one in (await office.look()).findings}
    assert not again & {DriftKind.PERMISSIONS_WIDER, DriftKind.STUCK_INVITE}


async def test_who_has_no_account_is_invited(pair: Pair, office: Office) -> None:
    pair.secrets.tenant.drop_account("s-005")
    found = (await office.look()).findings
    (missing,) = [one for one in found if one.kind is DriftKind.MISSING_ACCOUNT]
    plan = await office.sync(frozenset({missing.id}))
    result = await office.apply(plan)
    assert result.proven, result.words
    invited = [
        one for one in pair.secrets.tenant.accounts.values() if one.state is AccountState.INVITED
    ]
    assert {mail.address for one in invited for mail in one.emails} >= {"p005@acme.example"}
