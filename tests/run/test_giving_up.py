"""Giving an open step up: by a person, with a reason, under the lease; never what was accepted."""

from dataclasses import replace

import pytest
from tests.run.conftest import Watch
from tests.run.plans_by_hand import JOIN_GROUP, SUSPEND_HERE, plan_of

from keyturn.decide.planfile import sealed, to_json
from keyturn.decide.plans import Plan
from keyturn.decide.steps import State
from keyturn.run.admission import lease_targets
from keyturn.run.giving_up import LOOK, CannotGiveUp, give_up, open_steps
from keyturn.run.results import RunResult
from keyturn.run.runs_done import NoSuchRun, find_run, run_done
from keyturn_providers.simulated import Pair
from keyturn_storage import leases
from keyturn_storage.errors import LeaseHeld
from keyturn_storage.journal import Journal
from keyturn_storage.rows import RunRow, StepRow

RUN = "run-1"
REASON = "the bridge is gone"
SENT = (State.PLANNED, State.INTENDED)


@pytest.fixture
def plan(pair: Pair) -> Plan:
    return plan_of(pair, SUSPEND_HERE, JOIN_GROUP)


@pytest.fixture
def stopped(journal: Journal, plan: Plan) -> Journal:
    """A run of two steps that was stopped before anything was sent."""
    stop(journal, plan)
    return journal


def stop(journal: Journal, plan: Plan) -> None:
    """A run of this plan that was stopped before anything was sent."""
    row = RunRow(
        RUN, plan.id, plan.scope.value, plan.title, "t.ong", 1, None, "running", to_json(plan)
    )
    steps = [
        StepRow(RUN, one.id, one.number, "planned", one.words, 1, 0, "", "", "", "")
        for one in plan.operations
    ]
    journal.start_run(row, steps)
    journal.end_run(RUN, "stopped", 2)


def reach(journal: Journal, plan: Plan, *states: State) -> None:
    """The first step comes to the last of these states."""
    first = plan.operations[0]
    for state in states:
        journal.record_step(RUN, first.id, 1, state.value, "so far", 2)


def given_up(journal: Journal, watch: Watch, number: int, reason: str = REASON) -> RunResult:
    return give_up(journal, RUN, number, reason, clock=watch.clock, operator="r.silva")


def test_a_run_ends_when_its_last_open_step_is_given_up(stopped: Journal, watch: Watch) -> None:
    first = given_up(stopped, watch, 1)
    assert (first.state, len(first.open)) == ("stopped", 1)
    last = given_up(stopped, watch, 2)
    assert (last.state, last.open, last.effective) == ("ended", (), False)
    assert stopped.open_runs() == ()
    (step, _) = stopped.steps(RUN)
    assert (step.state, step.words) == ("given_up", f"given up by r.silva: {REASON}")
    assert step.error == step.words
    assert stopped.verify_chain().unbroken


@pytest.mark.parametrize("after", [(State.INTENDED,), (State.INTENDED, State.UNKNOWN)])
def test_of_what_was_called_it_stays_said_that_nobody_knows(
    stopped: Journal, plan: Plan, watch: Watch, after: tuple[State, ...]
) -> None:
    reach(stopped, plan, *after)
    assert given_up(stopped, watch, 1).steps[0].words.endswith(LOOK)
    done = run_done(stopped, find_run(stopped, RUN)).steps[0]
    assert not done.made
    assert "nobody knows whether it was done" in done.why_not_made


@pytest.mark.parametrize(
    ("after", "why"),
    [
        ((State.REFUSED,), "it was refused"),
        ((State.INTENDED, State.APPLIED), "it was accepted"),
        ((State.ALREADY_SO,), "nothing had to be done"),
        ((State.GIVEN_UP,), "it was given up"),
        ((State.INTENDED, State.APPLIED, State.VERIFIED), "it is done"),
    ],
)
def test_what_is_not_open_cannot_be_given_up(
    stopped: Journal, plan: Plan, watch: Watch, after: tuple[State, ...], why: str
) -> None:
    reach(stopped, plan, *after)
    lines = stopped.lines(RUN)
    with pytest.raises(CannotGiveUp, match=why):
        given_up(stopped, watch, 1)
    assert stopped.lines(RUN) == lines


def test_it_needs_a_step_that_is_there_a_reason_and_the_lease(
    stopped: Journal, plan: Plan, watch: Watch
) -> None:
    lines = stopped.lines(RUN)
    with pytest.raises(CannotGiveUp, match="the run has 2 steps"):
        given_up(stopped, watch, 3)
    with pytest.raises(CannotGiveUp, match="a reason is needed"):
        given_up(stopped, watch, 1, "  ")
    with pytest.raises(NoSuchRun):
        give_up(stopped, "zzz", 1, REASON, clock=watch.clock, operator="r.silva")
    held = leases.take(
        stopped, lease_targets(plan), holder="t.ong", operation="x", now_ms=watch.at_ms
    )
    with pytest.raises(LeaseHeld):
        given_up(stopped, watch, 1)
    assert stopped.lines(RUN) == lines
    leases.release(stopped, held)
    assert given_up(stopped, watch, 1).steps[0].state is State.GIVEN_UP


def test_what_giving_up_does_is_told_before_of_each_open_step(
    pair: Pair, journal: Journal, watch: Watch
) -> None:
    suspend, join = plan_of(pair, SUSPEND_HERE, JOIN_GROUP).operations
    waits = replace(join, depends_on=(suspend.id,))
    plan = sealed(replace(plan_of(pair, SUSPEND_HERE, JOIN_GROUP), operations=(suspend, waits)))
    stop(journal, plan)
    first, second = open_steps(journal, RUN[:3])
    assert (first.number, first.waiting, first.others, first.called) == (1, (join.words,), 0, False)
    told = " ".join(first.effect)
    assert "nothing is sent now" in told
    assert f"1 step waits for it and will not be done either: {join.words}" in told
    assert "it ends" not in told
    assert (second.waiting, second.others) == ((), 1)
    assert "1 other step stays open" in " ".join(second.effect)
    reach(journal, plan, State.INTENDED)
    (called, _) = open_steps(journal, RUN)
    assert LOOK in " ".join(called.effect)
    given_up(journal, watch, 2)
    (last,) = open_steps(journal, RUN)
    assert "Nothing else of the run is open: it ends." in last.effect
    given_up(journal, watch, 1)
    assert open_steps(journal, RUN) == ()
