"""Reads around a change that fail: before it, after a lost answer, and for the proof."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.run.conftest import Watch
from tests.run.plans_by_hand import LEAVE_GROUP, REVOKE, SUSPEND_HERE, Loaded, plan_of

from keyturn.decide.plans import Plan
from keyturn.run.apply import apply
from keyturn.run.connections import Connections
from keyturn.run.progress import never, unobserved
from keyturn.run.recover import resume
from keyturn.run.results import RunResult
from keyturn_providers.abilities import Ability
from keyturn_providers.simulated import Effect, Fault, Moment, Pair, When
from keyturn_storage.journal import Journal


class Runs:
    """Applies and resumes over one pair."""

    def __init__(self, connections: Connections, journal: Journal, watch: Watch) -> None:
        self.connections, self.journal, self.watch = connections, journal, watch

    async def apply(self, plan: Plan, stop: Callable[[], bool] = never) -> RunResult:
        return await apply(
            plan,
            self.connections,
            self.journal,
            loaded=Loaded(),
            observe=unobserved,
            stop=stop,
            clock=self.watch.clock,
            operator="t.ong",
            confirmed=plan.confirm_with,
        )

    async def resume(self) -> RunResult:
        results = await resume(
            self.journal,
            self.connections,
            loaded=Loaded(),
            observe=unobserved,
            stop=never,
            clock=self.watch.clock,
            operator="t.ong",
        )
        return results[0]


@pytest.fixture
def runs(connections: Connections, journal: Journal, watch: Watch) -> Runs:
    return Runs(connections, journal, watch)


@pytest.mark.parametrize("effect", [Effect.UNREACHABLE, Effect.THROTTLED])
async def test_a_read_that_fails_once_is_tried_again(
    pair: Pair, runs: Runs, effect: Effect
) -> None:
    pair.secrets.faults.add(Fault(effect, Ability.READ_GRANT, times=2))
    assert (await runs.apply(plan_of(pair, REVOKE))).proven


@pytest.mark.parametrize(
    ("effect", "state"),
    [
        (Effect.UNREACHABLE, "refused"),
        (Effect.NOT_ALLOWED, "refused"),
        (Effect.NOT_AUTHENTICATED, "planned"),
        (Effect.BAD_ANSWER, "refused"),
    ],
)
async def test_what_cannot_be_read_first_is_not_sent(
    pair: Pair, runs: Runs, effect: Effect, state: str
) -> None:
    pair.secrets.faults.add(Fault(effect, Ability.READ_GRANT, times=None))
    plan = plan_of(pair, REVOKE, LEAVE_GROUP)
    result = await runs.apply(plan)
    assert result.steps[0].state.value == state
    assert pair.secrets.tenant.received(plan.operations[0].id) == 0
    assert result.steps[1].state.value == ("verified" if state == "refused" else "planned")


async def test_endless_throttling_of_reads_leaves_the_step_open_and_unsent(
    pair: Pair, runs: Runs
) -> None:
    """As endless throttling of writes does: nothing was said against the change itself."""
    pair.secrets.faults.add(
        Fault(Effect.THROTTLED, Ability.READ_GRANT, times=None, retry_after_s=250.0)
    )
    plan = plan_of(pair, REVOKE)
    result = await runs.apply(plan)
    assert (result.state, result.steps[0].state.value) == ("stopped", "planned")
    assert any("too many requests" in words for words in result.blocked)
    assert pair.secrets.tenant.received(plan.operations[0].id) == 0
    pair.secrets.faults.clear()
    assert (await runs.resume()).proven


async def test_a_stop_while_a_read_waits_leaves_the_step_planned(
    pair: Pair, runs: Runs, watch: Watch
) -> None:
    pair.secrets.faults.add(Fault(Effect.THROTTLED, Ability.READ_GRANT, retry_after_s=60.0))
    result = await runs.apply(plan_of(pair, REVOKE), stop=lambda: sum(watch.slept) > 5)
    assert (result.state, result.steps[0].state.value) == ("stopped", "planned")
    assert (await runs.resume()).proven


def _break_reads_after(pair: Pair, ability: Ability, fault: Fault) -> None:
    """Arms `fault` at the moment the write of `ability` was done."""

    async def at(moment: Moment) -> None:
        if moment.ability is ability and moment.when is When.AFTER:
            pair.secrets.faults.add(fault)

    pair.secrets.remote.at = at


async def test_a_lost_answer_that_cannot_be_re_read_stays_open(pair: Pair, runs: Runs) -> None:
    pair.secrets.faults.add(Fault(Effect.ANSWER_LOST, Ability.SUSPEND))
    unreadable = Fault(Effect.UNREACHABLE, Ability.READ_ACCOUNT, times=None)
    _break_reads_after(pair, Ability.SUSPEND, unreadable)
    plan = plan_of(pair, SUSPEND_HERE)
    result = await runs.apply(plan)
    assert (result.state, result.steps[0].state.value) == ("stopped", "unknown")
    assert "stays open" in result.steps[0].words
    pair.secrets.faults.clear()
    assert (await runs.resume()).proven
    assert pair.secrets.tenant.received(plan.operations[0].id) == 1


@pytest.mark.parametrize(
    ("effect", "state", "verdict"),
    [
        (Effect.NOT_ALLOWED, "not_seen", "unknown"),
        (Effect.UNREACHABLE, "not_seen", "unknown"),
        (Effect.NOT_AUTHENTICATED, "applied", ""),
    ],
)
async def test_what_cannot_be_read_back_is_not_called_done(
    pair: Pair, runs: Runs, effect: Effect, state: str, verdict: str
) -> None:
    _break_reads_after(pair, Ability.REVOKE, Fault(effect, Ability.READ_GRANT, times=None))
    result = await runs.apply(plan_of(pair, REVOKE))
    assert (result.steps[0].state.value, result.steps[0].verdict) == (state, verdict)
    assert not result.effective


async def test_a_logged_failure_is_not_a_log_of_the_change(pair: Pair, runs: Runs) -> None:
    async def fail_in_the_log(moment: Moment) -> None:
        if moment.ability is Ability.REVOKE and moment.when is When.AFTER:
            events = pair.secrets.tenant.events
            events[-1] = replace(events[-1], error="permission denied")

    pair.secrets.remote.at = fail_in_the_log
    result = await runs.apply(plan_of(pair, REVOKE))
    assert result.steps[0].verdict == "effective, not logged"
    assert "only a failed attempt: permission denied" in result.steps[0].words
    assert not result.proven


async def test_logged_but_not_in_effect_is_said(pair: Pair, runs: Runs) -> None:
    plan = plan_of(pair, REVOKE)
    grants = dict(pair.secrets.tenant.grants)

    async def undo(moment: Moment) -> None:
        if moment.ability is Ability.REVOKE and moment.when is When.AFTER:
            pair.secrets.tenant.grants = dict(grants)

    pair.secrets.remote.at = undo
    result = await runs.apply(plan)
    assert result.steps[0].verdict == "logged, not effective"
    assert result.steps[0].state.value == "not_seen"
    assert "not everything is done" in result.words


async def test_a_checkpoint_that_cannot_be_taken_does_not_keep_anybody_in(
    pair: Pair, runs: Runs
) -> None:
    pair.secrets.faults.add(Fault(Effect.UNREACHABLE, Ability.READ_AUDIT))
    result = await runs.apply(plan_of(pair, REVOKE))
    assert result.steps[0].verdict == "effective, not logged"
    assert "could not be read when the run began" in result.steps[0].words
    assert result.effective
    assert not result.proven


async def test_an_audit_log_that_refuses_the_token_blocks_nothing_else(
    pair: Pair, runs: Runs
) -> None:
    async def refuse(moment: Moment) -> None:
        if moment.ability is Ability.REVOKE and moment.when is When.AFTER:
            pair.secrets.faults.add(Fault(Effect.NOT_AUTHENTICATED, Ability.READ_AUDIT, times=None))

    pair.secrets.remote.at = refuse
    result = await runs.apply(plan_of(pair, REVOKE))
    assert result.steps[0].verdict == "lagging"
    pair.secrets.faults.clear()
    assert (await runs.resume()).proven
