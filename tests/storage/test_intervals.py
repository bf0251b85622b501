"""Interval rows against the oracle: whatever was read, each snapshot loads as it was."""

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.storage.worlds import Oracle, Read, account, reads, refresh, whole

from keyturn_providers.records import Collection
from keyturn_storage.snapshots import open_cache

SHRINKING = [
    whole((account("a"), account("b")), {"g": ("a", "b"), "h": ("g", "a")}),
    whole((account("a"),), {"g": ("a",), "h": ("g",)}),
    whole((account("a"),), {"h": ()}),
    whole(),
]


@given(st.lists(reads, min_size=1, max_size=5))
@example(SHRINKING)
@settings(max_examples=60, deadline=None)
def test_every_sealed_snapshot_loads_as_the_oracle_says(steps: list[tuple[Read, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder, open_cache(Path(folder) / "c.db") as cache:
        held = Oracle()
        expected: dict[int, Oracle] = {}
        for step in steps:
            held = held.take(step)
            expected[refresh(cache, step).id] = held
        for snapshot_id, oracle in expected.items():
            assert oracle.differs_from(cache.load(snapshot_id)) == ""
        # They are not checked row by row while a snapshot is sealed.
        with closing(sqlite3.connect(Path(folder) / "c.db")) as raw:
            assert raw.execute("pragma foreign_key_check").fetchall() == []


@given(st.lists(reads, min_size=2, max_size=6), st.integers(1, 7), st.integers(1, 3))
@example(SHRINKING, 3, 1)
@settings(max_examples=60, deadline=None)
def test_kept_snapshots_load_the_same_after_others_are_forgotten(
    steps: list[tuple[Read, ...]], before: int, batch: int
) -> None:
    with tempfile.TemporaryDirectory() as folder, open_cache(Path(folder) / "c.db") as cache:
        held = Oracle()
        expected: dict[int, Oracle] = {}
        for number, step in enumerate(steps, start=1):
            held = held.take(step)
            expected[refresh(cache, step, at_ms=number).id] = held
        gone = cache.forget_before("bao", before, batch=batch)
        kept = [info.id for info in cache.snapshots("bao")]
        assert len(kept) == len(steps) - gone
        assert max(expected) in kept
        for snapshot_id in kept:
            assert expected[snapshot_id].differs_from(cache.load(snapshot_id)) == ""
        # And what comes after is stored as if nothing had been forgotten.
        again = held.take(steps[0])
        assert again.differs_from(cache.load(refresh(cache, steps[0], at_ms=99).id)) == ""


@given(st.lists(reads, min_size=1, max_size=4), reads)
@settings(max_examples=60, deadline=None)
def test_nothing_is_removed_inside_an_incomplete_listing(
    steps: list[tuple[Read, ...]], last: tuple[Read, ...]
) -> None:
    """Stated apart from the oracle: with every listing cut, nothing that was there is gone."""
    cut = tuple(Read(r.collection, r.parent_id, False, r.records, r.unreadable) for r in last)
    with tempfile.TemporaryDirectory() as folder, open_cache(Path(folder) / "c.db") as cache:
        for step in steps:
            before = cache.load(refresh(cache, step).id)
        info = refresh(cache, cut)
        after = cache.load(info.id)
    assert not info.complete
    for collection in (Collection.ACCOUNTS, Collection.GROUPS, Collection.VAULTS):
        there = {record.id for record in getattr(before, collection)}
        assert there <= {record.id for record in getattr(after, collection)}
    assert set(before.memberships) <= set(after.memberships)
    assert {(g.vault_id, g.carrier) for g in before.grants} <= {
        (g.vault_id, g.carrier) for g in after.grants
    }
