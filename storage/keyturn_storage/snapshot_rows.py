"""The `snapshot` and `listing` tables as rows."""

import json
import sqlite3
from collections.abc import Sequence

from keyturn_providers.records import (
    Collection,
    Listing,
    PermissionRules,
    Side,
    SourceIdentity,
)
from keyturn_storage import codec
from keyturn_storage.rows import SnapshotInfo

_INFO = """
select s.id, c.name, c.kind, c.side, c.tenant, s.started_ms, s.ended_ms, s.state, s.complete,
s.blind_spots, s.invariants, s.error, s.accounts, s.groups, s.memberships, s.vaults, s.grants,
s.machines, s.unreadable
from snapshot s join source c on c.no = s.source_no
"""
_COUNT_OBJECTS = """
select o.kind, count(*) from object o
join presence p on p.object_no = o.no and p.to_snapshot is null
where o.source_no = ? group by o.kind
"""
_COUNT_MEMBERS = """
select count(*) from membership m join object g on g.no = m.group_no
where g.source_no = ? and m.to_snapshot is null
"""
_COUNT_GRANTS = """
select count(*) from vault_grant t join object v on v.no = t.vault_no
where v.source_no = ? and t.to_snapshot is null
"""


def finish(
    connection: sqlite3.Connection,
    snapshot_id: int,
    source_no: int,
    ended_ms: int,
    blind_spots: Sequence[str],
    permission_rules: PermissionRules | None,
    invariants: Sequence[tuple[str, str]],
    *,
    complete: bool,
) -> None:
    """Writes the snapshot's own row at the seal: sealed, counted, judged."""
    kinds: dict[int, int] = dict(connection.execute(_COUNT_OBJECTS, (source_no,)).fetchall())
    members = connection.execute(_COUNT_MEMBERS, (source_no,)).fetchone()[0]
    grants = connection.execute(_COUNT_GRANTS, (source_no,)).fetchone()[0]
    connection.execute(
        "update snapshot set state = 'sealed', ended_ms = ?, complete = ?, blind_spots = ?, "
        "permission_rules = ?, invariants = ?, accounts = ?, groups = ?, memberships = ?, "
        "vaults = ?, grants = ?, machines = ?, "
        "unreadable = (select count(*) from unreadable where snapshot_id = ?) "
        "where id = ?",
        (
            ended_ms,
            complete,
            json.dumps(list(blind_spots)),
            codec.permission_rules_body(permission_rules),
            json.dumps(list(invariants)),
            kinds.get(1, 0),
            kinds.get(2, 0),
            members,
            kinds.get(3, 0),
            grants,
            kinds.get(4, 0),
            snapshot_id,
            snapshot_id,
        ),
    )


def info(connection: sqlite3.Connection, snapshot_id: int) -> SnapshotInfo | None:
    """One snapshot in any state but forgotten."""
    found = _infos(connection, "where s.id = ? and s.state <> 'forgotten'", (snapshot_id,))
    return found[0] if found else None


def latest(
    connection: sqlite3.Connection, source_name: str, *, complete_only: bool
) -> SnapshotInfo | None:
    """The newest sealed snapshot of a source."""
    also = " and s.complete = 1" if complete_only else ""
    found = _infos(
        connection,
        f"where c.name = ? and s.state = 'sealed'{also} order by s.id desc limit 1",
        (source_name,),
    )
    return found[0] if found else None


def all_of(connection: sqlite3.Connection, source_name: str) -> tuple[SnapshotInfo, ...]:
    """Newest first."""
    return _infos(
        connection,
        "where c.name = ? and s.state <> 'forgotten' order by s.id desc",
        (source_name,),
    )


def largest_before(
    connection: sqlite3.Connection, source_name: str, snapshot_id: int, since_ms: int
) -> tuple[int, int, int, int] | None:
    """The most accounts, groups, memberships and grants that a complete snapshot had, among the
    one before `snapshot_id` and all before it that began at or after `since_ms`."""
    row = connection.execute(
        "with earlier as (select s.* from snapshot s join source c on c.no = s.source_no "
        "where c.name = :name and s.state = 'sealed' and s.complete = 1 and s.id < :id) "
        "select count(*), max(accounts), max(groups), max(memberships), max(grants) from earlier "
        "where started_ms >= :since or id = (select max(id) from earlier)",
        {"name": source_name, "id": snapshot_id, "since": since_ms},
    ).fetchone()
    return (row[1], row[2], row[3], row[4]) if row[0] else None


def listings(connection: sqlite3.Connection, snapshot_id: int) -> tuple[Listing, ...]:
    """By collection in the order of `Collection`, then parent id."""
    order = {str(collection): place for place, collection in enumerate(Collection)}
    found = connection.execute(
        "select collection, parent_id, complete, proof, error, rows, unreadable, pages "
        "from listing where snapshot_id = ? order by parent_id",
        (snapshot_id,),
    ).fetchall()
    found.sort(key=lambda row: order[row[0]])
    return tuple(
        Listing(Collection(collection), parent, bool(complete), proof, error, rows, odd, pages)
        for collection, parent, complete, proof, error, rows, odd, pages in found
    )


def _infos(
    connection: sqlite3.Connection, rest: str, values: tuple[int | str, ...]
) -> tuple[SnapshotInfo, ...]:
    return tuple(
        SnapshotInfo(
            id=row[0],
            source=SourceIdentity(row[1], row[2], Side(row[3]), row[4]),
            started_ms=row[5],
            ended_ms=row[6],
            state=row[7],
            complete=bool(row[8]),
            listings=listings(connection, row[0]),
            blind_spots=tuple(json.loads(row[9])),
            invariants=tuple((rule, verdict) for rule, verdict in json.loads(row[10])),
            error=row[11],
            accounts=row[12],
            groups=row[13],
            memberships=row[14],
            vaults=row[15],
            grants=row[16],
            machines=row[17],
            unreadable=row[18],
        )
        for row in connection.execute(_INFO + rest, values).fetchall()
    )
