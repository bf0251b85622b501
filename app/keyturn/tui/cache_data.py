"""The dashboard's reads, answered by the cache's named queries. Only in the reading thread."""

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from keyturn.tui.data import Behind, Pane, View
from keyturn.tui.pane_sources import Grants, Groups, People
from keyturn.tui.reads import Reads
from keyturn.tui.start import now_ms
from keyturn.tui.widgets.row_source import RowsInMemory, RowSource
from keyturn_storage.files import JOURNAL_NAME
from keyturn_storage.list_rows import (
    DriftCounts,
    GrantRow,
    GroupRow,
    PersonRow,
    SourceRow,
)
from keyturn_storage.queries import findings, groups, persons, sources
from keyturn_storage.queries.reader import Reader, Scope, open_reader

if TYPE_CHECKING:
    # Not needed for the first paint.
    from keyturn.decide.people import Person
    from keyturn.decide.rules import Rules
    from keyturn.decide.scope_use import ScopeUse
    from keyturn.run.as_of import AsOf
    from keyturn.run.difference import Chosen
    from keyturn.run.explained import Explained
    from keyturn.run.person_facts import PersonFacts
    from keyturn.run.vault_facts import HeldGrant, VaultFacts
    from keyturn.tui.activity_rows import Happened
    from keyturn.tui.cards import Cards
    from keyturn.tui.difference_rows import Compared
    from keyturn.tui.history_rows import Timeline
    from keyturn.tui.jump_rows import Screen
    from keyturn_storage.queries.activity import ExchangeRow
    from keyturn_storage.queries.finding_lines import Order
    from keyturn_storage.queries.machines import MachineRow
    from keyturn_storage.queries.moments import DriftPoint
    from keyturn_storage.queries.past import Past
    from keyturn_storage.queries.vaults import VaultRow
    from keyturn_storage.rows import SnapshotInfo, StepRow
    from keyturn_storage.stream_rows import StreamCoverage

WHY_LIMIT = 100
"""Findings of one row that are listed; the strip shows the first and counts the others."""


class CacheData:
    """`keyturn.tui.data.Data` over `cache.db` and the journal beside it. A file that is not there
    yet is empty."""

    def __init__(
        self,
        path: Path,
        now_ms: Callable[[], int] = now_ms,
        rules: "Callable[[], Rules] | None" = None,
        silence_ms: Callable[[], int | None] = lambda: None,
    ) -> None:
        self.past: Past | None = None
        self._path, self._real_now_ms, self._rules = path, now_ms, rules
        self._silence_ms = silence_ms
        self.reads: Reads[Reader] = Reads(self._open)
        self._grants: dict[int, GrantRow] = {}

    def _now_ms(self) -> int:
        """The time that is shown."""
        return self._real_now_ms() if self.past is None else self.past.at_ms

    def _open(self) -> Reader:
        if self.past is None:
            return open_reader(self._path)
        from keyturn_storage.queries.past import open_past

        return open_past(self._path, self.past)

    def go_to(self, past: "Past | None") -> None:
        """What is read next is read as of then."""
        before, self.past = self.past, past
        self.reads.reopen()
        if before is not None:
            self.reads.begin(before.forget)

    def exists(self) -> bool:
        """Whether there is a cache. Looking does not make one."""
        return self._path.exists()

    def sources(self) -> tuple[SourceRow, ...]:
        """The newest snapshot of each source."""
        return sources.source_rows(self.reads.reader()) if self.exists() else ()

    def whole_reads(self) -> dict[str, int]:
        """Up to the time that is shown."""
        return sources.whole_reads(self.reads.reader()) if self.exists() else {}

    def silence_ms(self) -> int | None:
        """As the policy says now."""
        return self._silence_ms()

    def drift(self) -> DriftCounts | None:
        """None before the first assessment."""
        return findings.drift_counts(self.reads.reader()) if self.exists() else None

    def snapshot(self, snapshot_id: int) -> "SnapshotInfo | None":
        """A snapshot with how each collection was read, and its invariants."""
        return sources.snapshot_info(self.reads.reader(), snapshot_id) if self.exists() else None

    def unreadable(self, snapshot_id: int) -> Sequence[tuple[str, str]]:
        """(collection, reason) of the records that could not be understood."""
        found = sources.unreadable(self.reads.reader(), snapshot_id) if self.exists() else []
        return [(collection, reason) for collection, _parent, _id, reason in found]

    def archived(self) -> "Sequence[StreamCoverage]":
        """From the journal beside the cache; nothing where there is none."""
        # The journal is not needed for the first paint.
        from keyturn_storage.journal_if_any import journal_if_any
        from keyturn_storage.queries.coverage import coverage

        with journal_if_any(self._path.with_name(JOURNAL_NAME)) as journal:
            return () if journal is None else coverage(journal)

    def pane(self, pane: Pane, view: View, *, drift_only: bool) -> RowSource:
        """The rows of a pane."""
        if not self.exists():
            return RowsInMemory()
        scope = Scope(view.person or None, view.group or None, view.vault or None, drift_only)
        if pane is Pane.USERS:
            return People(self.reads, scope, self._now_ms)
        if pane is Pane.GROUPS:
            return Groups(self.reads, scope, self._now_ms)
        return Grants(self.reads, scope, self._grants, self._now_ms)

    def findings_of(self, about: PersonRow | GroupRow | GrantRow, view: View) -> Behind:
        """The findings behind a row, most urgent first."""
        reader = self.reads.reader()
        if isinstance(about, PersonRow):
            found = findings.findings(reader, person_key=about.key, limit=WHY_LIMIT)
            return Behind(found, about.findings, sources.sides_cut(reader))
        if isinstance(about, GroupRow):
            found = findings.findings_of_group(reader, about.key)
            of_view = [one for one in found if view.person in {"", one.person_key}]
            return Behind(of_view[:WHY_LIMIT], len(of_view))
        if about.finding_id:
            one = findings.finding(reader, about.finding_id)
            return Behind([one], 1) if one is not None else Behind()
        if about.openers is not None:
            found = findings.findings_of_vault(reader, about.vault_id, WHY_LIMIT)
            return Behind(found, findings.findings_count_of_vault(reader, about.vault_id))
        return Behind()

    def finding_ids(self, pane: Pane, numbers: Sequence[int]) -> frozenset[str]:
        """The findings behind marked rows."""
        reader = self.reads.reader()
        if pane is Pane.USERS:
            return findings.finding_ids_of_people(reader, numbers)
        found: set[str] = set()
        if pane is Pane.GROUPS:
            for group in groups.group_rows(reader, numbers):
                found |= {one.id for one in findings.findings_of_group(reader, group.key)}
            return frozenset(found)
        for number in numbers:
            row = self._grants.get(number)
            if row is not None and row.finding_id:
                found.add(row.finding_id)
            elif row is not None and row.openers is not None:
                found |= {one.id for one in findings.findings_of_vault(reader, row.vault_id)}
        return frozenset(found)

    def finding_lines(self, order: "Order", now_ms: int) -> RowSource:
        """The rows of the Drift screen."""
        from keyturn.tui.line_sources import FindingLines

        return FindingLines(self.reads, order, now_ms) if self.exists() else RowsInMemory()

    def finding_ids_of_lines(self, numbers: Collection[int]) -> frozenset[str]:
        """The ids are in the numbers."""
        from keyturn_storage.queries.finding_lines import id_of

        return frozenset(map(id_of, numbers))

    def severity_counts(self) -> tuple[tuple[str, int], ...]:
        """Of the newest assessment."""
        from keyturn_storage.queries.finding_lines import severity_counts

        return severity_counts(self.reads.reader()) if self.exists() else ()

    def happened(self, now_ms: int, times: int = 1) -> "Happened":
        """From the cache and the journal beside it."""
        from keyturn.tui.happened import happened

        return happened(self, self._path.with_name(JOURNAL_NAME), now_ms, times)

    def steps_of(self, run_id: str) -> "tuple[tuple[StepRow, ...], dict[str, str]]":
        """From the journal beside the cache."""
        from keyturn.tui.happened import steps_of

        return steps_of(self._path.with_name(JOURNAL_NAME), run_id)

    def exchanges_of(self, run_ids: Collection[str]) -> "dict[str, tuple[ExchangeRow, ...]]":
        """From the journal beside the cache."""
        from keyturn.tui.happened import exchanges_of

        return exchanges_of(self._path.with_name(JOURNAL_NAME), run_ids)

    def machine_lines(self, now_ms: int) -> RowSource:
        """The rows of the Machines screen."""
        from keyturn.tui.line_sources import MachineLines

        if not self.exists():
            return RowsInMemory()
        return MachineLines(self.reads, now_ms, self.machine_use)

    def machine_use(self, rows: "Sequence[MachineRow]") -> "dict[int, ScopeUse]":
        """From the cache and the archive in the journal beside it."""
        from keyturn.tui.machine_use import machine_use

        journal = self._path.with_name(JOURNAL_NAME)
        return machine_use(self.reads.reader(), journal, rows, self._now_ms())

    def person_card(self, key: str) -> "PersonFacts | None":
        """From the cache, the journal beside it, and the policy as it is now."""
        return self._cards().person(key) if self.exists() else None

    def person_lines(self, facts: "PersonFacts") -> RowSource:
        """The lines of a card that was read."""
        return self._cards().person_lines(facts)

    def explained(self, key: str, vault_id: str) -> "tuple[Person, Explained] | None":
        """From the same three."""
        return self._cards().explained(key, vault_id) if self.exists() else None

    def vault_card(self, vault_id: str) -> "VaultFacts | None":
        """From the same three."""
        return self._cards().vault(vault_id) if self.exists() else None

    def held_grant(self, vault_id: str, carrier: str) -> "HeldGrant | None":
        """From the cache and the policy."""
        return self._cards().held_grant(vault_id, carrier) if self.exists() else None

    def vault_lines(self, facts: "VaultFacts") -> RowSource:
        """The lines of a card that was read."""
        return self._cards().vault_lines(facts)

    def vaults(self, text: str, limit: int) -> "Sequence[VaultRow]":
        """By id, name or part of a name."""
        from keyturn_storage.queries.vaults import vaults_called

        return vaults_called(self.reads.reader(), text, limit) if self.exists() else []

    def _cards(self) -> "Cards":
        # Not needed for the first paint.
        from keyturn.tui.cards import Cards

        return Cards(self.reads, self._path.with_name(JOURNAL_NAME), self._now_ms, self._rules)

    def timeline(self, limit: int) -> "Timeline":
        """From the cache and the journal beside it."""
        from keyturn.tui.looked_back import timeline

        return timeline(self, limit)

    def drift_points(self) -> "tuple[DriftPoint, ...]":
        """None before the first assessment since this is kept."""
        from keyturn_storage.queries.moments import drift_points

        past = self.past
        until = (past.directory_snapshot, past.secrets_snapshot) if past is not None else None
        return drift_points(self.reads.reader(), until=until) if self.exists() else ()

    def compared(self, one: "AsOf", other: "AsOf", chosen: "Chosen") -> "Compared":
        """By SQL over the interval rows; at most some thousand lines of each kind."""
        from keyturn.tui.looked_back import compared

        return compared(self.reads.reader(), one, other, chosen)

    def person_of(self, account_no: int, name: str) -> "Chosen":
        """By how accounts are matched now."""
        from keyturn.run.difference import choose_account

        return choose_account(self.reads.reader(), account_no, name)

    def jump(self, text: str, screens: "Sequence[Screen]") -> RowSource:
        """From the cache; only screens where there is none."""
        from keyturn.tui.jump_rows import JumpLines

        return JumpLines(self.reads if self.exists() else None, text, screens)

    def people(self, text: str, limit: int) -> Sequence[PersonRow]:
        """People by part of a name, login or address, or by key."""
        if not self.exists():
            return []
        return persons.person_by_text(self.reads.reader(), text, limit)
