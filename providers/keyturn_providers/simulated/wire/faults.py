"""Faults on demand, kept in the tenant's file: any process arms them, the server uses them up.

A fault says which requests it is about and how often it strikes. Whatever is not hit works as
usual, so a test names the one thing that goes wrong.
"""

import sqlite3
from dataclasses import astuple, dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path

from keyturn_providers.simulated.wire.state import opened, writing


class Kind(StrEnum):
    """What happens to a request that is hit."""

    LATENCY = "latency"
    """The answer takes `seconds` longer; whatever fault comes next in order strikes as well."""
    STATUS = "status"
    """Nothing is done; the answer has `status` and the body the vendor writes for `detail`."""
    THROTTLE = "throttle"
    """Nothing is done; 429, the window opens again after `seconds`."""
    THROTTLE_CONCURRENCY = "throttle_concurrency"
    """Nothing is done; 429 because too many requests run at once."""
    LOSE_RESPONSE = "lose_response"
    """The request is carried out, then the connection is closed without an answer."""
    CUT_BODY = "cut_body"
    """The request is carried out, then the connection is closed after half of the body."""
    GARBAGE = "garbage"
    """Nothing is done; 200 with a page of HTML."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Strikes `times` requests (None: all) after letting `skip` matching ones pass.

    `method` and `path` are globs (`*` also matches slashes); `path` is without the query. `page`
    counts a listing's pages from 1, None is any. `client` is the tag the vendor gives who asks.
    """

    kind: Kind
    method: str = "*"
    path: str = "*"
    page: int | None = None
    client: str = "*"
    skip: int = 0
    times: int | None = 1
    seconds: float = 1.0
    status: int = 500
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """What strikes one request: the delays together, and at most one other fault."""

    delay_s: float = 0.0
    fault: Fault | None = None


_NO_HIT = Hit()
_COLUMNS = "kind, method, path, page, client, skip, times, seconds, status, detail"


def put(path: Path, *faults: Fault) -> None:
    """Arms faults, behind those that are armed."""
    with opened(path) as connection, writing(connection):
        connection.executemany(
            f"INSERT INTO wire_fault ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?)",  # noqa: S608 - a constant
            [astuple(fault) for fault in faults],
        )


def clear(path: Path) -> None:
    """Disarms everything: the tenant is well again."""
    with opened(path) as connection:
        connection.execute("DELETE FROM wire_fault")


def armed(path: Path) -> tuple[Fault, ...]:
    """The faults that are still to strike, in order, with what is left of `skip` and `times`."""
    with opened(path) as connection:
        return tuple(fault for _, fault in _all(connection))


def take(
    connection: sqlite3.Connection, method: str, path: str, page: int = 1, client: str = ""
) -> Hit:
    """What strikes this request, used up by one. Two callers never get the same."""
    # Most requests meet an empty table, and reading it needs no lock.
    if connection.execute("SELECT 1 FROM wire_fault LIMIT 1").fetchone() is None:
        return _NO_HIT
    delay = 0.0
    with writing(connection):
        for number, fault in _all(connection):
            if not _about(fault, method, path, page, client):
                continue
            if fault.skip:
                connection.execute("UPDATE wire_fault SET skip = skip - 1 WHERE no = ?", (number,))
                continue
            if fault.times == 1:
                connection.execute("DELETE FROM wire_fault WHERE no = ?", (number,))
            elif fault.times is not None:
                connection.execute(
                    "UPDATE wire_fault SET times = times - 1 WHERE no = ?", (number,)
                )
            if fault.kind is not Kind.LATENCY:
                return Hit(delay, fault)
            delay += fault.seconds
    return Hit(delay)


def _about(fault: Fault, method: str, path: str, page: int, client: str) -> bool:
    return (
        fault.page in (None, page)
        and fnmatchcase(method, fault.method)
        and fnmatchcase(path, fault.path)
        and fnmatchcase(client, fault.client)
    )


def _all(connection: sqlite3.Connection) -> list[tuple[int, Fault]]:
    rows = connection.execute(
        f"SELECT no, {_COLUMNS} FROM wire_fault ORDER BY no"  # noqa: S608 - a constant
    ).fetchall()
    return [(number, Fault(Kind(kind), *rest)) for number, kind, *rest in rows]
