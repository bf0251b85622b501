"""Plan review: everything a plan will do, judged, then confirmed by typing, then watched."""

from collections.abc import Iterable
from dataclasses import replace

from textual import on
from textual.content import Content
from textual.widget import Widget

from keyturn.decide.plans import Plan
from keyturn.tui.actions import Where, bindings
from keyturn.tui.engine import Ended, Observe, Stop
from keyturn.tui.plan_words import StepSeen, counts_words, plan_lines
from keyturn.tui.safe import joined
from keyturn.tui.screens.frame import Frame
from keyturn.tui.screens.resumed import NOTHING_OPEN, RESUMING
from keyturn.tui.widgets.confirm_bar import ConfirmBar
from keyturn.tui.widgets.sheet import SHEET_STYLE, Sheet

APPLYING = "applying the plan"
_HOW = {"ended": "Ended.", "stopped": "Stopped."}


class PlanReview(Frame):
    """One plan. `note` says more about where it came from, e.g. marks that are hidden."""

    CSS_PATH = SHEET_STYLE
    WHERE = Where.PLAN
    BINDINGS = bindings(Where.PLAN)

    def __init__(self, plan: Plan, note: str = "") -> None:
        super().__init__()
        self.plan = plan
        self.note = note
        self.steps: dict[str, StepSeen] = {}
        self.applying = False
        self._begun = False
        self.ended: Ended | None = None
        self._began_ms = 0

    def body(self) -> Iterable[Widget]:
        """The plan, then where it is confirmed."""
        yield Sheet()
        yield ConfirmBar(self._question(), may_confirm=self._may_confirm)

    @property
    def _may_confirm(self) -> bool:
        return bool(self.plan.operations) and not self.plan.refused and not self.keyturn.read_only

    def on_mount(self) -> None:
        """Focus on Cancel: enter alone goes back."""
        self._draw()
        self.query_one(ConfirmBar).focus_cancel()

    def _question(self) -> Content:
        plan = self.plan
        if not plan.operations:
            return joined("Nothing to do: what is wanted is so already.")
        if plan.refused:
            refusing = sum(1 for guard in plan.guards if guard.verdict.value == "refuse")
            return joined(
                ("✗ ", "bold $urgent"),
                f"{refusing} guard{'' if refusing == 1 else 's'} "
                f"refuse{'s' if refusing == 1 else ''} this plan. Nothing can be applied; "
                "what would pass is said above.",
            )
        if self.keyturn.read_only:
            return joined("Read-only: this plan can be read, and not applied.")
        return joined(
            ("c", "bold $accent"), ", then type ", (plan.confirm_with, "bold $accent"),
            f" and enter: applies {counts_words(plan).split(':')[0]}.",
        )  # fmt: skip

    def _draw(self) -> None:
        now_ms = self.keyturn.parts.now_ms()
        sheet = self.query_one(Sheet)
        sheet.put(self.plan.title, plan_lines(self.plan, self.steps, now_ms, self.note))

    # ------------------------------------------------------------------ confirming

    def action_confirm(self) -> None:
        """To the field, or why there is none."""
        if not self.query_one(ConfirmBar).focus_field():
            self.keyturn.tell("This plan cannot be confirmed: the line below says why.")

    @on(ConfirmBar.Cancelled)
    async def _cancelled(self) -> None:
        await self.keyturn.action_back()

    @on(ConfirmBar.Typed)
    def _typed(self, event: ConfirmBar.Typed) -> None:
        if self.applying or self.ended is not None or not self._may_confirm:
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
        self.applying = self._begun = True
        self._began_ms = self.keyturn.parts.now_ms()
        bar = self.query_one(ConfirmBar)
        bar.close()
        bar.focus_cancel()
        self._tick()

    # ------------------------------------------------------------------ going on after a stop

    def action_resume(self) -> None:
        """Goes on with what this run, and any other, left open; shown as the run itself was."""
        if self.applying:
            self.keyturn.tell("The run goes on. x stops it after the request in flight.")
            return
        if not self._begun:
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
            self.keyturn.count_open_runs()
            if self.alive and not ends:
                self.query_one(ConfirmBar).say(joined(NOTHING_OPEN))
        others = [one.words for one in ends if one is not mine]
        if others:
            self.keyturn.tell(" ".join(others))

    # ------------------------------------------------------------------ taking back

    def action_undo(self) -> None:
        """Shows the plan that takes this run back, in place of the run."""
        if self.applying:
            self.keyturn.tell("The run goes on. x stops it after the request in flight.")
            return
        if self.ended is None:
            self.keyturn.tell("Undo: this plan has not been applied.")
            return
        engine, run_id = self.keyturn.parts.engine, self.ended.run_id

        async def work(_observe: object, _stop: object) -> Plan:
            return await engine.plan_undo(run_id)

        def show(plan: Plan) -> None:
            if self.is_current:
                _ = self.keyturn.switch_screen(PlanReview(plan))
            else:
                self.keyturn.tell(f"The plan is made ({counts_words(plan)}), but not shown here.")

        self.keyturn.start(f"planning to undo: {self.plan.title}", work, show)

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
        self._tick()

    def _tick(self) -> None:
        if not self.applying or not self.alive:
            return
        self._draw()
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
        self.applying, self.ended = False, ended
        for row in ended.steps:
            before = self.steps.get(row.operation_id, StepSeen("planned"))
            self.steps[row.operation_id] = replace(
                before, state=row.state.replace("_", " "), verdict=row.verdict, words=row.words,
            )  # fmt: skip
        if self.alive:
            self._draw()
            bar = self.query_one(ConfirmBar)
            bar.say(joined((_HOW.get(ended.state, ended.state), "bold $accent"), " ", ended.words))
            bar.focus_cancel()
        self.keyturn.count_open_runs()
        self.keyturn.refresh_sources()

    def job_failed(self, name: str) -> None:
        """Nothing is known to be going on any more; the error says what to do."""
        if name in {APPLYING, RESUMING} and self.applying:
            self.applying = False
            self.keyturn.count_open_runs()
            self._draw()
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

    # ------------------------------------------------------------------ scrolling

    def action_scroll_down(self) -> None:
        """The text, whatever has the focus."""
        self.query_one(Sheet).scroll_relative(y=1, animate=False)

    def action_scroll_up(self) -> None:
        """The text, whatever has the focus."""
        self.query_one(Sheet).scroll_relative(y=-1, animate=False)

    def action_page_down(self) -> None:
        """The text, whatever has the focus."""
        self.query_one(Sheet).scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        """The text, whatever has the focus."""
        self.query_one(Sheet).scroll_page_up(animate=False)

    def action_scroll_home(self) -> None:
        """The text, whatever has the focus."""
        self.query_one(Sheet).scroll_home(animate=False)

    def action_scroll_end(self) -> None:
        """The text, whatever has the focus."""
        self.query_one(Sheet).scroll_end(animate=False)
