"""Undoing what a run did to accounts: each reason why one is left as it is."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.decide.undoing import (
    D1,
    REMOVE,
    REVOKE,
    SUSPEND,
    kinds,
    off,
    run_of,
    undo,
    why,
    without_member,
)
from tests.decide.worlds import ACTIVE, SUSPENDED, Org, office

from keyturn.decide.before import NOT_READ, Before
from keyturn.decide.findings import Change, ChangeKind
from keyturn.decide.rules import Allowed
from keyturn.decide.undo import not_restored, plan_undo
from keyturn_providers.records import (
    AccountState,
    Side,
)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda org: org.secrets.accounts.pop(0), "does not exist any more"),
        (
            lambda org: org.secrets.change("s1", display_name="Other", name="other"),
            "is Other now",
        ),
        (lambda org: org.secrets.change("s1", state=ACTIVE), "active already"),
        (
            lambda org: org.secrets.change("s1", state=AccountState.DEACTIVATED),
            "deactivated now, which the run did not do",
        ),
    ],
)
def test_an_account_is_left_as_it_is(spoil: Callable[[Org], object], reason: str) -> None:
    org = off(office())
    run = run_of(org, (SUSPEND, Before(state=ACTIVE)))
    spoil(org)
    assert reason in why(plan_undo(run, org.context()))


@pytest.mark.parametrize("before", [NOT_READ, Before(state=AccountState.UNKNOWN)])
def test_a_state_nobody_wrote_down_is_not_guessed(before: Before) -> None:
    plan = undo(off(office()), (SUSPEND, before))
    assert "does not say in which state" in why(plan)
    assert not_restored(plan)


def test_who_is_on_and_stays_on_keeps_what_they_get() -> None:
    org = without_member(office())
    back = replace(SUSPEND, kind=ChangeKind.REACTIVATE)
    plan = undo(org, (back, NOT_READ), (REMOVE, Before(held=True)))
    assert kinds(plan) == [ChangeKind.ADD_MEMBERSHIP]


def test_what_hangs_on_an_account_that_stays_off_stays_away() -> None:
    org = off(office())
    org.secrets.memberships.clear()
    steps = ((SUSPEND, NOT_READ), (REMOVE, Before(held=True)), (REVOKE, Before(held=True)))
    plan = undo(org, *steps)
    assert plan.operations == ()
    assert sum("The account stays off." in one.reason for one in plan.left_alone) == 2


def test_who_was_invited_comes_back_as_the_source_has_it() -> None:
    plan = undo(off(office()), (SUSPEND, Before(state=AccountState.INVITED)))
    assert kinds(plan) == [ChangeKind.REACTIVATE]
    assert not_restored(plan)[0].words == "Not restored: Name 1 as invited in bao"


def test_nobody_is_made_to_wait_again() -> None:
    confirm = replace(SUSPEND, kind=ChangeKind.CONFIRM)
    plan = undo(office(), (confirm, Before(state=AccountState.INVITED)))
    assert "cannot be made to wait again" in why(plan)


def test_who_was_brought_back_is_put_off_again() -> None:
    back = Change(ChangeKind.REACTIVATE, Side.DIRECTORY, account=D1)
    plan = undo(office(), (back, Before(state=SUSPENDED)))
    assert kinds(plan) == [ChangeKind.SUSPEND]


def test_who_had_been_deactivated_is_again_or_is_at_least_suspended() -> None:
    back = Change(ChangeKind.REACTIVATE, Side.DIRECTORY, account=D1)
    ended = Before(state=AccountState.DEACTIVATED)
    org = office()
    plan = undo(org, (back, ended))
    assert kinds(plan) == [ChangeKind.SUSPEND]
    assert "suspended instead" in not_restored(plan)[0].reason
    org.rules = replace(org.rules, allowed=Allowed(deactivate=True))
    assert kinds(undo(org, (back, ended))) == [ChangeKind.DEACTIVATE]
    org.rules = replace(org.rules, allowed=Allowed(suspend=False))
    plan = undo(org, (back, ended))
    assert "off: suspend" in why(plan)


def test_the_same_account_is_told_once_whatever_it_went_through() -> None:
    org = office()
    org.rules = replace(org.rules, allowed=Allowed(deactivate=True))
    suspend = Change(ChangeKind.SUSPEND, Side.DIRECTORY, account=D1)
    deactivate = replace(suspend, kind=ChangeKind.DEACTIVATE)
    org.directory.change("d1", state=AccountState.DEACTIVATED)
    plan = undo(org, (suspend, Before(state=ACTIVE)), (deactivate, Before(state=SUSPENDED)))
    assert kinds(plan) == [ChangeKind.REACTIVATE]
    assert "does not bring back" in plan.operations[0].also[0]


def test_whom_the_directory_put_off_since_is_not_let_in() -> None:
    org = off(office())
    org.directory.change("d1", state=AccountState.DEACTIVATED)
    there = Change(ChangeKind.SUSPEND, Side.DIRECTORY, account=D1)
    plan = undo(org, (there, Before(state=ACTIVE)), (SUSPEND, Before(state=ACTIVE)))
    assert plan.operations == ()
    assert any("The account in idp stays off" in one.reason for one in plan.left_alone)


def test_what_may_not_be_reactivated_stays_off_with_all_it_had() -> None:
    org = off(office())
    org.rules = replace(org.rules, allowed=Allowed(reactivate=False))
    org.secrets.memberships.clear()
    plan = undo(org, (SUSPEND, Before(state=ACTIVE)), (REMOVE, Before(held=True)))
    reasons = [one.reason for one in plan.left_alone]
    assert plan.operations == ()
    assert reasons[0].startswith("The policy has this kind of change off")
    assert reasons[1] == "The account stays off. It may not, or cannot, be reactivated."
