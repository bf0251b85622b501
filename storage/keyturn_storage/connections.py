"""Opening the two files, each with the settings it needs. A connection belongs to its thread."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from keyturn_storage.errors import StorageBusy, StorageRefused

BUSY_MS = 5_000
_CACHE_KIB = 64 * 1024
_READING_KIB = 16 * 1024
"""The system keeps the file's pages as well; a second whole copy made up most of what the dashboard
took more with 100,000 people."""
_WAL_PAGES = 16_000
"""64 MiB."""
_TRIES = 20


def connect(path: Path) -> sqlite3.Connection:
    """A connection that may write. Nothing of the file was touched yet: see what it is first, then
    `settle_cache` or `settle_journal`."""
    try:
        made = sqlite3.connect(path, isolation_level=None, timeout=BUSY_MS / 1000)
    except sqlite3.OperationalError as problem:
        raise refused(path, problem) from None
    _add_casefold(made)
    return made


def settle_cache(connection: sqlite3.Connection, path: Path) -> None:
    """WAL, NORMAL (the cache can be pulled again), a big page cache, foreign keys checked. The WAL
    goes into the file when the connection closes or asks for it, not in the middle of a refresh,
    unless it has grown large."""
    _pragmas(
        connection,
        path,
        "pragma journal_mode=wal",
        "pragma synchronous=normal",
        f"pragma cache_size=-{_CACHE_KIB}",
        "pragma foreign_keys=on",
        f"pragma wal_autocheckpoint={_WAL_PAGES}",
    )


def settle_journal(connection: sqlite3.Connection, path: Path) -> None:
    """TRUNCATE and FULL: after a commit the entry is on the disk. Foreign keys checked. A page of
    archived events fits into memory, so that it is written once, at the commit."""
    _pragmas(
        connection,
        path,
        "pragma journal_mode=truncate",
        "pragma synchronous=full",
        f"pragma cache_size=-{_CACHE_KIB}",
        "pragma foreign_keys=on",
    )


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
    try:
        _add_casefold(connection)
        _pragmas(connection, path, "pragma query_only=on", f"pragma cache_size=-{_READING_KIB}")
    except BaseException:
        connection.close()
        raise
    return connection


def roll_back_unfinished(path: Path) -> None:
    """Takes back what a process that was killed in the middle of a commit had written. A connection
    that cannot write cannot do that, and is refused until it is done. SQLite knows whether that
    process lives still: then nothing is taken back."""
    rollback = path.with_name(f"{path.name}-journal")
    if not rollback.exists() or not rollback.stat().st_size:
        return
    with closing(connect(path)) as connection:
        _pragmas(connection, path, "select 1 from sqlite_schema limit 1")


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
            if connection.in_transaction:  # a full disk has rolled it back already
                connection.execute("rollback")
            raise
        connection.execute("commit")
    except sqlite3.OperationalError as problem:
        if connection.in_transaction:
            connection.execute("rollback")
        raise refused(path, problem) from None


@contextmanager
def unchecked_keys(connection: sqlite3.Connection) -> Iterator[None]:
    """For a transaction whose foreign keys hold by the way its rows are made: not checked again,
    row by row. Not to be entered inside a transaction."""
    connection.execute("pragma foreign_keys=off")
    try:
        yield
    finally:
        connection.execute("pragma foreign_keys=on")


def _add_casefold(connection: sqlite3.Connection) -> None:
    """`casefold(text)` in SQL: its own `lower` knows ASCII only."""
    connection.create_function("casefold", 1, str.casefold, deterministic=True)


def _pragmas(connection: sqlite3.Connection, path: Path, *statements: str) -> None:
    for statement in statements:
        try:
            _pragma(connection, path, statement)
        except sqlite3.DatabaseError:
            raise not_a_database(path) from None


def _pragma(connection: sqlite3.Connection, path: Path, statement: str) -> None:
    for _ in range(_TRIES):
        try:
            connection.execute(statement).fetchall()
        except sqlite3.OperationalError as problem:
            # SQLite does not wait when the journal mode is changed; taking the lock does.
            busy = refused(path, problem)
            if not isinstance(busy, StorageBusy):
                raise busy from None
            with writing(connection, path):
                pass
        else:
            return
    raise busy


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
