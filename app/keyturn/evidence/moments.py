"""Moments as evidence writes them: UTC to the millisecond; a leave time only with its zone."""

import math
from datetime import UTC, datetime, timedelta

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


def zoned(text: str) -> tuple[int, str]:
    """A moment as `moment`, and the offset it was stated in (+01:00). Raises NotAMoment."""
    return moment(text), datetime.fromisoformat(text.strip()).isoformat()[-6:]


def in_zone(at_ms: int | None, zone: str) -> str:
    """A moment as it was stated: `2027-01-15 17:30 +01:00`; UTC where no offset was."""
    if at_ms is None:
        return ""
    at = datetime.fromtimestamp(at_ms / 1000, tz=UTC)
    return f"{at + timedelta(minutes=offset_minutes(zone)):%Y-%m-%d %H:%M} {zone or 'UTC'}"


def offset_minutes(zone: str) -> int:
    """The minutes of an offset such as +01:00; 0 for anything else."""
    sign, hours, _, minutes = zone[:1], zone[1:3], zone[3:4], zone[4:6]
    if sign not in {"+", "-"} or not (hours + minutes).isdigit():
        return 0
    return (1 if sign == "+" else -1) * (int(hours) * 60 + int(minutes))
