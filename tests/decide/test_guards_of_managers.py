"""Who can manage each vault, and that the last of them stays."""

from dataclasses import replace

import pytest
from tests.decide.guarding import (
    ALLOW,
    REFUSE,
    D,
    join,
    leave,
    operations_of,
    revoke,
    suspend,
    verdicts,
)
from tests.decide.worlds import SUSPENDED, office

from keyturn.decide.findings import Change, ChangeKind
from keyturn.decide.guard import judge
from keyturn.decide.guards_of_managers import managers
from keyturn.decide.plans import PlanScope, Verdict
from keyturn_providers.records import (
    AccountState,
    Grant,
    Group,
    Level,
    PrincipalKind,
)


def test_the_last_manager_stays() -> None:
    org = office()
    org.person(4)
    org.secrets.change("s4", state=AccountState.UNKNOWN)
    org.direct_grant(4, "pay", Level.MANAGE)
    for change in (
        suspend("s3"),
        leave("s3", "sg-ops"),
        revoke("sg-ops", "sg-ops/policy/pay-manage", "v-pay"),
    ):
        found = verdicts(org.context(), change)["last manager"]
        assert (found.verdict, found.names) == (REFUSE, ("pay",))
    for change in (suspend("s3", D), suspend("s1"), leave("s1", "sg-eng"), join("s1", "sg-ops")):
        assert verdicts(org.context(), change)["last manager"].verdict is ALLOW
    org.secrets.change("s4", state=AccountState.ACTIVE)
    assert verdicts(org.context(), suspend("s3"))["last manager"].verdict is ALLOW
    found = verdicts(org.context(), suspend("s3"), suspend("s4"))["last manager"]
    assert found.verdict is REFUSE


def test_managers_through_nested_groups_and_not_by_what_is_unclear() -> None:
    org = office()
    org.secrets.groups.append(Group("sg-top", "top"))
    org.secrets.nest("sg-top", "sg-eng")
    org.group_grant("top", "prod", Level.MANAGE)
    org.group_grant("top", "prod", Level.MANAGE, "another")
    org.direct_grant(3, "prod", Level.UNKNOWN)
    org.secrets.grants.append(Grant("v-prod", PrincipalKind.MACHINE, "m", Level.MANAGE, "m/c"))
    world = org.world()
    assert managers(world)["v-prod"] == {"s1", "s2"}
    assert managers(world, (leave("s1", "sg-eng"),))["v-prod"] == {"s2"}
    assert managers(world, (suspend("s9"),))["v-prod"] == {"s1", "s2"}


def test_a_vault_without_manager_loses_none() -> None:
    org = office()
    org.secrets.change("s3", state=SUSPENDED)
    assert verdicts(org.context(), leave("s3", "sg-ops"))["last manager"].verdict is ALLOW


BACK = replace(suspend("s3"), kind=ChangeKind.REACTIVATE)
BACK_THERE = replace(suspend("d3", D), kind=ChangeKind.REACTIVATE)
GIVEN_BACK = replace(
    revoke("s3", "account/s3/pay", "v-pay"), kind=ChangeKind.RESTORE_GRANT, level=Level.MANAGE
)
TAKEN = revoke("s4", "account/s4/pay", "v-pay")
OTHER = revoke("s4", "account/s4/prod", "v-prod")


@pytest.mark.parametrize(
    ("before", "waits_for", "in_group", "verdict"),
    [
        # By the group that still has them, once they are back.
        ((BACK,), (1,), True, ALLOW),
        ((BACK,), (), True, REFUSE),
        ((BACK_THERE,), (1,), True, REFUSE),
        # By what is given back to them, once they are.
        ((BACK, GIVEN_BACK), (1, 2), False, ALLOW),
        ((BACK, GIVEN_BACK), (2,), False, REFUSE),
        ((BACK, GIVEN_BACK), (1,), False, REFUSE),
        ((GIVEN_BACK,), (1,), False, REFUSE),
    ],
)
def test_a_vault_that_was_handed_over_goes_back_only_after_whoever_had_it_is_back(
    before: tuple[Change, ...], waits_for: tuple[int, ...], in_group: bool, verdict: Verdict
) -> None:
    org = office()
    org.person(4)
    org.secrets.change("s3", state=SUSPENDED)
    if not in_group:
        org.secrets.memberships = [one for one in org.secrets.memberships if one.member_id != "s3"]
    org.direct_grant(4, "pay", Level.MANAGE, "account/s4/pay")
    org.direct_grant(4, "prod", Level.READ, "account/s4/prod")
    # What is taken of another vault need not wait.
    *others, taken = operations_of((OTHER, *before, TAKEN))
    wanted = tuple(others[number].id for number in waits_for)
    plan = (*others, replace(taken, depends_on=wanted))
    found = {one.guard: one for one in judge(plan, org.context(), PlanScope.UNDO)}
    assert found["last manager"].verdict is verdict
