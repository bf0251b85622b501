"""The timed report of a drill."""

import pytest

from keyturn.demo.drill.report import Episode, clock, duration, report

CAME_THROUGH = Episode("a storm of 429", 0.4, 9.26, ("Okta refused 30 requests.",), well=True)
DID_NOT = Episode("kill -9", 70.0, 61.0, ("A run is open.", "word " * 40), well=False)


def test_each_episode_has_its_time_its_sign_and_its_words() -> None:
    lines = list(report([CAME_THROUGH, DID_NOT], 133.0))
    assert "The drill took 2 m 13 s." in lines
    assert any(line.startswith("=   0:00") and "9.3 s  a storm of 429" in line for line in lines)
    assert any(line.startswith("!   1:10") and "1 m 01 s  kill -9" in line for line in lines)
    assert any(line.strip() == "Okta refused 30 requests." for line in lines)
    assert max(len(line) for line in lines) <= 100


def test_it_ends_with_what_keyturn_did_not_come_through() -> None:
    assert list(report([CAME_THROUGH], 10.0))[-1] == "keyturn came through all 1 of them."
    last = list(report([CAME_THROUGH, DID_NOT], 10.0))[-1]
    assert last == "FAILED: keyturn did not come through: kill -9."


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
