"""Turning what was staged into interval rows: rows close only inside complete listings.

Everything here runs inside one transaction of the caller. Every number that is stored was found by
a join with the table it points into, so the caller need not have foreign keys checked.
"""

import sqlite3

from keyturn_providers.records import Collection
from keyturn_storage.codec import OBJECT_OF_COLLECTION, ObjectNo

_SCRATCH = (
    "create temp table if not exists seen_object (no integer primary key, version_no integer)",
    "create temp table if not exists kept_object (no integer primary key)",
    (
        "create temp table if not exists seen_member (group_no integer, member_no integer, "
        "primary key (group_no, member_no)) without rowid"
    ),
    (
        "create temp table if not exists seen_grant (vault_no integer, carrier text, "
        "principal_no integer, level integer, version_no integer, "
        "primary key (vault_no, carrier)) without rowid"
    ),
    "create temp table if not exists done_parent (no integer primary key)",
    "create temp table if not exists gone_parent (no integer primary key)",
)
_CLEAR = (
    "delete from temp.seen_object",
    "delete from temp.kept_object",
    "delete from temp.seen_member",
    "delete from temp.seen_grant",
    "delete from temp.done_parent",
    "delete from temp.gone_parent",
)

_VERSIONS = """
insert or ignore into version (hash, body)
select hash, body from temp.stage_object where snapshot_id = :snapshot
union all select hash, body from temp.stage_grant where snapshot_id = :snapshot
"""
_REGISTER = """
insert or ignore into object (source_no, kind, id)
select :source, kind, id from temp.stage_object where snapshot_id = :snapshot
union select :source, kind, id from temp.stage_member where snapshot_id = :snapshot
union select :source, kind, principal_id from temp.stage_grant where snapshot_id = :snapshot
"""

_SEEN_OBJECTS = """
insert into temp.seen_object
select o.no, v.no from temp.stage_object s
join object o on o.source_no = :source and o.kind = s.kind and o.id = s.id
join version v on v.hash = s.hash
where s.snapshot_id = :snapshot and s.kind = :kind
"""
_KEPT_OBJECTS = """
insert or ignore into temp.kept_object
select o.no from temp.stage_unreadable u
join object o on o.source_no = :source and o.kind = :kind and o.id = u.id
where u.snapshot_id = :snapshot and u.collection = :collection and u.id is not null
"""
_CLOSE_CHANGED = """
update presence set to_snapshot = :snapshot
where to_snapshot is null and object_no in (select no from temp.seen_object)
and version_no <> (select version_no from temp.seen_object where no = object_no)
"""
_CLOSE_GONE = """
update presence set to_snapshot = :snapshot
where to_snapshot is null
and object_no in (select no from object where source_no = :source and kind = :kind)
and object_no not in (select no from temp.seen_object)
and object_no not in (select no from temp.kept_object)
"""
_OPEN_OBJECTS = """
insert into presence (object_no, from_snapshot, version_no)
select no, :snapshot, version_no from temp.seen_object
where not exists (select 1 from presence where object_no = no and to_snapshot is null)
order by no
"""

_GONE_PARENTS = """
insert into temp.gone_parent
select no from object where source_no = :source and kind = :kind
and not exists (select 1 from presence where object_no = no and to_snapshot is null)
"""
_DONE_PARENTS = """
insert into temp.done_parent
select o.no from temp.stage_listing l
join object o on o.source_no = :source and o.kind = :kind and o.id = l.parent_id
where l.snapshot_id = :snapshot and l.collection = :collection and l.complete = 1
"""

_SEEN_MEMBERS = """
insert into temp.seen_member
select g.no, m.no from object g
cross join temp.stage_member s on s.snapshot_id = :snapshot and s.group_id = g.id
cross join object m on m.source_no = :source and m.kind = s.kind and m.id = s.id
where g.source_no = :source and g.kind = :group and g.no not in (select no from temp.gone_parent)
"""
_CLOSE_MEMBERS = """
update membership set to_snapshot = :snapshot
where to_snapshot is null and group_no in (select no from temp.done_parent)
and not exists (
    select 1 from temp.seen_member s
    where s.group_no = membership.group_no and s.member_no = membership.member_no
)
and not exists (
    select 1 from temp.stage_unreadable u
    join object g on g.no = membership.group_no
    join object m on m.no = membership.member_no
    where u.snapshot_id = :snapshot and u.collection = :collection
    and u.parent_id = g.id and u.id = m.id
)
"""
_CLOSE_MEMBERS_OF_GONE = """
update membership set to_snapshot = :snapshot
where to_snapshot is null and group_no in (select no from temp.gone_parent)
"""
_OPEN_MEMBERS = """
insert into membership (group_no, member_no, from_snapshot)
select s.group_no, s.member_no, :snapshot from temp.seen_member s
where not exists (
    select 1 from membership m
    where m.group_no = s.group_no and m.member_no = s.member_no and m.to_snapshot is null
)
order by s.group_no, s.member_no
"""

_SEEN_GRANTS = """
insert into temp.seen_grant
select t.no, s.carrier, p.no, s.level, v.no from temp.stage_grant s
join object t on t.source_no = :source and t.kind = :vault and t.id = s.vault_id
join object p on p.source_no = :source and p.kind = s.kind and p.id = s.principal_id
join version v on v.hash = s.hash
where s.snapshot_id = :snapshot and t.no not in (select no from temp.gone_parent)
"""
_CLOSE_CHANGED_GRANTS = """
update vault_grant set to_snapshot = :snapshot
where to_snapshot is null and version_no <> (
    select version_no from temp.seen_grant s
    where s.vault_no = vault_grant.vault_no and s.carrier = vault_grant.carrier
)
"""
_CLOSE_GRANTS = """
update vault_grant set to_snapshot = :snapshot
where to_snapshot is null and vault_no in (select no from temp.done_parent)
and not exists (
    select 1 from temp.seen_grant s
    where s.vault_no = vault_grant.vault_no and s.carrier = vault_grant.carrier
)
and not exists (
    select 1 from temp.stage_unreadable u
    join object t on t.no = vault_grant.vault_no
    join object p on p.no = vault_grant.principal_no
    where u.snapshot_id = :snapshot and u.collection = :collection
    and u.parent_id = t.id and u.id in (vault_grant.carrier, p.id)
)
"""
_CLOSE_GRANTS_OF_GONE = """
update vault_grant set to_snapshot = :snapshot
where to_snapshot is null and vault_no in (select no from temp.gone_parent)
"""
_OPEN_GRANTS = """
insert into vault_grant (vault_no, carrier, from_snapshot, principal_no, level, version_no)
select s.vault_no, s.carrier, :snapshot, s.principal_no, s.level, s.version_no
from temp.seen_grant s
where not exists (
    select 1 from vault_grant g
    where g.vault_no = s.vault_no and g.carrier = s.carrier and g.to_snapshot is null
)
order by s.vault_no, s.carrier
"""
_LISTINGS = """
insert into listing (
    snapshot_id, collection, parent_id, complete, proof, error, rows, unreadable, pages
)
select snapshot_id, collection, parent_id, complete, proof, error, rows, unreadable, pages
from temp.stage_listing where snapshot_id = :snapshot
"""
_UNREADABLE = """
insert into unreadable (snapshot_id, collection, parent_id, id, reason)
select snapshot_id, collection, parent_id, id, reason
from temp.stage_unreadable where snapshot_id = :snapshot
"""
_NAMELESS = """
update temp.stage_listing set complete = 0, error = iif(error = '', :why, error)
where snapshot_id = :snapshot and complete = 1 and exists (
    select 1 from temp.stage_unreadable u
    where u.snapshot_id = :snapshot and u.collection = stage_listing.collection
    and u.parent_id = stage_listing.parent_id and u.id is null
)
"""
NAMELESS_WORDS = (
    "a record came that could not be understood and has no id, so anything may be missing"
)


def prepare(connection: sqlite3.Connection) -> None:
    """Makes the scratch tables. Once per connection."""
    for statement in _SCRATCH:
        connection.execute(statement)


def turn_into_rows(connection: sqlite3.Connection, snapshot_id: int, source_no: int) -> None:
    """Opens, changes and closes the interval rows, and keeps listings and unreadable records."""
    base: dict[str, int | str] = {"snapshot": snapshot_id, "source": source_no}
    _clear(connection)
    connection.execute(_NAMELESS, {"snapshot": snapshot_id, "why": NAMELESS_WORDS})
    connection.execute(_VERSIONS, base)
    connection.execute(_REGISTER, base)
    for collection, kind in OBJECT_OF_COLLECTION.items():
        connection.execute("delete from temp.seen_object")
        connection.execute("delete from temp.kept_object")
        own = {**base, "kind": kind, "collection": collection}
        connection.execute(_SEEN_OBJECTS, own)
        connection.execute(_CLOSE_CHANGED, base)
        if _complete(connection, snapshot_id, collection):
            connection.execute(_KEPT_OBJECTS, own)
            connection.execute(_CLOSE_GONE, own)
        connection.execute(_OPEN_OBJECTS, base)
    _memberships(connection, base)
    _grants(connection, base)
    connection.execute(_LISTINGS, base)
    connection.execute(_UNREADABLE, base)
    _clear(connection)


def _memberships(connection: sqlite3.Connection, base: dict[str, int | str]) -> None:
    own = {**base, "kind": ObjectNo.GROUP, "group": ObjectNo.GROUP}
    own["collection"] = Collection.MEMBERSHIPS
    connection.execute(_GONE_PARENTS, own)
    connection.execute(_DONE_PARENTS, own)
    connection.execute(_SEEN_MEMBERS, own)
    connection.execute(_CLOSE_MEMBERS_OF_GONE, base)
    connection.execute(_CLOSE_MEMBERS, own)
    connection.execute(_OPEN_MEMBERS, base)


def _grants(connection: sqlite3.Connection, base: dict[str, int | str]) -> None:
    own = {**base, "kind": ObjectNo.VAULT, "vault": ObjectNo.VAULT}
    own["collection"] = Collection.GRANTS
    connection.execute("delete from temp.gone_parent")
    connection.execute("delete from temp.done_parent")
    connection.execute(_GONE_PARENTS, own)
    connection.execute(_DONE_PARENTS, own)
    connection.execute(_SEEN_GRANTS, own)
    connection.execute(_CLOSE_GRANTS_OF_GONE, base)
    connection.execute(_CLOSE_GRANTS, own)
    connection.execute(_CLOSE_CHANGED_GRANTS, base)
    connection.execute(_OPEN_GRANTS, base)


def _complete(connection: sqlite3.Connection, snapshot_id: int, collection: Collection) -> bool:
    row = connection.execute(
        "select complete from temp.stage_listing "
        "where snapshot_id = ? and collection = ? and parent_id = ''",
        (snapshot_id, collection),
    ).fetchone()
    return row is not None and bool(row[0])


def _clear(connection: sqlite3.Connection) -> None:
    for statement in _CLEAR:
        connection.execute(statement)
