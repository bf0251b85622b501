"""Undoing memberships: each reason why one is left as it is."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.decide.undoing import (
    ADD,
    D1,
    ENG_THERE,
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
from tests.decide.worlds import ACTIVE, Org, office

from keyturn.decide.before import Before
from keyturn.decide.findings import ChangeKind, ObjectKind
from keyturn.decide.rules import Allowed
from keyturn.decide.undo import not_restored, plan_undo
from keyturn_providers.records import (
    Group,
    Side,
)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda org: org.secrets.groups.clear(), "The group eng does not exist any more."),
        (lambda org: org.secrets.join("sg-eng", "s1"), "is in it already"),
        (lambda org: org.secrets.accounts.pop(0), "does not exist any more"),
        (
            lambda org: setattr(
                org.secrets, "groups", [Group("sg-eng", "eng", managed_by="somebody else")]
            ),
            "somebody else decides who is in it",
        ),
    ],
)
def test_a_membership_is_left_as_it_is(spoil: Callable[[Org], object], reason: str) -> None:
    org = without_member(office())
    run = run_of(org, (REMOVE, Before(held=True)))
    spoil(org)
    assert reason in why(plan_undo(run, org.context()))


def test_a_change_that_names_nobody_is_left_alone() -> None:
    org = office()
    assert "does not say whose" in why(undo(org, (replace(REMOVE, account=None), Before())))
    assert "does not say whose" in why(undo(org, (replace(REVOKE, principal=None), Before())))
    assert undo(org, (replace(SUSPEND, account=None), Before())).operations == ()


def test_what_was_given_is_taken_again() -> None:
    org = office()
    assert kinds(undo(org, (ADD, Before(held=False)))) == [ChangeKind.REMOVE_MEMBERSHIP]
    assert "not in it already" in why(undo(without_member(org), (ADD, Before(held=False))))


def test_a_role_and_a_rule_do_not_come_back_with_the_membership() -> None:
    org = without_member(office())
    plan = undo(org, (REMOVE, Before(role="manager", held=True)))
    assert kinds(plan) == [ChangeKind.ADD_MEMBERSHIP]
    assert not_restored(plan)[0].words == "Not restored: Name 1 as manager of eng"
    org.directory.memberships.clear()
    org.directory.groups = [replace(g, rules=("All",)) for g in org.directory.groups]
    there = replace(REMOVE, side=Side.DIRECTORY, account=D1, group=ENG_THERE)
    plan = undo(org, (there, Before(held=True)))
    assert not_restored(plan)[0].words == "Not restored: Name 1 in eng by All"
    org.rules = replace(org.rules, allowed=Allowed(add_membership=False))
    assert "off: add membership" in why(undo(org, (there, Before(role="manager"))))


def test_what_could_not_be_read_is_left_alone() -> None:
    org = without_member(off(office()))
    run = run_of(
        org,
        (SUSPEND, Before(state=ACTIVE)),
        (REMOVE, Before(held=True)),
        (REVOKE, Before(held=True)),
    )
    account_gone = {(Side.SECRETS, ObjectKind.ACCOUNT, "s1"): "bao: throttled"}
    plan = plan_undo(run, org.context(), account_gone)
    assert plan.operations == ()
    assert {one.reason for one in plan.left_alone} == {
        "How it is now could not be read: bao: throttled"
    }
