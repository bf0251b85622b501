"""Sets of people that were worked out when the drift was, read for a filter: who is in some groups,
on some vaults, or has some findings.

What was read is kept until the cache changes: while a filter is typed, most of it stays.
"""

import json
import sqlite3

from keyturn_storage.people_sets import BITS, LISTED, as_bits, numbers_in, united

KEPT = 32
"""At most so many sets, of a byte for each person."""
_SETS = f"""
select ifnull(group_concat(hex(s.people), '') filter (where s.form = {LISTED}), ''),
ifnull(group_concat(hex(s.people), '') filter (where s.form = {BITS}), '')
from {{0}}
"""  # noqa: S608 -- constants of this module
_GROUPS = """
select json_group_array(key), json_group_array(length(people)),
ifnull(group_concat(hex(people), ''), '')
from people_set where about = 'group' and form = :form
"""
# "+": a column of numbers beside one of anything would be looked for without the index.
_OF = {
    "group": (
        "group_link g cross join people_set s on s.about = 'group' and s.key = +g.no "
        "where instr(g.search, :value) > 0"
    ),
    "vault": (
        "vault_line l cross join people_set s on s.about = 'vault' and s.key = +l.no "
        "where instr(casefold(l.name), :value) > 0"
    ),
    "one vault": (
        "vault_line l cross join people_set s on s.about = 'vault' and s.key = +l.no "
        "where l.vault_id = :value"
    ),
    "kind": "people_set s where s.about = 'kind' and instr(s.key, :value) > 0",
    "severity": (
        "people_set s where s.about = 'severity' and substr(s.key, 1, length(:value)) = :value"
    ),
    "since": "people_set s where s.about = 'since' and s.key >= :value",
}


class PeopleSets:
    """The sets of one file. A set is one byte for each person, in the order of their list: it is of
    use in the transaction only in which it was asked for."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._kept: dict[tuple[str, str | int], bytes] = {}
        self._version = -1
        self._people: int | None = None

    def found(self, about: str, value: str | int) -> bytes | None:
        """Who is in a "group" or on a "vault" with the value in its name, on "one vault" by its id,
        or has a finding with it in its "kind", at the beginning of its "severity", or known "since"
        then or later; None where that was decided by a keyturn that stored no sets."""
        people = self._those_there()
        if people is None:
            return None
        known = self._kept.pop((about, value), None)
        if known is None:
            statement = _SETS.format(_OF[about])
            listed, bits = self._connection.execute(statement, {"value": value}).fetchone()
            known = united(bytes.fromhex(listed), bytes.fromhex(bits), people)
        self._kept[about, value] = known
        while len(self._kept) > KEPT:
            del self._kept[next(iter(self._kept))]
        return known

    def groups_with(self, marks: bytes) -> list[int] | None:
        """The numbers of the group links with anybody in them who is marked; None as above."""
        if self._those_there() is None:
            return None
        if 1 not in marks:
            return []
        found: list[int] = []
        bits = as_bits(marks)
        for form in (LISTED, BITS):
            keys, lengths, sets = self._connection.execute(_GROUPS, {"form": form}).fetchone()
            if form == BITS:
                whole, start = bytes.fromhex(sets), 0
                for key, length in zip(json.loads(keys), json.loads(lengths), strict=True):
                    if int.from_bytes(whole[start : start + length], "little") & bits:
                        found.append(key)
                    start += length
                continue
            places, start = numbers_in(bytes.fromhex(sets)), 0
            there = marks.__getitem__
            for key, length in zip(json.loads(keys), json.loads(lengths), strict=True):
                if any(map(there, places[start : start + length // 4])):
                    found.append(key)
                start += length // 4
        return found

    def _those_there(self) -> int | None:
        (version,) = self._connection.execute("pragma data_version").fetchone()
        if version != self._version:
            self._kept.clear()
            row = self._connection.execute(
                "select people from assessment where exists (select 1 from people_set)"
            ).fetchone()
            self._people = None if row is None else int(row[0])
            self._version = version
        return self._people
