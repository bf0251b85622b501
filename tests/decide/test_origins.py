"""Who made an edge: which record is believed, and what is said where there is none."""

import pytest
from tests.decide.worlds import DAY_MS, NOW_MS

from keyturn.decide.origins import Known, Making, Origin, Sighting, origin_of, origin_words

KEY = ("person", "vault", "c")


def _made(at_ms: int, known: Known = Known.AUDIT, by: str = "t.ong") -> Making:
    return Making(KEY, at_ms, by, known, "r1" if known is Known.JOURNAL else "")


def test_the_newest_record_counts() -> None:
    other = Making(("person", "g", ""), NOW_MS, "x", Known.AUDIT)
    found = origin_of(KEY, [_made(NOW_MS - DAY_MS, by="old"), _made(NOW_MS - 5), other], None)
    assert found == Origin(Known.AUDIT, NOW_MS - 5, "t.ong")


def test_of_two_records_of_one_moment_keyturns_own_counts() -> None:
    found = origin_of(KEY, [_made(NOW_MS), _made(NOW_MS - 9_000, Known.JOURNAL, "ops@host")], None)
    assert (found.known, found.by, found.run_id) == (Known.JOURNAL, "ops@host", "r1")


def test_a_record_from_before_a_snapshot_without_the_edge_is_about_another() -> None:
    seen = Sighting(first_ms=NOW_MS, after_ms=NOW_MS - DAY_MS)
    found = origin_of(KEY, [_made(NOW_MS - 2 * DAY_MS)], seen)
    assert found == Origin(Known.SNAPSHOTS, NOW_MS, after_ms=NOW_MS - DAY_MS)
    assert origin_of(KEY, [_made(NOW_MS - 5)], seen).known is Known.AUDIT


def test_without_records() -> None:
    assert origin_of(KEY, [], None) == Origin(Known.BEFORE)
    assert origin_of(KEY, [], Sighting(NOW_MS, None)) == Origin(Known.BEFORE, NOW_MS)


def test_what_a_whole_log_does_not_tell_of_was_made_before_it_begins() -> None:
    since = NOW_MS - 700 * DAY_MS
    assert origin_of(KEY, [], Sighting(NOW_MS, None), since) == Origin(Known.BEFORE, since)
    assert origin_of(KEY, [], None, since) == Origin(Known.BEFORE, since)
    seen = Sighting(NOW_MS, NOW_MS - DAY_MS)
    assert origin_of(KEY, [], seen, since).known is Known.SNAPSHOTS


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        (Origin(Known.JOURNAL, NOW_MS, "ops", "r1"),
         "made 15 Jan 2027 by ops with keyturn (run r1)"),
        (Origin(Known.JOURNAL, NOW_MS, "", "r1"), "made 15 Jan 2027 with keyturn (run r1)"),
        (Origin(Known.AUDIT, NOW_MS, "t.ong"), "made 15 Jan 2027 by t.ong (audit log)"),
        (Origin(Known.AUDIT, NOW_MS), "made 15 Jan 2027 (audit log)"),
        (Origin(Known.SNAPSHOTS, NOW_MS, after_ms=NOW_MS - DAY_MS),
         "made between 14 Jan 2027 and 15 Jan 2027, by whom is not told"),
        (Origin(Known.SNAPSHOTS, NOW_MS, after_ms=NOW_MS - 1),
         "made on 15 Jan 2027, by whom is not told"),
        (Origin(Known.BEFORE, NOW_MS), "made before our history, which begins 15 Jan 2027"),
        (Origin(Known.BEFORE), "made before our history"),
    ],
)  # fmt: skip
def test_in_words(origin: Origin, words: str) -> None:
    assert origin_words(origin) == words
