"""Who is in a group or can open a vault, as conditions on people that stay quick for all sizes.

A set of objects is bound as one byte for each object number (`marks`), which SQLite looks into
without building a table of it. Where the groups in question are few, their members are read; where
they are most of all groups, every person is asked for any of them, and the first that fits ends it.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

MANY = 3
"""Most groups: more than one in so many."""
_SIDES = {"d": "directory_no", "s": "secrets_no"}

_NESTED = """
select json_group_array(b.group_no), json_group_array(b.member_no)
from object m cross join membership b on b.member_no = m.no
where m.kind = 2 and m.source_no = (select source_no from snapshot where id = :at)
and b.from_snapshot <= :at and (b.to_snapshot is null or b.to_snapshot > :at)
"""
_MEMBERS = """
select json_group_array(b.member_no) from json_each(:groups) j
cross join membership b on b.group_no = j.value
where b.from_snapshot <= :at and (b.to_snapshot is null or b.to_snapshot > :at)
"""
_LINKED = """
select json_group_array({0}) from group_link where {0} is not null and {1}
"""
_HOLDERS = """
select json_group_array(g.principal_no) from json_each(:vaults) j
cross join vault_grant g on g.vault_no = j.value
where g.level > 0 and g.from_snapshot <= :at and (g.to_snapshot is null or g.to_snapshot > :at)
"""
# From one principal to the next by the index: each is asked once, however many grants it holds.
_HOLDERS_OF_MANY = """
with recursive p (no) as (
    select min(principal_no) from vault_grant
    union all select (select min(g.principal_no) from vault_grant g where g.principal_no > p.no)
    from p where p.no is not null
)
select json_group_array(no) from p where no is not null and exists (
    select 1 from vault_grant g where g.principal_no = p.no
    and substr(:marks, g.vault_no, 1) = x'01' and g.level > 0
    and g.from_snapshot <= :at and (g.to_snapshot is null or g.to_snapshot > :at))
"""


@dataclass(slots=True)
class Contained:
    """What to ask of a row of `person`, and the values for it."""

    condition: str
    values: dict[str, bytes | int]


class Containment:
    """The groups of one question. Names of parameters begin with `prefix`."""

    def __init__(
        self, connection: sqlite3.Connection, directory: int, secrets: int, prefix: str
    ) -> None:
        self._connection = connection
        self._at = {"d": directory, "s": secrets}
        self._prefix = prefix
        self._values: dict[str, bytes | int] = {}
        self._size = int(self._one("select ifnull(max(no), 0) from object", {}))

    def in_linked_groups(self, where: str, value: str | None) -> Contained:
        """People inside the group links of which `where` is true, on either side."""
        parts = [
            self._in_groups(
                side,
                self._numbers(_LINKED.format(column, where), {"value": value}),
            )
            for side, column in _SIDES.items()
        ]
        return Contained(" or ".join(parts), self._values)

    def on_vaults(self, vaults: Sequence[int], total: int) -> Contained:
        """People with any grant on one of these vaults, themselves or through groups. `total` is
        how many vaults there are."""
        if len(vaults) * MANY > total:
            found = self._numbers(
                _HOLDERS_OF_MANY, {"marks": self._marks(vaults), "at": self._at["s"]}
            )
        else:
            found = self._numbers(
                _HOLDERS, {"vaults": json.dumps(list(vaults)), "at": self._at["s"]}
            )
        return Contained(self._in_groups("s", found), self._values)

    def _in_groups(self, side: str, start: Sequence[int]) -> str:
        """`start` may have accounts among the groups: they are meant themselves."""
        at, column = self._at[side], _SIDES[side]
        if not start:
            return "0"
        inside = self._with_nested(at, start)
        if len(inside) * MANY <= self._groups(column):
            members = self._numbers(_MEMBERS, {"groups": json.dumps(list(inside)), "at": at})
            name = self._bind(self._marks(chain(inside, members)))
            return f"substr({name}, person.{column}, 1) = x'01'"
        marks, now = self._bind(self._marks(inside)), self._bind(at)
        return (
            f"substr({marks}, person.{column}, 1) = x'01' or exists (select 1 from membership b "  # noqa: S608 -- constants and parameters' names
            f"where b.member_no = person.{column} and substr({marks}, b.group_no, 1) = x'01' "
            f"and b.from_snapshot <= {now} and (b.to_snapshot is null or b.to_snapshot > {now}))"
        )

    def _with_nested(self, at: int, start: Sequence[int]) -> set[int]:
        """The groups with all groups inside them. A cycle is no harm."""
        row = self._connection.execute(_NESTED, {"at": at}).fetchone()
        inner: dict[int, list[int]] = {}
        for outer_no, inner_no in zip(json.loads(row[0]), json.loads(row[1]), strict=True):
            inner.setdefault(outer_no, []).append(inner_no)
        found, waiting = set(start), list(set(start)) if inner else []
        while waiting:
            for no in inner.get(waiting.pop(), ()):
                if no not in found:
                    found.add(no)
                    waiting.append(no)
        return found

    def _groups(self, column: str) -> int:
        return int(self._one(f"select count({column}) from group_link", {}))  # noqa: S608 -- one of two columns

    def _marks(self, nos: "Sequence[int] | set[int] | chain[int]") -> bytes:
        found = bytearray(self._size)
        for no in nos:
            found[no - 1] = 1
        return bytes(found)

    def _bind(self, value: bytes | int) -> str:
        name = f"{self._prefix}{len(self._values)}"
        self._values[name] = value
        return f":{name}"

    def _numbers(self, statement: str, values: dict[str, object]) -> list[int]:
        found: list[int] = json.loads(self._one(statement, values))
        return found

    def _one(self, statement: str, values: dict[str, object]) -> str:
        return str(self._connection.execute(statement, values).fetchone()[0])
