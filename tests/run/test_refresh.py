"""Reading both sources: complete or it closes nothing, and one side never stops the other."""

from dataclasses import replace

import pytest
from tests.run.conftest import Seen, Watch

from keyturn.run.connections import Connections
from keyturn.run.progress import ListingProgress, SourceDone, never
from keyturn.run.refresh import RefreshReport, refresh
from keyturn_providers.abilities import Ability
from keyturn_providers.records import AccountState, Collection, Side
from keyturn_providers.simulated import ABOUT, Effect, Fault, Pair
from keyturn_storage.errors import TenantDiffers
from keyturn_storage.snapshots import Cache

PAGE_FAULTS = (
    Effect.UNREACHABLE,
    Effect.THROTTLED,
    Effect.NOT_ALLOWED,
    Effect.NOT_AUTHENTICATED,
    Effect.BAD_ANSWER,
    Effect.TENANT_CHANGED,
    Effect.GONE,
)


async def _refresh(connections: Connections, cache: Cache, watch: Watch) -> RefreshReport:
    return await refresh(connections, cache, observe=lambda _: None, stop=never, clock=watch.clock)


async def test_both_sides_are_read_whole(
    pair: Pair, connections: Connections, cache: Cache, watch: Watch, seen: Seen
) -> None:
    report = await refresh(connections, cache, observe=seen, stop=never, clock=watch.clock)
    assert report.complete
    for side, connector in ((report.directory, pair.directory), (report.secrets, pair.secrets)):
        assert side.snapshot is not None
        stored = cache.load(side.snapshot.id)
        tenant = connector.tenant
        assert {one.id: one for one in stored.accounts} == tenant.accounts
        assert {one.id: one for one in stored.groups} == tenant.groups
        assert len(stored.memberships) == sum(len(m) for m in tenant.members.values())
        assert len(stored.grants) == sum(len(g) for g in tenant.grants.values())
        assert {one.id: one for one in stored.machines} == tenant.machines
        assert all(listing.proof for listing in stored.listings)
        size = connector.remote.page_size
        accounts = next(one for one in stored.listings if one.collection is Collection.ACCOUNTS)
        assert accounts.pages == -(-len(tenant.accounts) // size)
    done = [event for event in seen.events if isinstance(event, SourceDone)]
    assert {(one.side, one.complete) for one in done} == {
        (Side.DIRECTORY, True),
        (Side.SECRETS, True),
    }
    pages = [event for event in seen.events if isinstance(event, ListingProgress)]
    assert any(page.expected == len(pair.directory.tenant.accounts) for page in pages)
    both = (
        (pair.directory, Collection.MEMBERSHIPS, len(pair.directory.tenant.groups)),
        (pair.secrets, Collection.GRANTS, len(pair.secrets.tenant.vaults)),
    )
    for read, listed, parents in both:
        places = {
            (page.parent_no, page.parents)
            for page in pages
            if page.source == read.tenant.source.name and page.collection is listed
        }
        assert places == {(number, parents) for number in range(1, parents + 1)}


@pytest.mark.parametrize("effect", PAGE_FAULTS)
@pytest.mark.parametrize("page", [1, 2])
async def test_a_listing_that_dies_closes_nothing_and_the_other_side_goes_on(
    pair: Pair, connections: Connections, cache: Cache, watch: Watch, effect: Effect, page: int
) -> None:
    first = await _refresh(connections, cache, watch)
    assert first.directory.snapshot is not None
    before = cache.load(first.directory.snapshot.id)
    for number in (5, 6, 7, 8):
        pair.directory.tenant.drop_account(f"d-00{number}")
        pair.secrets.tenant.drop_account(f"s-00{number}")
    pair.directory.faults.add(Fault(effect, Ability.LIST_ACCOUNTS, page=page))

    report = await _refresh(connections, cache, watch)

    assert not report.directory.complete
    assert report.secrets.complete
    assert report.directory.snapshot is not None
    assert report.secrets.snapshot is not None
    after = cache.load(report.directory.snapshot.id)
    assert {one.id for one in after.accounts} == {one.id for one in before.accounts}
    assert len(cache.load(report.secrets.snapshot.id).accounts) == 8 + 2 - 4
    broken = [one for one in after.listings if one.collection is Collection.ACCOUNTS]
    assert [one.complete for one in broken] == [False]
    assert "corp-id: could not list accounts" in broken[0].error
    assert "incomplete" in report.directory.words

    assert (await _refresh(connections, cache, watch)).complete


@pytest.mark.parametrize(
    ("effect", "asked_again"),
    [
        (Effect.NOT_AUTHENTICATED, False),
        (Effect.BAD_ANSWER, False),
        (Effect.TENANT_CHANGED, False),
        (Effect.NOT_ALLOWED, True),
        (Effect.UNREACHABLE, True),
    ],
)
async def test_some_errors_end_the_source_others_only_the_listing(
    pair: Pair,
    connections: Connections,
    cache: Cache,
    watch: Watch,
    effect: Effect,
    asked_again: bool,
) -> None:
    pair.secrets.faults.add(Fault(effect, Ability.LIST_GROUPS))
    report = await _refresh(connections, cache, watch)
    assert report.secrets.snapshot is not None
    listings = report.secrets.snapshot.listings
    vaults = [one for one in listings if one.collection is Collection.VAULTS]
    assert vaults[0].complete is asked_again
    if not asked_again:
        assert vaults[0].error.startswith("not read: corp-vault")


@pytest.mark.parametrize("effect", [Effect.NO_PROOF, Effect.NAMELESS_RECORD])
@pytest.mark.parametrize(
    "ability",
    [
        Ability.LIST_ACCOUNTS,
        Ability.LIST_GROUPS,
        Ability.LIST_MEMBERSHIPS,
        Ability.LIST_VAULTS,
        Ability.LIST_GRANTS,
        Ability.LIST_MACHINES,
    ],
)
async def test_an_end_without_proof_is_incomplete(
    pair: Pair,
    connections: Connections,
    cache: Cache,
    watch: Watch,
    effect: Effect,
    ability: Ability,
) -> None:
    pair.secrets.remote.page_size = 100
    pair.secrets.faults.add(Fault(effect, ability))
    report = await _refresh(connections, cache, watch)
    assert not report.secrets.complete
    assert report.secrets.snapshot is not None
    broken = [one for one in report.secrets.snapshot.listings if not one.complete]
    assert len(broken) == 1
    assert broken[0].error


async def test_an_odd_record_with_an_id_keeps_its_row(
    pair: Pair, connections: Connections, cache: Cache, watch: Watch
) -> None:
    await _refresh(connections, cache, watch)
    pair.secrets.faults.add(Fault(Effect.ODD_RECORD, Ability.LIST_ACCOUNTS, page=1))
    report = await _refresh(connections, cache, watch)
    assert report.secrets.snapshot is not None
    stored = cache.load(report.secrets.snapshot.id)
    assert {one.id for one in stored.accounts} == set(pair.secrets.tenant.accounts)
    assert "1 records could not be understood" in report.secrets.words


async def test_an_odd_group_is_still_asked_for_its_members(
    pair: Pair, connections: Connections, cache: Cache, watch: Watch
) -> None:
    await _refresh(connections, cache, watch)
    pair.secrets.faults.add(Fault(Effect.ODD_RECORD, Ability.LIST_GROUPS, page=1))
    report = await _refresh(connections, cache, watch)
    assert report.secrets.snapshot is not None
    asked = {
        one.parent_id
        for one in report.secrets.snapshot.listings
        if one.collection is Collection.MEMBERSHIPS
    }
    assert asked == set(pair.secrets.tenant.groups)


async def test_a_source_that_cannot_be_asked_keeps_its_snapshot_and_says_why(
    pair: Pair, connections: Connections, cache: Cache, watch: Watch
) -> None:
    first = await _refresh(connections, cache, watch)
    pair.directory.faults.add(Fault(Effect.NOT_AUTHENTICATED, ABOUT))
    report = await _refresh(connections, cache, watch)
    assert report.directory.snapshot is None
    assert "token is wrong or has expired" in report.directory.words
    assert report.secrets.complete
    row = next(one for one in cache.sources() if one.source.side is Side.DIRECTORY)
    assert first.directory.snapshot is not None
    assert row.snapshot_id == first.directory.snapshot.id
    assert "token is wrong or has expired" in row.error


async def test_another_tenant_behind_the_address_is_refused(
    pair: Pair, connections: Connections, cache: Cache, watch: Watch
) -> None:
    await _refresh(connections, cache, watch)
    tenant = pair.directory.tenant
    tenant.source = replace(tenant.source, tenant="somebody-else")
    tenant.accounts.clear()
    report = await _refresh(connections, cache, watch)
    assert isinstance(report.directory.failure, TenantDiffers)
    assert "somebody-else" in report.directory.words
    latest = cache.latest("corp-id")
    assert latest is not None
    assert len(cache.load(latest.id).accounts) == 9


async def test_stop_abandons_both_and_nothing_is_half_written(
    pair: Pair, connections: Connections, cache: Cache, watch: Watch, seen: Seen
) -> None:
    await _refresh(connections, cache, watch)
    tenant = pair.secrets.tenant
    tenant.add(replace(tenant.accounts["s-001"], state=AccountState.SUSPENDED))

    def stop() -> bool:
        return sum(isinstance(event, ListingProgress) for event in seen.events) >= 4

    report = await refresh(connections, cache, observe=seen, stop=stop, clock=watch.clock)
    assert report.stopped
    assert not report.complete
    for name in ("corp-id", "corp-vault"):
        states = [info.state for info in cache.snapshots(name)]
        assert states == ["abandoned", "sealed"]
    latest = cache.latest("corp-vault")
    assert latest is not None
    stored = {one.id: one for one in cache.load(latest.id).accounts}
    assert stored["s-001"].state is AccountState.ACTIVE


async def test_what_is_gone_closes_in_a_complete_refresh(
    pair: Pair, connections: Connections, cache: Cache, watch: Watch
) -> None:
    await _refresh(connections, cache, watch)
    pair.directory.tenant.drop_account("d-005")
    pair.secrets.tenant.drop_group("sg-old-billing")
    report = await _refresh(connections, cache, watch)
    assert report.complete
    assert report.directory.snapshot is not None
    assert report.secrets.snapshot is not None
    accounts = {one.id for one in cache.load(report.directory.snapshot.id).accounts}
    assert "d-005" not in accounts
    secrets = cache.load(report.secrets.snapshot.id)
    assert "sg-old-billing" not in {one.group_id for one in secrets.memberships}


async def test_a_fault_of_our_own_abandons_the_snapshot_and_is_not_hidden(
    pair: Pair, connections: Connections, cache: Cache, watch: Watch
) -> None:
    def broken(event: object) -> None:
        if isinstance(event, ListingProgress) and event.source == "corp-vault":
            raise ZeroDivisionError("planted")

    with pytest.raises(ZeroDivisionError, match="planted"):
        await refresh(connections, cache, observe=broken, stop=never, clock=watch.clock)
    assert [info.state for info in cache.snapshots("corp-vault")] == ["abandoned"]
    assert [info.state for info in cache.snapshots("corp-id")] == ["sealed"]


async def test_a_newer_snapshot_of_another_keyturn_wins(
    pair: Pair, connections: Connections, cache: Cache, watch: Watch
) -> None:
    done: list[bool] = []

    def other(event: object) -> None:
        if isinstance(event, ListingProgress) and event.source == "corp-vault" and not done:
            done.append(True)
            snapshot = cache.begin(pair.secrets.tenant.source, watch.at_ms)
            cache.seal(snapshot, watch.at_ms)

    report = await refresh(connections, cache, observe=other, stop=never, clock=watch.clock)
    assert report.secrets.snapshot is None
    assert "another keyturn refreshed the same source" in report.words
    assert report.directory.complete


async def test_a_group_known_before_and_not_listed_now_is_incomplete(
    pair: Pair, connections: Connections, cache: Cache, watch: Watch
) -> None:
    await _refresh(connections, cache, watch)
    pair.secrets.faults.add(Fault(Effect.NO_PROOF, Ability.LIST_GROUPS, page=2))
    report = await _refresh(connections, cache, watch)
    assert "without proof" in report.secrets.words
    assert "Nothing is taken away because of this snapshot." in report.secrets.words
