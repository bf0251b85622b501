"""The rows of a long list in any of its orders, without sorting them anew for every filter.

A list's rows have places, from 0 on, in its own order. What a filter leaves is asked for as places,
in whatever order they come; how the rows stand by a column is read once, and kept until the cache
changes.
"""

import json
import sqlite3
from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import compress

OWN = "position"
_FEW = 500


@dataclass(frozen=True, slots=True)
class Listed:
    """A table with a `position`, the column its rows are known by, and how that is a number."""

    table: str
    column: str
    number: Callable[[str], int] = int


class Orders:
    """Of one file. Use it in the transaction only in which it is asked."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._kept: dict[tuple[str, str], array[int]] = {}
        self._version = -1

    def found(
        self,
        listed: Listed,
        by: str,
        where: str = "",
        values: "Mapping[str, str | int | bytes | None] | None" = None,
        *,
        backwards: bool = False,
    ) -> "array[int]":
        """The numbers of the rows a condition holds of, or of all, in the order of SQL terms."""
        self._forget_what_has_changed()
        numbers = self._numbers(listed)
        if where:
            # One row, not a hundred thousand: each step gives up the interpreter lock, and beside a
            # busy thread each of them would wait to get it back.
            asked = f"select json_group_array(position) from {listed.table} where {where}"  # noqa: S608 -- constants and conditions of this package
            places = json.loads(self._connection.execute(asked, values or {}).fetchone()[0])
            if by == OWN and len(places) < _FEW:
                found = array("q", map(numbers.__getitem__, sorted(places)))
            else:
                marks = bytearray(len(numbers))
                for place in places:
                    marks[place] = 1
                found = self.marked(listed, by, marks)
        elif by == OWN:
            found = array("q", numbers)
        else:
            found = array("q", map(numbers.__getitem__, self._order(listed, by)))
        if backwards:
            found.reverse()
        return found

    def marked(self, listed: Listed, by: str, marks: bytes | bytearray) -> "array[int]":
        """The numbers of the rows whose places are marked, with one byte for each row."""
        self._forget_what_has_changed()
        numbers = self._numbers(listed)
        if by == OWN:
            return array("q", compress(numbers, marks))
        order = self._order(listed, by)
        left = compress(order, map(marks.__getitem__, order))
        return array("q", map(numbers.__getitem__, left))

    def _numbers(self, listed: Listed) -> "array[int]":
        key = (listed.table, OWN)
        if key not in self._kept:
            found = self._read(f"cast({listed.column} as text)", listed.table, OWN)
            self._kept[key] = array("q", map(listed.number, found))
        return self._kept[key]

    def _order(self, listed: Listed, by: str) -> "array[int]":
        key = (listed.table, by)
        if key not in self._kept:
            self._kept[key] = array("I", map(int, self._read("position", listed.table, by)))
        return self._kept[key]

    def _read(self, column: str, table: str, by: str) -> list[str]:
        statement = (
            f"select json_group_array(f) from (select {column} as f from {table} order by {by})"  # noqa: S608 -- constants of this package
        )
        found: list[str] = json.loads(self._connection.execute(statement).fetchone()[0])
        return found

    def _forget_what_has_changed(self) -> None:
        (version,) = self._connection.execute("pragma data_version").fetchone()
        if version != self._version:
            self._kept.clear()
            self._version = version
