"""Undoing a run by hand-made journals: what the whole plan says."""

import json
from dataclasses import replace

import pytest
from tests.decide.journals import RUN_ID, done
from tests.decide.undoing import (
    ADD,
    BOTH,
    ENG,
    GRANT,
    GROUP,
    PROD,
    REMOVE,
    REVOKE,
    SUSPEND,
    kinds,
    run_of,
    undo,
    why,
)
from tests.decide.worlds import ACTIVE, SUSPENDED, office

from keyturn.decide.before import NOT_READ, Before
from keyturn.decide.findings import Change, ChangeKind
from keyturn.decide.guards_of_return import GUARD
from keyturn.decide.order import Stage
from keyturn.decide.plan import plan_offboard
from keyturn.decide.plans import PlanScope
from keyturn.decide.rules import Allowed
from keyturn.decide.run_done import StepDone
from keyturn.decide.steps import State
from keyturn.decide.undo import not_restored, plan_undo
from keyturn_providers.records import (
    AccountState,
    MachineIdentity,
    Session,
)


def test_the_plan_names_the_run_and_its_person() -> None:
    org = office()
    run = done(org, plan_offboard(org.who("d:d1"), (), org.context()))
    plan = plan_undo(run, org.context())
    assert (plan.scope, plan.undoes, plan.confirm_with) == (PlanScope.UNDO, RUN_ID, "d1.login")
    assert plan.title == "Undo: Offboard Name 1"
    assert run.plan.undoes == ""
    assert not_restored(run.plan) == ()
    assert GUARD in {guard.guard for guard in plan.guards}
    assert GUARD not in {guard.guard for guard in run.plan.guards}
    assert [o.stage for o in plan.operations][:2] == [
        Stage.BACK_IN_DIRECTORY,
        Stage.BACK_IN_SECRETS,
    ]
    again = plan_undo(done(org, plan, "run-2"), org.context())
    assert again.title == "Redo: Offboard Name 1"
    third = plan_undo(done(org, again, "run-3"), org.context())
    assert third.title == "Undo: Offboard Name 1"


def test_what_is_not_of_one_person_is_confirmed_by_the_number() -> None:
    org = office()
    org.secrets.grants = [g for g in org.secrets.grants if g.principal_id != "sg-eng"]
    change = replace(
        REVOKE, principal_kind=GROUP, principal=ENG, vaults=(PROD,), carrier="group/eng/prod"
    )
    plan = undo(org, (change, Before(held=True)))
    assert (kinds(plan), plan.confirm_with) == ([ChangeKind.RESTORE_GRANT], "1")


def test_what_the_run_did_not_do_is_counted() -> None:
    org = office()
    run = run_of(org, (SUSPEND, Before(state=ACTIVE)), (REMOVE, Before()), (REVOKE, Before()))
    first, second, third = (one.operation for one in run.steps)
    steps = (
        StepDone(first, State.VERIFIED),
        StepDone(second, State.REFUSED, "{}"),
        StepDone(third, State.UNKNOWN, "{}"),
    )
    plan = plan_undo(replace(run, steps=steps), org.context())
    assert [one.reason for one in plan.left_alone] == [
        "It was so before the run, which changed nothing there.",
        "The run did not do it.",
        "Whether it was done is not known yet: keyturn resume reads it first.",
    ]
    assert [one.open for one in steps] == [False, False, True]
    given_up = StepDone(third, State.GIVEN_UP, "{}", "unknown")
    assert "nobody knows whether it was done" in given_up.why_not_made
    already = StepDone(first, State.VERIFIED, "{}", "already so req-1")
    assert not already.made
    assert StepDone(first, State.ALREADY_SO, "{}", "").made


@pytest.mark.parametrize(
    ("change", "before", "was"),
    [
        (SUSPEND, Before(state=ACTIVE), "It was active"),
        (SUSPEND, Before(state=SUSPENDED), ""),
        (SUSPEND, Before(state=AccountState.UNKNOWN), ""),
        (SUSPEND, NOT_READ, ""),
        (
            replace(SUSPEND, kind=ChangeKind.DEACTIVATE),
            Before(state=SUSPENDED),
            "It was suspended",
        ),
        (replace(SUSPEND, kind=ChangeKind.DEACTIVATE), Before(state=AccountState.DEACTIVATED), ""),
        (
            replace(SUSPEND, kind=ChangeKind.REACTIVATE),
            Before(state=SUSPENDED),
            "It was suspended",
        ),
        (replace(SUSPEND, kind=ChangeKind.REACTIVATE), Before(state=ACTIVE), ""),
        (REMOVE, Before(held=True), "It was a member"),
        (REMOVE, Before(held=False), ""),
        (REMOVE, NOT_READ, ""),
        (ADD, Before(held=False), "It was not a member"),
        (REVOKE, Before(held=True), "It was given"),
        (REVOKE, Before(held=False), ""),
        (GRANT, Before(held=False), "It was not given"),
        (GRANT, Before(held=True), ""),
        (
            replace(GRANT, permissions=BOTH),
            Before(held=True, permissions=("view",)),
            "It was given (view)",
        ),
    ],
)
def test_what_somebody_else_did_between_the_look_and_the_call_is_not_said_to_have_been_so(
    change: Change, before: Before, was: str
) -> None:
    org = office()
    run = run_of(org, (change, before))
    (sent,) = run.steps
    raced = replace(sent, outcome="already so")
    assert not raced.made
    (left,) = plan_undo(replace(run, steps=(raced,)), org.context()).left_alone
    if was:
        assert left.reason == f"{was}; somebody else did it before keyturn's call."
        assert left.words.startswith("Not restored: ")
    else:
        assert left.reason == "It was so before the run, which changed nothing there."
    assert raced.why_not_made == left.reason


@pytest.mark.parametrize(("attempt", "lost"), [(1, False), (2, True), ("odd", False)])
def test_what_an_earlier_call_may_have_done_is_not_put_down_to_somebody_else_alone(
    attempt: object, lost: bool
) -> None:
    org = office()
    run = run_of(org, (SUSPEND, Before(state=ACTIVE)))
    (sent,) = run.steps
    intent = json.dumps({**json.loads(sent.intent), "attempt": attempt})
    assert ("an earlier call" in replace(sent, intent=intent, outcome="gone").by_another) is lost
    assert replace(sent, outcome="gone", state=State.REFUSED).by_another == ""
    assert sent.by_another == ""


def test_what_cannot_be_brought_back_is_named_first() -> None:
    org = office()
    org.rules = replace(org.rules, allowed=Allowed(deactivate=True))
    org.directory.machines.append(
        MachineIdentity("m1", "robot", "API token", "d1", dies_with_owner=True)
    )
    run = done(org, plan_offboard(org.who("d:d1"), (Session("T1", "s1"),), org.context()))
    org.directory.machines.clear()
    plan = plan_undo(run, org.context())
    said = [one.words for one in plan.left_alone]
    assert said[:4] == [
        "Not restored: what went with the end of Name 1's account in idp",
        "Not restored: End session T1 of Name 1 (s1.login) in bao",
        "Not restored: End all sessions of Name 1 (d1.login) in idp",
        "Not restored: robot (API token) in idp",
    ]
    assert len(not_restored(plan)) == 4
    without = replace(run, steps=tuple(s for s in run.steps if s.operation.number == 4))
    assert not any("robot" in one.words for one in plan_undo(without, org.context()).left_alone)


def test_a_token_is_gone_for_good() -> None:
    org = office()
    token = replace(REVOKE, carrier="token/T1/policy/pay")
    assert "cannot be brought back" in why(undo(org, (token, Before(held=True))))
