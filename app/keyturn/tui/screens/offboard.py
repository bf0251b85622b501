"""Offboard: one leaver's case, from what is decided and stated to the plan, proof and evidence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from keyturn.tui.actions import Action, Where, bindings
from keyturn.tui.case_desk import CaseSeen, Draft, Evidence, VaultLeft
from keyturn.tui.case_rows import COLUMNS, FACTS, Item, What, case_rows
from keyturn.tui.case_words import (
    blocked_words,
    card_lines,
    evidence_lines,
    fact_lines,
    rotation_lines,
    run_of_case_lines,
    standing_lines,
    vault_lines,
)
from keyturn.tui.engine import Card, Observe
from keyturn.tui.hand import Hand, Named
from keyturn.tui.safe import joined, literal
from keyturn.tui.screens.ask import Ask, needs_words
from keyturn.tui.screens.case_steps import (
    as_decided,
    choose_successor,
    plan_draft,
    state_fact,
    waive,
    with_decision,
)
from keyturn.tui.screens.give_up import give_up_step
from keyturn.tui.screens.list_screen import ListScreen
from keyturn.tui.screens.rechecking import recheck_cases
from keyturn.tui.screens.undoing import plan_undo
from keyturn.tui.widgets.backdrop import Backdrop
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.paragraphs import Line
from keyturn.tui.widgets.row_source import RowsInMemory, RowSource
from keyturn.tui.widgets.sheet import Sheet
from keyturn.tui.widgets.tally import Tally
from keyturn.tui.widgets.virtual_list import VirtualList
from keyturn_storage.case_rows import Facts

if TYPE_CHECKING:
    from keyturn.decide.plans import Plan
    from keyturn.run.rotation import RotationFound


_ENTER = {
    What.PERSON: "", What.VAULT: "decide", What.FACT: "fill in", What.RUN: "read",
    What.ROTATION: "list", What.EVIDENCE: "write",
}  # fmt: skip
"""What enter does on a line, where no other key of the footer says so."""


class Offboard(ListScreen):
    """`enter` says or decides what the line is about, `p` shows the plan; nothing is cut here."""

    WHERE = Where.OFFBOARD
    BINDINGS = bindings(Where.OFFBOARD)
    TITLE_OF_TEXT = "About it"
    COLUMNS: ClassVar[tuple[Column, ...]] = COLUMNS

    def __init__(self, person_key: str, name: str, case_id: str = "") -> None:
        super().__init__()
        self.person_key = person_key
        self.person_name = name
        self.seen = CaseSeen(case_id, name, "", "", (), Facts())
        self.decided_here: dict[str, VaultLeft] = {}
        self.read = False
        self.card: Card | None = None
        self.rotation: RotationFound | None = None
        self.zone = ""
        self.evidence: Evidence | None = None

    def above(self) -> Iterable[Widget]:
        """How the case stands."""
        yield Tally()

    def body(self) -> Iterable[Widget]:
        """The lines of the case beside what is known of one."""
        self.add_class("-beside", "-case")
        yield from self.above()
        yield Backdrop(
            Vertical(self.make_list(), id="list-left"), Sheet(id="about"), id="list-body"
        )

    def keys(self, *, read_only: bool) -> tuple[Action, ...]:
        """A waiver where a vault may need one, evidence where something was done."""
        unwanted = set() if self.seen.vaults else {"waive"}
        unwanted |= set() if self.seen.runs else {"evidence", "recheck", "undo"}
        unwanted |= set() if any(run.open for run in self.seen.runs) else {"give_up"}
        out = self.seen.state in {"verified", "closed"}
        unwanted |= {"make_plan", "emergency"} if out else set()
        does = _ENTER[self._item().what] if self.alive else ""
        unwanted |= set() if does else {"open"}
        keys = (key for key in super().keys(read_only=read_only) if key.id not in unwanted)
        return tuple(replace(key, label=does) if key.id == "open" else key for key in keys)

    def rows(self) -> RowSource:
        """What is known by now."""
        self.table.empty = self.EMPTY if self.read else self.being_read(self._case_job)
        if not self.read:
            return RowsInMemory()
        now_ms = self.keyturn.parts.now_ms()
        return RowsInMemory(case_rows(self.seen, self.rotation, self.evidence, now_ms))

    def on_mount(self) -> None:
        """The case and the card are read while their place is already there."""
        self.table.focus()
        self.table.counted = False
        self.table.title = f"Offboard {self.person_name}"
        self._look()

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """A run may have gone on meanwhile."""
        super().on_screen_resume(event)
        if self.read:
            self._look()

    def data_changed(self) -> None:
        """Newer snapshots."""
        self._look()
        self._read_card()

    @property
    def _case_job(self) -> str:
        return f"reading the case of {self.person_name}"

    @property
    def _card_job(self) -> str:
        return f"reading what {self.person_name} has"

    def _look(self) -> None:
        desk, key, case_id = self.keyturn.parts.engine.desk, self.person_key, self.seen.id

        async def work(_observe: object, _stop: object) -> CaseSeen:
            return await desk.look(key, case_id)

        self.read_in_turn(self._case_job, work, self._show_case)

    def _show_case(self, seen: CaseSeen) -> None:
        vaults = as_decided(seen.vaults, self.decided_here)
        self.seen, first = replace(seen, vaults=vaults), not self.read
        self.read = True
        self._draw(again=not first)
        if first:
            self._read_card()

    def _read_card(self) -> None:
        engine, key = self.keyturn.parts.engine, self.person_key

        async def work(_observe: object, _stop: object) -> Card:
            return await engine.card(key)

        if self.seen.known:
            self.read_in_turn(self._card_job, work, self._show_card)

    def _show_card(self, card: Card) -> None:
        self.card = card
        if self.alive:
            self.say_about()

    def _draw(self, *, again: bool = True) -> None:
        if not self.alive:
            return
        self.show(again=again)
        self.query_one(Tally).words = _standing(self.seen)
        self.facts_changed(self.keyturn.facts)

    # ------------------------------------------------------------------ the text

    def about_nothing(self) -> Sequence[Line]:
        """While it is read."""
        return (Line(literal(self.being_read(self._case_job), "$quiet")),)

    async def about(self, row: object, label: str) -> Sequence[Line]:
        """All that is known of a line."""
        item = row if isinstance(row, Item) else Item(What.PERSON)
        seen, now_ms = self.seen, self.keyturn.parts.now_ms()
        match item.what:
            case What.VAULT:
                vault = self._vault(item.name)
                return () if vault is None else tuple(vault_lines(vault))
            case What.FACT:
                return tuple(fact_lines(seen, item.name, dict(FACTS)[item.name]))
            case What.RUN:
                runs = (one for one in seen.runs if one.id == item.name)
                return tuple(line for run in runs for line in run_of_case_lines(run))
            case What.ROTATION:
                cut = seen.state not in {"", "open", "no case"}
                return tuple(rotation_lines(self.rotation, self.zone, now_ms, cut=cut))
            case What.EVIDENCE:
                return tuple(evidence_lines(self.evidence, applied=bool(seen.runs)))
            case _:
                return self._about_person()

    def _about_person(self) -> Sequence[Line]:
        standing = tuple(standing_lines(self.seen))
        if self.card is not None:
            writes = not self.keyturn.read_only and self.seen.state not in {"verified", "closed"}
            return (*standing, *card_lines(self.card, plan_key=writes))
        if self.seen.known:
            words = self.being_read(self._card_job, "what they have")
            return (*standing, Line(literal(words, "$quiet")))
        return (*standing, Line(joined("Both sources have no account of this person any more.")))

    def _vault(self, vault_id: str) -> VaultLeft | None:
        """None where newer data, not drawn yet, has none of this id any more."""
        return next((one for one in self.seen.vaults if one.id == vault_id), None)

    def _item(self) -> Item:
        row = self.table.row
        about = row.about if row is not None else None
        return about if isinstance(about, Item) else Item(What.PERSON)

    @on(VirtualList.CursorMoved)
    def _keys_follow(self) -> None:
        self.say_keys()

    # ------------------------------------------------------------------ saying and deciding

    @on(VirtualList.Chosen)
    def _chosen(self) -> None:
        item = self._item()
        match item.what:
            case What.ROTATION:
                self.action_rotation()
                return
            case What.EVIDENCE:
                self.action_evidence()
                return
            case What.RUN:
                self.action_read_on()
                return
            case _:
                pass
        if self.keyturn.read_only:
            self.keyturn.tell("keyturn is read-only here, so it cannot change anything.")
        elif item.what is What.VAULT:
            if (vault := self._vault(item.name)) is not None:
                choose_successor(self.keyturn, (self.person_key,), vault, self._decided)
        elif item.what is What.FACT:
            state_fact(self.keyturn, self.seen, item.name, self._said)
        else:
            self.action_make_plan()

    def action_waive(self) -> None:
        """The vault under the cursor, or the first nobody decided about."""
        item = self._item()
        vault_id = item.name if item.what is What.VAULT else ""
        waive(self.keyturn, self.seen.vaults, vault_id, self._decided)

    def _decided(self, vault: VaultLeft) -> None:
        self.decided_here[vault.id] = vault
        self.seen = replace(self.seen, vaults=with_decision(self.seen.vaults, vault))
        self._draw()
        self.say_about()

    def _said(self, said: Mapping[str, object]) -> None:
        desk, key, case_id = self.keyturn.parts.engine.desk, self.person_key, self.seen.id

        async def work(_observe: object, _stop: object) -> CaseSeen:
            return await desk.state(key, case_id, said)

        self.keyturn.start("keeping what was said", work, self._show_case)

    def action_give_up(self) -> None:
        """A step of the run under the cursor, else of any run of the case."""
        item = self._item()
        runs = (item.name,) if item.what is What.RUN else tuple(run.id for run in self.seen.runs)
        give_up_step(self.keyturn, runs, lambda _ended: self._look(), case_id=self.seen.id)

    def action_undo(self) -> None:
        """The plan that takes back what the run under the cursor, else the only one there is, did
        to this leaver."""
        item, runs = self._item(), self.seen.runs
        run_id = item.name if item.what is What.RUN else runs[0].id if len(runs) == 1 else ""
        if run_id:
            title = f"{self.person_name} in run {run_id[:12]}"
            plan_undo(self, run_id, title, case_id=self.seen.id)
        else:
            which = "put the cursor on one of its runs" if runs else "no plan was applied yet"
            self.keyturn.tell(f"Undo: {which}.")

    def action_recheck(self) -> None:
        """Nothing is changed in a source; what came back opens the case again."""
        recheck_cases(self.keyturn, (self.seen.id,) if self.seen.id else (), self._look)

    def action_close_case(self) -> None:
        """With a reason, which is kept."""
        seen = self.seen
        if not seen.id or seen.state == "closed":
            words = "closed already" if seen.id else "not opened yet"
            self.keyturn.tell(f"Close: this case is {words}.")
            return
        desk = self.keyturn.parts.engine.desk

        def said(reason: str | None) -> None:
            if reason is None:
                return

            async def work(_observe: object, _stop: object) -> None:
                await desk.close(seen.id, reason)

            self.keyturn.start("closing the case", work, lambda _: self._look())

        lacks = "; ".join(seen.missing) or "nothing"
        words = f"Missing: {lacks}. Say why the case is closed; the reason is kept."
        check = needs_words("why it is closed")
        _ = self.keyturn.push_screen(Ask(f"Close case {seen.id}?", words, check=check), said)

    # ------------------------------------------------------------------ the plan

    @property
    def hand(self) -> Hand:
        """The leaver."""
        return Hand(Named(self.person_key, self.person_name))

    def action_make_plan(self) -> None:
        """The plan, about the leaver as they are now."""
        self._plan(emergency=self.seen.facts.mode == "emergency")

    def action_emergency(self) -> None:
        """The plan at once, and whatever was used is to be changed the same day."""
        self._plan(emergency=True)

    def _plan(self, *, emergency: bool) -> None:
        draft = Draft((self.person_key,), self.person_name, self.seen.vaults, {}, emergency)
        plan_draft(self.keyturn, draft, self._show_plan)

    def _show_plan(self, plan: "Plan", draft: Draft) -> None:
        from keyturn.tui.screens.made_plan import show_made
        from keyturn.tui.screens.plan import PlanReview
        from keyturn.tui.screens.plan_origin import Origin

        show_made(self, PlanReview(plan, origin=Origin(draft, known=True)))

    # ------------------------------------------------------------------ after the run

    def action_rotation(self) -> None:
        """Reads the list; shown whole where it was read already."""
        if self.rotation is not None and self._item().what is What.ROTATION:
            from keyturn.tui.screens.rotation import RotationScreen

            _ = self.keyturn.push_screen(RotationScreen(self.person_name, self.rotation, self.zone))
            return
        desk, key, case_id = self.keyturn.parts.engine.desk, self.person_key, self.seen.id

        async def work(observe: Observe, _stop: object) -> "tuple[RotationFound, str]":
            return await desk.rotation(key, case_id, observe)

        self.keyturn.start("listing what has to be changed", work, self._show_rotation)

    def _show_rotation(self, found: "tuple[RotationFound, str]") -> None:
        self.rotation, self.zone = found
        self._draw()
        self._go_to(What.ROTATION)

    def action_evidence(self) -> None:
        """Writes the bundle about every run of the case."""
        if not self.seen.runs:
            self.keyturn.tell("Evidence: no plan was applied yet, so there is nothing to prove.")
            return
        desk, case_id = self.keyturn.parts.engine.desk, self.seen.id

        async def work(_observe: object, _stop: object) -> Evidence:
            return await desk.report_case(case_id)

        self.keyturn.start("writing the evidence", work, self._show_evidence)

    def _show_evidence(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self._draw()
        self._go_to(What.EVIDENCE)
        self.keyturn.tell(f"The evidence is in {evidence.folder}.")

    def _go_to(self, what: What) -> None:
        async def go() -> None:
            await self.table.settled()
            for row in case_rows(self.seen, None, None, 0):
                if isinstance(row.about, Item) and row.about.what is what:
                    _ = self.table.put_cursor(row.id)
            self.say_about()

        self.work("go", "going to a line", go)


def _standing(seen: CaseSeen) -> Content:
    if blocked := blocked_words(seen.vaults):
        return blocked
    if not seen.id:
        return joined(
            ("No case yet. ", "bold"),
            "Say what is known, then p shows the plan. Nothing has been done.",
        )
    again = ("! Opened again. ", "bold $urgent") if seen.reopened else ("", "")
    first = seen.missing[0] if seen.missing else "Nothing is missing."
    missing = f"{first[:1].upper()}{first[1:]}"
    more = f" and {len(seen.missing) - 1} more" if len(seen.missing) > 1 else ""
    style = "bold $accent" if seen.state in {"verified", "closed"} else "bold $change"
    return joined(again, (f"{seen.state.capitalize()}. ", style), missing, more)
