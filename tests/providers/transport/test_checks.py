"""What is seen of a server on the way, and the words and conditions it comes to."""

import pytest

from keyturn_providers.checks import (
    certificate_check,
    clock_check,
    rate_checks,
    server_checks,
    span,
    token_check,
)
from keyturn_providers.contract import (
    Condition,
    OwnIdentity,
    Topic,
)
from keyturn_providers.ratelimit import Window
from keyturn_providers.sightings import Seen, seen_in

NOW_S = 1_800_000_000.0  # Fri, 15 Jan 2027 08:00:00 GMT
NOW_MS = 1_800_000_000_000
DATE = {"date": "Fri, 15 Jan 2027 08:00:00 GMT"}
DAY_MS = 86_400_000


def test_clocks_that_agree_differ_by_no_more_than_the_doubt() -> None:
    seen = seen_in(DATE, NOW_S, NOW_S + 0.4, "")
    assert seen.clock_offset_ms is not None
    assert abs(seen.clock_offset_ms) <= seen.clock_doubt_ms == 700
    assert clock_check("idp", seen).condition is Condition.WELL


@pytest.mark.parametrize(
    ("ahead_s", "condition", "words"),
    [
        (4, Condition.WELL, "agree to within"),
        (-20, Condition.WATCH, "20 s behind"),
        (20, Condition.WATCH, "20 s ahead of"),
        (-3600, Condition.WRONG, "60 min behind"),
        (300, Condition.WRONG, "5 min ahead of"),
    ],
)
def test_a_clock_that_differs(ahead_s: int, condition: Condition, words: str) -> None:
    check = clock_check("idp", seen_in(DATE, NOW_S - ahead_s, NOW_S - ahead_s + 0.2, ""))
    assert check.condition is condition
    assert words in check.words


def test_a_slow_answer_is_no_proof_of_a_wrong_clock() -> None:
    """The header may have been written at any moment of those two minutes."""
    seen = seen_in(DATE, NOW_S - 120, NOW_S, "")
    assert clock_check("idp", seen).condition is Condition.WELL


@pytest.mark.parametrize("headers", [{}, {"date": "soon"}, {**DATE, "age": "40"}])
def test_no_time_told_is_not_known(headers: dict[str, str]) -> None:
    seen = seen_in(headers, NOW_S, NOW_S, "")
    assert seen.clock_offset_ms is None
    assert clock_check("idp", seen).condition is Condition.UNKNOWN


def test_the_end_of_a_certificate_as_openssl_words_it() -> None:
    seen = seen_in({}, NOW_S, NOW_S, "Jan 25 08:00:00 2027 GMT")
    assert seen.certificate_expires_ms == NOW_MS + 10 * DAY_MS
    assert seen_in({}, NOW_S, NOW_S, "some day").certificate_expires_ms is None


@pytest.mark.parametrize(
    ("address", "expires_ms", "condition", "words"),
    [
        ("https://idp.example", NOW_MS + 200 * DAY_MS, Condition.WELL, "ends in 200 days"),
        ("https://idp.example", NOW_MS + 10 * DAY_MS, Condition.WATCH, "ends in 10 days: renew"),
        ("https://idp.example", NOW_MS - DAY_MS, Condition.WRONG, "ended 24 h ago"),
        ("https://idp.example", None, Condition.UNKNOWN, "not told"),
        ("http://127.0.0.1:8200", None, Condition.WELL, "Plain http on this machine"),
    ],
)
def test_a_certificate(
    address: str, expires_ms: int | None, condition: Condition, words: str
) -> None:
    check = certificate_check("idp", address, expires_ms, NOW_MS)
    assert (check.topic, check.condition) == (Topic.CERTIFICATE, condition)
    assert words in check.words


@pytest.mark.parametrize(
    ("created_d", "expires_d", "endless", "condition", "words"),
    [
        (None, None, False, Condition.UNKNOWN, "neither age nor end"),
        (None, None, True, Condition.WELL, "the token never ends"),
        (-10, None, True, Condition.WELL, "made 10 days ago and never ends"),
        (-10, None, False, Condition.WELL, "made 10 days ago and its end is not told"),
        (-500, None, True, Condition.WATCH, "more than a year old"),
        (-10, 90, False, Condition.WELL, "made 10 days ago ends in 90 days"),
        (-200, 3, False, Condition.WATCH, "ends in 3 days. Renew it."),
        (None, 3, False, Condition.WATCH, "ends in 3 days. Renew it."),
        (-2, 5, False, Condition.WELL, "ends in 5 days."),  # of a life of 7: nothing odd
        (-10, -1, False, Condition.WRONG, "ended 24 h ago"),
    ],
)
def test_a_token(
    created_d: int | None, expires_d: int | None, endless: bool, condition: Condition, words: str
) -> None:
    own = OwnIdentity(
        "a1",
        "keyturn",
        expires_ms=None if expires_d is None else NOW_MS + expires_d * DAY_MS,
        created_ms=None if created_d is None else NOW_MS + created_d * DAY_MS,
    )
    check = token_check("idp", own, NOW_MS, endless=endless)
    assert check.condition is condition
    assert words in check.words
    assert "keyturn is keyturn" in check.words


def test_rate_limits_are_shown_by_class() -> None:
    windows = {"": Window(100, 80, 12.0), "users": Window(600, 100, 31.0)}
    whole, users = rate_checks("idp", windows, 0.3)
    assert (whole.condition, users.condition) == (Condition.WELL, Condition.WATCH)
    assert whole.words == "80 of 100 requests left, anew in 12 s; 30 are left to others."
    assert users.subject == "idp: users"
    (none,) = rate_checks("idp", {}, 0.3)
    assert none.condition is Condition.WELL
    assert "tells no limit" in none.words


def test_a_server_that_was_not_asked_has_only_that_to_say() -> None:
    (check,) = server_checks("idp", "https://idp.example", None, {}, now_ms=NOW_MS)
    assert (check.topic, check.condition) == (Topic.REACH, Condition.UNKNOWN)


def test_a_server_that_answered_is_checked_for_everything() -> None:
    seen = Seen(41.6, NOW_MS + 200 * DAY_MS, 0, 500)
    made = server_checks("idp", "https://idp.example", seen, {}, now_ms=NOW_MS)
    assert [check.topic for check in made] == [
        Topic.REACH, Topic.CERTIFICATE, Topic.CLOCK, Topic.RATE,
    ]  # fmt: skip
    assert made[0].words == "https://idp.example answered in 42 ms."


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [(-5, "0 s"), (45_000, "45 s"), (12 * 60_000, "12 min"), (3 * 3_600_000, "3 h"),
     (90 * DAY_MS, "90 days")],
)  # fmt: skip
def test_lengths_of_time(milliseconds: int, words: str) -> None:
    assert span(milliseconds) == words
