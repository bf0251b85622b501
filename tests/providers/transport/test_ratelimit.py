"""Rate-limit headers in every spelling, and in none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyturn_providers.ratelimit import LONGEST_S, Window, retry_after, window_from

WALL = 1_800_000_000.0
DATE = "Fri, 15 Jan 2027 08:00:00 GMT"  # WALL, as a header


@pytest.mark.parametrize(
    "headers",
    [
        {"x-rate-limit-limit": "600", "x-rate-limit-remaining": "599", "x-rate-limit-reset": "60"},
        {
            "x-rate-limit-limit": "600",
            "x-rate-limit-remaining": "599",
            "x-rate-limit-reset": "1800000060",
        },
        {
            "x-ratelimit-limit": "600",
            "x-ratelimit-remaining": "599",
            "x-ratelimit-reset": "1800000060000",
        },
        {
            "ratelimit-limit": "600, 600;w=60",
            "ratelimit-remaining": "599",
            "ratelimit-reset": "60",
        },
        {
            "x-ratelimit-limit": "600",
            "x-ratelimit-remaining": "599.0",
            "x-ratelimit-reset": "Fri, 15 Jan 2027 08:01:00 GMT",
        },
        {
            "x-ratelimit-limit": "600",
            "x-ratelimit-remaining": "599",
            "x-ratelimit-reset": "2027-01-15T08:01:00Z",
        },
        {"ratelimit": '"default";r=599;t=60', "ratelimit-policy": '"default";q=600;w=60'},
        {
            # A clock that differs from the server's by an hour, put right by Date.
            "date": "Fri, 15 Jan 2027 07:00:00 GMT",
            "x-ratelimit-limit": "600",
            "x-ratelimit-remaining": "599",
            "x-ratelimit-reset": "1799996460",
        },
    ],
)
def test_every_spelling_of_the_same_window(headers: dict[str, str]) -> None:
    assert window_from(headers, 50.0, WALL) == Window(600, 599, 110.0)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "Fri, 15 Jan 2027 08:00:09 GMT"}, 9.0),
        ({"retry-after": "Fri, 15 Jan 2027 07:00:00 GMT"}, 0.0),
        ({"retry-after": "1800000020"}, 20.0),
        ({"retry-after": "soon", "x-rate-limit-reset": "1800000011"}, 11.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "999999999"}, LONGEST_S),
        ({"date": DATE, "retry-after": "Fri, 15 Jan 2027 08:00:09 GMT"}, 9.0),
        ({}, None),
        # Too many at the same moment: no window, and its reset is no promise.
        (
            {
                "x-rate-limit-limit": "0",
                "x-rate-limit-remaining": "0",
                "x-rate-limit-reset": "1800000060",
            },
            None,
        ),
    ],
)
def test_when_to_come_back(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, WALL) == seconds


words = st.one_of(
    st.text(max_size=20),
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from([DATE, "Fri, 99 Foo 2027", "9" * 400, "1e400", "0x10", "٣", "2027-01-15"]),
)


@settings(max_examples=200)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "date",
                "retry-after",
                "ratelimit",
                "ratelimit-policy",
                "x-ratelimit-limit",
                "x-ratelimit-remaining",
                "x-ratelimit-reset",
            ]
        ),
        words,
    )
)
def test_no_header_can_break_the_reading(headers: dict[str, str]) -> None:
    told = retry_after(headers, WALL)
    assert told is None or 0 <= told <= LONGEST_S
    window = window_from(headers, 50.0, WALL)
    if window is not None:
        assert window.limit >= 1
        assert window.remaining >= 0
        assert 50.0 <= window.resets_at <= 50.0 + LONGEST_S
