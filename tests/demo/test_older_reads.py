"""The demo's past: older reads before the real one, which stays what was read."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.tui.simulated import DAY_MS, Bench, bench, rules_of

from keyturn.demo.okta_onepassword import slips
from keyturn.demo.okta_onepassword.naming import account_id, okta_id, vault_id
from keyturn.demo.okta_onepassword.onepassword_side import late_members
from keyturn.demo.okta_onepassword.past_states import DAYS_AGO, older_reads, state_at
from keyturn.demo.okta_onepassword.workforce import workforce
from keyturn.demo.older_reads import OlderRead, add_older_reads
from keyturn_providers.records import (
    Account,
    AccountState,
    Collection,
    Grant,
    Group,
    Level,
    Listing,
    Membership,
    PrincipalKind,
    Push,
    PushState,
    Side,
    Snapshot,
    SourceIdentity,
)
from keyturn_storage.queries.moments import drift_points, moments
from keyturn_storage.queries.reader import open_reader
from keyturn_storage.snapshots import open_cache

NOW_MS = 1_800_000_000_000


def without_dana(here: Snapshot, there: Snapshot, _at_ms: int) -> tuple[Snapshot, Snapshot]:
    grants = tuple(one for one in there.grants if one.principal_id != "s-001")
    return here, replace(there, grants=grants)


@pytest.fixture
async def read(tmp_path: Path) -> Bench:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    made = bench(data)
    await made.engine.refresh(lambda _event: None, lambda: False)
    return made


async def test_the_newest_read_stays_and_the_older_are_before_it(read: Bench) -> None:
    path = read.data / "cache.db"
    with open_cache(path) as cache:
        before = [cache.load(row.snapshot_id) for row in cache.sources()]
    at = before[0].taken_ms
    older = (
        OlderRead(at - 3 * DAY_MS), OlderRead(at - 2 * DAY_MS, directory_only=True),
        OlderRead(at - DAY_MS, cut=Collection.GRANTS),
    )  # fmt: skip
    add_older_reads(path, rules_of(read.pair), older, without_dana)
    with open_cache(path) as cache:
        after = [cache.load(row.snapshot_id) for row in cache.sources()]
    for one, other in zip(before, after, strict=True):
        assert replace(other, id=one.id, listings=()) == replace(one, listings=())
        assert {(x.collection, x.parent_id) for x in other.listings} == {
            (x.collection, x.parent_id) for x in one.listings
        }
    with open_reader(path) as reader:
        newest, cut, alone, first = moments(reader)
        points = drift_points(reader)
    assert len(points) == 4
    assert points[0].total < points[-1].total
    assert newest.drift is not None
    assert cut.secrets is not None
    assert (cut.secrets.complete, cut.secrets.incomplete) == (False, 1)
    assert alone.secrets is None
    assert first.started_ms == at - 3 * DAY_MS
    add_older_reads(path, rules_of(read.pair), older, without_dana)
    with open_reader(path) as reader:
        assert len(moments(reader)) == 4


async def test_a_refresh_may_give_the_cache_its_past(read: Bench) -> None:
    path = read.data / "cache.db"
    for file in read.data.glob("cache.db*"):
        file.unlink()
    engine = replace(
        read.engine,
        after_read=lambda: add_older_reads(
            path, rules_of(read.pair), (OlderRead(NOW_MS - DAY_MS),), without_dana
        ),
    )
    await engine.refresh(lambda _event: None, lambda: False)
    await engine.refresh(lambda _event: None, lambda: False)
    with open_reader(path) as reader:
        assert len(moments(reader)) == 3


def test_three_months_oldest_first() -> None:
    found = older_reads(NOW_MS)
    assert [one.at_ms for one in found] == [NOW_MS - days * DAY_MS for days in DAYS_AGO]
    assert (
        sum(one.directory_only for one in found) == sum(one.cut is not None for one in found) == 1
    )


def test_the_past_is_what_the_dates_say() -> None:
    (leaver, days), *_ = slips.SUSPENDED_IN_OKTA.items()
    grant = next(one for one in slips.DIRECT_GRANTS if one.login == leaver and one.days < 90)
    there = account_id(leaver)
    directory = Snapshot(
        1, SourceIdentity("okta", "okta", Side.DIRECTORY, "t"), NOW_MS, complete=True,
        accounts=(
            Account("u1", f"{leaver}@x", "D", AccountState.SUSPENDED, "SUSPENDED",
                    created_ms=NOW_MS - 900 * DAY_MS),
            Account("u2", "new@x", "N", AccountState.ACTIVE, created_ms=NOW_MS - 10 * DAY_MS),
        ),
        memberships=(Membership("g", "u2"),),
    )  # fmt: skip
    secrets = Snapshot(
        2, SourceIdentity("op", "onepassword", Side.SECRETS, "t"), NOW_MS, complete=True,
        listings=(Listing(Collection.ACCOUNTS, complete=True),),
        accounts=(Account(there, f"{leaver}@x", "D", AccountState.ACTIVE),),
        grants=(
            Grant(vault_id(grant.vault), PrincipalKind.ACCOUNT, there, Level.READ, "c"),
        ),
    )  # fmt: skip
    here, _ = state_at(directory, secrets, NOW_MS - (days + 1) * DAY_MS)
    assert here.accounts[0].state is AccountState.ACTIVE
    assert len(here.accounts) == 2
    here, _ = state_at(directory, secrets, NOW_MS - (days - 1) * DAY_MS)
    assert here.accounts[0].state is AccountState.SUSPENDED
    here, before = state_at(directory, secrets, NOW_MS - (grant.days + 1) * DAY_MS)
    assert (here.memberships, before.grants) == ((), ())
    assert [one.id for one in here.accounts] == ["u1"]
    _, after = state_at(directory, secrets, NOW_MS - (grant.days - 1) * DAY_MS)
    assert after.grants == secrets.grants


def test_a_group_is_pushed_until_its_push_stopped_and_then_nobody_who_joins_arrives() -> None:
    group, days = "ops-customs", slips.MAPPINGS_STOPPED["ops-customs"]
    late = next(login for name, login in late_members(workforce()) if name == group)
    number, who = okta_id("00g", group), okta_id("00u", late)
    stopped = Push(PushState.FAILED, "ERROR", error="why", at_ms=NOW_MS - days * DAY_MS)
    directory = Snapshot(
        1, SourceIdentity("okta", "okta", Side.DIRECTORY, "t"), NOW_MS, complete=True,
        accounts=(Account(who, f"{late}@x", "L", AccountState.ACTIVE),),
        groups=(Group(number, group, push=stopped),),
        memberships=(Membership(number, who),),
    )  # fmt: skip
    secrets = replace(directory, accounts=(), groups=(), memberships=())
    here, _ = state_at(directory, secrets, NOW_MS - (days + 1) * DAY_MS)
    assert here.groups[0].push == Push(PushState.OK)
    assert here.memberships == ()
    here, _ = state_at(directory, secrets, NOW_MS - (days - 1) * DAY_MS)
    assert (here.groups, here.memberships) == (directory.groups, directory.memberships)
