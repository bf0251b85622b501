"""A source that cannot say which groups one account is in is asked for every group's members."""

import pytest
from tests.run.conftest import Watch
from tests.run.office import Office, policy_of
from tests.run.plans_by_hand import Loaded
from tests.run.taken_away import without

from keyturn.decide.findings import ChangeKind
from keyturn.decide.plans import Plan
from keyturn.run import all_members
from keyturn.run.connections import Connections
from keyturn.run.leavers import plan_leavers
from keyturn_providers.abilities import Ability
from keyturn_providers.records import Membership
from keyturn_providers.simulated import Effect, Fault, Pair
from keyturn_providers.simulated.remote import Moment, When
from keyturn_storage.journal import Journal
from keyturn_storage.snapshots import Cache

LOGIN = "p001@acme.example"
MISSED = "memberships given since the refresh"


@pytest.fixture
def office(
    pair: Pair,
    connections: Connections,
    cache: Cache,
    journal: Journal,
    watch: Watch,
    monkeypatch: pytest.MonkeyPatch,
) -> Office:
    without(monkeypatch, Ability.READ_MEMBERSHIPS)
    return Office(connections, cache, journal, watch, Loaded(policy_of(pair)))


def _left(plan: Plan) -> set[str]:
    return {
        one.change.group.id
        for one in plan.operations
        if one.change.kind is ChangeKind.REMOVE_MEMBERSHIP and one.change.group is not None
    }


def _missed(plan: Plan) -> list[str]:
    return [one for one in plan.blind_spots if MISSED in one]


async def test_a_membership_given_since_the_refresh_is_found(office: Office, pair: Pair) -> None:
    await office.look()
    pair.secrets.tenant.add(Membership("sg-finance", "s-001"))
    plan = await office.offboarding(LOGIN)
    assert _left(plan) >= {"sg-old-billing", "sg-finance"}
    assert _missed(plan) == []
    assert (await office.apply(plan)).proven
    assert "s-001" not in pair.secrets.tenant.members["sg-finance"]


async def test_a_group_that_cannot_be_listed_is_named_and_what_came_since_is_not_seen(
    office: Office, pair: Pair
) -> None:
    await office.look()
    pair.secrets.faults.add(
        Fault(Effect.NOT_ALLOWED, Ability.LIST_MEMBERSHIPS, target="sg-finance", times=None)
    )
    pair.secrets.tenant.add(Membership("sg-finance", "s-001"))
    plan = await office.offboarding(LOGIN)
    assert "sg-finance" not in _left(plan)
    assert len(_missed(plan)) == 1
    assert any("finance" in one and "listed now" in one for one in plan.blind_spots)


async def test_groups_that_cannot_be_listed_at_all_are_a_blind_spot(
    office: Office, pair: Pair
) -> None:
    await office.look()
    pair.secrets.faults.add(Fault(Effect.NOT_ALLOWED, Ability.LIST_GROUPS, times=None))
    plan = await office.offboarding(LOGIN)
    assert "sg-old-billing" in _left(plan)
    assert len(_missed(plan)) == 1
    assert any("the groups of" in one for one in plan.blind_spots)


async def test_too_many_groups_are_not_waited_for(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(all_members, "GROUPS_AT_MOST", 1)
    await office.look()
    plan = await office.offboarding(LOGIN)
    assert "sg-old-billing" in _left(plan)
    assert len(_missed(plan)) == 2


async def test_for_several_leavers_the_groups_are_listed_once(office: Office, pair: Pair) -> None:
    await office.look()
    asked: list[str] = []

    async def count(moment: Moment) -> None:
        if moment.when is When.BEFORE and moment.ability is Ability.LIST_GROUPS:
            asked.append(moment.target)

    pair.secrets.remote.at = count
    await office.offboarding(LOGIN)
    for_one = len(asked)
    assert for_one
    asked.clear()
    people = [LOGIN, "p002@acme.example"]
    planned = await plan_leavers(
        people, office.connections, office.cache, office.journal,
        loaded=office.loaded, clock=office.watch.clock,
    )  # fmt: skip
    assert len(planned.people) == 2
    assert len(asked) == for_one
