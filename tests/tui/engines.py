"""Engines for screens under test: every answer is set by the test, every question is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from keyturn.decide.plans import Plan
from keyturn.tui.case_desk import CaseDesk
from keyturn.tui.engine import Card, Ended, Met, Observe, Refreshed, Setting, Stop
from keyturn.tui.hand import Thing
from keyturn_providers.consoles import ConsolePage
from keyturn_storage.queries.past import Past


@dataclass
class SetEngine:
    """Answers what the test has set; a missing answer is an error the screen has to show."""

    organisation: str = "acme"
    read_only: bool = False
    plan: Plan | None = None
    card_answer: Card | None = None
    paths_answer: tuple[str, ...] = ()
    met: tuple[Met, ...] = ()
    ended: Ended | None = None
    open_count: int = 0
    reopened_names: tuple[str, ...] = ()
    pages: tuple[ConsolePage, ...] = ()
    asked: list[str] = field(default_factory=list)

    @property
    def desk(self) -> CaseDesk:
        raise LookupError("no desk is set")

    async def setting(self) -> Setting:
        return Setting(self.organisation, self.read_only)

    async def refresh(self, observe: Observe, stop: Stop) -> Refreshed:
        self.asked.append("refresh")
        return Refreshed(True, "Both sources were read completely.")

    async def card(self, person_key: str) -> Card:
        self.asked.append(f"card {person_key}")
        if self.card_answer is None:
            raise LookupError("no card is set")
        return self.card_answer

    async def paths(self, person_key: str, vault_id: str) -> tuple[str, ...]:
        self.asked.append(f"paths {person_key} {vault_id}")
        return self.paths_answer

    async def console_pages(self, things: Sequence[Thing]) -> tuple[ConsolePage, ...]:
        return self.pages

    async def plan_sync(self, finding_ids: frozenset[str] | None) -> Plan:
        self.asked.append(f"plan {'all' if finding_ids is None else len(finding_ids)}")
        return self._plan()

    async def plan_offboard(self, person_key: str) -> Plan:
        self.asked.append(f"offboard {person_key}")
        return self._plan()

    async def plan_undo(self, run_id: str, case_id: str = "") -> Plan:
        self.asked.append(f"undo {run_id} {case_id}".rstrip())
        return self._plan()

    async def apply(self, plan: Plan, confirmed: str, observe: Observe, stop: Stop) -> Ended:
        self.asked.append(f"apply {plan.id} {confirmed}")
        if self.ended is None:
            raise LookupError("no end is set")
        return self.ended

    async def resume(self, observe: Observe, stop: Stop) -> tuple[Ended, ...]:
        self.asked.append("resume")
        return () if self.ended is None else (self.ended,)

    async def open_runs(self) -> int:
        return self.open_count

    async def reopened(self) -> tuple[int, tuple[str, ...]]:
        return len(self.reopened_names), self.reopened_names

    async def past(self, pair: tuple[int, int], at_ms: int) -> Past:
        self.asked.append(f"past {pair}")
        return Past(*pair, at_ms, Path("none"))

    def as_of(self, pair: tuple[int, int], at_ms: int) -> "SetEngine":
        return self

    async def meet(self, observe: Observe) -> tuple[Met, ...]:
        return self.met

    def _plan(self) -> Plan:
        if self.plan is None:
            raise LookupError("no plan is set")
        return self.plan
