"""The one SQLite file that holds a tenant: every process that plays a part of it opens the same.

Nothing is kept in memory between two requests, so a server may be killed at any moment and another
process goes on where it was.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

_BUSY_S = 20.0

_TABLES = """
CREATE TABLE IF NOT EXISTS wire_setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS wire_fault (
  no INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  method TEXT NOT NULL,
  path TEXT NOT NULL,
  page INTEGER,
  client TEXT NOT NULL,
  skip INTEGER NOT NULL,
  times INTEGER,
  seconds REAL NOT NULL,
  status INTEGER NOT NULL,
  detail TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS wire_limit (
  bucket TEXT PRIMARY KEY,
  per_window INTEGER NOT NULL,
  window_s REAL NOT NULL,
  share REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS wire_window (bucket TEXT PRIMARY KEY, opened REAL NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS wire_spent (
  bucket TEXT NOT NULL, client TEXT NOT NULL, spent INTEGER NOT NULL,
  PRIMARY KEY (bucket, client)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS wire_request (
  no INTEGER PRIMARY KEY,
  at REAL NOT NULL,
  method TEXT NOT NULL,
  path TEXT NOT NULL,
  query TEXT NOT NULL,
  status INTEGER NOT NULL,
  client TEXT NOT NULL,
  request_id TEXT NOT NULL,
  fault TEXT NOT NULL
) STRICT;
"""


def create(path: Path, tables: str) -> None:
    """Makes a new state file with the tables of the wire and the tenant's own.

    Raises `FileExistsError` where one is: a tenant is never reset by starting it again.
    """
    path.touch(mode=0o600, exist_ok=False)
    with opened(path) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(_TABLES + tables)


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection for a few calls, closed afterwards. It commits each statement by itself."""
    with closing(_connect(path)) as connection:
        yield connection


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """One transaction that holds the write lock from its start: committed, or undone on an error.

    Within another it is a part of that one.
    """
    if connection.in_transaction:
        yield connection
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


class StateFile:
    """Connections to one state file for who serves it: one for each thread, kept open."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._all: list[sqlite3.Connection] = []

    def connection(self) -> sqlite3.Connection:
        """This thread's connection."""
        known: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if known is None:
            known = _connect(self.path)
            self._local.connection = known
            self._all.append(known)
        return known

    def close(self) -> None:
        """Closes the connections of all threads. The next call of `connection` opens a new one."""
        self._local = threading.local()
        while self._all:
            self._all.pop().close()

    def __del__(self) -> None:
        self.close()


def setting(connection: sqlite3.Connection, name: str) -> str | None:
    """A setting's value, or None where it was never set."""
    row = connection.execute("SELECT value FROM wire_setting WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def set_setting(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Sets it for all processes, from the next request on."""
    connection.execute(
        "INSERT INTO wire_setting VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = ?2",
        (name, value),
    )


def set_latency(path: Path, seconds: float) -> None:
    """Makes every answer take this much longer. Requests wait beside each other, not in a row."""
    with opened(path) as connection:
        set_setting(connection, LATENCY, repr(seconds))


LATENCY = "latency_s"


def _connect(path: Path) -> sqlite3.Connection:
    # mode=rw: a misspelt path is an error, and not a new, empty tenant.
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode=rw",
        uri=True,
        timeout=_BUSY_S,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=512,
    )
    # The file need not outlive the machine, only the process.
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA cache_size=-65536")  # a company of 10,000 fits in
    return connection
