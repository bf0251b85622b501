"""Undoing runs on a pair that behaves: exactly as before, and what is not is said beforehand."""

from dataclasses import dataclass, replace
from typing import cast

import pytest
from tests.run.conftest import Watch
from tests.run.office import Office, policy_of
from tests.run.plans_by_hand import Loaded

from keyturn.decide.findings import ChangeKind
from keyturn.decide.guards_of_return import GUARD
from keyturn.decide.plans import Plan, Verdict
from keyturn.decide.rules import Allowed
from keyturn.decide.undo import not_restored
from keyturn.run.apply import apply
from keyturn.run.connections import Connections
from keyturn.run.ids import new_id
from keyturn.run.progress import StepChanged, never
from keyturn.run.results import RunResult
from keyturn.run.runs_done import NoSuchRun, StillOpen, undos_of
from keyturn.run.undo import plan_undo
from keyturn_providers.abilities import Ability
from keyturn_providers.errors import TenantChanged
from keyturn_providers.records import AccountState, Membership, Side
from keyturn_providers.simulated import Effect, Fault, Pair, simulated_pair
from keyturn_providers.simulated.tenant import Tenant
from keyturn_storage.journal import Journal
from keyturn_storage.snapshots import Cache

World = dict[str, object]


@dataclass(frozen=True, slots=True)
class Both:
    """What groups, grants and states there are in both tenants, and nothing that only counts."""

    directory: World
    secrets: World


def _world(tenant: Tenant) -> World:
    return {
        "states": {one.id: one.state for one in tenant.accounts.values()},
        "members": {(g, m) for g, members in tenant.members.items() for m in members},
        "grants": {
            (carrier, vault, grant.level, grant.permissions)
            for carrier, grants in tenant.grants.items()
            for vault, grant in grants.items()
            if not carrier.startswith("token/")
        },
    }


def both(pair: Pair) -> Both:
    return Both(_world(pair.directory.tenant), _world(pair.secrets.tenant))


@pytest.fixture(params=[False, True], ids=["levels", "lifecycle"])
def pair(request: pytest.FixtureRequest) -> Pair:
    made = simulated_pair(people=8, page_size=3, lifecycle=bool(request.param))
    # The leaver is on at first: a whole offboarding.
    tenant = made.directory.tenant
    tenant.add(replace(tenant.accounts["d-001"], state=AccountState.ACTIVE))
    return made


@pytest.fixture
def office(pair: Pair, cache: Cache, journal: Journal, watch: Watch) -> Office:
    rules = replace(policy_of(pair), allowed=Allowed(deactivate=True))
    connections = Connections(pair.directory, pair.secrets)
    return Office(connections, cache, journal, watch, Loaded(rules))


async def undoing(office: Office, run_id: str) -> Plan:
    return await plan_undo(
        run_id,
        office.connections,
        office.cache,
        office.journal,
        loaded=office.loaded,
        clock=office.watch.clock,
        ids=new_id,
    )


async def offboarded(office: Office) -> RunResult:
    await office.look()
    result = await office.apply(await office.offboarding("Dana Okafor"))
    assert result.effective, result.words
    return result


async def test_an_offboarding_is_taken_back_exactly(office: Office, pair: Pair) -> None:
    before = both(pair)
    run = await offboarded(office)
    assert both(pair) != before
    plan = await undoing(office, run.run_id)
    assert not plan.refused, [guard for guard in plan.guards if guard.verdict is Verdict.REFUSE]
    assert plan.confirm_with == "p001@acme.example"
    assert plan.title == "Undo: Offboard Dana Okafor"
    lost = [one.words for one in not_restored(plan)]
    assert sum("End session" in words for words in lost) == 2, lost
    result = await office.apply(plan)
    assert result.effective, result.words
    assert both(pair) == before


@pytest.mark.parametrize("throttled", [False, True])
async def test_a_suspension_that_somebody_else_made_just_before_the_call_is_told_as_theirs(
    office: Office, pair: Pair, journal: Journal, watch: Watch, throttled: bool
) -> None:
    if throttled:
        busy = Fault(Effect.THROTTLED, Ability.SUSPEND, target="s-001", retry_after_s=60.0)
        pair.secrets.faults.add(busy)
    await office.look()
    plan = await office.offboarding("Dana Okafor")
    tenant = pair.secrets.tenant
    (mine,) = (
        o
        for o in plan.operations
        if o.change.account
        and o.change.account.id == "s-001"
        and o.change.kind is ChangeKind.SUSPEND
    )

    def provisioning(event: object) -> None:
        if not isinstance(event, StepChanged) or event.operation_id != mine.id:
            return
        if event.state == "intended":
            tenant.add(replace(tenant.accounts["s-001"], state=AccountState.SUSPENDED))

    run = await apply(
        plan,
        office.connections,
        journal,
        loaded=office.loaded,
        observe=provisioning,
        stop=never,
        clock=watch.clock,
        operator="tester",
        confirmed=plan.confirm_with,
    )
    undo = await undoing(office, run.run_id)
    (told,) = (one for one in not_restored(undo) if mine.words in one.words)
    assert told.reason == "It was active; somebody else did it before keyturn's call."


async def test_undoing_twice_does_nothing_and_undoing_the_undo_puts_out_again(
    office: Office, pair: Pair
) -> None:
    first = both(pair)
    run = await offboarded(office)
    out = both(pair)
    undo = await office.apply(await undoing(office, run.run_id))
    assert both(pair) == first
    again = await undoing(office, run.run_id)
    assert again.operations == ()
    assert any("already" in one.reason for one in again.left_alone)
    plan = await undoing(office, undo.run_id)
    assert plan.title == "Redo: Offboard Dana Okafor"
    assert not plan.refused
    redo = await office.apply(plan)
    assert redo.effective, redo.words
    assert both(pair) == out
    assert [row.id for row in undos_of(office.journal, run.run_id)] == [undo.run_id]
    assert [row.id for row in undos_of(office.journal, undo.run_id)] == [redo.run_id]
    last = await office.apply(await undoing(office, redo.run_id))
    assert last.effective
    assert both(pair) == first


async def test_the_directory_comes_first_and_everything_waits_for_its_account(
    office: Office, pair: Pair
) -> None:
    run = await offboarded(office)
    plan = await undoing(office, run.run_id)
    first, second, *rest = plan.operations
    assert (first.change.kind, first.change.side) == (ChangeKind.REACTIVATE, Side.DIRECTORY)
    assert (second.change.kind, second.change.side) == (ChangeKind.REACTIVATE, Side.SECRETS)
    assert second.depends_on == (first.id,)
    assert rest
    assert all({first.id, second.id} <= set(one.depends_on) for one in rest)


@pytest.mark.parametrize("pair", [True], indirect=True)
async def test_who_was_suspended_and_then_deactivated_comes_back_on_and_that_is_said(
    office: Office, pair: Pair
) -> None:
    tenant = pair.directory.tenant
    tenant.add(replace(tenant.accounts["d-001"], state=AccountState.SUSPENDED))
    before = both(pair)
    run = await offboarded(office)
    assert tenant.accounts["d-001"].state is AccountState.DEACTIVATED
    plan = await undoing(office, run.run_id)
    kinds = [one.change.kind for one in plan.operations if one.change.side is Side.DIRECTORY]
    assert kinds == [ChangeKind.REACTIVATE]
    lost = {one.words: one.reason for one in not_restored(plan)}
    assert "cannot be suspended" in lost["Not restored: Dana Okafor as suspended in corp-id"]
    (asks,) = [guard for guard in plan.guards if guard.guard == GUARD]
    assert asks.verdict is Verdict.ASK
    assert "Dana Okafor (whose account in corp-id had ended)" in asks.names
    result = await office.apply(plan)
    assert result.effective, result.words
    was = pair.directory.tenant.accounts["d-001"].state
    assert was is AccountState.ACTIVE
    after = both(pair)
    cast("dict[str, AccountState]", after.directory["states"])["d-001"] = AccountState.SUSPENDED
    assert after == before
    undone = await office.apply(await undoing(office, result.run_id))
    assert undone.effective, undone.words
    assert tenant.accounts["d-001"].state is AccountState.DEACTIVATED


async def test_what_somebody_changed_since_is_theirs(office: Office, pair: Pair) -> None:
    run = await offboarded(office)
    tenant = pair.directory.tenant
    tenant.add(replace(tenant.accounts["d-001"], state=AccountState.UNKNOWN))
    pair.secrets.tenant.add(Membership("sg-old-billing", "s-001"))
    plan = await undoing(office, run.run_id)
    assert ChangeKind.ADD_MEMBERSHIP not in {one.change.kind for one in plan.operations}
    left = {one.words: one.reason for one in plan.left_alone}
    assert "in it already" in left["Add Dana Okafor (p001) to old-billing in corp-vault"]
    assert "unknown now" in left["Dana Okafor in corp-id"]


async def test_who_left_for_good_meanwhile_is_not_let_in_again(office: Office, pair: Pair) -> None:
    run = await offboarded(office)
    tenant = pair.directory.tenant
    # Whatever the run left, another state that is off is somebody else's decision.
    other = (
        AccountState.SUSPENDED
        if tenant.accounts["d-001"].state is AccountState.DEACTIVATED
        else AccountState.DEACTIVATED
    )
    tenant.add(replace(tenant.accounts["d-001"], state=other))
    plan = await undoing(office, run.run_id)
    assert plan.operations == ()
    assert any("stays off" in one.reason for one in plan.left_alone)


async def test_what_cannot_be_read_is_left_alone_by_name(office: Office, pair: Pair) -> None:
    run = await offboarded(office)
    pair.secrets.faults.add(Fault(Effect.UNREACHABLE, Ability.READ_MEMBERS, times=None))
    plan = await undoing(office, run.run_id)
    left = {one.words: one.reason for one in plan.left_alone}
    why = left["Add Dana Okafor (p001) to old-billing in corp-vault"]
    assert why.startswith("How it is now could not be read: corp-vault")
    assert ChangeKind.REACTIVATE in {one.change.kind for one in plan.operations}


async def test_what_is_not_allowed_or_never_to_be_touched_is_left_alone(
    office: Office, pair: Pair
) -> None:
    run = await offboarded(office)
    rules = office.loaded.rules
    office.loaded = Loaded(replace(rules, allowed=Allowed(reactivate=False)))
    plan = await undoing(office, run.run_id)
    assert plan.operations == ()
    assert any("off: reactivate" in one.reason for one in plan.left_alone)
    office.loaded = Loaded(replace(rules, never_touch=("p001@acme.example",)))
    plan = await undoing(office, run.run_id)
    assert plan.operations == ()
    assert any("never to touch" in one.reason for one in plan.left_alone)


async def test_a_run_with_open_steps_is_gone_on_with_first(office: Office, pair: Pair) -> None:
    await office.look()
    plan = await office.offboarding("Dana Okafor")
    asked = iter([False] * 3)
    stopped = await office.apply(plan, lambda: next(asked, True))
    assert stopped.open
    with pytest.raises(StillOpen, match="keyturn resume"):
        await undoing(office, stopped.run_id)


async def test_an_unknown_run_and_another_tenant(office: Office, pair: Pair) -> None:
    run = await offboarded(office)
    with pytest.raises(NoSuchRun, match="Offboard Dana Okafor"):
        await undoing(office, "nonsense")
    with pytest.raises(NoSuchRun):
        await undoing(office, "")
    assert (await undoing(office, run.run_id[:8])).operations
    pair.directory.tenant.source = replace(pair.directory.tenant.source, tenant="other")
    with pytest.raises(TenantChanged):
        await undoing(office, run.run_id)


async def test_a_sync_is_taken_back(office: Office, pair: Pair) -> None:
    before = both(pair)
    await office.look()
    result = await office.apply(await office.sync())
    assert any(step.sent for step in result.steps)
    plan = await undoing(office, result.run_id)
    assert not plan.refused, [guard for guard in plan.guards if guard.verdict is Verdict.REFUSE]
    undone = await office.apply(plan)
    assert undone.effective, undone.words
    if not_restored(plan):
        # Nobody can be made to wait again to be let in, and the plan said so beforehand.
        (lost,) = not_restored(plan)
        assert lost.words == "Not restored: Lea Baum as invited in corp-vault"
        tenant = pair.secrets.tenant
        tenant.add(replace(tenant.accounts["s-003"], state=AccountState.INVITED))
    assert both(pair) == before, [(one.words, one.reason) for one in plan.left_alone]
