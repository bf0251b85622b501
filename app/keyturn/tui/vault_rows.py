"""The lines of a vault's card: the vault first, who holds a grant on it, then who can open it."""

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from keyturn.run.vault_facts import Holder, VaultFacts
from keyturn.tui.ages import age
from keyturn.tui.known_words import KnownWords
from keyturn.tui.reads import Reads
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.list_content import SIGN_ROLE
from keyturn.tui.widgets.row_source import Found, Row, Wish
from keyturn_providers.records import Level, PrincipalKind
from keyturn_storage.filters import OFF_WORDS, Field, holds
from keyturn_storage.filters import Facts as Said
from keyturn_storage.queries.persons import person_nos, person_rows
from keyturn_storage.queries.reached_groups import groups_reached
from keyturn_storage.queries.reader import Reader, Scope
from keyturn_storage.rows import GrantRow, PersonRow

OVERVIEW = 0
PEOPLE_LISTED = 2_000
"""Where more can open a vault, the Access screen lists them: a card is to be there at once."""
MANY = -(1 << 62)
"""The number of the line that says so."""
COLUMNS = (
    Column("who", 14, 3, most=48),
    Column("may", 9),
    Column("by", 10, 2, most=32),
    Column("last used", 9, right=True, drop=1),
)
OF_WAYS = frozenset({Field.LEVEL, Field.VIA})
SHOULD = "should"
KINDS = {
    PrincipalKind.ACCOUNT: "direct grant",
    PrincipalKind.GROUP: "group",
    PrincipalKind.MACHINE: "machine",
}


@dataclass(frozen=True, slots=True)
class TooMany:
    """Stands for people who are not listed one by one."""

    count: int


@dataclass(frozen=True, slots=True)
class Opener:
    """A person who can open the vault, or would if the account were on. `ways` are the grants."""

    person: PersonRow
    ways: tuple[Holder, ...]


class VaultLines(KnownWords):
    """One vault's card as a source of rows. A person's number is their own, below zero."""

    fields = (Field.NAME, Field.STATE, Field.LEVEL, Field.VIA)

    def __init__(self, reads: Reads[Reader], facts: VaultFacts, now_ms: Callable[[], int]) -> None:
        self._reads, self._facts, self._now_ms = reads, facts, now_ms
        self._holders = {one.row.no: one for one in facts.holders}
        self._missing = {one.no: one for one in facts.missing}
        self._scope = Scope(vault_id=facts.row.id)

    def ids(self) -> Sequence[int]:
        near = [OVERVIEW, *self._holders, *self._missing]
        return array("q", [*near, *([MANY] if self._too_many else (-no for no in self._people()))])

    @property
    def _too_many(self) -> bool:
        return self._facts.row.openers > PEOPLE_LISTED

    def _people(self) -> Sequence[int]:
        return [] if self._too_many else person_nos(self._reads.reader(), self._scope)

    def rows(self, ids: Sequence[int]) -> Sequence[Row]:
        openers = self._openers([-number for number in ids if MANY < number < 0])
        found: list[Row] = []
        for number in ids:
            if number == OVERVIEW:
                found.append(self._overview())
            elif number == MANY:
                found.append(_many_line(self._facts.row.openers))
            elif number in self._holders:
                found.append(self._holder(number, self._holders[number]))
            elif number in self._missing:
                found.append(_missing_line(number, self._missing[number]))
            elif -number in openers:
                found.append(self._opener(number, openers[-number]))
        return found

    def find(self, wish: Wish) -> Found:
        """Holders and people whose name contains every word, or `may:`, `by:` and `state:` as the
        columns say, by every way they have; the vault's own line goes."""
        # Not needed before something is typed.
        from keyturn.filters.parse import parse

        parsed = parse(wish.needle, self.fields, self._now_ms())
        wanted, hint = parsed.filter, "  ".join(map(str, parsed.hints))
        if not wanted.terms:
            return Found(self.ids(), "", hint)
        near = [no for no, one in self._holders.items() if holds(wanted, _said_of_holder(one))]
        near += [no for no, one in self._missing.items() if holds(wanted, _said_of_missing(one))]
        people, ways = self._people(), any(term.field in OF_WAYS for term in wanted.terms)
        far: list[int] = []
        for start in range(0, len(people), 500):
            part = people[start : start + 500]
            openers = self._openers(part) if ways else {}
            far.extend(
                -row.no for row in person_rows(self._reads.reader(), part)
                if holds(wanted, _said_of_person(row, openers.get(row.no)))
            )  # fmt: skip
        return Found(array("q", [*near, *far]), "", hint)

    def words(self, field: Field) -> Iterable[str]:
        holders = self._holders.values()
        groups = (one.name for one in holders if one.kind is PrincipalKind.GROUP)
        known: dict[Field, Iterable[str]] = {
            Field.NAME: (one.name for one in holders),
            Field.LEVEL: (one.level.value for one in holders),
            Field.VIA: ("direct", *groups),
        }
        return known.get(field, ())

    def _openers(self, nos: Sequence[int]) -> dict[int, Opener]:
        people = person_rows(self._reads.reader(), nos)
        ids = [row.secrets_id for row in people if row.secrets_id is not None]
        groups = groups_reached(self._reads.reader(), ids)
        found: dict[int, Opener] = {}
        for row in people:
            held = groups.get(row.secrets_id or "", frozenset())
            ways = tuple(
                one
                for one in self._facts.holders
                if (one.kind is PrincipalKind.GROUP and one.row.principal_id in held)
                or (one.kind is PrincipalKind.ACCOUNT and one.row.principal_id == row.secrets_id)
            )
            found[row.no] = Opener(row, ways)
        return found

    def _overview(self) -> Row:
        vault = self._facts.row
        cells = (
            vault.name,
            "",
            f"{vault.openers:,} {'person' if vault.openers == 1 else 'people'}",
            "",
        )
        return Row(
            OVERVIEW, "=" if not self._facts.findings else self._worst(), cells,
            ("strong", "", "dim", ""), label=vault.name, about=self._facts,
        )  # fmt: skip

    def _worst(self) -> str:
        return min(self._facts.findings, key=lambda one: one.severity_rank).sign

    def _holder(self, number: int, one: Holder) -> Row:
        kind = KINDS[one.kind]
        by = f"{kind} of {one.members:,}" if one.members is not None else kind
        return Row(
            number, one.row.sign, (one.name, one.level.value, by, self._last(one)),
            ("", _level_role(one.level), SIGN_ROLE.get(one.row.sign, "dim")
             if one.row.sign != "=" else "dim", "dim"),
            label=one.name, about=one,
        )  # fmt: skip

    def _last(self, one: Holder) -> str:
        if one.last_ms is not None:
            return f"{age(one.last_ms, self._now_ms())} ago"
        return "> 90d" if one.unused else "not known"

    def _opener(self, number: int, one: Opener) -> Row:
        person, off = one.person, one.person.secrets_state in OFF_WORDS
        best = one.ways[0] if one.ways else None
        more = f" (+{len(one.ways) - 1})" if len(one.ways) > 1 else ""
        by = "–" if best is None else f"{_way(best)}{more}"
        may = SHOULD if best is None else (person.secrets_state or "") if off else (
            best.level.value)  # fmt: skip
        used = self._facts.used.get(person.secrets_id or "")
        last = f"{age(used.last_ms, self._now_ms())} ago" if used is not None else (
            "not known" if self._facts.unknown else "> 90d")  # fmt: skip
        return Row(
            number, person.sign, (person.name, may, by, last if best is not None else ""),
            ("", "dim" if off or best is None else "", "dim", "dim"),
            label=person.name, about=one,
        )  # fmt: skip


def _many_line(count: int) -> Row:
    return Row(
        MANY, " ", (f"{count:,} people: enter lists them", "", "", ""), ("dim",),
        label="people", about=TooMany(count),
    )  # fmt: skip


def _missing_line(number: int, one: GrantRow) -> Row:
    return Row(
        number, one.sign, (one.principal_name, one.level or SHOULD, "missing", ""),
        ("dim", SIGN_ROLE.get(one.sign, ""), SIGN_ROLE.get(one.sign, ""), ""),
        label=one.principal_name, about=one,
    )  # fmt: skip


def _way(one: Holder) -> str:
    return one.name if one.kind is PrincipalKind.GROUP else "direct"


def _said_of_holder(one: Holder) -> Said:
    fields = {
        Field.NAME: (one.name.casefold(),),
        Field.LEVEL: (one.level.value,),
        Field.VIA: (KINDS[one.kind],),
    }
    return Said(one.name.casefold(), fields)


def _said_of_missing(one: GrantRow) -> Said:
    name = one.principal_name.casefold()
    level = (one.level or SHOULD).casefold()
    return Said(name, {Field.NAME: (name,), Field.LEVEL: (level,), Field.VIA: ("missing",)})


def _said_of_person(row: PersonRow, opener: Opener | None) -> Said:
    """Without `opener` nothing of how."""
    name, state = row.name.casefold(), row.secrets_state or ""
    fields: dict[Field, tuple[str, ...]] = {Field.NAME: (name,), Field.STATE: (state,)}
    if opener is not None:
        levels = tuple(one.level.value for one in opener.ways) or (SHOULD,)
        fields[Field.LEVEL] = (*levels, state) if state in OFF_WORDS else levels
        fields[Field.VIA] = tuple(_way(one).casefold() for one in opener.ways)
    return Said(f"{name} {row.login.casefold()}", fields)


def _level_role(level: Level) -> str:
    return {Level.MANAGE: "strong", Level.UNKNOWN: "unknown"}.get(level, "")
