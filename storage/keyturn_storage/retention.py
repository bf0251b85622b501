"""Forgetting old snapshots of the cache. The journal is never touched.

A forgotten snapshot's rows are merged into its neighbours, so that every snapshot that is kept
loads as before. The work is done in batches with a commit each; a snapshot that is being forgotten
is not shown any more, and a process that starts after a crash goes on where the last one stopped.
"""

import sqlite3
from pathlib import Path

from keyturn_storage.connections import writing

BATCH = 5_000

# (table, the key's columns, what must be equal for two rows of one key to be the same)
_TABLES = (
    ("presence", ("object_no",), "version_no"),
    ("membership", ("group_no", "member_no"), "group_no"),
    ("vault_grant", ("vault_no", "carrier"), "version_no"),
)


def forget_before(
    connection: sqlite3.Connection,
    path: Path,
    source_name: str,
    before_ms: int,
    *,
    batch: int = BATCH,
) -> int:
    """Deletes the sealed snapshots of a source that ended before `before_ms`; how many.

    Kept in any case: the newest, the newest complete one, and those that the stored findings came
    from. Abandoned snapshots of that age go as well, without being counted.
    """
    with writing(connection, path):
        connection.execute(
            "update snapshot set state = 'forgotten' where state = 'sealed' and ended_ms < :before "
            "and source_no = (select no from source where name = :source) "
            "and id not in (select directory_snapshot from assessment) "
            "and id not in (select secrets_snapshot from assessment) "
            "and id <> (select max(n.id) from snapshot n where n.state = 'sealed' "
            "and n.source_no = snapshot.source_no) "
            "and id <> (select coalesce(max(n.id), 0) from snapshot n where n.state = 'sealed' "
            "and n.complete = 1 and n.source_no = snapshot.source_no)",
            {"before": before_ms, "source": source_name},
        )
        connection.execute(
            "delete from snapshot where state = 'abandoned' "
            "and coalesce(ended_ms, started_ms) < :before "
            "and source_no = (select no from source where name = :source)",
            {"before": before_ms, "source": source_name},
        )
    forgotten = connection.execute(
        "select s.id from snapshot s join source c on c.no = s.source_no "
        "where s.state = 'forgotten' and c.name = ? order by s.id",
        (source_name,),
    ).fetchall()
    for (snapshot_id,) in forgotten:
        _merge(connection, path, int(snapshot_id), batch)
    if forgotten:
        _drop_versions(connection, path, batch)
    return len(forgotten)


def _merge(connection: sqlite3.Connection, path: Path, snapshot_id: int, batch: int) -> None:
    following = connection.execute(
        "select min(n.id) from snapshot n join snapshot s on s.id = ? "
        "where n.source_no = s.source_no and n.id > s.id and n.state in ('sealed', 'forgotten')",
        (snapshot_id,),
    ).fetchone()[0]
    values = {"gone": snapshot_id, "next": int(following), "batch": batch}
    for table, key, same in _TABLES:
        columns = ", ".join(key)
        # Rows that only the forgotten snapshot had.
        _repeat(
            connection,
            path,
            f"delete from {table} where ({columns}, from_snapshot) in (select {columns}, "  # noqa: S608 -- names of this module
            f"from_snapshot from {table} where from_snapshot = :gone and to_snapshot = :next "
            "limit :batch)",
            values,
        )
        # Rows that began with it begin with the next one.
        _repeat(
            connection,
            path,
            f"update {table} set from_snapshot = :next where ({columns}, from_snapshot) in "  # noqa: S608 -- names of this module
            f"(select {columns}, from_snapshot from {table} where from_snapshot = :gone "
            "limit :batch)",
            values,
        )
        _join_same(connection, path, table, key, same, values)
        # Rows that ended with it end with the next one.
        _repeat(
            connection,
            path,
            f"update {table} set to_snapshot = :next where ({columns}, from_snapshot) in "  # noqa: S608 -- names of this module
            f"(select {columns}, from_snapshot from {table} where to_snapshot = :gone "
            "limit :batch)",
            values,
        )
    with writing(connection, path):
        connection.execute("delete from listing where snapshot_id = ?", (snapshot_id,))
        connection.execute("delete from unreadable where snapshot_id = ?", (snapshot_id,))
        connection.execute("delete from snapshot where id = ?", (snapshot_id,))


def _repeat(
    connection: sqlite3.Connection, path: Path, statement: str, values: dict[str, int]
) -> None:
    changed = 1
    while changed:
        with writing(connection, path):
            changed = connection.execute(statement, values).rowcount


def _join_same(
    connection: sqlite3.Connection,
    path: Path,
    table: str,
    key: tuple[str, ...],
    same: str,
    values: dict[str, int],
) -> None:
    """Rows that ended with the forgotten snapshot and are there again in the next one, the same,
    become one row."""
    columns = ", ".join(f"a.{column}" for column in key)
    equal = " and ".join(f"b.{column} = a.{column}" for column in (*key, same))
    own = " and ".join(f"{column} = ?" for column in key)
    while True:
        with writing(connection, path):
            pairs = connection.execute(
                f"select {columns}, a.from_snapshot, b.to_snapshot from {table} a "  # noqa: S608 -- names of this module
                f"join {table} b on {equal} and b.from_snapshot = :next "
                "where a.to_snapshot = :gone limit :batch",
                values,
            ).fetchall()
            connection.executemany(
                f"delete from {table} where {own} and from_snapshot = ?",  # noqa: S608 -- names of this module
                [(*pair[:-2], values["next"]) for pair in pairs],
            )
            connection.executemany(
                f"update {table} set to_snapshot = ? where {own} and from_snapshot = ?",  # noqa: S608 -- names of this module
                [(pair[-1], *pair[:-1]) for pair in pairs],
            )
        if not pairs:
            return


def _drop_versions(connection: sqlite3.Connection, path: Path, batch: int) -> None:
    unused = (
        "not exists (select 1 from presence p where p.version_no = v.no) "
        "and not exists (select 1 from vault_grant g where g.version_no = v.no)"
    )
    found = connection.execute(f"select no from version v where {unused}").fetchall()  # noqa: S608 -- a constant above
    for start in range(0, len(found), batch):
        with writing(connection, path):
            # Asked again: a refresh may have come back to one meanwhile.
            connection.executemany(
                f"delete from version as v where v.no = ? and {unused}",  # noqa: S608 -- a constant above
                found[start : start + batch],
            )
