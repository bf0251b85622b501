"""The reads over time: which belong together, what they can be shown as, and how much drifted."""

from pathlib import Path

from tests.storage.worlds import DIRECTORY, SECRETS, account, refresh, whole

from keyturn_storage.queries.moments import DriftPoint, drift_points, moment_at, moments
from keyturn_storage.queries.reader import open_reader
from keyturn_storage.rows import DriftCounts, FindingIn
from keyturn_storage.snapshots import Cache

HOUR_MS = 3_600_000


def both(cache: Cache, at_ms: int) -> tuple[int, int]:
    """One refresh: the secrets side begins first and ends last."""
    secrets = cache.begin(SECRETS, at_ms - 10)
    directory = cache.begin(DIRECTORY, at_ms - 9)
    cache.seal(directory, at_ms - 5)
    cache.seal(secrets, at_ms)
    return directory, secrets


def finding(number: int, rank: int) -> FindingIn:
    return FindingIn(f"{number:012x}", "k", "urgent", rank, "!", "", "", "", "", "", "", "{}")


def test_what_was_read_at_the_same_time_is_one_moment(cache: Cache) -> None:
    first = both(cache, HOUR_MS)
    second = both(cache, 2 * HOUR_MS)
    with open_reader(cache.path) as reader:
        newest, oldest = moments(reader)
    assert (newest.pair, oldest.pair) == (second, first)
    assert (newest.started_ms, newest.ended_ms) == (2 * HOUR_MS - 10, 2 * HOUR_MS)
    assert newest.no == min(second)


def test_a_side_that_failed_leaves_the_one_before_standing(cache: Cache) -> None:
    directory, secrets = both(cache, HOUR_MS)
    failed = cache.begin(SECRETS, 2 * HOUR_MS)
    later = cache.begin(DIRECTORY, 2 * HOUR_MS)
    cache.abandon(failed, "the bridge did not answer")
    cache.seal(later, 2 * HOUR_MS + 5)
    with open_reader(cache.path) as reader:
        newest, oldest = moments(reader)
    assert oldest.pair == (directory, secrets)
    assert newest.pair == (later, secrets)
    assert newest.secrets is not None
    assert (newest.secrets.state, newest.secrets.error) == (
        "abandoned", "the bridge did not answer",
    )  # fmt: skip


def test_before_both_sides_were_read_nothing_can_be_shown(cache: Cache) -> None:
    refresh(cache, whole((account("a"),)), at_ms=HOUR_MS)
    with open_reader(cache.path) as reader:
        (only,) = moments(reader)
        assert only.pair is None
        assert moment_at((only,), 2 * HOUR_MS) == (None, None)


def test_a_time_is_between_two_moments(cache: Cache) -> None:
    for hour in (1, 2, 3):
        both(cache, hour * HOUR_MS)
    with open_reader(cache.path) as reader:
        found = moments(reader)
    third, second, first = found
    assert moment_at(found, 2 * HOUR_MS) == (second, third)
    assert moment_at(found, 2 * HOUR_MS - 1) == (first, third)  # the second had not ended
    assert moment_at(found, HOUR_MS - 1) == (None, second)
    assert moment_at(found, HOUR_MS - 11) == (None, first)
    assert moment_at(found, 9 * HOUR_MS) == (third, None)


def test_a_listing_that_was_cut_is_counted(cache: Cache) -> None:
    one, *rest = whole((account("a"),))
    cut = (type(one)(one.collection, one.parent_id, False, one.records), *rest)
    refresh(cache, cut, at_ms=HOUR_MS)
    with open_reader(cache.path) as reader:
        (moment,) = moments(reader)
    assert moment.secrets is not None
    assert (moment.secrets.incomplete, moment.secrets.listings) == (1, len(cut))


def test_drift_is_remembered_for_each_pair_and_the_last_judgement_of_it_counts(
    cache: Cache,
) -> None:
    first, second = both(cache, HOUR_MS), both(cache, 2 * HOUR_MS)
    cache.store_assessment(*first, 10, [], [], [finding(1, 0), finding(2, 1)])
    cache.store_assessment(*second, 20, [], [], [finding(1, 0)])
    cache.store_assessment(*second, 30, [], [], [])
    with open_reader(cache.path) as reader:
        assert [one.drift for one in moments(reader)] == [DriftCounts(0, 0), DriftCounts(1, 2)]
        assert drift_points(reader) == (DriftPoint(10, 1, 2), DriftPoint(30, 0, 0))
        assert drift_points(reader, until=first) == (DriftPoint(10, 1, 2),)
        assert drift_points(reader, 1) == (DriftPoint(30, 0, 0),)


def test_counts_stay_when_their_snapshots_are_forgotten(cache: Cache) -> None:
    first, second = both(cache, HOUR_MS), both(cache, 2 * HOUR_MS)
    cache.store_assessment(*first, 10, [], [], [finding(1, 0)])
    cache.store_assessment(*second, 20, [], [], [])
    for name in ("people", "bao"):
        assert cache.forget_before(name, HOUR_MS + 1) == 1
    with open_reader(cache.path) as reader:
        assert [one.pair for one in moments(reader)] == [second]
        assert len(drift_points(reader)) == 2


def test_a_cache_from_before_drift_was_remembered_begins_with_what_stands(
    cache_path: Path,
) -> None:
    from dataclasses import replace

    from keyturn_storage.connections import connect, settle_cache
    from keyturn_storage.files import create_private
    from keyturn_storage.migrations import migrate
    from keyturn_storage.schema_cache import CACHE

    create_private(cache_path)
    older = replace(CACHE, migrations=CACHE.migrations[:3])
    connection = connect(cache_path)
    settle_cache(connection, cache_path)
    migrate(connection, cache_path, older, lambda: 1)
    connection.execute("insert into source values (1, 'people', 'scim', 'directory', 't')")
    connection.execute(
        "insert into snapshot (id, source_no, state, started_ms, host, pid, process_start) "
        "values (1, 1, 'sealed', 5, '', 0, '')"
    )
    connection.execute("insert into assessment values (1, 1, 1, 7, 3, 2, 9)")
    connection.close()
    with open_reader(cache_path) as reader:
        assert drift_points(reader) == (DriftPoint(7, 2, 9),)
