"""What a refresh has read so far, in temporary tables: private to the connection, gone with it."""

import json
import sqlite3
from collections.abc import Sequence
from operator import itemgetter

from keyturn_providers.records import (
    Account,
    Collection,
    Grant,
    Group,
    Listing,
    MachineIdentity,
    MemberKind,
    Membership,
    Unreadable,
    Vault,
)
from keyturn_storage.codec import (
    LEVELS,
    OBJECT_OF_COLLECTION,
    OBJECT_OF_MEMBER,
    OBJECT_OF_PRINCIPAL,
    digest,
    grant_body,
    object_body,
)

# Plain numbers: SQLite's binding takes an enum's member too, but by a way that is slower than the
# insert itself. And a member's hash runs in Python, so memberships look nothing up.
_ACCOUNT_NO = OBJECT_OF_MEMBER[MemberKind.ACCOUNT].value
_GROUP_NO = OBJECT_OF_MEMBER[MemberKind.GROUP].value

StagedRecord = Account | Group | Membership | Vault | Grant | MachineIdentity | Unreadable
_OBJECT_TYPES: dict[type, Collection] = {
    Account: Collection.ACCOUNTS,
    Group: Collection.GROUPS,
    Vault: Collection.VAULTS,
    MachineIdentity: Collection.MACHINES,
}

_TABLES = (
    (
        "create temp table if not exists stage_object (snapshot_id integer, kind integer, id text, "
        "hash blob, body text, primary key (snapshot_id, kind, id)) without rowid"
    ),
    (
        "create temp table if not exists stage_member (snapshot_id integer, group_id text, "
        "kind integer, id text, primary key (snapshot_id, group_id, kind, id)) without rowid"
    ),
    (
        "create temp table if not exists stage_grant (snapshot_id integer, vault_id text, "
        "carrier text, kind integer, principal_id text, level integer, hash blob, body text, "
        "primary key (snapshot_id, vault_id, carrier)) without rowid"
    ),
    (
        "create temp table if not exists stage_unreadable (snapshot_id integer, collection text, "
        "parent_id text, id text, reason text)"
    ),
    (
        "create temp table if not exists stage_listing (snapshot_id integer, collection text, "
        "parent_id text, complete integer, proof text, error text, rows integer, "
        "unreadable integer, pages integer, "
        "primary key (snapshot_id, collection, parent_id)) without rowid"
    ),
)
# One statement for all members of a page: bound one by one, the binding took most of the time.
_MEMBERS = "insert or replace into temp.stage_member select ?, ?, ?, value from json_each(?)"
_NAMES = ("stage_object", "stage_member", "stage_grant", "stage_unreadable", "stage_listing")


def prepare(connection: sqlite3.Connection) -> None:
    """Makes the temporary tables. Once per connection."""
    for statement in _TABLES:
        connection.execute(statement)


def stage(
    connection: sqlite3.Connection,
    snapshot_id: int,
    records: Sequence[StagedRecord],
    collection: Collection,
    parent_id: str,
) -> None:
    """Keeps the records of one page. One that came before under the same id is replaced.

    Raises ValueError for a record that does not belong into this listing; then none is kept.
    """
    objects: list[tuple[int, int, str, bytes, str]] = []
    members: dict[int, list[str]] = {}
    grants: list[tuple[int, str, str, int, str, int, bytes, str]] = []
    odd: list[tuple[int, str, str, str | None, str]] = []
    for record in records:
        match record:
            case Unreadable():
                odd.append((snapshot_id, collection.value, parent_id, record.id, record.reason))
            case Membership():
                if record.group_id != parent_id or collection is not Collection.MEMBERSHIPS:
                    _refuse_stray(collection, Collection.MEMBERSHIPS, parent_id, record.group_id)
                kind = _GROUP_NO if record.member_kind is MemberKind.GROUP else _ACCOUNT_NO
                members.setdefault(kind, []).append(record.member_id)
            case Grant():
                _refuse_stray(collection, Collection.GRANTS, parent_id, record.vault_id)
                body = grant_body(record)
                grants.append(
                    (
                        snapshot_id,
                        parent_id,
                        record.carrier,
                        OBJECT_OF_PRINCIPAL[record.principal_kind].value,
                        record.principal_id,
                        LEVELS.index(record.level),
                        digest(body),
                        body,
                    )
                )
            case _:
                _refuse_stray(collection, _OBJECT_TYPES[type(record)], parent_id, "")
                body = object_body(record)
                kind = OBJECT_OF_COLLECTION[collection].value
                objects.append((snapshot_id, kind, record.id, digest(body), body))
    connection.execute("begin")
    try:
        _fill(connection, "stage_object", 5, sorted(objects, key=itemgetter(0, 1, 2)))
        for kind, ids in members.items():
            connection.execute(_MEMBERS, (snapshot_id, parent_id, kind, json.dumps(sorted(ids))))
        _fill(connection, "stage_grant", 8, sorted(grants, key=itemgetter(0, 1, 2)))
        _fill(connection, "stage_unreadable", 5, odd)
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


def end_listing(connection: sqlite3.Connection, snapshot_id: int, listing: Listing) -> None:
    """Keeps how a listing ended. One that ended before is replaced."""
    connection.execute(
        "insert or replace into stage_listing values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            snapshot_id,
            listing.collection.value,
            listing.parent_id,
            listing.complete,
            listing.proof,
            listing.error,
            listing.rows,
            listing.unreadable,
            listing.pages,
        ),
    )


def drop(connection: sqlite3.Connection, snapshot_id: int) -> None:
    """Forgets everything staged for one snapshot."""
    for name in _NAMES:
        others = connection.execute(
            f"select exists (select 1 from temp.{name} where snapshot_id < :id)"  # noqa: S608 -- names of this module
            f" or exists (select 1 from temp.{name} where snapshot_id > :id)",
            {"id": snapshot_id},
        ).fetchone()[0]
        # Without a condition SQLite empties a table at once, and not row by row.
        only = " where snapshot_id = :id" if others else ""
        connection.execute(f"delete from temp.{name}{only}", {"id": snapshot_id} if others else {})  # noqa: S608 -- names of this module


def _fill(
    connection: sqlite3.Connection, table: str, columns: int, rows: Sequence[tuple[object, ...]]
) -> None:
    if not rows:
        return
    marks = ", ".join("?" * columns)
    connection.executemany(f"insert or replace into temp.{table} values ({marks})", rows)  # noqa: S608 -- names of this module


def _refuse_stray(given: Collection, own: Collection, parent_id: str, own_parent: str) -> None:
    if given is not own or parent_id != own_parent:
        raise ValueError(
            f"a record of {own} {own_parent!r} came in the listing of {given} {parent_id!r}"
        )
