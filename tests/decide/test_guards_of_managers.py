"""Who can manage each vault, and that the last of them stays."""

from tests.decide.guarding import ALLOW, REFUSE, D, join, leave, revoke, suspend, verdicts
from tests.decide.worlds import SUSPENDED, office

from keyturn.decide.guards_of_managers import managers
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
