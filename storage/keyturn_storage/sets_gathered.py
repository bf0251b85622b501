"""The sets that are stored with what was decided, gathered while its rows are made.

Of people: who is in a "group" (by its link's number) or in "any group", who can open a "vault", who
has a "department", a "title" or a state "here" or "there", who has a finding of a "kind", of a
"severity", or known "since" a moment. Of groups: those "granted" a
vault, and those with such findings: "group kind", "group severity", "group since".
"""

import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from keyturn_storage import people_sets

Key = int | str
_ABOUT_FINDINGS = ("kind", "severity", "since")


@dataclass(slots=True)
class Gathered:
    """Places of people by key and by the number of either account, places of groups by what
    findings call them and by the number of the secret manager's group, and the sets so far."""

    people: int
    groups: int
    here: dict[int, int] = field(default_factory=dict)
    there: dict[int, int] = field(default_factory=dict)
    by_key: dict[str, int] = field(default_factory=dict)
    groups_by_ref: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    groups_by_no: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    _in_any: set[int] = field(default_factory=set)
    _having: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    _findings: dict[tuple[str, Key], set[int]] = field(default_factory=lambda: defaultdict(set))
    _rows: list[tuple[str, Key, int, bytes]] = field(default_factory=list)

    def person(
        self, place: int, key: str, here_no: int, there_no: int, words: Mapping[str, str]
    ) -> None:
        """Where a person is, 0 for an account that is not there, and what is said of them: their
        "department" and "title", their state "here" and "there"."""
        self.by_key[key] = self.here[here_no] = self.there[there_no] = place
        for about, word in words.items():
            if word:
                self._having[about, word].append(place)

    def group(
        self, place: int, no: int, there_no: int | None, refs: Iterable[str], members: Iterable[int]
    ) -> None:
        """Where a group is, and who is in it: also places of nobody in the list, from the number of
        people on."""
        inside = {member for member in members if member < self.people}
        self._add("group", no, inside, self.people)
        self._in_any |= inside
        for ref in refs:
            self.groups_by_ref[ref].append(place)
        if there_no is not None:
            self.groups_by_no[there_no].append(place)

    def vault(self, no: int, openers: int, holders: Iterable[int]) -> None:
        """Who can open a vault, as bits, and the numbers of those that hold a grant on it."""
        openers &= (1 << self.people) - 1
        if openers:
            self._rows.append(("vault", no, *people_sets.of_bits(openers, self.people)))
        granted = {place for holder in holders for place in self.groups_by_no.get(holder, ())}
        self._add("granted", no, granted, self.groups)

    def finding(self, person_key: str, refs: Collection[str], what: Mapping[str, Key]) -> None:
        """Whom a finding is about; `what` is its kind, severity and since when."""
        place = self.by_key.get(person_key)
        groups = {place for ref in refs for place in self.groups_by_ref.get(ref, ())}
        for about in _ABOUT_FINDINGS:
            if place is not None:
                self._findings[about, what[about]].add(place)
            if groups:
                self._findings[f"group {about}", what[about]] |= groups

    def store(self, connection: sqlite3.Connection) -> None:
        """Puts all of them in place of those from before."""
        self._add("any group", 0, self._in_any, self.people)
        for (about, word), people in self._having.items():
            self._add(about, word, people, self.people)
        for (about, key), places in self._findings.items():
            self._add(about, key, places, self.groups if " " in about else self.people)
        connection.execute("delete from people_set")
        connection.executemany(
            "insert into people_set (about, key, form, people) values (?, ?, ?, ?)",
            sorted(self._rows),
        )

    def _add(self, about: str, key: Key, places: Collection[int], out_of: int) -> None:
        if places:
            self._rows.append((about, key, *people_sets.of_places(places, out_of)))
