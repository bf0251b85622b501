"""Differences between two snapshots, and who can open what: SQL against plain Python."""

import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.storage.worlds import Oracle, Read, account, reads, refresh, whole

from keyturn_providers.records import (
    Account,
    AccountState,
    Grant,
    Level,
    MachineIdentity,
    PrincipalKind,
)
from keyturn_storage.queries.changes import (
    Between,
    How,
    Narrowed,
    What,
    change_counts,
    changes,
)
from keyturn_storage.queries.reach import opened, openers, reach_changes
from keyturn_storage.queries.reader import Reader, open_reader
from keyturn_storage.snapshots import Cache, open_cache

Key = tuple[What, How, str, str, str]
READ = Grant("v", PrincipalKind.GROUP, "g", Level.READ, "c0")


def keys_of(held: Oracle) -> dict[tuple[What, str, str, str], object]:
    """Everything that can differ, by what it is, with what is compared."""
    found: dict[tuple[What, str, str, str], object] = {}
    for one in held.accounts.values():
        found[What.ACCOUNT, one.id, "", ""] = replace(one, last_seen_ms=None, state_since_ms=None)
    for group in held.groups.values():
        found[What.GROUP, group.id, "", ""] = group
    for vault in held.vaults.values():
        found[What.VAULT, vault.id, "", ""] = vault
    for machine in held.machines.values():
        found[What.MACHINE, machine.id, "", ""] = replace(machine, last_used_ms=None)
    for member in held.memberships:
        key = f"{member.member_kind.value} {member.member_id}"
        found[What.MEMBERSHIP, key, member.group_id, ""] = None
    for grant in held.grants.values():
        found[What.GRANT, "", grant.vault_id, grant.carrier] = grant
    return found


def difference(before: Oracle, after: Oracle) -> set[Key]:
    """With sets and no SQL."""
    old, new = keys_of(before), keys_of(after)
    found = {(what, How.WENT, a, b, c) for what, a, b, c in old.keys() - new.keys()}
    found |= {(what, How.APPEARED, a, b, c) for what, a, b, c in new.keys() - old.keys()}
    both = old.keys() & new.keys()
    return found | {
        (what, How.CHANGED, a, b, c) for what, a, b, c in both
        if old[what, a, b, c] != new[what, a, b, c]
    }  # fmt: skip


def by_sql(reader: Reader, between: Between, narrowed: Narrowed | None = None) -> list[Key]:
    found: list[Key] = []
    for what in What:
        for one in changes(reader, between, what, narrowed or Narrowed(), limit=10_000):
            subject = one.subject.id
            if what is What.MEMBERSHIP:
                subject = f"{one.subject.kind.name.lower()} {subject}"
            if what is What.GRANT:
                subject = ""
            about = one.object.id if one.object is not None else ""
            found.append((what, one.how, subject, about, one.carrier))
    return found


def source_no(reader: Reader) -> int:
    return int(reader.connection.execute("select no from source").fetchone()[0])


def number(reader: Reader, kind: int, id_: str) -> int:
    return int(
        reader.connection.execute(
            "select no from object where kind = ? and id = ?", (kind, id_)
        ).fetchone()[0]
    )


@given(st.lists(reads, min_size=2, max_size=5))
@example([whole((account("a"),), {"g": ("a",)}), whole(), whole((account("a"),), {"g": ("a",)})])
@settings(max_examples=25, deadline=None)
def test_the_difference_of_any_two_snapshots_is_that_of_the_oracle(
    steps: list[tuple[Read, ...]],
) -> None:
    with tempfile.TemporaryDirectory() as folder, open_cache(Path(folder) / "c.db") as cache:
        held, expected = Oracle(), list[tuple[int, Oracle]]()
        for step in steps:
            held = held.take(step)
            expected.append((refresh(cache, step).id, held))
        with open_reader(cache.path) as reader:
            for (a, before), (b, after) in combinations(expected, 2):
                between = Between(source_no(reader), a, b)
                found = by_sql(reader, between)
                assert len(found) == len(set(found))
                assert set(found) == difference(before, after)
                assert change_counts(reader, between) == Counter(key[:2] for key in found)


def reachable(held: Oracle, account_id: str, kind: str = "account") -> dict[str, Level]:
    """What an account can open, by walking up its groups."""
    principals, waiting = {("account", account_id)}, [(kind, account_id)]
    while waiting:
        here = waiting.pop()
        for member in held.memberships:
            outer = ("group", member.group_id)
            if (member.member_kind.value, member.member_id) == here and outer not in principals:
                principals.add(outer)
                waiting.append(outer)
    found: dict[str, Level] = {}
    mine = held.accounts.get(account_id)
    if mine is None or mine.state.is_off:
        return {}
    for grant in held.grants.values():
        if (grant.principal_kind.value, grant.principal_id) in principals:
            best = max(found.get(grant.vault_id, Level.NONE), grant.level, key=lambda x: x.rank)
            found[grant.vault_id] = best
    return {vault: level for vault, level in found.items() if level is not Level.NONE}


def pairs(found: Mapping[str, Mapping[str, Level]]) -> dict[tuple[str, str], Level]:
    return {(a, v): level for a, vaults in found.items() for v, level in vaults.items()}


@given(st.lists(reads, min_size=2, max_size=4))
@settings(max_examples=25, deadline=None)
def test_who_can_open_what_is_what_walking_up_the_groups_finds(
    steps: list[tuple[Read, ...]],
) -> None:
    with tempfile.TemporaryDirectory() as folder, open_cache(Path(folder) / "c.db") as cache:
        held, expected = Oracle(), list[tuple[int, Oracle]]()
        for step in steps:
            held = held.take(step)
            expected.append((refresh(cache, step).id, held))
        with open_reader(cache.path) as reader:
            accounts = _ids(reader, 1)
            vaults = _ids(reader, 3)
            was: dict[tuple[str, str], Level] | None = None
            last = 0
            for snapshot_id, oracle in expected:
                mine = pairs({a: reachable(oracle, a) for a in accounts.values()})
                by_account = {
                    (accounts[one.account_no], vaults[one.vault_no]): one.level
                    for no in accounts for one in opened(reader, no, snapshot_id)
                }  # fmt: skip
                by_vault = {
                    (accounts[one.account_no], vaults[one.vault_no]): one.level
                    for no in vaults for one in openers(reader, no, snapshot_id)
                }  # fmt: skip
                assert by_account == by_vault == mine
                if was is not None:
                    between = Between(source_no(reader), last, snapshot_id)
                    moved = {k for k in was.keys() | mine.keys() if was.get(k) != mine.get(k)}
                    assert _moved(reader, between, accounts=accounts) == moved
                    assert _moved(reader, between, vaults=vaults) == moved
                was, last = mine, snapshot_id


def _ids(reader: Reader, kind: int) -> dict[int, str]:
    return dict(
        reader.connection.execute("select no, id from object where kind = ?", (kind,)).fetchall()
    )


def _moved(
    reader: Reader, between: Between, *, accounts: Iterable[int] = (), vaults: Iterable[int] = ()
) -> set[tuple[str, str]]:
    every = [reach_changes(reader, between, account_no=no) for no in accounts]
    every += [reach_changes(reader, between, vault_no=no) for no in vaults]
    assert all(total == len(rows) for total, rows in every)
    return {(one.account.id, one.vault.id) for _, rows in every for one in rows}


@pytest.fixture
def told(cache: Cache) -> tuple[Cache, Between]:
    """Ana joins g, which opens v; Bo is suspended; Bo's token appears; w is a vault apart."""
    ana, bo = account("ana"), account("bo")
    other = Grant("w", PrincipalKind.ACCOUNT, "bo", Level.WRITE, "c1")
    first = refresh(
        cache, whole((ana, bo), {"g": ("bo",), "apart": ()}, {"v": (READ,), "w": (other,)})
    )
    second = refresh(
        cache,
        whole(
            (replace(ana, last_seen_ms=77), replace(bo, state=AccountState.SUSPENDED)),
            {"g": ("ana", "bo"), "apart": ("ana",)},
            {"v": (READ,), "w": (replace(other, level=Level.MANAGE),)},
            (MachineIdentity("m", "sync", "API token", owner_account_id="bo"),),
        ),
    )
    with open_reader(cache.path) as reader:
        return cache, Between(source_no(reader), first.id, second.id)


def test_that_somebody_was_seen_is_no_change_but_a_suspension_is(
    told: tuple[Cache, Between],
) -> None:
    cache, between = told
    with open_reader(cache.path) as reader:
        (one,) = changes(reader, between, What.ACCOUNT)
    assert (one.how, one.subject.id, one.seen_snapshot) == (How.CHANGED, "bo", between.after)
    assert '"active"' in one.before
    assert '"suspended"' in one.after


def test_narrowed_to_a_person_only_what_is_theirs_is_left(told: tuple[Cache, Between]) -> None:
    cache, between = told
    with open_reader(cache.path) as reader:
        bo = Narrowed(frozenset({number(reader, 1, "bo")}))
        ana = Narrowed(frozenset({number(reader, 1, "ana")}))
        assert set(by_sql(reader, between, bo)) == {
            (What.ACCOUNT, How.CHANGED, "bo", "", ""),
            (What.GRANT, How.CHANGED, "", "w", "c1"),
            (What.MACHINE, How.APPEARED, "m", "", ""),
        }
        assert set(by_sql(reader, between, ana)) == {
            (What.MEMBERSHIP, How.APPEARED, "account ana", "g", ""),
            (What.MEMBERSHIP, How.APPEARED, "account ana", "apart", ""),
        }


def test_narrowed_to_a_vault_the_groups_that_open_it_count(told: tuple[Cache, Between]) -> None:
    cache, between = told
    with open_reader(cache.path) as reader:
        vault = Narrowed(vault_no=number(reader, 3, "v"))
        assert by_sql(reader, between, vault) == [
            (What.MEMBERSHIP, How.APPEARED, "account ana", "g", "")
        ]
        total, rows = reach_changes(reader, between, vault_no=vault.vault_no)
    assert total == 2
    assert [(one.account.id, one.before, one.after) for one in rows] == [
        ("bo", Level.READ, None), ("ana", None, Level.READ),
    ]  # fmt: skip


def test_rows_are_windowed_and_counts_are_not(cache: Cache) -> None:
    first = refresh(cache, whole())
    second = refresh(cache, whole(tuple(Account(f"a{n:02}", "x", "N", AccountState.ACTIVE)
                                        for n in range(30))))  # fmt: skip
    with open_reader(cache.path) as reader:
        between = Between(source_no(reader), first.id, second.id)
        page = changes(reader, between, What.ACCOUNT, limit=10, offset=10)
        assert [one.subject.id for one in page] == [f"a{n}" for n in range(10, 20)]
        assert change_counts(reader, between) == {(What.ACCOUNT, How.APPEARED): 30}
