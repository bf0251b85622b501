"""Sets that were worked out when the drift was, read for a filter: the people in some groups, on
some vaults or with some findings, and the groups with some.

What was read is kept until the cache changes: while a filter is typed, most of it stays.
"""

import json
import sqlite3
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from keyturn_storage.people_sets import BITS, LISTED, as_bits, numbers_in, united

KEPT = 32
"""At most so many sets, of a byte for each person."""
_SETS = f"""
select ifnull(group_concat(hex(s.people), '') filter (where s.form = {LISTED}), ''),
ifnull(group_concat(hex(s.people), '') filter (where s.form = {BITS}), '')
from {{0}}
"""  # noqa: S608 -- constants of this module
_GROUPS = """
select json_group_array(g.position), json_group_array(length(s.people)),
ifnull(group_concat(hex(s.people), ''), '')
from people_set s cross join group_link g on g.no = s.key
where s.about = 'group' and s.form = :form
"""
_VAULTS = "vault_line l cross join people_set s on s.about = '{0}' and s.key = +l.no where {1}"
_CONTAINS = "people_set s where s.about = '{0}' and instr(s.key, :value) > 0"
_BEGINS = "people_set s where s.about = '{0}' and substr(s.key, 1, length(:value)) = :value"
_FINDINGS = {
    "kind": _CONTAINS,
    "severity": _BEGINS,
    "since": "people_set s where s.about = '{0}' and s.key >= :value",
}
# "+": a column of numbers beside one of anything would be looked for without the index.
_OF = {
    "group": (
        "group_link g cross join people_set s on s.about = 'group' and s.key = +g.no "
        "where instr(g.search, :value) > 0"
    ),
    "any group": "people_set s where s.about = 'any group'",
    "vault": _VAULTS.format("vault", "instr(casefold(l.name), :value) > 0"),
    "one vault": _VAULTS.format("vault", "l.vault_id = :value"),
    "granted": _VAULTS.format("granted", "instr(casefold(l.name), :value) > 0"),
    **{about: _CONTAINS.format(about) for about in ("department", "title")},
    **{about: _BEGINS.format(about) for about in ("here", "there")},
    **{about: asked.format(about) for about, asked in _FINDINGS.items()},
    **{f"group {about}": asked.format(f"group {about}") for about, asked in _FINDINGS.items()},
}
OF_GROUPS = frozenset({"granted", *(f"group {about}" for about in _FINDINGS)})


@dataclass(slots=True)
class _Inside:
    """Who is in each group: places of people, one group after another, and where each begins."""

    groups: Sequence[int]
    starts: Sequence[int]
    people: "array[int]"


class StoredSets:
    """The sets of one file. A set is one byte for each person, or for each group, in the order of
    their list: it is of use in the transaction only in which it was asked for."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._kept: dict[tuple[str, str | int], bytes] = {}
        self._inside: _Inside | None = None
        self._version = -1
        self._sizes: tuple[int, int] | None = None

    def found(self, about: str, value: str | int = "") -> bytes | None:
        """Of people: who is in a "group" or on a "vault" with the value in its name, in "any
        group", on "one vault" by its id, who has it in their "department" or "title" or at the
        beginning of their state "here" or "there", or has a finding with it in its "kind", at the
        beginning of its "severity", or known "since" then or later. Of groups: those "granted" a
        vault with it in its name, or with such findings ("group kind" ...).

        None where that was decided by a keyturn that stored no sets."""
        if not self.there():
            return None
        known = self._kept.pop((about, value), None)
        if known is None:
            statement = _SETS.format(_OF[about])
            listed, bits = self._connection.execute(statement, {"value": value}).fetchone()
            known = united(bytes.fromhex(listed), bytes.fromhex(bits), self._size(about))
        self._kept[about, value] = known
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        return known

    def found_in_any(self, abouts: Sequence[str], value: str | int = "") -> bytes | None:
        """The same of several at once."""
        found, people = 0, b""
        for about in abouts:
            marks = self.found(about, value)
            if marks is None:
                return None
            found, people = found | int.from_bytes(marks, "little"), marks
        return found.to_bytes(len(people), "little")

    def groups_with(self, marks: bytes) -> bytes:
        """The groups with anybody in them who is marked. Only where sets are `there`."""
        found = bytearray(self._size("granted"))
        if 1 not in marks:
            return bytes(found)
        keys, lengths, sets = self._connection.execute(_GROUPS, {"form": BITS}).fetchone()
        whole, start, bits = bytes.fromhex(sets), 0, as_bits(marks)
        for group, length in zip(json.loads(keys), json.loads(lengths), strict=True):
            if int.from_bytes(whole[start : start + length], "little") & bits:
                found[group] = 1
            start += length
        if self._inside is None:
            self._inside = self._listed()
        inside, is_marked = self._inside, marks.__getitem__
        for group, start, end in zip(
            inside.groups, inside.starts, (*inside.starts[1:], len(inside.people)), strict=True
        ):
            if any(map(is_marked, inside.people[start:end])):
                found[group] = 1
        return bytes(found)

    def there(self) -> bool:
        """Whether there are any. What was kept of an older version of the file is forgotten."""
        (version,) = self._connection.execute("pragma data_version").fetchone()
        if version != self._version:
            self._kept.clear()
            self._inside = None
            row = self._connection.execute(
                "select people, (select count(*) from group_link) from assessment "
                "where exists (select 1 from people_set)"
            ).fetchone()
            self._sizes = None if row is None else (int(row[0]), int(row[1]))
            self._version = version
        return self._sizes is not None

    def _size(self, about: str) -> int:
        people, groups = self._sizes or (0, 0)
        return groups if about in OF_GROUPS else people

    def _listed(self) -> _Inside:
        keys, lengths, sets = self._connection.execute(_GROUPS, {"form": LISTED}).fetchone()
        starts, at = array("I"), 0
        for length in json.loads(lengths):
            starts.append(at)
            at += length // 4
        return _Inside(array("I", json.loads(keys)), starts, numbers_in(bytes.fromhex(sets)))
