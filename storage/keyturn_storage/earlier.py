"""What was decided about an earlier read, in a file of its own beside the cache.

The file belongs to one dashboard, which looks at it and then removes it. Nothing in it is new: it
is made from the cache, by today's policy.
"""

import secrets
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from keyturn_storage import assessments
from keyturn_storage.connections import connect
from keyturn_storage.files import create_private
from keyturn_storage.processes import start_of
from keyturn_storage.rows import FindingIn, GroupLinkIn, PersonIn

_PREFIX = "earlier-"
_READ = frozenset(
    {"source", "snapshot", "listing", "unreadable", "object", "version", "presence", "membership",
     "vault_grant"}
)  # fmt: skip
"""What was read stays as it is in the cache: each row says of which snapshots it is true."""
_KEPT = ("person_key", "group_key", "finding")
"""A person, a group and a finding are called by the same numbers then as now."""


def earlier_file(cache: Path, pid: int) -> Path:
    """A name beside the cache that nothing has, for this process. Files of processes that have
    ended are removed."""
    for left in cache.parent.glob(f"{_PREFIX}*.db"):
        owner = left.name.removeprefix(_PREFIX).partition("-")[0]
        if not owner.isdecimal() or not start_of(int(owner)):
            left.unlink(missing_ok=True)
    return cache.with_name(f"{_PREFIX}{pid}-{secrets.token_hex(4)}.db")


def lay_down(
    cache: Path,
    into: Path,
    pair: tuple[int, int],
    at_ms: int,
    people: Sequence[PersonIn],
    groups: Sequence[GroupLinkIn],
    findings: Sequence[FindingIn],
) -> None:
    """Writes the file, 0600. A finding that is there now too is as old as it was then; of another
    nothing older than that read is known. Raises ValueError where one of the two snapshots is not
    in the cache any more; then there is no file."""
    create_private(into)
    try:
        with closing(connect(into)) as connection:
            connection.execute("attach ? as cache", (str(cache),))
            # A file that is cut short is made anew: nobody knows its name but who makes it.
            for pragma in ("main.journal_mode = off", "main.synchronous = off"):
                connection.execute(f"pragma {pragma}").fetchall()
            connection.execute("begin")
            _fill(connection, pair, at_ms, people, groups, findings)
            connection.execute("commit")
    except BaseException:
        into.unlink(missing_ok=True)
        raise


def _fill(
    connection: sqlite3.Connection,
    pair: tuple[int, int],
    at_ms: int,
    people: Sequence[PersonIn],
    groups: Sequence[GroupLinkIn],
    findings: Sequence[FindingIn],
) -> None:
    made = connection.execute(
        "select type, tbl_name, sql from cache.sqlite_master "
        "where type in ('table', 'index') and sql is not null"
    ).fetchall()
    decided = [
        (kind, sql) for kind, table, sql in made
        if table not in _READ and not table.startswith(("sqlite_", "migration", "_sqlite"))
    ]  # fmt: skip
    for kind, sql in decided:
        if kind == "table":
            connection.execute(sql)
    for name in _KEPT:
        connection.execute(f"insert into main.{name} select * from cache.{name}")  # noqa: S608 -- names of this module
    connection.execute("update main.finding set since_ms = min(since_ms, ?)", (at_ms,))
    for kind, sql in decided:
        if kind == "index":
            connection.execute(sql)
    assessments.store(connection, *pair, at_ms, people, groups, findings)
