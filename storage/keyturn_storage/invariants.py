"""What must hold of a snapshot as it is stored. Checked at the seal; the verdict is kept with it.

A verdict is "passed", "failed: why" or "skipped: why". It does not change what is complete: it
tells a reader how far the rows can be trusted.
"""

import sqlite3

from keyturn_providers.records import Collection
from keyturn_storage.codec import ObjectNo

PASSED = "passed"

_UNKNOWN_MEMBERS = """
select o.kind, count(*) from membership m
cross join object o on o.no = m.member_no
where o.source_no = :source and m.to_snapshot is null
and m.member_no not in (select object_no from presence where to_snapshot is null)
group by o.kind
"""
_UNKNOWN_PRINCIPALS = """
select o.kind, count(*) from vault_grant g
cross join object o on o.no = g.principal_no
where o.source_no = :source and g.to_snapshot is null
and g.principal_no not in (select object_no from presence where to_snapshot is null)
group by o.kind
"""
_STRAY_PARENTS = """
select count(*) from listing l
where l.snapshot_id = :snapshot and l.collection = :collection and not exists (
    select 1 from object o join presence p on p.object_no = o.no and p.to_snapshot is null
    where o.source_no = :source and o.kind = :kind and o.id = l.parent_id
)
"""
_UNLISTED_PARENTS = """
select count(*) from object o join presence p on p.object_no = o.no and p.to_snapshot is null
where o.source_no = :source and o.kind = :kind and not exists (
    select 1 from listing l
    where l.snapshot_id = :snapshot and l.collection = :collection and l.parent_id = o.id
)
"""
_ODD_COUNTS = """
select count(*) from listing l
where l.snapshot_id = :snapshot and l.rows <> coalesce(
    case l.collection
    when 'memberships' then (
        select count(*) from temp.stage_member s
        where s.snapshot_id = :snapshot and s.group_id = l.parent_id
    )
    when 'grants' then (
        select count(*) from temp.stage_grant s
        where s.snapshot_id = :snapshot and s.vault_id = l.parent_id
    )
    else (
        select count(*) from temp.stage_object s
        where s.snapshot_id = :snapshot and s.kind = case l.collection
            when 'accounts' then 1 when 'groups' then 2 when 'vaults' then 3 else 4 end
    )
    end, 0)
"""


def check(
    connection: sqlite3.Connection, snapshot_id: int, source_no: int
) -> tuple[tuple[str, str], ...]:
    """(rule, verdict) for every rule, in a fixed order. Needs the staged rows, still there."""
    complete = {
        str(collection)
        for (collection,) in connection.execute(
            "select collection from listing "
            "where snapshot_id = ? and parent_id = '' and complete = 1",
            (snapshot_id,),
        )
    }

    def count(statement: str, kind: ObjectNo, collection: str = "") -> int:
        values = {
            "snapshot": snapshot_id,
            "source": source_no,
            "kind": kind,
            "collection": collection,
        }
        return int(connection.execute(statement, values).fetchone()[0])

    members: dict[int, int] = dict(connection.execute(_UNKNOWN_MEMBERS, {"source": source_no}))
    principals: dict[int, int] = dict(
        connection.execute(_UNKNOWN_PRINCIPALS, {"source": source_no})
    )

    def known(rule: str, found: int, needs: Collection, what: str) -> tuple[str, str]:
        if not found:
            return rule, PASSED
        if needs not in complete:
            return rule, f"skipped: {found} {what}, but the list of {needs} is not complete"
        return rule, f"failed: {found} {what}"

    return (
        known(
            "every member account is known",
            members.get(ObjectNo.ACCOUNT, 0),
            Collection.ACCOUNTS,
            "memberships of accounts that were not listed",
        ),
        known(
            "every member group is known",
            members.get(ObjectNo.GROUP, 0),
            Collection.GROUPS,
            "memberships of groups that were not listed",
        ),
        known(
            "every grant is an account's that is known",
            principals.get(ObjectNo.ACCOUNT, 0),
            Collection.ACCOUNTS,
            "grants to accounts that were not listed",
        ),
        known(
            "every grant is a group's that is known",
            principals.get(ObjectNo.GROUP, 0),
            Collection.GROUPS,
            "grants to groups that were not listed",
        ),
        known(
            "every grant is a machine identity's that is known",
            principals.get(ObjectNo.MACHINE, 0),
            Collection.MACHINES,
            "grants to machine identities that were not listed",
        ),
        known(
            "members were listed of known groups only",
            count(_STRAY_PARENTS, ObjectNo.GROUP, Collection.MEMBERSHIPS),
            Collection.GROUPS,
            "member lists of groups that were not listed",
        ),
        known(
            "grants were listed of known vaults only",
            count(_STRAY_PARENTS, ObjectNo.VAULT, Collection.GRANTS),
            Collection.VAULTS,
            "grant lists of vaults that were not listed",
        ),
        known(
            "every group has its member list",
            count(_UNLISTED_PARENTS, ObjectNo.GROUP, Collection.MEMBERSHIPS),
            Collection.GROUPS,
            "groups whose members were not listed",
        ),
        known(
            "every vault has its grant list",
            count(_UNLISTED_PARENTS, ObjectNo.VAULT, Collection.GRANTS),
            Collection.VAULTS,
            "vaults whose grants were not listed",
        ),
        _counts(count(_ODD_COUNTS, ObjectNo.ACCOUNT)),
    )


def is_complete(connection: sqlite3.Connection, snapshot_id: int, source_no: int) -> bool:
    """Whether the listings prove the whole: every one complete, accounts among them, and nothing
    that is held to be there left out of them (a group without its member list, say)."""
    values = {"snapshot": snapshot_id, "source": source_no}
    row = connection.execute(
        "select count(*), sum(complete), sum(collection = 'accounts') from listing "
        "where snapshot_id = :snapshot",
        values,
    ).fetchone()
    if row[0] == 0 or row[0] != row[1] or not row[2]:
        return False
    left_out = connection.execute(_LEFT_OUT, values).fetchone()
    return int(left_out[0]) == 0


_LEFT_OUT = """
select
(
    select count(*) from object o join presence p on p.object_no = o.no and p.to_snapshot is null
    where o.source_no = :source and not exists (
        select 1 from listing l where l.snapshot_id = :snapshot and l.parent_id = ''
        and l.collection = case o.kind
            when 1 then 'accounts' when 2 then 'groups' when 3 then 'vaults' else 'machines' end
    )
) + (
    select count(*) from object o join presence p on p.object_no = o.no and p.to_snapshot is null
    where o.source_no = :source and o.kind in (2, 3) and not exists (
        select 1 from listing l where l.snapshot_id = :snapshot and l.parent_id = o.id
        and l.collection = case o.kind when 2 then 'memberships' else 'grants' end
    )
)
"""


def _counts(odd: int) -> tuple[str, str]:
    rule = "as many rows are stored as each listing gave"
    return rule, PASSED if not odd else f"failed: {odd} listings gave some rows twice, or lost some"
