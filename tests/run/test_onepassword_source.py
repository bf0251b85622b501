"""1Password's joined surfaces under the run layer: read whole, read in part, and archived."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.providers.onepassword.whole import ALL, Whole, whole
from tests.providers.simulated_onepassword.small_tenant import ADMIN, BILLING, DANA, PROD
from tests.run.conftest import Watch

from keyturn.run.archive import archive
from keyturn.run.connections import Connections
from keyturn.run.progress import never
from keyturn.run.refresh import RefreshReport, refresh
from keyturn_providers.abilities import Suspends, able
from keyturn_providers.records import AccountState, Collection, Snapshot
from keyturn_providers.simulated import Pair
from keyturn_providers.simulated.onepassword import inspection
from keyturn_storage.journal import open_journal
from keyturn_storage.snapshots import Cache


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Whole]:
    with whole(tmp_path / "1password.db") as served:
        yield served


async def _refresh(connections: Connections, cache: Cache, watch: Watch) -> RefreshReport:
    return await refresh(connections, cache, observe=lambda _: None, stop=never, clock=watch.clock)


def _secrets(report: RefreshReport, cache: Cache) -> Snapshot:
    assert report.secrets.snapshot is not None
    return cache.load(report.secrets.snapshot.id)


async def test_while_op_does_not_answer_nothing_is_closed_and_what_is_seen_is_kept(
    account: Whole, pair: Pair, cache: Cache, watch: Watch
) -> None:
    connector = account.open(*ALL)
    connections = Connections(pair.directory, connector)
    first = await _refresh(connections, cache, watch)
    assert first.secrets.complete, first.secrets.words
    before = _secrets(first, cache)
    assert {vault.id for vault in before.vaults} >= {PROD, BILLING}
    assert before.permission_rules is not None

    inspection.sign_in_op(account.path, "")
    second = await _refresh(connections, cache, watch)
    after = _secrets(second, cache)
    await connector.aclose()

    assert not second.secrets.complete
    assert second.secrets.snapshot is not None
    assert (after.vaults, after.grants) == (before.vaults, before.grants)
    assert set(after.memberships) == set(before.memberships)
    assert {one.id for one in after.accounts} == {one.id for one in before.accounts}
    broken = {one.collection: one.error for one in after.listings if not one.complete}
    assert {Collection.ACCOUNTS, Collection.GROUPS, Collection.VAULTS} <= broken.keys()
    assert all("(op)" in error for error in broken.values())
    assert any("op" in spot and "does not answer" in spot for spot in after.blind_spots)


async def test_a_suspension_made_meanwhile_is_seen_without_op(
    account: Whole, pair: Pair, cache: Cache, watch: Watch
) -> None:
    connector = account.open("op", "users_api")
    connections = Connections(pair.directory, connector)
    await _refresh(connections, cache, watch)
    inspection.sign_in_op(account.path, "")
    other = account.open("users_api")
    await other.about()
    await able(other.writer(), Suspends).suspend(DANA, "op-1")
    await other.aclose()
    report = await _refresh(connections, cache, watch)
    inspection.sign_in_op(account.path, ADMIN)
    await connector.aclose()
    dana = next(one for one in _secrets(report, cache).accounts if one.id == DANA)
    assert dana.state is AccountState.SUSPENDED


async def test_every_stream_is_archived_once(
    account: Whole, pair: Pair, data: Path, watch: Watch
) -> None:
    connector = account.open("bridge", "events")
    connections = Connections(pair.directory, connector)
    await connector.about()
    await able(connector.writer(), Suspends).suspend(DANA, "op-1")

    async def again() -> dict[str, tuple[bool, int]]:
        report = await archive(
            connections,
            lambda: open_journal(data / "journal.db"),
            observe=lambda _: None,
            stop=never,
            clock=watch.clock,
        )
        assert report.failure == ""
        return {one.stream: (one.whole, one.events) for one in report.streams}

    first = await again()
    second = await again()
    await connector.aclose()
    assert first.keys() == {"audit events", "item usages", "sign-in attempts"}
    assert all(whole for whole, _ in (*first.values(), *second.values()))
    assert first["audit events"][1] > 0
    assert [events for _, events in second.values()] == [0, 0, 0]
