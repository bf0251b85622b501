"""Steps that are under way together: as many as the source takes, in order where it matters."""

import asyncio

import pytest
from tests.run.conftest import Apply, Watch
from tests.run.many import UnderWay, leave_many
from tests.run.plans_by_hand import END_1, END_2, REVOKE, SUSPEND_HERE, plan_of

from keyturn.decide.steps import State
from keyturn.run.clock import Clock
from keyturn.run.progress import StepChanged
from keyturn.run.results import RunResult
from keyturn.run.together import together
from keyturn.run.turns import Turns
from keyturn_providers.abilities import Ability
from keyturn_providers.simulated import Effect, Fault, Moment, Pair, When

LOGGED = "effective and logged"


def verdicts(result: RunResult) -> list[str]:
    return [step.verdict for step in result.steps]


@pytest.mark.parametrize("at_once", [1, 3, 8])
async def test_no_more_is_under_way_than_the_source_takes(
    pair: Pair, run_plan: Apply, at_once: int
) -> None:
    pair.secrets.changes_at_once = at_once
    under_way = UnderWay().watch(pair.secrets)
    result = await run_plan(plan_of(pair, SUSPEND_HERE, *leave_many(pair, 12)))
    assert verdicts(result) == [LOGGED] * 13
    # The log is read beside the steps.
    assert at_once <= under_way.most <= at_once + 1


async def test_what_depends_on_others_waits_and_the_rest_does_not(
    pair: Pair, run_plan: Apply
) -> None:
    pair.secrets.changes_at_once = 8
    under_way = UnderWay().watch(pair.secrets)
    plan = plan_of(pair, SUSPEND_HERE, END_1, END_2, REVOKE, *leave_many(pair, 2))
    suspend, end_1, end_2, revoke, *leave = (one.id for one in plan.operations)
    assert verdicts(await run_plan(plan)) == [LOGGED] * 6
    ends, takes = (end_1, end_2), (revoke, *leave)
    begun = {one: under_way.place(When.BEFORE, one) for one in (*ends, *takes)}
    assert under_way.place(When.AFTER, suspend) < min(begun.values())
    # A session that still lives would have what is taken, when that is read back.
    ended = max(under_way.place(When.AFTER, one) for one in ends)
    assert ended < min(begun[one] for one in takes)
    assert under_way.most >= len(takes)


async def test_a_step_is_verified_while_another_is_still_being_sent(
    pair: Pair, run_plan: Apply
) -> None:
    pair.secrets.changes_at_once = 2
    verified = asyncio.Event()
    goes_on = pair.secrets.remote.at

    async def hold_one(moment: Moment) -> None:
        if moment.ability is Ability.REVOKE and moment.when is When.BEFORE:
            await verified.wait()
        await goes_on(moment)

    told: list[StepChanged] = []

    def tell(event: object) -> None:
        if isinstance(event, StepChanged):
            told.append(event)
        if isinstance(event, StepChanged) and event.state == "verified":
            verified.set()

    pair.secrets.remote.at = hold_one
    plan = plan_of(pair, REVOKE, *leave_many(pair, 1))
    result = await asyncio.wait_for(run_plan(plan, observe=tell), 30)
    assert verdicts(result) == [LOGGED] * 2
    assert (told[-1].number, told[-1].state) == (1, "verified")


async def test_the_log_is_read_for_many_steps_at_once(pair: Pair, run_plan: Apply) -> None:
    pair.secrets.changes_at_once = 8
    under_way = UnderWay().watch(pair.secrets)
    result = await run_plan(plan_of(pair, *leave_many(pair, 20)))
    assert verdicts(result) == [LOGGED] * 20
    reads = [
        one for one in under_way.told
        if one.ability is Ability.READ_AUDIT and one.when is When.BEFORE
    ]  # fmt: skip
    assert 1 <= len(reads) <= 8


@pytest.mark.parametrize("at_once", [1, 4])
async def test_after_a_stop_only_what_is_under_way_ends(
    pair: Pair, run_plan: Apply, go_on: Apply, at_once: int
) -> None:
    pair.secrets.changes_at_once = at_once
    plan = plan_of(pair, *leave_many(pair, 12))
    stopped: list[int] = []
    under_way = UnderWay().watch(pair.secrets)
    goes_on = pair.secrets.remote.at

    async def press_stop(moment: Moment) -> None:
        await goes_on(moment)
        if len(pair.secrets.tenant.calls) == 5 and not stopped:
            stopped.append(len(under_way.told))

    pair.secrets.remote.at = press_stop
    result = await run_plan(plan, stop=lambda: bool(stopped))
    assert result.state == "stopped"
    # What is looked at just then may take a second read; nothing is sent any more.
    begun = [one for one in under_way.told[stopped[0] :] if one.when is When.BEFORE]
    assert len(begun) < at_once
    assert {one.ability for one in begun} <= {Ability.READ_ACCOUNT}
    assert len(pair.secrets.tenant.calls) < 5 + at_once
    assert len(result.open) == 12 - sum(step.state is State.VERIFIED for step in result.steps)
    assert verdicts(await go_on()) == [LOGGED] * 12
    assert all(pair.secrets.tenant.received(one.id) == 1 for one in plan.operations)


async def test_one_that_fails_stops_none_of_the_others(pair: Pair, run_plan: Apply) -> None:
    pair.secrets.changes_at_once = 4
    leaves = leave_many(pair, 10)
    target = f"sg-05/{leaves[4].account.id}" if leaves[4].account else ""
    pair.secrets.faults.add(Fault(Effect.NOT_ALLOWED, Ability.REMOVE_MEMBERSHIP, target))
    pair.secrets.faults.add(Fault(Effect.CONFLICT, Ability.REVOKE))
    result = await run_plan(plan_of(pair, REVOKE, *leaves))
    states = [step.state.value for step in result.steps]
    assert states == ["refused", *["verified"] * 4, "refused", *["verified"] * 5]
    assert [step.operation.number for step in result.back_to_plan] == [1]


async def test_a_clock_that_is_set_right_meanwhile_makes_nothing_late(
    pair: Pair, run_plan: Apply, watch: Watch
) -> None:
    """Half a year on or back, in the middle of a run: an event that is due in time still counts,
    and nobody waits half a year for one."""
    for jump_ms in (15_000_000_000, -15_000_000_000):
        pair.secrets.audit_lag_s = 60.0
        pair.secrets.faults.add(Fault(Effect.AUDIT_LATE, Ability.REMOVE_MEMBERSHIP, count=3))
        passed = [0.0]
        jumped = [0]

        async def sleep(seconds: float, passed: list[float] = passed) -> None:
            passed[0] += seconds
            await asyncio.sleep(0)

        def now_ms(
            jump_ms: int = jump_ms, passed: list[float] = passed, jumped: list[int] = jumped
        ) -> int:
            on = jump_ms if len(pair.secrets.tenant.calls) > jumped[0] else 0
            return watch.at_ms + int(passed[0] * 1000) + on

        jumped[0] = len(pair.secrets.tenant.calls)
        clock = Clock(now_ms, sleep, lambda passed=passed: passed[0])  # type: ignore[misc] # bound now
        (leave,) = leave_many(pair, 1)
        result = await run_plan(plan_of(pair, leave), clock=clock)
        assert verdicts(result) == [LOGGED]
        assert passed[0] < 60


async def test_the_first_failure_ends_all_jobs_and_is_raised_as_it_is() -> None:
    ended: list[str] = []

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("waits")

    async def fails() -> None:
        await asyncio.sleep(0)
        raise KeyError("this one")

    await together(())
    with pytest.raises(KeyError, match="this one"):
        await together((waits(), fails()))
    assert ended == ["waits"]


async def test_turns_go_by_rank_and_none_is_lost_with_who_is_called_off() -> None:
    turns, order = Turns(1), list[int]()

    async def take(number: int) -> None:
        async with turns.turn((0, number)):
            order.append(number)
            await asyncio.sleep(0)

    tasks = [asyncio.ensure_future(take(number)) for number in (3, 1, 2, 0)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert order == [0, 2, 3]
    # One that was given its turn, and is called off before it knows.
    held = turns.turn((0, 0))
    async with held:
        late = asyncio.ensure_future(take(7))
        await asyncio.sleep(0)
    for _ in range(20):
        if turns.waiting == 0:
            break
        await asyncio.sleep(0)
    late.cancel()
    await asyncio.gather(late, return_exceptions=True)
    await take(8)
    assert order[-1] == 8
