"""What the dashboard asks of `keyturn.run`. Every coroutine runs in a job's thread and loop."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from keyturn_providers.records import Side

if TYPE_CHECKING:
    # Neither planning nor the past is needed for the first paint.
    from keyturn.decide.plans import Plan
    from keyturn.tui.case_desk import CaseDesk
    from keyturn.tui.hand import Thing
    from keyturn_providers.consoles import ConsolePage
    from keyturn_providers.contract import Check
    from keyturn_storage.queries.past import Past

Observe = Callable[[object], None]
Stop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Setting:
    """What the configuration says that a screen shows."""

    organisation: str
    read_only: bool


@dataclass(frozen=True, slots=True)
class Refreshed:
    """How a refresh ended. `words` is one sentence; `complete` if both sources are."""

    complete: bool
    words: str


@dataclass(frozen=True, slots=True)
class CardLine:
    """One thing a leaver has. `sign` as in the gutter, `role` of the text."""

    words: str
    sign: str = " "
    role: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """Everything a person has on both sides, in parts with a heading each."""

    person: str
    title: str
    parts: tuple[tuple[str, tuple[CardLine, ...]], ...]


@dataclass(frozen=True, slots=True)
class StepEnd:
    """Where one operation of a run stood at the end."""

    operation_id: str
    state: str
    words: str
    verdict: str
    what: str
    """What it was to do."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended: its state ("ended", "stopped", ...), a summary in words, and every step.

    `plan_id` is the plan it applied.
    """

    run_id: str
    state: str
    words: str
    steps: tuple[StepEnd, ...]
    plan_id: str = ""


@dataclass(frozen=True, slots=True)
class Met:
    """A source's answer to who keyturn is there and what it may do; `error` in words if none, and
    apart what was attempted, why it failed and what to do next. `lacking` is what a source of its
    side might do and this one does not."""

    side: Side
    name: str
    kind: str
    address: str
    tenant: str = ""
    version: str = ""
    own: str = ""
    expires_ms: int | None = None
    abilities: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    checks: "tuple[Check, ...]" = ()
    blind_spots: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    error: str = ""
    what: str = ""
    why: str = ""
    next_step: str = ""


class Engine(Protocol):
    """The work behind the screens. Errors are raised as they come."""

    @property
    def desk(self) -> "CaseDesk":
        """The work on cases."""
        ...

    async def setting(self) -> Setting:
        """The configuration, read now."""
        ...

    async def refresh(self, observe: Observe, stop: Stop) -> Refreshed:
        """Reads both sources and decides anew."""
        ...

    async def card(self, person_key: str) -> Card:
        """What a person has, from the newest snapshots."""
        ...

    async def paths(self, person_key: str, vault_id: str) -> tuple[str, ...]:
        """Every path by which a person can open a vault (all vaults where it is empty)."""
        ...

    async def console_pages(self, things: "Sequence[Thing]") -> "tuple[ConsolePage, ...]":
        """The pages about objects in the vendors' own consoles; no source is asked."""
        ...

    async def plan_sync(self, finding_ids: frozenset[str] | None) -> "Plan":
        """The plan that mends these findings, or all."""
        ...

    async def plan_offboard(self, person_key: str) -> "Plan":
        """The plan of one person's offboarding."""
        ...

    async def plan_undo(self, run_id: str, case_id: str = "") -> "Plan":
        """The plan that takes a run back; with a case what it did to that leaver alone."""
        ...

    async def apply(self, plan: "Plan", confirmed: str, observe: Observe, stop: Stop) -> Ended:
        """Applies a plan, reads back and matches the audit log."""
        ...

    async def resume(self, observe: Observe, stop: Stop) -> tuple[Ended, ...]:
        """Goes on with every open run, re-reading first; empty if nothing is open."""
        ...

    async def open_runs(self) -> int:
        """How many runs have begun and not ended."""
        ...

    async def reopened(self) -> tuple[int, tuple[str, ...]]:
        """How many cases are open again because something came back, and names of some."""
        ...

    async def past(self, pair: tuple[int, int], at_ms: int) -> "Past":
        """What is decided, by the policy of now, from two snapshots of an earlier time."""
        ...

    def as_of(self, pair: tuple[int, int], at_ms: int) -> "Engine":
        """The same engine, whose answers about people are from two snapshots of an earlier time.
        It plans nothing."""
        ...

    async def meet(self, observe: Observe) -> tuple[Met, ...]:
        """Asks both sources who keyturn is there, and how they stand."""
        ...
