"""The timed report of a drill."""

import pytest

from keyturn.demo.drill.episodes import of_locked_out, of_storm
from keyturn.demo.drill.report import Episode, clock, duration, report
from keyturn.demo.drill.seen import Read

CAME_THROUGH = Episode("a storm of 429", 0.4, 9.26, ("Okta refused 30 requests.",), well=True)
DID_NOT = Episode("kill -9", 70.0, 61.0, ("A run is open.", "word " * 40), well=False)


def test_each_episode_has_its_time_its_sign_and_its_words() -> None:
    lines = list(report([CAME_THROUGH, DID_NOT], 133.0))
    assert "The drill took 2 m 13 s." in lines
    assert any(line.startswith("=   0:00") and "9.3 s  a storm of 429" in line for line in lines)
    assert any(line.startswith("!   1:10") and "1 m 01 s  kill -9" in line for line in lines)
    assert any(line.strip() == "Okta refused 30 requests." for line in lines)
    assert max(len(line) for line in lines) < 80


def test_it_ends_with_what_keyturn_did_not_come_through() -> None:
    assert list(report([CAME_THROUGH], 10.0))[-1] == "keyturn came through all 1 of them."
    last = list(report([CAME_THROUGH, DID_NOT], 10.0))[-1]
    assert last == "FAILED: keyturn did not come through: kill -9."


def test_what_was_not_tried_is_said_and_is_no_failure() -> None:
    untried = Episode("the offboarding", 0.0, 9.0, ("Nobody was offboarded.",), well=None)
    lines = list(report([CAME_THROUGH, untried], 10.0))
    assert lines[-2:] == [
        "keyturn came through the other 1 of them.", "Not tried: the offboarding.",
    ]  # fmt: skip
    assert any(line.startswith("?   0:00") for line in lines)


def test_long_titles_go_on_below() -> None:
    long = Episode("a trouble " * 12, 0.0, 9.0, ("It ended.",), well=False)
    assert max(map(len, report([long], 10.0))) < 80


@pytest.mark.parametrize(
    ("seconds", "short", "long"),
    [
        (0, "0:00", "0.0 s"),
        (59.94, "0:59", "59.9 s"),
        (60, "1:00", "1 m 00 s"),
        (3601, "60:01", "60 m 01 s"),
    ],
)
def test_times_are_read_at_a_glance(seconds: float, short: str, long: str) -> None:
    assert (clock(seconds), duration(seconds)) == (short, long)


BEFORE, CUT, WHOLE = Read(500, 900, True), Read(1_000, 3_000, False), Read(4_000, 9_500, True)


@pytest.mark.parametrize(
    ("refused", "reads", "well", "took_s", "words"),
    [
        (0, [BEFORE], True, 0.0, "refused nothing"),
        (7, [BEFORE], True, 0.0, "No refresh was begun"),
        (7, [BEFORE, CUT], False, 0.0, "no read of Okta has been whole"),
        (7, [BEFORE, CUT, WHOLE], True, 8.5, "Okta refused 7 requests; keyturn waited, and read"),
    ],
)
def test_a_storm_is_come_through_only_if_a_read_came_through_it(
    refused: int, reads: list[Read], well: bool, took_s: float, words: str
) -> None:
    found = of_storm(refused, 1_000, reads)
    assert (found.well, found.took_s) == (well, took_s)
    assert words in found.words[0]


@pytest.mark.parametrize(
    ("reads", "well", "words"),
    [
        ([], True, "No refresh met it"),
        ([CUT, CUT], True, "shown as incomplete: 2."),
        ([CUT, WHOLE], False, "cannot be: 1."),
    ],
)
def test_without_1password_no_read_is_whole(reads: list[Read], well: bool, words: str) -> None:
    found = of_locked_out(25.0, 20.0, reads)
    assert found.well is well
    assert any(words in sentence for sentence in found.words)


def test_which_reads_a_time_has_cut() -> None:
    assert CUT.within(1_000, 3_000)
    assert not CUT.within(1_001, 3_000)
    assert [CUT.cut_by(*time) for time in ((3_000, 9_000), (3_001, 9_000), (0, 999))] == [
        True,
        False,
        False,
    ]
    assert not WHOLE.cut_by(0, 10_000)
