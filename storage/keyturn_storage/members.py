"""Who is in a group when nesting counts, as bit sets: a hundred thousand members in 12 kB.

Only groups that are asked for are read, and each once.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable

_NESTED = """
select b.group_no, b.member_no from object m
join membership b on b.member_no = m.no
where m.source_no = (select source_no from snapshot where id = :snapshot) and m.kind = 2
and b.from_snapshot <= :snapshot and (b.to_snapshot is null or b.to_snapshot > :snapshot)
"""
_DIRECT = """
select b.member_no from membership b join object m on m.no = b.member_no and m.kind = 1
where b.group_no = :group
and b.from_snapshot <= :snapshot and (b.to_snapshot is null or b.to_snapshot > :snapshot)
"""
_PRINCIPALS = """
select distinct g.principal_no, o.kind from vault_grant g join object o on o.no = g.principal_no
where g.vault_no = :vault and g.level > 0 and o.kind in (1, 2)
and g.from_snapshot <= :snapshot and (g.to_snapshot is null or g.to_snapshot > :snapshot)
"""


class Members:
    """The effective members of the groups of one snapshot. A cycle of groups is no harm."""

    def __init__(self, connection: sqlite3.Connection, snapshot_id: int) -> None:
        self._connection = connection
        self._snapshot = snapshot_id
        self._bit_of: dict[int, int] = {}
        self._direct: dict[int, int] = {}
        self._inner: dict[int, list[int]] = defaultdict(list)
        for outer, inner in connection.execute(_NESTED, {"snapshot": snapshot_id}):
            self._inner[outer].append(inner)

    def bits(self, account_nos: Iterable[int]) -> int:
        """The set of these accounts."""
        places = [self._bit_of.setdefault(no, len(self._bit_of)) for no in account_nos]
        if not places:
            return 0
        if len(places) == 1:
            return 1 << places[0]
        found = bytearray(max(places) // 8 + 1)
        for place in places:
            found[place >> 3] |= 1 << (place & 7)
        return int.from_bytes(found, "little")

    def effective(self, group_no: int) -> int:
        """The accounts in the group, directly or through groups inside it."""
        found, waiting, seen = 0, [group_no], {group_no}
        while waiting:
            group = waiting.pop()
            found |= self._of(group)
            for inner in self._inner.get(group, ()):
                if inner not in seen:
                    seen.add(inner)
                    waiting.append(inner)
        return found

    def count(self, group_no: int) -> int:
        """How many accounts are in the group, nesting included."""
        return self.effective(group_no).bit_count()

    def openers(self, vault_no: int) -> int:
        """The accounts that hold any grant on the vault, themselves or through a group."""
        found = 0
        for principal, kind in self._connection.execute(
            _PRINCIPALS, {"vault": vault_no, "snapshot": self._snapshot}
        ).fetchall():
            found |= self.bits((principal,)) if kind == 1 else self.effective(principal)
        return found

    def _of(self, group_no: int) -> int:
        if group_no not in self._direct:
            self._direct[group_no] = self.bits(
                no
                for (no,) in self._connection.execute(
                    _DIRECT, {"group": group_no, "snapshot": self._snapshot}
                )
            )
        return self._direct[group_no]
