"""One of many goes first, and what fails of one cause again and again is held back, open."""

import pytest
from tests.run.conftest import Apply
from tests.run.many import UnderWay, leave_many
from tests.run.plans_by_hand import REVOKE, SUSPEND_HERE, plan_of

from keyturn.decide.alike import MOST_ALIKE
from keyturn.run.results import RunResult
from keyturn_providers.abilities import Ability
from keyturn_providers.simulated import Effect, Fault, Pair, When

LOGGED = "effective and logged"
OUT = Ability.REMOVE_MEMBERSHIP


@pytest.fixture(autouse=True)
def _four_at_once(pair: Pair) -> None:
    pair.secrets.changes_at_once = 4


def states(result: RunResult) -> list[str]:
    return [step.state.value for step in result.steps]


async def test_one_of_many_goes_first_and_is_read_back_before_the_rest(
    pair: Pair, run_plan: Apply
) -> None:
    plan = plan_of(pair, *leave_many(pair, 8))
    under_way = UnderWay().watch(pair.secrets)
    result = await run_plan(plan)
    assert [step.verdict for step in result.steps] == [LOGGED] * 8
    first, *rest = (operation.id for operation in plan.operations)
    answered = under_way.place(When.AFTER, first)
    next_call = min(under_way.place(When.BEFORE, one) for one in rest)
    between = under_way.told[answered + 1 : next_call]
    assert any(
        (one.ability, one.target, one.when) == (Ability.READ_MEMBERS, "sg-01", When.AFTER)
        for one in between
    )
    assert under_way.most > 1


async def test_a_few_go_together(pair: Pair, run_plan: Apply) -> None:
    plan = plan_of(pair, *leave_many(pair, 3))
    under_way = UnderWay().watch(pair.secrets)
    await run_plan(plan)
    begun = [under_way.place(When.BEFORE, one.id) for one in plan.operations]
    assert max(begun) < max(under_way.place(When.AFTER, one.id) for one in plan.operations)
    assert under_way.most >= 3


async def test_where_nobody_can_be_reached_the_first_is_the_only_one_that_is_tried(
    pair: Pair, run_plan: Apply, go_on: Apply
) -> None:
    pair.secrets.faults.add(Fault(Effect.UNREACHABLE, OUT, times=4))
    plan = plan_of(pair, *leave_many(pair, 8), REVOKE)
    result = await run_plan(plan)
    assert states(result) == ["refused", *["planned"] * 7, "verified"]
    assert all("connection was refused" in step.error for step in result.steps[:8])
    assert "7 steps of remove membership held back" in result.blocked[0]
    assert "cannot be reached, as the first of them showed" in result.blocked[0]
    assert len(result.open) == 7
    assert "7 steps are open: keyturn resume" in result.words
    result = await go_on()
    assert states(result) == ["refused", *["verified"] * 8]
    assert all(pair.secrets.tenant.received(one.id) == 1 for one in plan.operations[1:])


@pytest.mark.parametrize("effect", [Effect.NOT_ALLOWED, Effect.BAD_ANSWER, Effect.IGNORED])
async def test_what_may_be_about_one_object_is_tried_with_the_next_and_then_held(
    pair: Pair, run_plan: Apply, go_on: Apply, effect: Effect
) -> None:
    pair.secrets.faults.add(Fault(effect, OUT, times=None))
    plan = plan_of(pair, *leave_many(pair, 9), REVOKE)
    result = await run_plan(plan)
    tried = [step for step in result.steps[:9] if step.state.value != "planned"]
    assert [step.operation.number for step in tried] == list(range(1, MOST_ALIKE + 1))
    assert states(result)[-1] == "verified"
    assert f"as {MOST_ALIKE} of them in a row showed" in result.blocked[0]
    assert len(pair.secrets.tenant.calls) >= MOST_ALIKE
    pair.secrets.faults.clear()
    result = await go_on()
    assert states(result)[MOST_ALIKE:] == ["verified"] * (10 - MOST_ALIKE)


async def test_one_that_is_refused_holds_nobody_back(pair: Pair, run_plan: Apply) -> None:
    for group in ("sg-01", "sg-04", "sg-06"):
        pair.secrets.faults.add(Fault(Effect.NOT_ALLOWED, OUT, f"{group}/s-001", times=None))
    result = await run_plan(plan_of(pair, *leave_many(pair, 8)))
    assert [n for n, state in enumerate(states(result), start=1) if state == "refused"] == [1, 4, 6]
    assert states(result).count("verified") == 5
    assert result.blocked == ()


async def test_what_drifted_holds_nobody_back_and_goes_back_to_the_plan(
    pair: Pair, run_plan: Apply
) -> None:
    plan = plan_of(pair, *leave_many(pair, 6))
    pair.secrets.faults.add(Fault(Effect.CONFLICT, OUT, times=3))
    result = await run_plan(plan)
    assert states(result) == [*["refused"] * 3, *["verified"] * 3]
    assert len(result.back_to_plan) == 3
    assert "3 of them changed meanwhile: refresh and plan again." in result.words


async def test_other_kinds_go_on_while_one_is_held(
    pair: Pair, run_plan: Apply, go_on: Apply
) -> None:
    pair.secrets.faults.add(Fault(Effect.NOT_ALLOWED, OUT, times=None))
    plan = plan_of(pair, SUSPEND_HERE, *leave_many(pair, 12), REVOKE)
    result = await run_plan(plan)
    by_kind = {one.operation.change.kind.value: one.state.value for one in result.steps}
    assert by_kind["suspend"] == by_kind["revoke"] == "verified"
    assert by_kind["remove membership"] == "planned"
    assert result.state == "stopped"
    # Held again as long as the cause is there, and every time only as many are tried.
    before = len(pair.secrets.tenant.calls)
    assert (await go_on()).state == "stopped"
    assert len(pair.secrets.tenant.calls) == before + MOST_ALIKE


async def test_held_steps_of_a_refused_token_stay_as_they_are(
    pair: Pair, run_plan: Apply, go_on: Apply
) -> None:
    pair.secrets.faults.add(Fault(Effect.NOT_AUTHENTICATED, OUT))
    result = await run_plan(plan_of(pair, *leave_many(pair, 6)))
    assert states(result) == ["planned"] * 6
    assert "token is wrong" in result.blocked[0]
    assert states(await go_on()) == ["verified"] * 6
