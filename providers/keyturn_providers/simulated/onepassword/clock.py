"""The tenant's clock, which tests and the demo may move on, and how 1Password writes times."""

import time
from sqlite3 import Connection

NEVER = "0001-01-01T00:00:00Z"


def now_ms(conn: Connection) -> int:
    """The tenant's time in milliseconds since 1970."""
    row = conn.execute("SELECT value FROM setting WHERE name = 'clock_offset_ms'").fetchone()
    return time.time_ns() // 1_000_000 + int(row[0])


def advance(conn: Connection, seconds: float) -> None:
    """Moves the tenant's clock on. What has become due happens at the next call of any surface."""
    conn.execute(
        "UPDATE setting SET value = CAST(value AS INTEGER) + ? WHERE name = 'clock_offset_ms'",
        (int(seconds * 1000),),
    )


def seconds_text(at_ms: int | None) -> str:
    """RFC 3339 without a fraction; the year 1 where there is no time, as `op` prints it."""
    if at_ms is None:
        return NEVER
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_ms // 1000))


def nanoseconds_text(at_ms: int, nanoseconds: int) -> str:
    """RFC 3339 with nine digits, as the Events API prints it."""
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at_ms // 1000))
    return f"{whole}.{at_ms % 1000:03d}{nanoseconds:06d}Z"
