"""Bringing a file to the shape this program knows, or refusing it.

The everyday check uses plain sqlite3: importing sqlite_utils costs 0.1 s and is only needed when
there is something to migrate.
"""

import hashlib
import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from keyturn_storage.connections import not_a_database, refused, writing
from keyturn_storage.errors import NewerFile, StorageRefused
from keyturn_storage.files import create_private

if TYPE_CHECKING:
    from sqlite_utils import Database


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of a file's shape. Never edited once released; a change is a further step."""

    name: str
    statements: tuple[str, ...]

    @property
    def digest(self) -> str:
        """SHA-256 over name and statements, stored with the step when it is applied."""
        text = "\n;\n".join((self.name, *self.statements))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Shape:
    """All steps of one kind of file. `application_id` marks the file as ours (4 bytes, ASCII).

    `precious` is a table whose rows cannot be had again: a copy is made before migrating."""

    name: str
    application_id: int
    migrations: tuple[Migration, ...]
    precious: str = ""


def is_current(connection: sqlite3.Connection, path: Path, shape: Shape) -> bool:
    """Whether the file has exactly the known steps. Reads only; imports nothing heavy.

    Raises NewerFile for a file with steps we do not know, StorageRefused for one whose applied
    steps differ from ours (an edited migration) or that is no keyturn file at all.
    """
    try:
        mark = _number(connection, "pragma application_id")
        if mark == 0 and _number(connection, "select count(*) from sqlite_master") == 0:
            return False
        if mark != shape.application_id:
            raise not_a_database(path)
        applied = [
            (str(name), str(digest))
            for name, digest in connection.execute(
                "select name, digest from migration_digest order by no"
            )
        ]
    except sqlite3.OperationalError as problem:
        raise refused(path, problem) from None
    except sqlite3.DatabaseError:
        raise not_a_database(path) from None
    known = {migration.name: migration.digest for migration in shape.migrations}
    for name, digest in applied:
        if name not in known:
            raise NewerFile(str(path), name)
        if known[name] != digest:
            raise StorageRefused(
                str(path),
                "cannot open",
                f"its step {name!r} is not the one this keyturn has; one of the two was edited.",
                "Install a released keyturn, or use another data directory (--data-dir).",
            )
    version = _number(connection, "pragma user_version")
    if version > len(shape.migrations):
        raise NewerFile(str(path), f"version {version}")
    return len(applied) == len(shape.migrations)


def migrate(
    connection: sqlite3.Connection, path: Path, shape: Shape, now_ms: Callable[[], int]
) -> None:
    """Applies what is missing, all in one transaction. A process starting now finds the old shape
    or the new one. A file with precious rows is first copied beside itself, private to the owner.
    """
    if is_current(connection, path, shape):
        return
    _copy_precious(connection, path, shape, now_ms())
    from sqlite_utils import Database, Migrations

    steps = Migrations(f"keyturn-{shape.name}")
    for migration in shape.migrations:
        steps(name=migration.name)(_runner(migration))
    with writing(connection, path):
        # Another process may have migrated while we waited for the lock.
        if is_current(connection, path, shape):
            return
        database = Database(connection, recursive_triggers=False, execute_plugins=False)
        connection.execute(
            "create table if not exists migration_digest "
            "(no integer primary key, name text not null unique, digest text not null) strict"
        )
        steps.apply(database)
        connection.executemany(
            "insert or ignore into migration_digest (no, name, digest) values (?, ?, ?)",
            [
                (number, migration.name, migration.digest)
                for number, migration in enumerate(shape.migrations, start=1)
            ],
        )
        connection.execute(f"pragma application_id={shape.application_id:d}")
        connection.execute(f"pragma user_version={len(shape.migrations):d}")


def _runner(migration: Migration) -> Callable[["Database"], None]:
    def run(database: "Database") -> None:
        for statement in migration.statements:
            database.execute(statement)

    return run


def _copy_precious(
    connection: sqlite3.Connection, path: Path, shape: Shape, now_ms: int
) -> Path | None:
    if not shape.precious or not _number(
        connection,
        "select count(*) from sqlite_master where type = 'table' and name = ?",
        shape.precious,
    ):
        return None
    version = _number(connection, "pragma user_version")
    copy = path.with_name(f"{path.name}.before-{version + 1}-{now_ms}")
    if not create_private(copy):
        raise StorageRefused(
            str(copy), "cannot copy the journal before migrating", "it exists.", "Try again."
        )
    connection.execute("vacuum into ?", (os.fspath(copy),))
    return copy


def _number(connection: sqlite3.Connection, statement: str, *values: str) -> int:
    return int(connection.execute(statement, values).fetchone()[0])
