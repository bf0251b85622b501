"""A sealed snapshot with all its rows, as of its moment."""

import json
import sqlite3
from collections.abc import Callable
from typing import TypeVar

from keyturn_providers.records import (
    Collection,
    Grant,
    MemberKind,
    Membership,
    Side,
    Snapshot,
    SourceIdentity,
)
from keyturn_storage import codec
from keyturn_storage.codec import ObjectNo
from keyturn_storage.snapshot_rows import listings

_OBJECTS = """
select o.id, v.body from object o
join presence p on p.object_no = o.no
join version v on v.no = p.version_no
where o.source_no = :source and o.kind = :kind
and p.from_snapshot <= :snapshot and (p.to_snapshot is null or p.to_snapshot > :snapshot)
order by o.no
"""
_MEMBERS = """
select g.id, m.id, m.kind from object g
join membership b on b.group_no = g.no
join object m on m.no = b.member_no
where g.source_no = :source and g.kind = 2
and b.from_snapshot <= :snapshot and (b.to_snapshot is null or b.to_snapshot > :snapshot)
order by b.group_no, b.member_no
"""
_GRANTS = """
select t.id, g.carrier, v.body from object t
join vault_grant g on g.vault_no = t.no
join version v on v.no = g.version_no
where t.source_no = :source and t.kind = 3
and g.from_snapshot <= :snapshot and (g.to_snapshot is null or g.to_snapshot > :snapshot)
order by g.vault_no, g.carrier
"""
T = TypeVar("T")


def load(connection: sqlite3.Connection, snapshot_id: int) -> Snapshot:
    """All rows, read in one transaction. Raises ValueError where the snapshot is not sealed."""
    connection.execute("begin")
    try:
        return _load(connection, snapshot_id)
    finally:
        connection.execute("rollback")


def _load(connection: sqlite3.Connection, snapshot_id: int) -> Snapshot:
    row = connection.execute(
        "select c.no, c.name, c.kind, c.side, c.tenant, s.started_ms, s.complete, s.blind_spots, "
        "s.permission_rules from snapshot s join source c on c.no = s.source_no "
        "where s.id = ? and s.state = 'sealed'",
        (snapshot_id,),
    ).fetchone()
    if row is None:
        raise ValueError(f"snapshot {snapshot_id} is not sealed")
    source_no, name, kind, side, tenant, started_ms, complete, blind_spots, permission_rules = row
    at = {"source": source_no, "snapshot": snapshot_id}

    def objects(number: ObjectNo, build: Callable[[str, str], T]) -> tuple[T, ...]:
        found = connection.execute(_OBJECTS, {**at, "kind": number})
        return tuple(build(id_, body) for id_, body in found)

    return Snapshot(
        id=snapshot_id,
        source=SourceIdentity(name, kind, Side(side), tenant),
        # What was read first is as old as the reading: a slow one ends with old listings.
        taken_ms=started_ms,
        complete=bool(complete),
        listings=listings(connection, snapshot_id),
        accounts=objects(ObjectNo.ACCOUNT, codec.account),
        groups=objects(ObjectNo.GROUP, codec.group),
        memberships=_memberships(connection, at),
        vaults=objects(ObjectNo.VAULT, codec.vault),
        grants=_grants(connection, at),
        machines=objects(ObjectNo.MACHINE, codec.machine),
        blind_spots=tuple(json.loads(blind_spots)),
        unreadable_accounts=_unreadable_accounts(connection, snapshot_id),
        permission_rules=codec.permission_rules(permission_rules),
    )


def _unreadable_accounts(connection: sqlite3.Connection, snapshot_id: int) -> frozenset[str]:
    found = connection.execute(
        "select id from unreadable where snapshot_id = ? and collection = ? and id is not null",
        (snapshot_id, Collection.ACCOUNTS.value),
    )
    return frozenset(id_ for (id_,) in found)


def _memberships(connection: sqlite3.Connection, at: dict[str, int]) -> tuple[Membership, ...]:
    kinds = {ObjectNo.ACCOUNT.value: MemberKind.ACCOUNT, ObjectNo.GROUP.value: MemberKind.GROUP}
    return tuple(
        Membership(group_id, member_id, kinds[kind])
        for group_id, member_id, kind in connection.execute(_MEMBERS, at)
    )


def _grants(connection: sqlite3.Connection, at: dict[str, int]) -> tuple[Grant, ...]:
    return tuple(
        codec.grant(vault_id, carrier, body)
        for vault_id, carrier, body in connection.execute(_GRANTS, at)
    )
