"""A leaver's memberships are those of now; what could not be read so is never passed over."""

import pytest
from tests.run.conftest import Watch
from tests.run.office import Office, policy_of
from tests.run.plans_by_hand import Loaded
from tests.run.taken_away import without

from keyturn.decide.findings import ChangeKind
from keyturn.decide.plans import GuardVerdict, Plan, Verdict
from keyturn.run.connections import Connections
from keyturn_providers.abilities import Ability
from keyturn_providers.records import Membership
from keyturn_providers.simulated import Effect, Fault, Pair
from keyturn_storage.journal import Journal
from keyturn_storage.snapshots import Cache

LOGIN = "p001@acme.example"


@pytest.fixture
def office(
    pair: Pair, connections: Connections, cache: Cache, journal: Journal, watch: Watch
) -> Office:
    return Office(connections, cache, journal, watch, Loaded(policy_of(pair)))


def _left(plan: Plan) -> set[str]:
    return {
        one.change.group.id
        for one in plan.operations
        if one.change.kind is ChangeKind.REMOVE_MEMBERSHIP and one.change.group is not None
    }


def _complete(plan: Plan) -> GuardVerdict:
    return next(one for one in plan.guards if one.guard == "complete listings")


async def test_a_membership_given_since_the_refresh_goes_too(office: Office, pair: Pair) -> None:
    await office.look()
    pair.secrets.tenant.add(Membership("sg-finance", "s-001"))
    plan = await office.offboarding(LOGIN)
    assert _left(plan) >= {"sg-old-billing", "sg-finance"}
    assert _complete(plan).verdict is Verdict.ALLOW
    assert (await office.apply(plan)).proven
    assert "s-001" not in pair.secrets.tenant.members["sg-finance"]


async def test_a_group_that_no_refresh_could_read_is_read_by_id(office: Office, pair: Pair) -> None:
    pair.secrets.faults.add(
        Fault(Effect.NOT_ALLOWED, Ability.LIST_MEMBERSHIPS, target="sg-old-billing", times=None)
    )
    await office.look()
    plan = await office.offboarding(LOGIN)
    assert "sg-old-billing" in _left(plan)
    assert _complete(plan).verdict is Verdict.ALLOW


@pytest.mark.parametrize("told", [True, False])
async def test_what_could_not_be_read_is_asked_about_and_is_a_blind_spot(
    office: Office, pair: Pair, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the source fails to name the groups of one account, or never could."""
    pair.secrets.faults.add(
        Fault(Effect.NOT_ALLOWED, Ability.LIST_MEMBERSHIPS, target="sg-old-billing", times=None),
        Fault(Effect.NOT_ALLOWED, Ability.READ_MEMBERSHIPS, times=None),
    )
    if not told:
        without(monkeypatch, Ability.READ_MEMBERSHIPS)
    await office.look()
    plan = await office.offboarding(LOGIN)
    found = _complete(plan)
    assert "sg-old-billing" not in _left(plan)
    assert found.verdict is Verdict.ASK
    assert set(found.names) <= set(plan.blind_spots)
    assert any("old-billing" in one for one in found.names)
    assert any("groups of s-001" in one for one in found.names) is told
    assert any("memberships given since the refresh" in one for one in plan.blind_spots)


async def test_one_group_that_cannot_be_looked_into_stops_nothing(
    office: Office, pair: Pair
) -> None:
    await office.look()
    pair.secrets.faults.add(
        Fault(Effect.NOT_ALLOWED, Ability.READ_MEMBERS, target="sg-old-billing")
    )
    plan = await office.offboarding(LOGIN)
    assert "sg-old-billing" in _left(plan)
    assert _complete(plan).verdict is Verdict.ASK
    assert any("old-billing" in one and "read now" in one for one in plan.blind_spots)
