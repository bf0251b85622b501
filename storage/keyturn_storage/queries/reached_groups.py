"""The groups that some accounts are in, nesting included: for many accounts in one question."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping

from keyturn_storage.queries.reader import Reader

_EDGES = """
with recursive account (no) as (
    select o.no from snapshot s cross join json_each(:ids) j
    cross join object o on o.source_no = s.source_no and o.kind = 1 and o.id = j.value
    where s.id = :at
),
up (inner_no, outer_no) as (
    select b.member_no, b.group_no from account a join membership b on b.member_no = a.no
    where b.from_snapshot <= :at and (b.to_snapshot is null or b.to_snapshot > :at)
    union select b.member_no, b.group_no from up u join membership b on b.member_no = u.outer_no
    where b.from_snapshot <= :at and (b.to_snapshot is null or b.to_snapshot > :at)
)
select i.kind, i.id, o.id from up u join object i on i.no = u.inner_no
join object o on o.no = u.outer_no
"""
_ACCOUNT = 1


def groups_reached(reader: Reader, account_ids: Collection[str]) -> Mapping[str, frozenset[str]]:
    """By account id of the secret manager the ids of its groups; nothing before the first
    assessment. A cycle of groups is no harm."""
    assessed = reader.assessed()
    if assessed is None:
        return {}
    values = {"ids": json.dumps(list(account_ids)), "at": assessed[1]}
    own: dict[str, set[str]] = defaultdict(set)
    around: dict[str, set[str]] = defaultdict(set)
    for kind, inner, outer in reader.connection.execute(_EDGES, values):
        (own if kind == _ACCOUNT else around)[inner].add(outer)
    found: dict[str, frozenset[str]] = {}
    for account_id in account_ids:
        seen = set(own.get(account_id, ()))
        waiting = list(seen)
        while waiting:
            more = around.get(waiting.pop(), set()) - seen
            seen |= more
            waiting.extend(more)
        found[account_id] = frozenset(seen)
    return found
