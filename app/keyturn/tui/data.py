"""What the dashboard asks of the cache. Blocking: called in the reading thread only."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol

from keyturn.tui.widgets.row_source import RowSource
from keyturn_storage.list_rows import (
    DriftCounts,
    FindingRow,
    GrantRow,
    GroupRow,
    PersonRow,
    SourceRow,
)

if TYPE_CHECKING:
    # Not needed for the first paint.
    from keyturn.decide.people import Person
    from keyturn.decide.scope_use import ScopeUse
    from keyturn.run.as_of import AsOf
    from keyturn.run.difference import Chosen
    from keyturn.run.explained import Explained
    from keyturn.run.person_facts import PersonFacts
    from keyturn.run.vault_facts import HeldGrant, VaultFacts
    from keyturn.tui.activity_rows import Happened
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


class Pane(StrEnum):
    """The three panes of the Access screen, in order."""

    USERS = "users"
    GROUPS = "groups"
    GRANTS = "grants"


PANE_TITLES = {Pane.USERS: "Users", Pane.GROUPS: "Groups", Pane.GRANTS: "Vault grants"}


@dataclass(frozen=True, slots=True)
class View:
    """What a pane is narrowed to: at most one of person, group and vault; `label` names it."""

    person: str = ""
    group: str = ""
    vault: str = ""
    label: str = ""


EVERYTHING = View()


class Behind(NamedTuple):
    """Findings behind a row: the most urgent, and how many there are in all."""

    findings: Sequence[FindingRow] = ()
    total: int = 0
    cut: frozenset[str] = frozenset()
    """Of a person: the sides of which not every account is known."""


class Data(Protocol):
    """The reads of the dashboard."""

    def exists(self) -> bool:
        """Whether anything was ever read into the cache."""
        ...

    def sources(self) -> tuple[SourceRow, ...]: ...

    def whole_reads(self) -> "dict[str, int]":
        """When the newest whole read of each source began, by its name."""
        ...

    def silence_ms(self) -> int | None:
        """How long a source may go without a whole read; None while the policy cannot be read."""
        ...

    def drift(self) -> DriftCounts | None:
        """None before the first assessment."""
        ...

    def pane(self, pane: Pane, view: View, *, drift_only: bool) -> RowSource: ...

    def snapshot(self, snapshot_id: int) -> "SnapshotInfo | None":
        """How each collection of a snapshot was read."""
        ...

    def unreadable(self, snapshot_id: int) -> Sequence[tuple[str, str]]:
        """(collection, reason) of the records that could not be understood."""
        ...

    def archived(self) -> "Sequence[StreamCoverage]":
        """What the archive has of every event stream."""
        ...

    def findings_of(self, about: PersonRow | GroupRow | GrantRow, view: View) -> "Behind":
        """The findings behind a row of a pane narrowed to `view`, most urgent first; few."""
        ...

    def finding_ids(self, pane: Pane, numbers: Sequence[int]) -> frozenset[str]:
        """The findings behind marked rows."""
        ...

    def finding_lines(self, order: "Order", now_ms: int) -> RowSource:
        """Every finding in an order."""
        ...

    def finding_ids_of_lines(self, numbers: Collection[int]) -> frozenset[str]:
        """The findings of some lines."""
        ...

    def severity_counts(self) -> tuple[tuple[str, int], ...]:
        """How many findings there are of each severity, the most urgent first."""
        ...

    def happened(self, now_ms: int, times: int = 1) -> "Happened":
        """Runs, what failed of them, reads, pushes: what the Activity screen shows. Of runs and
        reads the newest, `times` as many as at first."""
        ...

    def steps_of(self, run_id: str) -> "tuple[tuple[StepRow, ...], dict[str, str]]":
        """A run's steps, those that failed first, and what each operation was to do."""
        ...

    def exchanges_of(self, run_ids: Collection[str]) -> "dict[str, tuple[ExchangeRow, ...]]":
        """What was asked and answered when steps of these runs failed, by the operation's id."""
        ...

    def machine_lines(self, now_ms: int) -> RowSource:
        """Every machine identity of both sources, those something was found about first."""
        ...

    def machine_use(self, rows: "Sequence[MachineRow]") -> "dict[int, ScopeUse]":
        """What these used of what they may, by their numbers."""
        ...

    def person_card(self, key: str) -> "PersonFacts | None":
        """Everything a person's card says; None for nobody the newest assessment knows."""
        ...

    def person_lines(self, facts: "PersonFacts") -> RowSource:
        """The person, the vaults they open, and those they do not."""
        ...

    def explained(self, key: str, vault_id: str) -> "tuple[Person, Explained] | None":
        """One person's access to one vault, or the lack of it, explained."""
        ...

    def vault_card(self, vault_id: str) -> "VaultFacts | None":
        """Everything a vault's card says; None for one the newest assessment does not know."""
        ...

    def held_grant(self, vault_id: str, carrier: str) -> "HeldGrant | None":
        """One grant on a vault; None where the newest assessment has it no more."""
        ...

    def vault_lines(self, facts: "VaultFacts") -> RowSource:
        """The vault, who holds a grant on it, and who can open it."""
        ...

    def vaults(self, text: str, limit: int) -> "Sequence[VaultRow]":
        """Vaults by id, name or part of a name."""
        ...

    def timeline(self, limit: int) -> "Timeline":
        """The reads of the newest `limit` snapshots, the archive's gaps and drift over time,
        whatever time is shown."""
        ...

    def drift_points(self) -> "tuple[DriftPoint, ...]":
        """How much had drifted at each read up to the time shown, oldest first."""
        ...

    def compared(self, one: "AsOf", other: "AsOf", chosen: "Chosen") -> "Compared":
        """What differs between two reads."""
        ...

    def person_of(self, account_no: int, name: str) -> "Chosen":
        """The person an account belongs to, to narrow a comparison to."""
        ...

    def go_to(self, past: "Past | None") -> None:
        """From now on everything is read as of `past`, None for now. May be called anywhere."""
        ...

    def jump(self, text: str, screens: "Sequence[Screen]") -> RowSource:
        """Screens, people, groups and vaults that `text` may mean, best first."""
        ...

    def people(self, text: str, limit: int) -> Sequence[PersonRow]:
        """People whose name, login or address contains `text`."""
        ...
