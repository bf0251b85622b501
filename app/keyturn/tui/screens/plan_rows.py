"""The rows of a plan: a cursor over its changes, and which of them are left out by hand."""

from collections.abc import Mapping

from keyturn.decide.findings import Change
from keyturn.decide.plans import Operation, Plan
from keyturn.tui.plan_words import LeftOut, PlanText, StepSeen, plan_text
from keyturn.tui.screens.ask import Ask, needs_words
from keyturn.tui.screens.frame import Frame
from keyturn.tui.screens.plan_origin import Origin
from keyturn.tui.widgets.sheet import Sheet


class PlanRows(Frame):
    """A sheet with a plan in it. `skips` are what was left out by hand, also in this plan; `begun`
    when there is nothing to be left out any more."""

    def __init__(
        self, plan: Plan, note: str, origin: Origin, skips: Mapping[Change, LeftOut]
    ) -> None:
        super().__init__()
        self.plan, self.note, self.origin = plan, note, origin
        self.skips = dict(skips)
        self._gone = frozenset(skips) - {operation.change for operation in plan.operations}
        self.steps: dict[str, StepSeen] = {}
        self.begun = False
        self.cursor = 0
        self.text = PlanText([], ())

    @property
    def unmade(self) -> bool:
        """Whether what is skipped is not what this plan leaves out."""
        made = {operation.change for operation in self.plan.operations}
        return self._gone != frozenset(self.skips) - made or any(c in made for c in self.skips)

    def draw(self) -> None:
        """The plan as it is now."""
        now_ms = self.keyturn.parts.now_ms()
        cursor = None if self.begun or not self.origin.known else self.cursor
        shares = self.origin.draft.shares if self.origin.draft is not None else ()
        self.text = plan_text(
            self.plan, self.steps, now_ms, self.note, skips=self.skips, cursor=cursor, shares=shares
        )
        self.query_one(Sheet).put(self.plan.title, self.text.lines)

    def skips_changed(self) -> None:
        """For what else is to follow."""

    # ------------------------------------------------------------------ leaving changes out

    def action_skip(self) -> None:
        """With a reason; the row stays, and is taken up again by the same key."""
        if self.begun:
            self.keyturn.tell("Skip: this plan was begun already.")
        elif not self.origin.known:
            self.keyturn.tell("Skip: this plan is taken as a whole, or not at all.")
        elif self.cursor < len(self.plan.operations):
            operation = self.plan.operations[self.cursor]
            if operation.change in self.skips:
                self._take_up(operation.change)
            else:
                self._ask_why(operation)
        elif self.text.places:
            gone = [change for change in self.skips if change in self._gone]
            self._take_up(gone[self.cursor - len(self.plan.operations)])

    def _ask_why(self, operation: Operation) -> None:
        def said(reason: str | None) -> None:
            if reason is None:
                return
            self.skips[operation.change] = LeftOut(operation.words, reason)
            self._changed()
            self.action_scroll_down()

        before = next((left.reason for left in reversed(self.skips.values())), "")
        check = needs_words("why it is left out")
        words = f"{operation.words}. It is left out of the plan, with your reason in it."
        _ = self.keyturn.push_screen(
            Ask(f"Skip change {operation.number}?", words, value=before, check=check), said
        )

    def _take_up(self, change: Change) -> None:
        del self.skips[change]
        self._changed()

    def _changed(self) -> None:
        rows = len(self.plan.operations) + sum(change in self._gone for change in self.skips)
        self.cursor = max(0, min(self.cursor, rows - 1))
        self.draw()
        self.skips_changed()

    # ------------------------------------------------------------------ scrolling

    def action_scroll_down(self) -> None:
        """The next change; after the last one, and during a run, a line down."""
        self._step(1)

    def action_scroll_up(self) -> None:
        """The change before; above the first one, and during a run, a line up."""
        self._step(-1)

    def _step(self, by: int) -> None:
        sheet, rows = self.query_one(Sheet), len(self.text.places)
        to = self.cursor + by
        if self.begun or not self.origin.known or not 0 <= to < rows:
            sheet.scroll_relative(y=by, animate=False)
            return
        self.cursor = to
        self.draw()
        sheet.bring(self.text.places[to])

    def action_page_down(self) -> None:
        """The text, whatever has the focus."""
        self.query_one(Sheet).action_page_down()

    def action_page_up(self) -> None:
        """The text, whatever has the focus."""
        self.query_one(Sheet).action_page_up()

    def action_scroll_home(self) -> None:
        """The text, whatever has the focus."""
        self.query_one(Sheet).action_scroll_home()

    def action_scroll_end(self) -> None:
        """The text, whatever has the focus."""
        self.query_one(Sheet).action_scroll_end()
