"""A reading connection to the cache, and what a list can be narrowed to."""

import json
import sqlite3
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar, cast

from keyturn_storage.connections import connect_read_only
from keyturn_storage.files import check_file
from keyturn_storage.filters import EVERYTHING as SHOW_ALL
from keyturn_storage.filters import Filter
from keyturn_storage.list_rows import GrantRow
from keyturn_storage.migrations import is_current
from keyturn_storage.queries.orders import Orders
from keyturn_storage.queries.stored_sets import StoredSets
from keyturn_storage.schema_cache import CACHE

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Scope:
    """What a list is narrowed to. All that are given must hold; usually at most one is.

    `person_key` and `group_key` are keys of persons and group links. `drift_only` leaves only rows
    whose sign is not "=".
    """

    person_key: str | None = None
    group_key: str | None = None
    vault_id: str | None = None
    drift_only: bool = False


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a scope a list shows, and in which order. `order` names a column; empty is the
    list's own order. `backwards` turns the whole order round."""

    filter: Filter = SHOW_ALL
    order: str = ""
    backwards: bool = False


ALL = Asked()


class Reader:
    """A connection that cannot write. Use it in the thread that opened it, and close it.

    Each query answers from what is stored at that moment; a refresh may come in between two, and
    rows that are gone by then are left out.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.connection = connection
        self.sets = StoredSets(connection)
        self.orders = Orders(connection)
        self._grants: tuple[int, Scope, tuple[GrantRow, ...]] | None = None
        self._kept: dict[str, tuple[int, object]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """May be called twice."""
        self.connection.close()

    @contextmanager
    def at_one_moment(self) -> Iterator[sqlite3.Connection]:
        """Everything inside is answered from what was stored when it began."""
        if self.connection.in_transaction:
            yield self.connection
            return
        self.connection.execute("begin")
        try:
            yield self.connection
        finally:
            self.connection.execute("rollback")

    def interrupt(self) -> None:
        """Ends a query that goes on now, from any thread: it fails with `sqlite3.OperationalError`.
        Nothing where none does."""
        self.connection.interrupt()

    def assessed(self) -> tuple[int, int, int] | None:
        """(directory snapshot, secrets snapshot, made_ms) that every list is about, if any."""
        row = self.connection.execute(
            "select directory_snapshot, secrets_snapshot, made_ms from assessment"
        ).fetchone()
        return None if row is None else (int(row[0]), int(row[1]), int(row[2]))

    def kept_grants(self, scope: Scope) -> tuple[GrantRow, ...] | None:
        """The rows last worked out for `scope`, unless the file has changed since."""
        if self._grants is None or self._grants[:2] != (self._version(), scope):
            return None
        return self._grants[2]

    def keep_grants(self, scope: Scope, rows: tuple[GrantRow, ...]) -> None:
        """Remembers the rows of one scope: a list asks for ids, then for rows, then for text."""
        self._grants = (self._version(), scope, rows)

    def kept(self, what: str, read: Callable[[], T]) -> T:
        """What `read` gives, kept under a name of its own until the file changes: for what a list
        looks through anew at every letter."""
        version, known = self._version(), self._kept.get(what)
        if known is None or known[0] != version:
            known = self._kept[what] = (version, read())
        return cast("T", known[1])

    def _version(self) -> int:
        return int(self.connection.execute("pragma data_version").fetchone()[0])


def open_reader(path: Path) -> Reader:
    """Opens the cache for reading; makes an empty one, or migrates an older one, where needed.

    Raises StorageRefused where others can read it, it is newer or edited, or no cache at all.
    """
    if path.exists():
        check_file(path)
        reader = Reader(path, connect_read_only(path))
        try:
            if is_current(reader.connection, path, CACHE):
                return reader
        except BaseException:
            reader.close()
            raise
        reader.close()
    from keyturn_storage.snapshots import open_cache

    open_cache(path).close()
    return Reader(path, connect_read_only(path))


def numbers(listed: str, *, backwards: bool = False) -> "array[int]":
    """The numbers that one query gave as one JSON list."""
    found = array("q", json.loads(listed))
    if backwards:
        found.reverse()
    return found
