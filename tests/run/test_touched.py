"""Reading again what changes are about: what is gone, what cannot be asked for, what fails."""

from dataclasses import replace

import pytest
from tests.run.conftest import Watch
from tests.run.office import Office, policy_of
from tests.run.plans_by_hand import JOIN_GROUP, REVOKE, SUSPEND_HERE, Loaded

from keyturn.decide.findings import ObjectKind
from keyturn.run.connections import Connections
from keyturn.run.touched import Touched, read_touched
from keyturn_providers.abilities import Ability
from keyturn_providers.contract import About
from keyturn_providers.errors import NotAuthenticated
from keyturn_providers.records import AccountState, Side
from keyturn_providers.simulated import Effect, Fault, Pair
from keyturn_storage.journal import Journal
from keyturn_storage.snapshots import Cache

CHANGES = (SUSPEND_HERE, JOIN_GROUP, REVOKE)


@pytest.fixture
def office(pair: Pair, cache: Cache, journal: Journal, watch: Watch) -> Office:
    connections = Connections(pair.directory, pair.secrets)
    return Office(connections, cache, journal, watch, Loaded(policy_of(pair)))


async def touched(office: Office, *without: Ability) -> Touched:
    before = await office.look()
    pair = office.connections
    tenant = pair.secrets.tenant  # type: ignore[attr-defined]  # the simulated one
    tenant.add(replace(tenant.accounts["s-001"], state=AccountState.SUSPENDED))
    tenant.grants.pop("account/s-001/policy/payments-admin")
    tenant.drop_group("sg-finance")
    abouts: dict[Side, About] = {}
    for side in Side:
        about = await pair.of(side).about()
        abouts[side] = replace(about, abilities=about.abilities - set(without))
    now_ms = office.watch.at_ms
    return await read_touched(CHANGES, before, pair, abouts, office.loaded.rules, now_ms)


async def test_everything_named_is_as_it_is_now(office: Office) -> None:
    found = await touched(office)
    secrets = found.assessment.world.secrets
    assert found.unread == {}
    assert secrets.accounts["s-001"].state is AccountState.SUSPENDED
    assert "sg-finance" not in secrets.groups
    assert "account/s-001/policy/payments-admin" not in secrets.by_edge
    assert "s-008" in secrets.accounts


async def test_what_cannot_be_asked_for_stays_as_it_was_read(office: Office) -> None:
    found = await touched(office, Ability.READ_ACCOUNT, Ability.READ_MEMBERS, Ability.READ_GRANT)
    secrets = found.assessment.world.secrets
    assert secrets.accounts["s-001"].state is AccountState.ACTIVE
    assert "sg-finance" in secrets.groups
    assert "account/s-001/policy/payments-admin" in secrets.by_edge


async def test_one_that_fails_hides_none_of_the_others(office: Office, pair: Pair) -> None:
    pair.secrets.faults.add(Fault(Effect.GONE, Ability.READ_GRANT))
    pair.secrets.faults.add(Fault(Effect.THROTTLED, Ability.READ_ACCOUNT, "s-001", times=None))
    found = await touched(office)
    assert set(found.unread) == {(Side.SECRETS, ObjectKind.ACCOUNT, "s-001")}
    assert "sg-finance" not in found.assessment.world.secrets.groups


async def test_a_refused_credential_ends_the_reading(office: Office, pair: Pair) -> None:
    pair.secrets.faults.add(Fault(Effect.NOT_AUTHENTICATED, Ability.READ_MEMBERS, times=None))
    with pytest.raises(NotAuthenticated):
        await touched(office)
