"""Who is in a group when nesting counts, as sets of places; of many groups at once, as bit sets: a
hundred thousand members in 12 kB.

Only groups that are asked for are read, and each once.
"""

import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

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
    """The effective members of the groups of one snapshot. A cycle of groups is no harm.

    Accounts have a place each: those of `places`, which are below `first`; any other that turns up
    has one from `first` on.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        snapshot_id: int,
        places: Mapping[int, int] | None = None,
        first: int = 0,
    ) -> None:
        self._connection = connection
        self._snapshot = snapshot_id
        self._place_of = dict(places or {})
        self._next = first
        self._direct: dict[int, array[int]] = {}
        self._bits: dict[int, int] = {}
        self._inner: dict[int, list[int]] = defaultdict(list)
        for outer, inner in connection.execute(_NESTED, {"snapshot": snapshot_id}):
            self._inner[outer].append(inner)

    def bits(self, account_nos: Iterable[int]) -> int:
        """The set of these accounts."""
        return _bits(self._places(account_nos))

    def effective(self, group_no: int) -> Collection[int]:
        """The places of the accounts in the group, directly or through groups inside it; each
        once."""
        if group_no not in self._inner:
            return self._of(group_no)
        return set().union(*map(self._of, self._with_inner(group_no)))

    def count(self, group_no: int) -> int:
        """How many accounts are in the group, nesting included."""
        return len(self.effective(group_no))

    def holders(self, vault_no: int) -> Sequence[tuple[int, int]]:
        """The accounts and groups with a grant on the vault: number and kind."""
        return self._connection.execute(
            _PRINCIPALS, {"vault": vault_no, "snapshot": self._snapshot}
        ).fetchall()

    def openers(self, holders: Iterable[tuple[int, int]]) -> int:
        """The accounts that are among these, or in a group among them."""
        found = 0
        for principal, kind in holders:
            if kind == 1:
                found |= self.bits((principal,))
                continue
            if principal not in self._bits:
                self._bits[principal] = _bits(self.effective(principal))
            found |= self._bits[principal]
        return found

    def _with_inner(self, group_no: int) -> Iterable[int]:
        waiting, seen = [group_no], {group_no}
        while waiting:
            group = waiting.pop()
            yield group
            for inner in self._inner.get(group, ()):
                if inner not in seen:
                    seen.add(inner)
                    waiting.append(inner)

    def _of(self, group_no: int) -> "array[int]":
        if group_no not in self._direct:
            found = self._connection.execute(
                _DIRECT, {"group": group_no, "snapshot": self._snapshot}
            )
            self._direct[group_no] = self._places(no for (no,) in found)
        return self._direct[group_no]

    def _places(self, account_nos: Iterable[int]) -> "array[int]":
        found = array("I")
        for no in account_nos:
            place = self._place_of.get(no)
            if place is None:
                place = self._place_of[no] = self._next
                self._next += 1
            found.append(place)
        return found


def _bits(places: Collection[int]) -> int:
    if not places:
        return 0
    found = bytearray(max(places) // 8 + 1)
    for place in places:
        found[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(found, "little")
