"""How old something is, in as few letters as a header has room for."""

_STEPS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))


def age(then_ms: int, now_ms: int) -> str:
    """ "0s", "45s", "2m", "3h", "12d". A time in the future is "0s": clocks differ a little."""
    seconds = max(0, (now_ms - then_ms) // 1000)
    for size, letter in _STEPS:
        if seconds >= size:
            return f"{seconds // size}{letter}"
    return "0s"


def clock_time(at_ms: int) -> str:
    """The time of day in UTC, "14:05"."""
    minutes = at_ms // 60_000 % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def elapsed(milliseconds: int) -> str:
    """How long a step has taken: "0.4s", "12s", "3m 05s"."""
    if milliseconds < 10_000:
        return f"{milliseconds / 1000:.1f}s"
    seconds = milliseconds // 1000
    return f"{seconds}s" if seconds < 60 else f"{seconds // 60}m {seconds % 60:02d}s"


def moment(at_ms: int) -> str:
    """A date and time in UTC, "2027-01-14 14:05 UTC"."""
    from datetime import UTC, datetime

    try:
        return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, OSError, ValueError):
        return "at a time that is no date"


def until(then_ms: int, now_ms: int) -> str:
    """How long it still is: "45s", "2m", "3h", "12d"."""
    return age(now_ms, then_ms)
