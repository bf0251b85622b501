"""A reader that looks at an earlier read: every query answers as it would have answered then.

The tables of decisions are laid over those of the file, in memory and for this connection only, and
so is a view of the snapshots that leaves out what came later. The file itself is open for reading
only, as always.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from keyturn_storage import assessments
from keyturn_storage.queries.reader import Reader, open_reader
from keyturn_storage.rows import FindingIn, GroupLinkIn, PersonIn

_READ = frozenset(
    {"source", "snapshot", "listing", "unreadable", "object", "version", "presence", "membership",
     "vault_grant"}
)  # fmt: skip
"""What was read stays as it is in the file: each row says of which snapshots it is true."""
_KEPT = ("person_key", "group_key", "finding")
"""A person, a group and a finding are called by the same numbers then as now."""


@dataclass(frozen=True, slots=True)
class Past:
    """Two snapshots of an earlier time, and what was decided from them."""

    directory_snapshot: int
    secrets_snapshot: int
    at_ms: int
    people: Sequence[PersonIn] = ()
    groups: Sequence[GroupLinkIn] = ()
    findings: Sequence[FindingIn] = ()


def open_past(path: Path, past: Past) -> Reader:
    """The cache as of `past`. A finding that is there now too is as old as it was then; of another
    nothing older than that read is known. Raises as `open_reader`, and ValueError where one of the
    two snapshots is not in the cache any more."""
    reader = open_reader(path)
    try:
        _lay_over(reader, past)
    except BaseException:
        reader.close()
        raise
    return reader


def _lay_over(reader: Reader, past: Past) -> None:
    connection = reader.connection
    tables = connection.execute(
        "select tbl_name, sql from sqlite_master where type = 'table' and sql is not null"
    ).fetchall()
    decided = [
        (name, sql) for name, sql in tables
        if name not in _READ and not name.startswith(("sqlite_", "migration", "_sqlite"))
    ]  # fmt: skip
    names = {name for name, _ in decided}
    indexes = connection.execute(
        "select tbl_name, sql from sqlite_master where type = 'index' and sql is not null"
    ).fetchall()
    # The file is open for reading only, whatever this says; what is laid over it is in memory.
    connection.execute("pragma temp_store = memory")
    connection.execute("pragma query_only = off")
    connection.execute("begin")
    for _, sql in decided:
        connection.execute(_temporary(sql, "table"))
    for name in _KEPT:
        connection.execute(f"insert into temp.{name} select * from main.{name}")  # noqa: S608 -- names of this module
    connection.execute("update temp.finding set since_ms = min(since_ms, ?)", (past.at_ms,))
    for name, sql in indexes:
        if name in names:
            connection.execute(_temporary(sql, "index"))
    pair = (past.directory_snapshot, past.secrets_snapshot)
    source_of = "(select l.source_no from main.snapshot l where l.id = {0})"
    until = " or ".join(
        f"(s.id <= {no} and s.source_no = {source_of.format(no)})" for no in map(int, pair)
    )
    view = f"create temp view snapshot as select s.* from main.snapshot s where {until}"  # noqa: S608 -- numbers
    connection.execute(view)
    assessments.store(connection, *pair, past.at_ms, past.people, past.groups, past.findings)
    connection.execute("commit")
    connection.execute("pragma query_only = on")


def _temporary(sql: str, what: str) -> str:
    """The statement that makes the same thing for this connection only."""
    head, _, rest = sql.partition(f"{what.upper()} " if what.upper() in sql[:20] else f"{what} ")
    if what == "table":
        return f"create temp table {rest}"
    unique = "unique " if "unique" in head.casefold() else ""
    return f"create {unique}index temp.{rest}"
