"""Plan review: everything a plan will do, judged, then confirmed by typing, then watched."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from textual import on
from textual.content import Content
from textual.widget import Widget

from keyturn.decide.findings import Change
from keyturn.decide.names import counted
from keyturn.decide.plans import Plan
from keyturn.decide.skipping import skipped
from keyturn.tui.actions import Action, Where, bindings, footer
from keyturn.tui.card_lines import as_text
from keyturn.tui.case_desk import Draft, Evidence, VaultLeft
from keyturn.tui.engine import Ended, Observe, Stop
from keyturn.tui.hand import EMPTY_HAND, Copied, Hand, Named
from keyturn.tui.plan_words import LeftOut, StepSeen, counts_words
from keyturn.tui.safe import joined
from keyturn.tui.screens.case_steps import ask_waiver, choose_successor, with_vault
from keyturn.tui.screens.give_up import give_up_step
from keyturn.tui.screens.plan_origin import Origin, plan_again
from keyturn.tui.screens.plan_rows import PlanRows
from keyturn.tui.screens.resumed import NOTHING_OPEN, RESUMING
from keyturn.tui.screens.undoing import plan_undo
from keyturn.tui.widgets.confirm_bar import ConfirmBar
from keyturn.tui.widgets.sheet import SHEET_STYLE, Sheet

APPLYING = "applying the plan"
_DONE = {"verified", "already_so"}
_HOW = {"ended": "Ended.", "stopped": "Stopped."}


class PlanReview(PlanRows):
    """One plan. `note` says more about where it came from, e.g. marks that are hidden; `origin`
    how it can be made anew. `skips` are what was left out by hand, also in this plan."""

    CSS_PATH = SHEET_STYLE
    WHERE = Where.PLAN
    BINDINGS = bindings(Where.PLAN)

    def __init__(
        self,
        plan: Plan,
        note: str = "",
        origin: Origin | None = None,
        skips: Mapping[Change, LeftOut] = MappingProxyType({}),
    ) -> None:
        super().__init__(plan, note, origin or Origin(), skips)
        self.applying = False
        self.ended: Ended | None = None
        self.evidence: Sequence[Evidence] = ()
        self._began_ms = 0

    def body(self) -> Iterable[Widget]:
        """The plan, then where it is confirmed."""
        yield Sheet()
        yield ConfirmBar(self._question(), may_confirm=self._may_confirm)

    @property
    def hand(self) -> Hand:
        """Whom the plan is about, where it is about one person."""
        name = self.plan.title.partition(" ")[2] or self.plan.title
        alone = len(self.plan.subjects) == 1
        return Hand(Named(self.plan.subjects[0], name)) if alone else EMPTY_HAND

    def copied(self) -> Copied:
        """The plan as it is shown."""
        return Copied(self.plan.title, as_text(self.query_one(Sheet).lines))

    @property
    def _may_confirm(self) -> bool:
        return bool(self.plan.operations) and not self.plan.refused and not self.keyturn.read_only

    @property
    def _undecided(self) -> tuple[VaultLeft, ...]:
        return self.origin.draft.undecided if self.origin.draft is not None else ()

    def on_mount(self) -> None:
        """Focus on Cancel: enter alone goes back."""
        self.draw()
        self.query_one(ConfirmBar).focus_cancel()

    def keys(self, *, read_only: bool) -> tuple[Action, ...]:
        """Only what can be done at this point of a plan's life."""
        unwanted = {"resume", "undo", "evidence", "give_up"}
        if self.applying:
            unwanted |= {"confirm", "skip", "plan_again", "decide", "waive"}
        elif self.begun:
            done = self.ended is not None and self.ended.state == "ended"
            unwanted = {"confirm", "skip", "plan_again", "decide", "waive"}
            unwanted |= {"resume", "give_up"} if done else {"undo"}
            unwanted |= set() if self.plan.subjects else {"evidence"}
        else:
            unwanted |= set() if self._may_confirm else {"confirm"}
            unwanted |= set() if self._undecided else {"decide", "waive"}
            unwanted |= set() if self.origin.known else {"skip"}
            unwanted |= set() if self.unmade else {"plan_again"}
        found = footer(self.WHERE, read_only=read_only)
        return tuple(key for key in found if key.id not in unwanted)

    def _keys_changed(self) -> None:
        self.facts_changed(self.keyturn.facts)

    def skips_changed(self) -> None:
        """What is asked for follows."""
        bar = self.query_one(ConfirmBar)
        self._keys_changed()
        if not self.unmade:
            bar.say(self._question())
            return
        bar.say(
            joined(
                ("~ ", "bold $change"), f"{len(self.skips)} skipped. ", ("p", "bold $accent"),
                " makes the plan anew so; then it can be confirmed.",
            )
        )  # fmt: skip

    def _question(self) -> Content:
        plan = self.plan
        if self._undecided and plan.refused:
            count = len(self._undecided)
            which = "1 vault has" if count == 1 else f"{count} vaults have"
            return joined(
                ("✗ ", "bold $urgent"), f"Refused: {which} no other manager. ",
                ("d", "bold $accent"), " says who takes over, ", ("w", "bold $accent"),
                " waives it; the plan is made anew at once.",
            )  # fmt: skip
        if not plan.operations:
            if plan.left_alone:
                alone = counted(len(plan.left_alone), "thing is", "things are")
                return joined(f"Nothing to do: {alone} left alone, with the reason above.")
            return joined("Nothing to do: what is wanted is so already.")
        if plan.refused:
            refusing = [guard for guard in plan.guards if guard.verdict.value == "refuse"]
            one, first = len(refusing) == 1, refusing[0]
            return joined(
                ("✗ ", "bold $urgent"),
                f"{len(refusing)} guard{'' if one else 's'} refuse{'s' if one else ''} this plan: ",
                (first.words, "bold"), f" {first.next_step}", "" if one else " More above.",
            )  # fmt: skip
        if self.keyturn.read_only:
            return joined("Read-only: this plan can be read, and not applied.")
        out = len(skipped(plan))
        return joined(
            ("c", "bold $accent"), ", then type ", (plan.confirm_with, "bold $accent"),
            f" and enter: applies {counts_words(plan).split(':')[0]}.",
            (f" {out} skipped." if out else "", "bold $change"),
        )  # fmt: skip

    # ------------------------------------------------------------------ making it anew

    def action_plan_again(self) -> None:
        """Every guard judges what is left."""
        if self.begun or not self.origin.known:
            self.keyturn.tell("Plan anew: go back, and plan from there.")
            return
        self._again(self.origin)

    def _again(self, origin: Origin) -> None:
        skips, note = dict(self.skips), self.note

        def show(plan: Plan, after: Origin) -> None:
            if self.is_current:
                _ = self.keyturn.switch_screen(PlanReview(plan, note, after, skips))
            else:
                self.keyturn.tell(f"The plan is made ({counts_words(plan)}), but not shown here.")

        reasons = {change: left.reason for change, left in skips.items()}
        plan_again(self.keyturn, origin, reasons, show)

    # ------------------------------------------------------------------ who takes over

    def action_decide(self) -> None:
        """Each vault in turn; then the plan is made anew."""
        draft = self.origin.draft
        people = draft.people if draft is not None else ()
        self._decide(lambda vault, done: choose_successor(self.keyturn, people, vault, done))

    def action_waive(self) -> None:
        """Each vault in turn, with a reason; then the plan is made anew."""
        self._decide(lambda vault, done: ask_waiver(self.keyturn, vault, done))

    def _decide(self, ask: "Callable[[VaultLeft, Callable[[VaultLeft], None]], None]") -> None:
        if self.begun or self.origin.draft is None or not self._undecided:
            self.keyturn.tell("Decide: every vault of this plan keeps a manager, or was decided.")
            return

        def decided(vault: VaultLeft, draft: Draft) -> None:
            after = with_vault(draft, vault)
            if after.undecided:
                ask(after.undecided[0], lambda more: decided(more, after))
            else:
                self._again(replace(self.origin, draft=after))

        draft = self.origin.draft
        ask(draft.undecided[0], lambda vault: decided(vault, draft))

    # ------------------------------------------------------------------ confirming

    def action_confirm(self) -> None:
        """To the field, or why there is none."""
        if self.unmade and not self.begun:
            self.keyturn.tell("What is skipped is not in this plan yet: p makes it anew.")
        elif not self.query_one(ConfirmBar).focus_field():
            self.keyturn.tell("This plan cannot be confirmed: the line below says why.")

    @on(ConfirmBar.Cancelled)
    async def _cancelled(self) -> None:
        await self.keyturn.action_back()

    @on(ConfirmBar.Typed)
    def _typed(self, event: ConfirmBar.Typed) -> None:
        if self.applying or self.ended is not None or not self._may_confirm or self.unmade:
            return
        if event.text.strip() != self.plan.confirm_with:
            self.keyturn.tell(f"That is not {self.plan.confirm_with}. Nothing was done.")
            return
        self._apply(event.text.strip())

    def _apply(self, confirmed: str) -> None:
        engine, plan = self.keyturn.parts.engine, self.plan

        async def work(observe: Observe, stop: Stop) -> Ended:
            return await engine.apply(plan, confirmed, observe, stop)

        if not self.keyturn.start(APPLYING, work, self._done):
            return
        self.steps = {operation.id: StepSeen("planned") for operation in plan.operations}
        self.set_interval(1.0, self._tick)
        self._begin()

    def _begin(self) -> None:
        self.applying = self.begun = True
        self._began_ms = self.keyturn.parts.now_ms()
        bar = self.query_one(ConfirmBar)
        bar.close()
        bar.focus_cancel()
        self._keys_changed()
        self._tick()

    # ------------------------------------------------------------------ going on after a stop

    def go_on(self) -> None:
        """Goes on with what this run, and any other, left open; shown as the run itself was."""
        if self.applying:
            self.keyturn.tell("The run goes on. x stops it after the request in flight.")
            return
        if not self.begun:
            self.keyturn.tell("Resume: this plan has not begun.")
            return
        if self.keyturn.start(RESUMING, self.keyturn.parts.engine.resume, self._resumed):
            self._begin()

    def _resumed(self, ends: tuple[Ended, ...]) -> None:
        mine = next((one for one in ends if one.plan_id == self.plan.id), None)
        if mine is not None:
            self._done(mine)
        else:
            self.applying = False
            self._keys_changed()
            self.keyturn.count_open_runs()
            if self.alive and not ends:
                self.query_one(ConfirmBar).say(joined(NOTHING_OPEN))
        others = [one.words for one in ends if one is not mine]
        if others:
            self.keyturn.tell(" ".join(others))

    def action_give_up(self) -> None:
        """A step of this run that is open."""
        if self.applying:
            self.keyturn.tell("The run goes on. x stops it after the request in flight.")
        elif not self.begun:
            self.keyturn.tell("Give up: this plan has not begun. space leaves a change out.")
        elif self.ended is None:
            self.keyturn.tell("Give up: how it stands is not known here. Activity (3) has the run.")
        else:
            give_up_step(self.keyturn, (self.ended.run_id,), self._show_end)

    # ------------------------------------------------------------------ taking back

    def action_undo(self) -> None:
        """Shows the plan that takes this run back, in place of the run."""
        if self.applying:
            self.keyturn.tell("The run goes on. x stops it after the request in flight.")
            return
        if self.ended is None:
            self.keyturn.tell("Undo: this plan has not been applied.")
            return

        def show(plan: Plan) -> None:
            if self.is_current:
                _ = self.keyturn.switch_screen(PlanReview(plan))
            else:
                self.keyturn.tell(f"The plan is made ({counts_words(plan)}), but not shown here.")

        plan_undo(self, self.ended.run_id, self.plan.title, show)

    # ------------------------------------------------------------------ evidence

    def action_evidence(self) -> None:
        """About everybody whom the run put out."""
        if self.ended is None or not self.plan.subjects:
            self.keyturn.tell("Evidence: this plan has not put anybody out.")
            return
        desk, run_id, subjects = (
            self.keyturn.parts.engine.desk,
            self.ended.run_id,
            self.plan.subjects,
        )

        async def work(_observe: object, _stop: object) -> list[Evidence]:
            return [await desk.report(run_id, key) for key in subjects]

        def show(written: list[Evidence]) -> None:
            self.evidence = written
            self.keyturn.tell(self._evidence_words())
            self._say_end()

        self.keyturn.start("writing the evidence", work, show)

    def _evidence_words(self) -> str:
        folders = ", ".join(str(one.folder) for one in self.evidence)
        return f"The evidence is in {folders}." if folders else ""

    # ------------------------------------------------------------------ watching

    def watch_job(self, name: str, happened: list[object]) -> None:
        """Steps as they move on."""
        from keyturn.run.progress import StepChanged

        if name not in {APPLYING, RESUMING} or not self.applying:
            return
        for event in happened:
            if isinstance(event, StepChanged) and event.operation_id in self.steps:
                before = self.steps[event.operation_id]
                self.steps[event.operation_id] = replace(
                    before, state=event.state.replace("_", " "), words=event.words,
                    verdict=event.verdict or before.verdict,
                    began_ms=before.began_ms or event.at_ms, at_ms=event.at_ms,
                )  # fmt: skip
                self.follow(event.operation_id)
        self._tick()

    def _tick(self) -> None:
        if not self.applying or not self.alive:
            return
        self.draw()
        done = sum(step.state not in {"planned", "intended"} for step in self.steps.values())
        verified = sum(step.state in {"verified", "already so"} for step in self.steps.values())
        seconds = max(0, self.keyturn.parts.now_ms() - self._began_ms) // 1000
        self.query_one(ConfirmBar).say(
            joined(
                ("Applying. ", "bold $accent"),
                f"{done} of {len(self.steps)} done, {verified} verified, {seconds}s. ",
                ("x", "bold $accent"), " stops after the request in flight.",
            )
        )  # fmt: skip

    def _done(self, ended: Ended) -> None:
        self._show_end(ended)
        self.keyturn.count_open_runs()
        self.keyturn.refresh_sources()

    def _show_end(self, ended: Ended) -> None:
        self.applying, self.ended = False, ended
        for row in ended.steps:
            before = self.steps.get(row.operation_id, StepSeen("planned"))
            self.steps[row.operation_id] = replace(
                before, state=row.state.replace("_", " "), verdict=row.verdict, words=row.words,
            )  # fmt: skip
        if self.alive:
            self.draw()
            self._say_end()
            self.query_one(ConfirmBar).focus_cancel()
            self._keys_changed()

    def _say_end(self) -> None:
        """How it ended, and where its evidence is: a note goes with the next job, this stays."""
        ended = self.ended
        if ended is None or not self.alive:
            return
        style = "bold $accent" if all(one.state in _DONE for one in ended.steps) else "bold $change"
        words = " ".join(filter(None, (ended.words, self._evidence_words())))
        self.query_one(ConfirmBar).say(
            joined((_HOW.get(ended.state, ended.state), style), " ", words)
        )

    def job_failed(self, name: str) -> None:
        """Nothing is known to be going on any more; the error says what to do."""
        if name in {APPLYING, RESUMING} and self.applying:
            self.applying = False
            self.keyturn.count_open_runs()
            self._keys_changed()
            self.draw()
            self.query_one(ConfirmBar).say(
                joined(
                    ("It did not end as it should. ", "bold $urgent"),
                    "The journal has what was done and what is open. R goes on, or keyturn resume.",
                )
            )

    def go_back(self) -> bool:
        """While a run goes on, this screen stays; in the field, esc leaves the field."""
        if self.applying:
            self.keyturn.tell("The run goes on. x stops it after the request in flight.")
            return True
        if self.focused is not None and self.focused.id == "typed":
            self.query_one(ConfirmBar).focus_cancel()
            return True
        return False
