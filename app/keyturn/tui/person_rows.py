"""The lines of a person's card: the person first, the vaults they open, then those they do not."""

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from keyturn.decide.explain import AccessPath
from keyturn.run.person_facts import PersonFacts
from keyturn.tui.ages import age
from keyturn.tui.known_words import KnownWords
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.list_content import SIGN_ROLE
from keyturn.tui.widgets.row_source import Found, Row, Wish
from keyturn_providers.records import AccountState
from keyturn_storage.filters import Facts as Said
from keyturn_storage.filters import Field, holds
from keyturn_storage.queries.vaults import VaultRow

OVERVIEW = 0
"""The number of the line about the person; no vault has it."""
NO_ACCESS = "–"
COLUMNS = (
    Column("vault", 12, 3, most=44),
    Column("may", 7),
    Column("by", 8, 2, most=36),
    Column("last used", 9, right=True, drop=1),
)


@dataclass(frozen=True, slots=True)
class AboutVault:
    """What a line about a vault stands for."""

    vault: VaultRow
    opens: bool


class PersonLines(KnownWords):
    """One person's card as a source of rows. `vaults` are all there are, by name."""

    fields = (Field.VAULT, Field.LEVEL, Field.VIA)

    def __init__(
        self, facts: PersonFacts, vaults: Sequence[VaultRow], now_ms: Callable[[], int]
    ) -> None:
        self._facts, self._now_ms = facts, now_ms
        self._vaults = {row.no: row for row in vaults}
        by_id = {row.id: row for row in vaults}
        self._best: Mapping[str, AccessPath] = {
            path.vault_id: path for path in reversed(facts.paths)
        }
        self._ways: dict[str, int] = {}
        for path in facts.paths:
            self._ways[path.vault_id] = self._ways.get(path.vault_id, 0) + 1
        self._signs: dict[str, str] = {}
        for grant in facts.grants:
            self._signs.setdefault(grant.vault_id, grant.sign)
        own = [by_id[id_] for id_ in dict.fromkeys(p.vault_id for p in facts.paths) if id_ in by_id]
        rest = [row for row in vaults if row.id not in self._best]
        rest.sort(key=lambda row: row.id not in self._signs)
        self._ids = array("q", [OVERVIEW, *(row.no for row in (*own, *rest))])

    def ids(self) -> Sequence[int]:
        return self._ids

    def rows(self, ids: Sequence[int]) -> Sequence[Row]:
        return [row for number in ids if (row := self._row(number)) is not None]

    def find(self, wish: Wish) -> Found:
        """The vaults whose name contains every word, or `may:` and `by:` as the columns say; the
        person's own line goes."""
        # Not needed before something is typed.
        from keyturn.filters.parse import parse

        parsed = parse(wish.needle, self.fields, self._now_ms())
        wanted, hint = parsed.filter, "  ".join(map(str, parsed.hints))
        if not wanted.terms:
            return Found(self._ids, "", hint)
        found = [no for no in self._ids if no != OVERVIEW and holds(wanted, self._said(no))]
        return Found(array("q", found), "", hint)

    def words(self, field: Field) -> Iterable[str]:
        paths = self._facts.paths  # the strongest first
        known: dict[Field, Iterable[str]] = {
            Field.VAULT: (vault.name for vault in self._vaults.values()),
            Field.LEVEL: (path.level.value for path in paths),
            Field.VIA: (path.via for path in paths),
        }
        return known.get(field, ())

    def _said(self, number: int) -> Said:
        vault = self._vaults[number]
        path, name = self._best.get(vault.id), vault.name.casefold()
        may, by = ("", "") if path is None else (path.level.value, path.via.casefold())
        return Said(name, {Field.VAULT: (name,), Field.LEVEL: (may.casefold(),), Field.VIA: (by,)})

    def _row(self, number: int) -> Row | None:
        if number == OVERVIEW:
            count, account = len(self._best), self._facts.person.secrets
            vaults = f"{count} vault{'s' if count != 1 else ''}"
            if count and account is not None and account.state is not AccountState.ACTIVE:
                vaults += " (off)" if account.state.is_off else f" ({account.state.value})"
            cells = (self._facts.person.name, "", vaults, "")
            return Row(
                OVERVIEW, self._facts.row.sign, cells, ("strong", "", "dim", ""),
                label=self._facts.person.name, about=self._facts,
            )  # fmt: skip
        vault = self._vaults.get(number)
        if vault is None:
            return None
        path = self._best.get(vault.id)
        sign = self._signs.get(vault.id, "=" if path is not None else " ")
        if path is None:
            word = "should" if sign == "+" else NO_ACCESS
            role = SIGN_ROLE.get(sign, "dim") if sign != " " else "dim"
            return Row(
                number, sign, (vault.name, word, "", ""), ("dim", role, "", ""),
                label=vault.name, about=AboutVault(vault, opens=False),
            )  # fmt: skip
        more = self._ways[vault.id] - 1
        by = path.via + (f" (+{more})" if more else "")
        return Row(
            number, sign, (vault.name, path.level.value, by, self._last_used(vault.id)),
            ("", "", "dim", "dim"), label=vault.name, about=AboutVault(vault, opens=True),
        )  # fmt: skip

    def _last_used(self, vault_id: str) -> str:
        used = self._facts.used.of(vault_id)
        if used is not None:
            return f"{age(used.last_ms, self._now_ms())} ago"
        return "not known" if not self._facts.used.known or self._facts.used.missing else "> 90d"
