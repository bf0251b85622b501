"""What each answer to a write or a read does to its step, and to the rest of the run."""

from dataclasses import replace

import pytest
from tests.run.applied import LOGGED, UNLOGGED, only_once
from tests.run.conftest import Apply, Watch
from tests.run.plans_by_hand import (
    END_1,
    JOIN_GROUP,
    LEAVE_GROUP,
    REVOKE,
    SUSPEND_HERE,
    SUSPEND_THERE,
    plan_of,
)

from keyturn.decide.findings import Change, ChangeKind
from keyturn.decide.plans import PlanScope
from keyturn_providers.abilities import Ability
from keyturn_providers.records import AccountState
from keyturn_providers.simulated import Effect, Fault, Pair


@pytest.mark.parametrize(
    ("effect", "state", "verdict", "calls"),
    [
        (Effect.UNREACHABLE, "verified", LOGGED, 1),
        (Effect.THROTTLED, "verified", LOGGED, 2),
        (Effect.ANSWER_LOST, "verified", LOGGED, 1),
        (Effect.REQUEST_LOST, "verified", LOGGED, 1),
        (Effect.NOT_ALLOWED, "refused", "", 1),
        (Effect.CONFLICT, "refused", "", 1),
        (Effect.IGNORED, "not_seen", "unknown", 1),
        (Effect.AUDIT_MISSING, "verified", UNLOGGED, 1),
        (Effect.AUDIT_LATE, "verified", LOGGED, 1),
        (Effect.NOT_AUTHENTICATED, "planned", "", 1),
        (Effect.BAD_ANSWER, "verified", LOGGED, 2),
        (Effect.TENANT_CHANGED, "unknown", "", 1),
    ],
)
async def test_each_error_class_on_a_write(
    pair: Pair, run_plan: Apply, effect: Effect, state: str, verdict: str, calls: int
) -> None:
    pair.secrets.audit_lag_s = 20.0
    pair.secrets.faults.add(Fault(effect, Ability.REVOKE, retry_after_s=7.0))
    plan = plan_of(pair, REVOKE)
    result = await run_plan(plan)
    step = result.steps[0]
    assert (step.state.value, step.verdict) == (state, verdict)
    assert pair.secrets.tenant.received(plan.operations[0].id) == calls
    only_once(pair, plan)
    assert result.proven is (verdict == LOGGED)
    blocked = effect in (Effect.NOT_AUTHENTICATED, Effect.TENANT_CHANGED)
    assert result.state == ("stopped" if blocked else "ended")
    assert bool(result.blocked) is blocked


async def test_an_answer_nobody_understands_stops_only_its_own_step(
    pair: Pair, run_plan: Apply
) -> None:
    pair.secrets.faults.add(Fault(Effect.BAD_ANSWER, Ability.SUSPEND, times=None))
    result = await run_plan(plan_of(pair, SUSPEND_HERE, LEAVE_GROUP))
    assert [step.state.value for step in result.steps] == ["unknown", "verified"]
    assert result.blocked == ()


@pytest.mark.parametrize(
    ("change", "scope", "state"),
    [
        (SUSPEND_HERE, PlanScope.OFFBOARD, "applied"),
        (SUSPEND_HERE, PlanScope.SYNC, "refused"),
        (replace(SUSPEND_HERE, kind=ChangeKind.REACTIVATE), PlanScope.OFFBOARD, "refused"),
    ],
)
async def test_a_state_nobody_understands_lets_only_a_leaver_be_cut(
    pair: Pair, run_plan: Apply, change: Change, scope: PlanScope, state: str
) -> None:
    tenant = pair.secrets.tenant
    account = tenant.accounts["s-001"]
    tenant.add(replace(account, state=AccountState.UNKNOWN, state_raw="LOCKED"))
    plan = plan_of(pair, change, scope=scope)
    result = await run_plan(plan)
    sent = tenant.received(plan.operations[0].id)
    assert sent == (1 if state == "applied" else 0)
    assert (result.steps[0].state.value == "refused") is (state == "refused")


@pytest.mark.parametrize(("times", "blocked"), [(1, False), (None, True)])
async def test_an_odd_answer_to_a_read_stops_one_step_and_only_many_the_source(
    pair: Pair, run_plan: Apply, times: int | None, blocked: bool
) -> None:
    pair.secrets.faults.add(Fault(Effect.BAD_ANSWER, Ability.READ_ACCOUNT, times=times))
    plan = plan_of(pair, *(SUSPEND_HERE,) * 5)
    result = await run_plan(plan)
    states = [step.state.value for step in result.steps]
    assert states[0] == "refused"
    assert bool(result.blocked) is blocked
    assert states[1:] == (["refused", *["planned"] * 3] if blocked else ["verified"] * 4)


async def test_gone_is_success_for_a_removal_only(pair: Pair, run_plan: Apply) -> None:
    pair.secrets.faults.add(
        Fault(Effect.GONE, Ability.REMOVE_MEMBERSHIP), Fault(Effect.GONE, Ability.ADD_MEMBERSHIP)
    )
    pair.secrets.tenant.add(*())
    result = await run_plan(plan_of(pair, LEAVE_GROUP, JOIN_GROUP, confirm_with="2"))
    assert result.steps[1].state.value == "refused"
    assert "already gone" not in result.steps[1].words
    assert result.steps[0].sent


async def test_throttled_waits_as_long_as_asked(pair: Pair, run_plan: Apply, watch: Watch) -> None:
    pair.secrets.faults.add(Fault(Effect.THROTTLED, Ability.REVOKE, retry_after_s=42.0))
    await run_plan(plan_of(pair, REVOKE))
    assert sum(watch.slept) >= 42.0


async def test_endless_throttling_leaves_the_step_open(pair: Pair, run_plan: Apply) -> None:
    pair.secrets.faults.add(
        Fault(Effect.THROTTLED, times=None, retry_after_s=300.0, ability=Ability.REVOKE)
    )
    result = await run_plan(plan_of(pair, REVOKE, LEAVE_GROUP))
    assert [step.state.value for step in result.steps] == ["planned", "planned"]
    assert "too many requests" in result.steps[0].error


async def test_unreachable_for_good_is_refused_as_not_sent(pair: Pair, run_plan: Apply) -> None:
    pair.secrets.faults.add(Fault(Effect.UNREACHABLE, Ability.REVOKE, times=None))
    plan = plan_of(pair, REVOKE, LEAVE_GROUP)
    result = await run_plan(plan)
    assert result.steps[0].state.value == "refused"
    assert result.steps[0].words == "not sent"
    assert pair.secrets.tenant.received(plan.operations[0].id) == 0
    assert result.steps[1].verdict == LOGGED
    assert "not everything is done" in result.words


async def test_answers_lost_again_and_again_stay_unknown(pair: Pair, run_plan: Apply) -> None:
    pair.secrets.faults.add(Fault(Effect.REQUEST_LOST, Ability.REVOKE, times=None))
    result = await run_plan(plan_of(pair, REVOKE))
    assert result.steps[0].state.value == "unknown"
    assert "called 3 times" in result.steps[0].words
    assert result.state == "stopped"


async def test_a_lost_answer_is_not_called_again_though_reads_lag(
    pair: Pair, run_plan: Apply
) -> None:
    pair.secrets.consistency_delay_s = 4.0
    pair.secrets.faults.add(Fault(Effect.STALE, Ability.SUSPEND, count=3))
    plan = plan_of(pair, SUSPEND_HERE)
    result = await run_plan(plan)
    assert result.steps[0].verdict == LOGGED
    assert pair.secrets.tenant.received(plan.operations[0].id) == 1


@pytest.mark.parametrize("effect", [Effect.NOT_AUTHENTICATED, Effect.TENANT_CHANGED])
async def test_a_blocked_source_leaves_its_steps_open_and_the_other_goes_on(
    pair: Pair, run_plan: Apply, go_on: Apply, effect: Effect
) -> None:
    pair.directory.tenant.add(
        replace(pair.directory.tenant.accounts["d-001"], state=AccountState.ACTIVE)
    )
    pair.secrets.faults.add(Fault(effect, Ability.SUSPEND))
    plan = plan_of(pair, SUSPEND_HERE, SUSPEND_THERE, END_1)
    result = await run_plan(plan)
    first = "planned" if effect is Effect.NOT_AUTHENTICATED else "unknown"
    assert [step.state.value for step in result.steps] == [first, "verified", "planned"]
    assert len(result.open) == 2
    assert "2 steps are open" in result.words

    result = await go_on()
    assert [step.verdict for step in result.steps] == [LOGGED, UNLOGGED, LOGGED]
    only_once(pair, plan)
