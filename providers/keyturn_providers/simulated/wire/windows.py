"""Rate windows: so many requests per bucket and window, of which one client gets a share.

A window opens with the first request and lasts a fixed time; it is not aligned to the minute.
"""

import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from keyturn_providers.simulated.wire.state import opened, writing


@dataclass(frozen=True, slots=True)
class Bucket:
    """Requests that are counted together: `limit` in `window_s` seconds for the whole tenant, and
    `share` of them for each client."""

    name: str
    limit: int
    window_s: float = 60.0
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Window:
    """What one client may still do: `remaining` of `limit` until `resets_at` (epoch seconds).

    A concurrency limit is told as limit and remaining 0.
    """

    limit: int
    remaining: int
    resets_at: float


@dataclass(frozen=True, slots=True)
class Charged:
    """The window after a request was counted, and whether it was within it."""

    window: Window
    within: bool


def set_limit(
    path: Path, bucket: str, limit: int, *, window_s: float = 60.0, share: float = 1.0
) -> None:
    """Replaces what the vendor grants in a bucket, from the next request on. The bucket's running
    window is closed."""
    with opened(path) as connection, writing(connection):
        connection.execute(
            "INSERT OR REPLACE INTO wire_limit VALUES (?, ?, ?, ?)",
            (bucket, limit, window_s, share),
        )
        _close(connection, bucket)


def spend(path: Path, bucket: Bucket | str, requests: int, client: str = "somebody else") -> None:
    """Another client's requests in the bucket's running window, or in one that opens now."""
    name = bucket if isinstance(bucket, str) else bucket.name
    with opened(path) as connection, writing(connection):
        opened_at = connection.execute(
            "INSERT INTO wire_window VALUES (?, ?) ON CONFLICT DO UPDATE SET opened = opened"
            " RETURNING opened",
            (name, time.time()),
        ).fetchone()
        assert opened_at is not None  # noqa: S101 - RETURNING gives a row
        _add(connection, name, client, requests)


def charge(connection: sqlite3.Connection, bucket: Bucket, client: str, now: float) -> Charged:
    """Counts one request of `client`, and says how the window stands then. A refused one is not
    counted."""
    granted = connection.execute(
        "SELECT per_window, window_s, share FROM wire_limit WHERE bucket = ?", (bucket.name,)
    ).fetchone()
    if granted is not None:
        bucket = Bucket(bucket.name, *granted)
    with writing(connection):
        found = connection.execute(
            "SELECT opened FROM wire_window WHERE bucket = ?", (bucket.name,)
        ).fetchone()
        if found is None or now >= found[0] + bucket.window_s:
            _close(connection, bucket.name)
            connection.execute("INSERT INTO wire_window VALUES (?, ?)", (bucket.name, now))
            found = (now,)
        own = all_of_it = 0
        for who, spent in connection.execute(
            "SELECT client, spent FROM wire_spent WHERE bucket = ?", (bucket.name,)
        ):
            all_of_it += spent
            own += spent if who == client else 0
        most = max(1, int(bucket.limit * bucket.share))
        left = min(most - own, bucket.limit - all_of_it)
        if left > 0:
            _add(connection, bucket.name, client, 1)
    window = Window(most, max(0, left - 1), found[0] + bucket.window_s)
    return Charged(window, left > 0)


def _add(connection: sqlite3.Connection, bucket: str, client: str, requests: int) -> None:
    connection.execute(
        "INSERT INTO wire_spent VALUES (?, ?, ?)"
        " ON CONFLICT (bucket, client) DO UPDATE SET spent = spent + ?3",
        (bucket, client, requests),
    )


def _close(connection: sqlite3.Connection, bucket: str) -> None:
    connection.execute("DELETE FROM wire_window WHERE bucket = ?", (bucket,))
    connection.execute("DELETE FROM wire_spent WHERE bucket = ?", (bucket,))
