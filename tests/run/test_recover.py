"""Going on after a crash: an intent is re-read before any second call; old plans go no further."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from tests.run.conftest import Watch
from tests.run.plans_by_hand import (
    JOIN_GROUP,
    LEAVE_GROUP,
    OFFBOARDING,
    REVOKE,
    SUSPEND_HERE,
    Loaded,
    plan_of,
)

from keyturn.decide.plans import Plan, PlanScope
from keyturn.decide.rules import Rules
from keyturn.run.apply import apply
from keyturn.run.connections import Connections
from keyturn.run.progress import never, unobserved
from keyturn.run.recover import resume
from keyturn.run.results import RunResult
from keyturn_providers.abilities import Ability
from keyturn_providers.errors import NotAuthenticated, ReadOnly, TenantChanged
from keyturn_providers.records import AccountState
from keyturn_providers.simulated import ABOUT, Effect, Fault, Moment, Pair, When
from keyturn_storage import leases
from keyturn_storage.errors import LeaseHeld, LeaseLost
from keyturn_storage.journal import Journal


class Crashed(BaseException):
    """Stands for the end of the process: nothing may catch it."""


@dataclass(slots=True)
class Desk:
    """Applies and resumes, and can crash at a moment of the secret manager."""

    pair: Pair
    connections: Connections
    journal: Journal
    watch: Watch
    loaded: Loaded

    async def crash(self, plan: Plan, at: Callable[[Moment], bool]) -> None:
        async def die(moment: Moment) -> None:
            if at(moment):
                raise Crashed

        calm = self.pair.secrets.remote.at
        self.pair.secrets.remote.at = die
        with pytest.raises(Crashed):
            await self.apply(plan)
        self.pair.secrets.remote.at = calm

    async def apply(self, plan: Plan) -> RunResult:
        return await apply(
            plan,
            self.connections,
            self.journal,
            loaded=self.loaded,
            observe=unobserved,
            stop=never,
            clock=self.watch.clock,
            operator="t.ong",
            confirmed=plan.confirm_with,
        )

    async def resume(self) -> tuple[RunResult, ...]:
        return await resume(
            self.journal,
            self.connections,
            loaded=self.loaded,
            observe=unobserved,
            stop=never,
            clock=self.watch.clock,
            operator="m.reed",
        )


@pytest.fixture
def desk(pair: Pair, connections: Connections, journal: Journal, watch: Watch) -> Desk:
    return Desk(pair, connections, journal, watch, Loaded())


def _after(ability: Ability) -> Callable[[Moment], bool]:
    return lambda moment: moment.ability is ability and moment.when is When.AFTER


def _before(ability: Ability) -> Callable[[Moment], bool]:
    return lambda moment: moment.ability is ability and moment.when is When.BEFORE


async def test_nothing_open_asks_nobody(desk: Desk) -> None:
    assert await desk.resume() == ()
    assert desk.pair.secrets.asked == 0


async def test_done_but_not_written_down_is_not_called_again(desk: Desk) -> None:
    plan = plan_of(desk.pair, REVOKE)
    await desk.crash(plan, _after(Ability.REVOKE))
    (result,) = await desk.resume()
    assert result.steps[0].verdict == "effective and logged"
    assert desk.pair.secrets.tenant.received(plan.operations[0].id) == 1
    lines = "".join(desk.journal.lines(result.run_id))
    assert "already_so" in lines


async def test_written_down_but_not_done_is_called_once(desk: Desk) -> None:
    plan = plan_of(desk.pair, REVOKE)
    await desk.crash(plan, _before(Ability.REVOKE))
    assert desk.pair.secrets.tenant.received(plan.operations[0].id) == 0
    (result,) = await desk.resume()
    assert result.proven
    assert desk.pair.secrets.tenant.received(plan.operations[0].id) == 1


async def test_a_read_that_lags_does_not_cause_a_second_call(desk: Desk) -> None:
    desk.pair.secrets.consistency_delay_s = 3.0
    desk.pair.secrets.faults.add(Fault(Effect.STALE, Ability.SUSPEND, count=3))
    plan = plan_of(desk.pair, SUSPEND_HERE)
    await desk.crash(plan, _after(Ability.SUSPEND))
    (result,) = await desk.resume()
    assert result.proven
    assert desk.pair.secrets.tenant.received(plan.operations[0].id) == 1


async def test_what_cannot_be_told_is_given_up_and_said(desk: Desk) -> None:
    plan = plan_of(desk.pair, SUSPEND_HERE)
    await desk.crash(plan, _before(Ability.SUSPEND))
    tenant = desk.pair.secrets.tenant
    tenant.add(replace(tenant.accounts["s-001"], state=AccountState.UNKNOWN, state_raw="frozen"))
    (result,) = await desk.resume()
    assert result.steps[0].state.value == "given_up"
    assert "frozen" in result.steps[0].words
    assert tenant.received(plan.operations[0].id) == 0


async def test_gone_meanwhile_is_done_for_a_removal_and_refused_else(desk: Desk) -> None:
    plan = plan_of(desk.pair, LEAVE_GROUP, JOIN_GROUP, confirm_with="2")
    await desk.crash(plan, _before(Ability.REMOVE_MEMBERSHIP))
    desk.pair.secrets.tenant.drop_group("sg-old-billing")
    desk.pair.secrets.tenant.drop_group("sg-finance")
    (result,) = await desk.resume()
    assert [step.state.value for step in result.steps] == ["verified", "refused"]


async def test_an_intent_about_somebody_else_by_now_is_refused(desk: Desk) -> None:
    plan = plan_of(desk.pair, SUSPEND_HERE)
    await desk.crash(plan, _before(Ability.SUSPEND))
    tenant = desk.pair.secrets.tenant
    tenant.add(replace(tenant.accounts["s-001"], display_name="Ines Roth", name="ines"))
    (result,) = await desk.resume()
    assert result.steps[0].state.value == "refused"
    assert tenant.calls == []


async def test_after_a_change_of_policy_only_what_was_sent_is_finished(desk: Desk) -> None:
    plan = plan_of(desk.pair, REVOKE, LEAVE_GROUP)
    await desk.crash(plan, _after(Ability.REVOKE))
    desk.loaded = Loaded(Rules(digest="policy-2"))
    (result,) = await desk.resume()
    assert [step.state.value for step in result.steps] == ["verified", "given_up"]
    assert "policy was changed" in result.steps[1].words
    assert result.state == "ended"


async def test_an_old_sync_is_finished_where_it_was_sent_and_given_up_else(desk: Desk) -> None:
    plan = plan_of(desk.pair, REVOKE, LEAVE_GROUP, scope=PlanScope.SYNC)
    await desk.crash(plan, _before(Ability.REVOKE))
    desk.watch.at_ms += 3_600_000
    (result,) = await desk.resume()
    assert [step.state.value for step in result.steps] == ["given_up", "given_up"]
    assert "minutes old" in result.steps[1].words
    assert desk.pair.secrets.tenant.calls == []


async def test_a_second_crash_is_no_different(desk: Desk) -> None:
    plan = plan_of(desk.pair, *OFFBOARDING)
    await desk.crash(plan, _after(Ability.END_SESSIONS))

    async def die(moment: Moment) -> None:
        if moment.ability is Ability.REVOKE and moment.when is When.AFTER:
            raise Crashed

    calm = desk.pair.secrets.remote.at
    desk.pair.secrets.remote.at = die
    with pytest.raises(Crashed):
        await desk.resume()
    desk.pair.secrets.remote.at = calm
    (result,) = await desk.resume()
    assert result.proven
    for operation in plan.operations[1:]:
        assert desk.pair.secrets.tenant.received(operation.id) == 1


async def test_several_open_runs_are_resumed_oldest_first(desk: Desk) -> None:
    plans = [plan_of(desk.pair, REVOKE), plan_of(desk.pair, LEAVE_GROUP)]
    await desk.crash(plans[0], _before(Ability.REVOKE))
    await desk.crash(plans[1], _before(Ability.REMOVE_MEMBERSHIP))
    results = await desk.resume()
    assert [one.plan.id for one in results] == [plan.id for plan in plans]
    assert all(one.proven for one in results)


async def test_another_tenant_behind_the_address_stops_the_resume(desk: Desk) -> None:
    plan = plan_of(desk.pair, REVOKE)
    await desk.crash(plan, _before(Ability.REVOKE))
    tenant = desk.pair.secrets.tenant
    tenant.source = replace(tenant.source, tenant="other")
    with pytest.raises(TenantChanged, match="other"):
        await desk.resume()
    assert tenant.calls == []


async def test_a_run_that_is_still_going_on_is_left_to_it(desk: Desk) -> None:
    plan = plan_of(desk.pair, REVOKE)
    await desk.crash(plan, _before(Ability.REVOKE))
    leases.take(
        desk.journal,
        "secrets/account/s-001",
        holder="t.ong",
        operation="Offboard Dana Okafor",
        now_ms=desk.watch.at_ms,
    )
    with pytest.raises(LeaseHeld, match=r"t\.ong"):
        await desk.resume()


async def test_a_run_in_use_does_not_keep_the_others_from_going_on(desk: Desk) -> None:
    plans = [plan_of(desk.pair, JOIN_GROUP), plan_of(desk.pair, LEAVE_GROUP)]
    await desk.crash(plans[0], _before(Ability.ADD_MEMBERSHIP))
    await desk.crash(plans[1], _before(Ability.REMOVE_MEMBERSHIP))
    leases.take(
        desk.journal,
        "secrets/account/s-002",
        holder="t.ong",
        operation="Add Ravi",
        now_ms=desk.watch.at_ms,
    )
    held, done = await desk.resume()
    assert held.state == "running"
    assert "t.ong" in held.blocked[0]
    assert done.proven
    assert len(desk.journal.open_runs()) == 1


async def test_read_only_and_a_missing_token_leave_the_run_open(desk: Desk) -> None:
    plan = plan_of(desk.pair, REVOKE)
    await desk.crash(plan, _before(Ability.REVOKE))
    desk.pair.secrets.faults.add(Fault(Effect.NOT_AUTHENTICATED, ABOUT))
    with pytest.raises(NotAuthenticated):
        await desk.resume()
    writable = desk.connections
    desk.connections = replace(writable, read_only=True)
    with pytest.raises(ReadOnly):
        await desk.resume()
    desk.connections = writable
    assert len(desk.journal.open_runs()) == 1
    assert (await desk.resume())[0].proven


async def test_a_lease_taken_over_stops_the_old_run_before_its_next_call(desk: Desk) -> None:
    plan = plan_of(desk.pair, REVOKE, LEAVE_GROUP)

    async def steal(moment: Moment) -> None:
        if moment.ability is Ability.REVOKE and moment.when is When.AFTER:
            leases.take(
                desk.journal,
                "secrets/account/s-001",
                holder="m.reed",
                operation="resume",
                now_ms=desk.watch.at_ms + 2 * leases.TTL_MS,
            )

    desk.pair.secrets.remote.at = steal
    with pytest.raises(LeaseLost):
        await desk.apply(plan)
    tenant = desk.pair.secrets.tenant
    assert tenant.received(plan.operations[1].id) == 0
    steps = {step.operation_id: step.state for step in desk.journal.steps(_run_id(desk))}
    assert steps[plan.operations[0].id] == "intended"


def _run_id(desk: Desk) -> str:
    return desk.journal.runs()[0].id


async def test_another_source_name_is_no_way_around_the_tenant(desk: Desk) -> None:
    plan = plan_of(desk.pair, SUSPEND_HERE)
    await desk.crash(plan, _before(Ability.SUSPEND))
    tenant = desk.pair.secrets.tenant
    tenant.source = replace(tenant.source, name="other-vault", tenant="another tenant")
    tenant.drop_account("s-001")
    with pytest.raises(TenantChanged, match="another tenant"):
        await desk.resume()


async def test_a_run_of_which_the_journal_tells_the_impossible_is_not_gone_on_with(
    desk: Desk,
) -> None:
    plans = [plan_of(desk.pair, REVOKE), plan_of(desk.pair, LEAVE_GROUP)]
    for plan, ability in zip(plans, (Ability.REVOKE, Ability.REMOVE_MEMBERSHIP), strict=True):
        await desk.crash(plan, _before(ability))
    first = plans[0].operations[0]
    run_id = desk.journal.open_runs()[0].id
    desk.journal.record_step(run_id, first.id, 1, "verified", "it is done", 1)
    left, done = await desk.resume()
    assert left.state == "running"
    assert "step 1: 'verified' came after 'intended'" in left.blocked[0]
    assert desk.pair.secrets.tenant.received(first.id) == 0
    assert done.proven
