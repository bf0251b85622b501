"""Opening the two files, each with the settings it needs. A connection belongs to its thread."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keyturn_storage.errors import StorageBusy, StorageRefused

BUSY_MS = 5_000
_CACHE_KIB = 64 * 1024


def connect_cache(path: Path) -> sqlite3.Connection:
    """A writing connection to the cache: WAL, NORMAL (it can be pulled again), a big page cache."""
    connection = _connect(path)
    _pragmas(
        connection,
        path,
        "pragma journal_mode=wal",
        "pragma synchronous=normal",
        f"pragma cache_size=-{_CACHE_KIB}",
        "pragma foreign_keys=on",
    )
    return connection


def connect_journal(path: Path) -> sqlite3.Connection:
    """A writing connection to the journal: after a commit the entry is on the disk."""
    connection = _connect(path)
    _pragmas(
        connection,
        path,
        "pragma journal_mode=truncate",
        "pragma synchronous=full",
        "pragma foreign_keys=on",
    )
    return connection


def connect_read_only(path: Path) -> sqlite3.Connection:
    """A connection that cannot write. The file must be there and up to date."""
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro",
            uri=True,
            isolation_level=None,
            timeout=BUSY_MS / 1000,
        )
    except sqlite3.OperationalError as problem:
        raise refused(path, problem) from None
    _pragmas(connection, path, "pragma query_only=on", f"pragma cache_size=-{_CACHE_KIB}")
    return connection


@contextmanager
def writing(connection: sqlite3.Connection, path: Path) -> Iterator[sqlite3.Connection]:
    """One transaction that takes the write lock before it reads: all of it, or nothing.

    Raises StorageBusy if another process keeps the lock for longer than BUSY_MS, StorageRefused
    if the disk does not take it (full, read-only, damaged).
    """
    try:
        connection.execute("begin immediate")
        try:
            yield connection
        except BaseException:
            connection.execute("rollback")
            raise
        connection.execute("commit")
    except sqlite3.OperationalError as problem:
        if connection.in_transaction:
            connection.execute("rollback")
        raise refused(path, problem) from None


def _connect(path: Path) -> sqlite3.Connection:
    try:
        return sqlite3.connect(path, isolation_level=None, timeout=BUSY_MS / 1000)
    except sqlite3.OperationalError as problem:
        raise refused(path, problem) from None


def _pragmas(connection: sqlite3.Connection, path: Path, *statements: str) -> None:
    try:
        for statement in statements:
            connection.execute(statement).fetchall()
    except sqlite3.OperationalError as problem:
        connection.close()
        raise refused(path, problem) from None
    except sqlite3.DatabaseError:
        connection.close()
        raise not_a_database(path) from None


def not_a_database(path: Path) -> StorageRefused:
    """What to say of a file that SQLite cannot read, or that is another program's."""
    return StorageRefused(
        str(path),
        "cannot open",
        "it is not a keyturn database, or it is damaged.",
        "Move it away: the cache is filled again by `keyturn refresh`; put the journal back from "
        "your backup.",
    )


def refused(path: Path, problem: sqlite3.OperationalError) -> StorageRefused:
    """What to say of an error of SQLite: StorageBusy for a lock that was not given up."""
    words = str(problem)
    if "no such table" in words:
        return not_a_database(path)
    if "locked" in words or "busy" in words:
        return StorageBusy(
            str(path),
            "cannot write",
            f"another keyturn has kept the file locked for {BUSY_MS // 1000} seconds.",
            "Let it finish or end it, then try again. Nothing was written.",
        )
    return StorageRefused(
        str(path),
        "cannot use the file",
        f"SQLite says: {words}.",
        "Check free space, permissions and the disk. Nothing was half-written.",
    )
