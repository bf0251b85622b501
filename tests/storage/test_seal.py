"""What a seal closes, keeps and says, case by case; and who may seal."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from tests.storage.worlds import DIRECTORY, SECRETS, Read, account, refresh, whole

from keyturn_providers.records import (
    Account,
    AccountState,
    Collection,
    Email,
    Grant,
    Level,
    Listing,
    MachineIdentity,
    Membership,
    PermissionRules,
    PrincipalKind,
    Snapshot,
    SourceIdentity,
    Unreadable,
)
from keyturn_storage.errors import SnapshotOvertaken, TenantDiffers
from keyturn_storage.snapshots import Cache, open_cache

A, B, C = account("a"), account("b"), account("c")
READ = Grant("v", PrincipalKind.ACCOUNT, "a", Level.READ, "c1")
FULL = whole((A, B), {"g": ("a", "b"), "h": ("a",)}, {"v": (READ,), "w": ()})


def _ids(found: Snapshot) -> tuple[set[str], set[tuple[str, str]], set[str]]:
    return (
        {a.id for a in found.accounts},
        {(m.group_id, m.member_id) for m in found.memberships},
        {g.carrier for g in found.grants},
    )


def _replaced(reads: tuple[Read, ...], *new: Read) -> tuple[Read, ...]:
    keys = {(r.collection, r.parent_id) for r in new}
    return (*(r for r in reads if (r.collection, r.parent_id) not in keys), *new)


def test_a_whole_read_is_complete_and_every_check_passes(cache: Cache) -> None:
    info = refresh(cache, FULL, at_ms=77)
    assert info.complete
    assert {verdict for _, verdict in info.invariants} == {"passed"}
    assert (info.state, info.ended_ms, info.blind_spots) == ("sealed", 77, ("no audit log",))
    counts = (info.accounts, info.groups, info.memberships, info.vaults, info.grants)
    assert counts == (2, 2, 3, 2, 1)
    # Not when it ended: what a slow refresh read first is as old as the refresh.
    assert cache.load(info.id).taken_ms == info.started_ms != info.ended_ms
    assert [row.taken_ms for row in cache.sources()] == [info.started_ms]
    assert cache.latest("bao") == info


def test_permission_rules_come_back_as_the_source_gave_them(cache: Cache) -> None:
    rules = PermissionRules(
        levels=((Level.READ, ("view",)), (Level.WRITE, ("view", "edit"))),
        needs=(("edit", ("view",)), ("view", ())),
    )
    given = cache.begin(SECRETS, 5)
    assert cache.load(cache.seal(given, 6, permission_rules=rules).id).permission_rules == rules
    without = cache.begin(SECRETS, 7)
    assert cache.load(cache.seal(without, 8).id).permission_rules is None


def test_every_field_of_every_record_comes_back(cache: Cache) -> None:
    rich = Account(
        "ä/1",
        "login\x00",
        "O'Neil \U0001f600 李",
        AccountState.UNKNOWN,
        "on holiday",
        emails=(Email("a@b", True), Email("c@d", False)),
        external_id="x",
        title="t",
        department="d",
        manager="m",
        roles=("root", "sudo"),
        created_ms=1,
        last_seen_ms=2,
        state_since_ms=3,
    )
    token = MachineIdentity("m", "robot", "token", "ä/1", 1, 2, None, "note")
    grant = Grant(
        "v", PrincipalKind.MACHINE, "m", Level.UNKNOWN, "token/x/y", ("read", "list"), False, "odd"
    )
    info = refresh(cache, whole((rich,), {}, {"v": (grant,)}, (token,)))
    found = cache.load(info.id)
    assert (found.accounts, found.machines, found.grants) == ((rich,), (token,), (grant,))
    assert found.source == SECRETS


def test_a_cut_list_of_accounts_closes_nobody(cache: Cache) -> None:
    refresh(cache, FULL)
    info = refresh(cache, _replaced(FULL, Read(Collection.ACCOUNTS, "", False, (A, C))))
    assert not info.complete
    assert _ids(cache.load(info.id))[0] == {"a", "b", "c"}


def test_a_cut_member_list_keeps_that_group_only(cache: Cache) -> None:
    refresh(cache, FULL)
    info = refresh(
        cache,
        _replaced(
            FULL,
            Read(Collection.MEMBERSHIPS, "g", False, ()),
            Read(Collection.MEMBERSHIPS, "h", True, ()),
        ),
    )
    assert not info.complete
    assert _ids(cache.load(info.id))[1] == {("g", "a"), ("g", "b")}
    bad = [listing for listing in info.listings if not listing.complete]
    assert [(b.collection, b.parent_id, b.error) for b in bad] == [
        (Collection.MEMBERSHIPS, "g", "cut at page 2")
    ]


def test_a_group_that_is_gone_takes_its_members_along(cache: Cache) -> None:
    refresh(cache, FULL)
    info = refresh(cache, whole((A, B), {"h": ("a",)}, {"w": ()}))
    assert info.complete
    assert _ids(cache.load(info.id))[1:] == ({("h", "a")}, set())


def test_a_group_missing_from_a_cut_list_keeps_its_members(cache: Cache) -> None:
    refresh(cache, FULL)
    info = refresh(cache, (Read(Collection.GROUPS, "", False, ()),))
    assert _ids(cache.load(info.id))[1] == {("g", "a"), ("g", "b"), ("h", "a")}


def test_a_listing_that_never_ended_closes_nothing(cache: Cache) -> None:
    refresh(cache, FULL)
    snapshot_id = cache.begin(SECRETS, 5)
    cache.stage(snapshot_id, [C], collection=Collection.ACCOUNTS)
    info = cache.seal(snapshot_id, 6)
    assert not info.complete
    assert _ids(cache.load(info.id))[0] == {"a", "b", "c"}


def test_an_unreadable_record_with_an_id_keeps_what_is_known_of_it(cache: Cache) -> None:
    refresh(cache, FULL)
    info = refresh(
        cache,
        _replaced(
            FULL,
            Read(Collection.ACCOUNTS, "", True, (A,), ("b", "never-seen")),
            Read(Collection.MEMBERSHIPS, "g", True, (), ("b",)),
            Read(Collection.GRANTS, "v", True, (), ("c1",)),
        ),
    )
    assert info.complete
    assert info.unreadable == 4
    ids = _ids(cache.load(info.id))
    assert ids == ({"a", "b"}, {("g", "b"), ("h", "a")}, {"c1"})


def test_an_unreadable_record_without_an_id_makes_its_listing_incomplete(cache: Cache) -> None:
    refresh(cache, FULL)
    info = refresh(cache, _replaced(FULL, Read(Collection.ACCOUNTS, "", True, (A,), (None,))))
    listing = next(found for found in info.listings if found.collection is Collection.ACCOUNTS)
    assert not info.complete
    assert not listing.complete
    assert "no id" in listing.error
    assert _ids(cache.load(info.id))[0] == {"a", "b"}


def test_a_group_whose_members_were_not_asked_for_makes_the_whole_incomplete(cache: Cache) -> None:
    reads = tuple(r for r in FULL if (r.collection, r.parent_id) != (Collection.MEMBERSHIPS, "h"))
    info = refresh(cache, reads)
    assert not info.complete
    assert dict(info.invariants)["every group has its member list"].startswith("failed: 1 ")


def test_a_collection_that_was_not_asked_for_makes_the_whole_incomplete(cache: Cache) -> None:
    robot = MachineIdentity("m", "robot", "token")
    assert refresh(cache, whole((A,), machines=(robot,))).complete
    info = refresh(cache, tuple(r for r in whole((A,)) if r.collection is not Collection.MACHINES))
    assert not info.complete
    assert cache.load(info.id).machines == (robot,)


def test_a_member_nobody_listed_is_said(cache: Cache) -> None:
    info = refresh(cache, whole((A,), {"g": ("a", "ghost")}))
    rule = "every member account is known"
    assert dict(info.invariants)[rule].startswith("failed: 1 ")
    cut = Read(Collection.ACCOUNTS, "", False, ())
    again = refresh(cache, _replaced(whole((A,), {"g": ("a", "ghost")}), cut))
    assert dict(again.invariants)[rule].startswith("skipped: ")


def test_rows_that_came_twice_or_were_lost_are_said(cache: Cache) -> None:
    snapshot_id = cache.begin(SECRETS, 5)
    cache.stage(snapshot_id, [A, A], collection=Collection.ACCOUNTS)
    cache.end_listing(snapshot_id, Listing(Collection.ACCOUNTS, "", True, "2 of 2", "", 2))
    info = cache.seal(snapshot_id, 6)
    verdicts = dict(info.invariants)
    assert verdicts["as many rows are stored as each listing gave"].startswith("failed: 1 ")


def test_a_record_of_another_listing_is_refused_and_nothing_is_kept(cache: Cache) -> None:
    snapshot_id = cache.begin(SECRETS, 5)
    with pytest.raises(ValueError, match="came in the listing of"):
        cache.stage(
            snapshot_id,
            [Membership("g", "a"), Membership("h", "a")],
            collection=Collection.MEMBERSHIPS,
            parent_id="g",
        )
    with pytest.raises(ValueError, match="came in the listing of"):
        cache.stage(snapshot_id, [A], collection=Collection.GROUPS)
    cache.stage(snapshot_id, [Unreadable("x", "odd")], collection=Collection.ACCOUNTS)
    assert cache.load(cache.seal(snapshot_id, 6).id).memberships == ()


@pytest.mark.parametrize(
    "changed",
    [
        SourceIdentity("bao", "openbao", SECRETS.side, "another"),
        SourceIdentity("bao", "scim", SECRETS.side, SECRETS.tenant),
    ],
)
def test_another_tenant_under_the_same_name_is_refused(
    cache: Cache, changed: SourceIdentity
) -> None:
    info = refresh(cache, FULL)
    with pytest.raises(TenantDiffers, match="bao: will not refresh: it now leads to"):
        cache.begin(changed, 9)
    assert [found.id for found in cache.snapshots("bao")] == [info.id]


def test_the_older_of_two_refreshes_at_once_does_not_overwrite(cache_path: Path) -> None:
    with open_cache(cache_path) as first, open_cache(cache_path) as second:
        older = first.begin(SECRETS, 1)
        first.stage(older, [A], collection=Collection.ACCOUNTS)
        newer = refresh(second, FULL)
        with pytest.raises(SnapshotOvertaken):
            first.seal(older, 9)
        assert first.latest("bao") == newer
        found = first.info(older)
        assert found is not None
        assert (found.state, "sealed first" in found.error) == ("abandoned", True)


def test_an_abandoned_snapshot_changes_nothing_and_says_why(cache: Cache) -> None:
    before = refresh(cache, FULL)
    snapshot_id = cache.begin(SECRETS, 5)
    cache.stage(snapshot_id, [C], collection=Collection.ACCOUNTS)
    cache.abandon(snapshot_id, "host not found")
    assert cache.latest("bao") == before
    assert cache.sources()[0].error == "host not found"
    with pytest.raises(ValueError, match="not being read"):
        cache.seal(snapshot_id, 9)
    with pytest.raises(ValueError, match="not sealed"):
        cache.load(snapshot_id)
    refresh(cache, FULL)
    assert cache.sources()[0].error == ""


def test_recovery_abandons_what_dead_processes_left_and_no_others(cache_path: Path) -> None:
    with open_cache(cache_path) as living, open_cache(cache_path) as other:
        mine = living.begin(SECRETS, 1)
        assert other.recover() == ()
        assert other.recover(probe=lambda _: "another process with this number") == (mine,)
        found = other.info(mine)
        assert found is not None
        assert (found.state, found.error) == ("abandoned", "the refresh ended without finishing")


def test_latest_complete_is_told_from_latest(cache: Cache) -> None:
    good = refresh(cache, FULL)
    bad = refresh(cache, _replaced(FULL, Read(Collection.ACCOUNTS, "", False, ())))
    assert cache.latest("bao") == bad
    assert cache.latest("bao", complete_only=True) == good
    assert cache.latest("nobody") is None
    assert [info.id for info in cache.snapshots("bao")] == [bad.id, good.id]


def test_sources_are_kept_apart_though_their_ids_are_the_same(cache: Cache) -> None:
    here = refresh(cache, FULL, source=DIRECTORY)
    there = refresh(cache, whole((B,), {"g": ("b",)}))
    assert _ids(cache.load(here.id))[0] == {"a", "b"}
    assert _ids(cache.load(there.id)) == ({"b"}, {("g", "b")}, set())
    rows = cache.sources()
    assert [(row.source, row.accounts, row.groups) for row in rows] == [
        (DIRECTORY, 2, 2),
        (SECRETS, 1, 1),
    ]


def test_two_sources_are_read_at_once_and_the_seal_of_one_leaves_the_other_staged(
    cache: Cache,
) -> None:
    first, second = cache.begin(DIRECTORY, 5), cache.begin(SECRETS, 5)
    for snapshot_id, one in ((first, A), (second, B), (first, C)):
        cache.stage(snapshot_id, [one], collection=Collection.ACCOUNTS)
    for snapshot_id, rows in ((first, 2), (second, 1)):
        listing = Listing(Collection.ACCOUNTS, "", True, "all", "", rows)
        cache.end_listing(snapshot_id, listing)
    assert _ids(cache.load(cache.seal(first, 6).id))[0] == {"a", "c"}
    assert _ids(cache.load(cache.seal(second, 7).id))[0] == {"b"}
    third = cache.begin(SECRETS, 8)
    cache.end_listing(third, Listing(Collection.ACCOUNTS, "", True, "all", "", 0))
    assert _ids(cache.load(cache.seal(third, 9).id))[0] == set()


def test_forgetting_a_gap_makes_one_row_of_two(cache_path: Path) -> None:
    """Otherwise a year of refreshes would leave a row for every flicker."""
    with open_cache(cache_path) as cache:
        refresh(cache, FULL, at_ms=1)
        refresh(cache, whole(), at_ms=2)
        last = refresh(cache, FULL, at_ms=3)
        cache.forget_before("bao", 3)
        assert [info.id for info in cache.snapshots("bao")] == [last.id]
    with closing(sqlite3.connect(cache_path)) as raw:
        for table, rows in (("membership", 3), ("vault_grant", 1), ("presence", 6)):
            found = raw.execute(f"select count(*), count(to_snapshot) from {table}").fetchone()
            assert found == (rows, 0), table
