"""Moments as evidence writes them: UTC to the millisecond; a leave time only with its zone."""

import math
from datetime import UTC, datetime

MINUTE_MS = 60_000


class NotAMoment(Exception):
    """A time that somebody could read in two ways, or no time at all."""


def utc(at_ms: int) -> str:
    """`2027-01-15T16:31:02.114Z`."""
    at = datetime.fromtimestamp(at_ms // 1000, tz=UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"


def moment(text: str) -> int:
    """UTC milliseconds of `2027-01-15T17:30+01:00`. Raises NotAMoment without a zone."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise NotAMoment(
            f"{text}: cannot tell when that is. Write the leave time such as "
            "2027-01-15T17:30+01:00, with its offset from UTC."
        ) from None
    if at.tzinfo is None:
        raise NotAMoment(
            f"{text}: has no time zone, so nobody can tell how long access was open. Add the "
            "offset from UTC, such as +01:00, or Z."
        )
    return math.floor(at.timestamp() * 1000)


def minutes_between(from_ms: int, until_ms: int) -> int:
    """Whole minutes, begun ones counted; 0 where `until_ms` is not later."""
    return max(0, math.ceil((until_ms - from_ms) / MINUTE_MS))
