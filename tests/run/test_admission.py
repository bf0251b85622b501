"""What a plan is refused for at the moment it is applied, before anything is called."""

from dataclasses import replace

import pytest
from tests.run.conftest import Watch
from tests.run.office import Office, policy_of
from tests.run.plans_by_hand import JOIN_GROUP, LEAVE_GROUP, Loaded, plan_of

from keyturn.cli.exit_codes import Exit
from keyturn.cli.failures import explain
from keyturn.decide.planfile import sealed
from keyturn.decide.plans import PlanScope
from keyturn.decide.rules import Limits
from keyturn.run.admission import NotAdmitted
from keyturn.run.connections import Connections
from keyturn.run.progress import never, unobserved
from keyturn.run.recover import resume
from keyturn_providers.abilities import Ability
from keyturn_providers.records import Email
from keyturn_providers.simulated import Effect, Fault, Pair
from keyturn_storage.errors import PlanAlreadyRun
from keyturn_storage.journal import Journal
from keyturn_storage.snapshots import Cache

MINUTE_MS = 60_000


@pytest.fixture
def office(
    pair: Pair, connections: Connections, cache: Cache, journal: Journal, watch: Watch
) -> Office:
    return Office(connections, cache, journal, watch, Loaded(policy_of(pair)))


async def test_a_plan_that_ran_is_refused_and_keeps_its_record(
    office: Office, pair: Pair, connections: Connections, journal: Journal, watch: Watch
) -> None:
    await office.look()
    plan = await office.offboarding("Dana Okafor")
    result = await office.apply(plan)
    before = journal.steps(result.run_id)
    with pytest.raises(PlanAlreadyRun) as caught:
        await office.apply(plan)
    assert explain(caught.value, lambda _: None) is Exit.REFUSED
    assert journal.steps(result.run_id) == before
    assert all(pair.secrets.tenant.received(op.id) <= 1 for op in plan.operations)
    left = await resume(
        journal,
        connections,
        loaded=office.loaded,
        observe=unobserved,
        stop=never,
        clock=watch.clock,
        operator="t.ong",
    )
    assert left == ()


async def test_the_days_removals_are_counted_again_when_applying(
    office: Office, pair: Pair, watch: Watch
) -> None:
    office.loaded = Loaded(replace(policy_of(pair), limits=Limits(removals_per_day=1)))
    first = plan_of(pair, LEAVE_GROUP, scope=PlanScope.SYNC, created_ms=watch.at_ms)
    second = plan_of(pair, LEAVE_GROUP, scope=PlanScope.SYNC, created_ms=watch.at_ms)
    giving = plan_of(pair, JOIN_GROUP, scope=PlanScope.SYNC, created_ms=watch.at_ms)
    leaver = plan_of(pair, LEAVE_GROUP, created_ms=watch.at_ms)
    await office.apply(first)
    pair.secrets.tenant.join("sg-old-billing", ["s-001"])
    with pytest.raises(NotAdmitted, match="per_day"):
        await office.apply(second)
    assert pair.secrets.tenant.received(second.operations[0].id) == 0
    await office.apply(giving)
    await office.apply(leaver)
    assert pair.secrets.tenant.received(leaver.operations[0].id) == 1


@pytest.mark.parametrize(
    ("made", "read"), [(60 * MINUTE_MS, 60 * MINUTE_MS), (0, -16 * MINUTE_MS), (0, 60 * MINUTE_MS)]
)
async def test_removals_rest_on_nothing_old_and_nothing_from_the_future(
    office: Office, pair: Pair, watch: Watch, made: int, read: int
) -> None:
    plan = plan_of(pair, LEAVE_GROUP, scope=PlanScope.SYNC, created_ms=watch.at_ms + made)
    first, *others = plan.snapshots
    used = (replace(first, taken_ms=watch.at_ms + read), *others)
    plan = sealed(replace(plan, snapshots=used))
    with pytest.raises(NotAdmitted, match=r"minutes old|clock"):
        await office.apply(plan)


async def test_an_address_archived_before_the_offboarding_loses_no_account(
    office: Office, pair: Pair
) -> None:
    for tenant in (pair.directory.tenant, pair.secrets.tenant):
        for account in list(tenant.accounts.values()):
            if account.id in {"d-003", "s-003"}:
                tenant.add(
                    replace(
                        account,
                        external_id=None,
                        emails=(Email("mailbox-003@acme.example", verified=True),),
                    )
                )
    await office.look()
    account = pair.directory.tenant.accounts["d-003"]
    pair.directory.tenant.add(
        replace(account, emails=(Email("left-003@archive.example", verified=True),))
    )
    plan = await office.offboarding(account.display_name)
    suspended = {
        op.change.account.id
        for op in plan.operations
        if op.change.account is not None and op.change.kind.value == "suspend"
    }
    assert suspended == {"d-003", "s-003"}
    assert not any("has no account" in left.words for left in plan.left_alone)


async def test_what_could_not_be_read_is_carried_to_the_decision(
    office: Office, pair: Pair
) -> None:
    pair.directory.faults.add(Fault(Effect.ODD_RECORD, Ability.LIST_ACCOUNTS))
    assessment = await office.look()
    (odd,) = assessment.directory.unreadable_accounts
    assert odd in pair.directory.tenant.accounts
    assert assessment.secrets.unreadable_accounts == frozenset()
    assert not (await office.look()).directory.unreadable_accounts
