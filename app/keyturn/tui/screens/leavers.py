"""Offboard for several at once: each leaver in numbers, what is decided, and one plan for all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.widget import Widget

from keyturn.tui.actions import Action, Where, bindings
from keyturn.tui.case_desk import Draft, Evidence, LeaverSeen, LeaversSeen, VaultLeft
from keyturn.tui.case_rows import FACTS, Item, What
from keyturn.tui.case_words import (
    card_lines,
    evidence_lines,
    fact_lines,
    rotation_lines,
    standing_lines,
    vault_lines,
)
from keyturn.tui.engine import Card, Observe
from keyturn.tui.hand import EMPTY_HAND, Hand, Named
from keyturn.tui.leavers_rows import (
    COLUMNS,
    cases_with_runs,
    differing_lines,
    leavers_rows,
    of_all,
    out_of_all,
    standing_words,
)
from keyturn.tui.plan_words import BLANK
from keyturn.tui.safe import joined, literal
from keyturn.tui.screens.case_steps import (
    as_decided,
    choose_successor,
    plan_draft,
    state_fact,
    waive,
    with_decision,
)
from keyturn.tui.screens.list_screen import ListScreen
from keyturn.tui.screens.rechecking import recheck_cases
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.paragraphs import Line
from keyturn.tui.widgets.row_source import RowsInMemory, RowSource
from keyturn.tui.widgets.tally import Tally
from keyturn.tui.widgets.virtual_list import VirtualList

if TYPE_CHECKING:
    from keyturn.decide.plans import Plan
    from keyturn.run.shared_rotation import SharedFound

MOST = 200
"""How many are put out at once from here; the policy's own limit is lower as a rule."""
LOOKING = "reading the cases of those who leave"


class Leavers(ListScreen):
    """`enter` on a person opens their own case; on a vault or a fact it decides or states. `p`
    shows the one plan. `note` says of marks what cannot be seen where they were made."""

    WHERE = Where.LEAVERS
    BINDINGS = bindings(Where.LEAVERS)
    TITLE_OF_TEXT = "About it"
    COLUMNS: ClassVar[tuple[Column, ...]] = COLUMNS

    def __init__(self, people: Sequence[Named], note: str = "") -> None:
        super().__init__()
        self.people = tuple(people)
        self.numbers = tuple(one.key for one in people)
        self.note = note
        self.seen: LeaversSeen | None = None
        self.decided_here: dict[str, VaultLeft] = {}
        self.cards: dict[str, Card] = {}
        self.rotation: SharedFound | None = None
        self.zone = ""
        self.evidence: dict[str, Evidence] = {}

    @property
    def crumb(self) -> str:
        """As for one of them."""
        return "Offboard"

    def above(self) -> Iterable[Widget]:
        """How many leave, and with how much."""
        yield Tally()

    def keys(self, *, read_only: bool) -> tuple[Action, ...]:
        """A waiver where a vault may need one, evidence where something was done, and a plan until
        all of them are out."""
        seen = self.seen
        unwanted = set() if seen is not None and seen.vaults else {"waive"}
        all_out = seen is not None and out_of_all(seen) == len(seen.leavers) > 0
        unwanted |= {"make_plan", "emergency"} if all_out else set()
        unwanted |= set() if seen is not None and cases_with_runs(seen) else {"evidence", "recheck"}
        return tuple(key for key in super().keys(read_only=read_only) if key.id not in unwanted)

    def rows(self) -> RowSource:
        """What is known by now."""
        self.table.empty = self.being_read(LOOKING) if self.seen is None else self.EMPTY
        if self.seen is None:
            return RowsInMemory()
        now_ms, written = self.keyturn.parts.now_ms(), self.evidence.values()
        return RowsInMemory(leavers_rows(self.seen, self.rotation, written, self.numbers, now_ms))

    @property
    def _keys(self) -> tuple[str, ...]:
        return tuple(one.key for one in self.people)

    @property
    def _called(self) -> str:
        return f"{len(self.people)} people" if len(self.people) > 1 else self.people[0].name

    def on_mount(self) -> None:
        """The cases are read while their place is already there."""
        self.table.focus()
        self.table.counted = False
        self.table.title = f"Offboard {self._called}"
        self.table.note = self.note
        self._look()

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """A run may have gone on meanwhile."""
        super().on_screen_resume(event)
        if self.seen is not None:
            self._look()

    def data_changed(self) -> None:
        """Newer snapshots."""
        self.cards = {}  # what is being read still is put with the older ones
        self.unread.clear()
        self._look()

    def _look(self) -> None:
        desk, keys = self.keyturn.parts.engine.desk, self._keys

        async def work(_observe: object, _stop: object) -> LeaversSeen:
            return await desk.look_at_all(keys)

        self.read_in_turn(LOOKING, work, self._show_seen)

    def _show_seen(self, seen: LeaversSeen) -> None:
        before = self.seen
        vaults = as_decided(seen.vaults, self.decided_here)
        # Somebody may have been left out while it was read.
        staying = tuple(one for one in seen.leavers if one.key in set(self._keys))
        if len(staying) < len(seen.leavers):
            self._look()
            return
        self.seen = LeaversSeen(staying, vaults)
        self._draw(again=before is not None)

    def _draw(self, *, again: bool = True) -> None:
        if not self.alive or self.seen is None:
            return
        self.table.title = f"Offboard {self._called}"
        self.show(again=again)
        self.query_one(Tally).words = standing_words(self.seen)
        self.say_keys()

    # ------------------------------------------------------------------ the text

    def about_nothing(self) -> Sequence[Line]:
        """While it is read."""
        return (Line(literal(self.being_read(LOOKING), "$quiet")),)

    async def about(self, row: object, label: str) -> Sequence[Line]:
        """All that is known of a line."""
        item, seen = row if isinstance(row, Item) else Item(What.PERSON), self.seen
        if seen is None:
            return self.about_nothing()
        match item.what:
            case What.VAULT:
                vault = self._vault(item.name)
                return () if vault is None else tuple(vault_lines(vault, several=True))
            case What.FACT:
                lines = fact_lines(of_all(seen), item.name, dict(FACTS)[item.name])
                return (*lines, BLANK, *differing_lines(seen, item.name))
            case What.ROTATION:
                return self._about_rotation(seen)
            case What.EVIDENCE:
                return self._about_evidence(seen)
            case _:
                return self._about_person(item.name)

    def _about_rotation(self, seen: LeaversSeen) -> Sequence[Line]:
        if self.rotation is None:
            cut = all(one.case.state not in {"", "open", "no case"} for one in seen.leavers)
            return tuple(rotation_lines(None, "", 0, cut=cut, several=True))
        from keyturn.tui.screens.shared_rotation import shared_rotation_lines

        return tuple(shared_rotation_lines(self.rotation, self.zone, self.keyturn.parts.now_ms()))

    def _about_evidence(self, seen: LeaversSeen) -> Sequence[Line]:
        if not self.evidence:
            return tuple(evidence_lines(None, applied=bool(cases_with_runs(seen))))
        lines: list[Line] = []
        for one in self.evidence.values():
            lines += [*evidence_lines(one, applied=True), BLANK]
        return lines

    def _about_person(self, key: str) -> Sequence[Line]:
        one = self._leaver(key)
        if one is None:
            return ()
        again = Line(joined(("enter", "bold $accent"), " opens the case of this one person, ",
                            ("u", "bold $accent"), " leaves them out"), 2)  # fmt: skip
        standing = (again, BLANK, *standing_lines(one.case))
        if not one.case.known:
            words = "Both sources have no account of this person any more."
            return (*standing, Line(joined(words)))
        if key in self.cards:
            return (*standing, *card_lines(self.cards[key], plan_key=False))
        job = f"reading what {one.case.name} has"
        if job not in self.unread and job not in self.keyturn.jobs.running():
            self._read_card(job, key)
        return (*standing, Line(literal(self.being_read(job, "what they have"), "$quiet")))

    def _read_card(self, job: str, key: str) -> None:
        engine, cards = self.keyturn.parts.engine, self.cards

        async def work(_observe: object, _stop: object) -> Card:
            return await engine.card(key)

        def show(card: Card) -> None:
            cards[key] = card
            if self.alive:
                self.say_about()

        self.read_in_turn(job, work, show)

    def _vault(self, vault_id: str) -> VaultLeft | None:
        """None where newer data, not drawn yet, has none of this id any more."""
        vaults = self.seen.vaults if self.seen is not None else ()
        return next((one for one in vaults if one.id == vault_id), None)

    def _leaver(self, key: str) -> LeaverSeen | None:
        leavers = self.seen.leavers if self.seen is not None else ()
        return next((one for one in leavers if one.key == key), None)

    def _item(self) -> Item:
        row = self.table.row
        about = row.about if row is not None else None
        return about if isinstance(about, Item) else Item(What.PERSON)

    @property
    def hand(self) -> Hand:
        """The leaver under the cursor."""
        item = self._item() if self.alive else Item(What.FACT)
        one = self._leaver(item.name) if item.what is What.PERSON else None
        return Hand(Named(one.key, one.case.name)) if one is not None else EMPTY_HAND

    # ------------------------------------------------------------------ saying and deciding

    @on(VirtualList.Chosen)
    def _chosen(self) -> None:
        item, seen = self._item(), self.seen
        if seen is None:
            return
        if item.what is What.EVIDENCE:
            self.action_evidence()
        elif item.what is What.ROTATION:
            self.action_rotation()
        elif item.what is What.PERSON:
            self._open(item.name)
        elif self.keyturn.read_only:
            self.keyturn.tell("keyturn is read-only here, so it cannot change anything.")
        elif item.what is What.VAULT:
            if (vault := self._vault(item.name)) is not None:
                choose_successor(self.keyturn, self._keys, vault, self._decided)
        else:
            state_fact(self.keyturn, of_all(seen), item.name, self._said)

    def _open(self, key: str) -> None:
        from keyturn.tui.screens.offboard import Offboard

        one = self._leaver(key)
        if one is not None:
            _ = self.keyturn.push_screen(Offboard(one.key, one.case.name, one.case.id))

    def action_leave_out(self) -> None:
        """They stay marked where they were; nothing that was stated of them is lost."""
        item, seen = self._item(), self.seen
        one = self._leaver(item.name)
        if seen is None or one is None:
            self.keyturn.tell("Leave out: put the cursor on a person.")
            return
        if len(self.people) == 1:
            self.keyturn.tell("Leave out: nobody else leaves. esc goes back.")
            return
        self.people = tuple(who for who in self.people if who.key != one.key)
        leavers = tuple(other for other in seen.leavers if other.key != one.key)
        self.seen, self.rotation = replace(seen, leavers=leavers), None
        # From the line, which would stay as one that is gone as long as the cursor is on it.
        place = self.table.content.cursor
        self.table.move_to(place + 1 if place < len(leavers) else place - 1)
        self._draw()
        self._look()  # whoever stays may manage what nobody else did
        self.keyturn.tell(f"{one.case.name} is left out of it.")

    def action_waive(self) -> None:
        """The vault under the cursor, or the first nobody decided about."""
        item = self._item()
        vault_id = item.name if item.what is What.VAULT else ""
        vaults = self.seen.vaults if self.seen is not None else ()
        waive(self.keyturn, vaults, vault_id, self._decided)

    def _decided(self, vault: VaultLeft) -> None:
        if self.seen is None:
            return
        self.decided_here[vault.id] = vault
        self.seen = replace(self.seen, vaults=with_decision(self.seen.vaults, vault))
        self._draw()
        self.say_about()

    def _said(self, said: Mapping[str, object]) -> None:
        desk, keys = self.keyturn.parts.engine.desk, self._keys

        async def work(_observe: object, _stop: object) -> LeaversSeen:
            return await desk.state_of_all(keys, said)

        self.keyturn.start("keeping what was said", work, self._show_seen)

    # ------------------------------------------------------------------ the plan

    def action_make_plan(self) -> None:
        """The plan, about all of them as they are now."""
        mode = of_all(self.seen).facts.mode if self.seen is not None else ""
        self._plan(emergency=mode == "emergency")

    def action_emergency(self) -> None:
        """The plan at once, and whatever was used is to be changed the same day."""
        self._plan(emergency=True)

    def _plan(self, *, emergency: bool) -> None:
        vaults = self.seen.vaults if self.seen is not None else ()
        draft = Draft(self._keys, self._called, vaults, {}, emergency)
        plan_draft(self.keyturn, draft, self._show_plan)

    def _show_plan(self, plan: "Plan", draft: Draft) -> None:
        from keyturn.tui.screens.made_plan import show_made
        from keyturn.tui.screens.plan import PlanReview
        from keyturn.tui.screens.plan_origin import Origin

        if draft.people != self._keys:
            # Made before somebody was left out: it would put them out all the same.
            self.keyturn.tell("The plan was made with somebody who is left out since: p once more.")
            return
        show_made(self, PlanReview(plan, self.note, Origin(draft, known=True)))

    # ------------------------------------------------------------------ after the run

    def action_recheck(self) -> None:
        """Nothing is changed in a source; what came back opens a case again."""
        leavers = self.seen.leavers if self.seen is not None else ()
        cases = tuple(one.case.id for one in leavers if one.case.id)
        recheck_cases(self.keyturn, cases, self._look)

    def action_rotation(self) -> None:
        """Reads the one list of all of them; shown whole where it was read already."""
        found = self.rotation
        if found is not None and self._item().what is What.ROTATION:
            from keyturn.tui.screens.shared_rotation import SharedRotation

            _ = self.keyturn.push_screen(SharedRotation(self._called, found, self.zone))
            return
        desk, keys = self.keyturn.parts.engine.desk, self._keys

        async def work(observe: Observe, _stop: object) -> "tuple[SharedFound, str]":
            return await desk.rotation_of_all(keys, observe)

        def show(read: "tuple[SharedFound, str]") -> None:
            if keys != self._keys:
                self.keyturn.tell("The list is of somebody who is left out since: T once more.")
                return
            self.rotation, self.zone = read
            self._draw()
            self._go_to(What.ROTATION)

        self.keyturn.start("listing what has to be changed", work, show)

    def _go_to(self, what: What) -> None:
        async def go() -> None:
            await self.table.settled()
            found = self.rows()
            for row in found.rows(found.ids()):
                if isinstance(row.about, Item) and row.about.what is what:
                    _ = self.table.put_cursor(row.id)
            self.say_about()

        self.work("go", "going to a line", go)

    def action_evidence(self) -> None:
        """A bundle for each of whom something was cut, about every run of the case."""
        found = cases_with_runs(self.seen) if self.seen is not None else {}
        if not found:
            self.keyturn.tell("Evidence: no plan was applied yet, so there is nothing to prove.")
            return
        desk = self.keyturn.parts.engine.desk

        async def work(_observe: object, _stop: object) -> dict[str, Evidence]:
            return {key: await desk.report_case(case_id) for key, case_id in found.items()}

        self.keyturn.start("writing the evidence", work, self._show_evidence)

    def _show_evidence(self, written: dict[str, Evidence]) -> None:
        self.evidence.update(written)
        self._draw()
        where = sorted({str(one.folder.parent) for one in written.values()})
        self.keyturn.tell(f"The evidence of {len(written)} is in {', '.join(where)}.")
