"""Reads what servers say about their rate limits. Every vendor spells it differently.

Header names are taken in lower case. Nothing here raises: what cannot be understood is no
information.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

LONGEST_S = 24 * 3600.0
"""No wait is taken for longer than this, whatever a header says."""

_PREFIXES = ("x-ratelimit-", "x-rate-limit-", "ratelimit-")
_NUMBER = re.compile(r"\s*(\d{1,18}(?:\.\d{1,9})?)")
_PARAMETER = re.compile(r";\s*([a-z]+)\s*=\s*(\d{1,18})")
_EPOCH_S = 1_000_000_000
_EPOCH_MS = 1_000_000_000_000


@dataclass(frozen=True, slots=True)
class Window:
    """`remaining` of `limit` requests until `resets_at`, on the caller's monotonic clock."""

    limit: int
    remaining: int
    resets_at: float


def window_from(headers: Mapping[str, str], now: float, wall: float) -> Window | None:
    """The window that the headers tell of, or None where they do not tell enough.

    `now` is the monotonic time, `wall` the time of day in seconds since the epoch; a `Date` header
    corrects a wall clock that differs from the server's. Known are X-RateLimit-*, X-Rate-Limit-*
    and RateLimit-* (limit, remaining, reset), and `RateLimit: "name";r=..;t=..` with
    `RateLimit-Policy: "name";q=..`.
    """
    for prefix in _PREFIXES:
        limit = _number(headers.get(prefix + "limit"))
        remaining = _number(headers.get(prefix + "remaining"))
        reset = headers.get(prefix + "reset")
        if limit is None or remaining is None or reset is None:
            continue
        seconds = _until(reset, _server_time(headers, wall))
        if seconds is not None and limit >= 1:
            return Window(int(limit), int(remaining), now + seconds)
    told = dict(_PARAMETER.findall(headers.get("ratelimit", "")))
    policy = dict(_PARAMETER.findall(headers.get("ratelimit-policy", "")))
    if "r" in told and "t" in told and int(policy.get("q", "0")) >= 1:
        return Window(int(policy["q"]), int(told["r"]), now + min(float(told["t"]), LONGEST_S))
    return None


def retry_after(headers: Mapping[str, str], wall: float) -> float | None:
    """Seconds to wait after a refusal: from Retry-After (seconds or a date), else from the reset of
    a window with nothing left; None where neither can be read. Between 0 and `LONGEST_S`.

    A limit of 0 is no window: Okta says so of too many requests at the same moment, and then its
    reset promises nothing.
    """
    server_time = _server_time(headers, wall)
    told = headers.get("retry-after")
    if told is not None:
        seconds = _until(told, server_time)
        if seconds is not None:
            return seconds
    for prefix in _PREFIXES:
        reset = headers.get(prefix + "reset")
        if reset is not None and _number(headers.get(prefix + "limit")) != 0:
            seconds = _until(reset, server_time)
            if seconds is not None:
                return seconds
    return None


def _number(text: str | None) -> float | None:
    found = _NUMBER.match(text) if text is not None else None
    return float(found.group(1)) if found else None


def _until(text: str, server_time: float) -> float | None:
    """Seconds from `server_time`; `text` is a difference, epoch seconds, epoch ms, or a date."""
    plain = text.strip()
    try:
        number = float(plain)
    except ValueError:
        moment = _date(plain)
        return None if moment is None else _clamp(moment - server_time)
    if not math.isfinite(number) or number < 0:
        return None
    if number >= _EPOCH_MS:
        return _clamp(number / 1000 - server_time)
    if number >= _EPOCH_S:
        return _clamp(number - server_time)
    return _clamp(number)


@lru_cache(maxsize=16)  # all answers of one second have the same date, and reading it is slow
def _date(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _server_time(headers: Mapping[str, str], wall: float) -> float:
    told = _date(headers["date"]) if "date" in headers else None
    return wall if told is None else told


def _clamp(seconds: float) -> float:
    return min(max(0.0, seconds), LONGEST_S)
