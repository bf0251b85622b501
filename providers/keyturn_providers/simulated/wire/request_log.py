"""The requests a tenant has seen, in the order in which they were answered."""

import sqlite3
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from keyturn_providers.simulated.wire.state import opened


@dataclass(frozen=True, slots=True)
class Seen:
    """One request. `status` 0: the connection was closed without an answer. `fault` names the kind
    of fault that struck, "" if none did. `client` is the vendor's tag, never a credential."""

    at: float
    method: str
    path: str
    query: str
    status: int
    client: str
    request_id: str
    fault: str


def requests(path: Path, method: str = "*", path_glob: str = "*") -> tuple[Seen, ...]:
    """The requests that match, oldest first."""
    with opened(path) as connection:
        rows = connection.execute(
            "SELECT at, method, path, query, status, client, request_id, fault"
            " FROM wire_request ORDER BY no"
        ).fetchall()
    return tuple(
        seen
        for seen in (Seen(*row) for row in rows)
        if fnmatchcase(seen.method, method) and fnmatchcase(seen.path, path_glob)
    )


def forget(path: Path) -> None:
    """Empties the log, so that what follows can be counted."""
    with opened(path) as connection:
        connection.execute("DELETE FROM wire_request")


def note(connection: sqlite3.Connection, seen: Seen) -> None:
    """Adds a request to the log."""
    connection.execute(
        "INSERT INTO wire_request (at, method, path, query, status, client, request_id, fault)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            seen.at,
            seen.method,
            seen.path,
            seen.query,
            seen.status,
            seen.client,
            seen.request_id,
            seen.fault,
        ),
    )
