"""The rows of a plan: a cursor over its changes, and which of them are left out by hand."""

from collections.abc import Callable, Mapping

from keyturn.decide.findings import Change
from keyturn.decide.plans import Operation, Plan
from keyturn.tui.plan_words import PAGE, LeftOut, PlanText, StepSeen, plan_text
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
        # Hashing every change of a long plan takes its time.
        made = {operation.change for operation in plan.operations} if skips else set()
        self._gone = frozenset(skips) - made
        self.steps: dict[str, StepSeen] = {}
        self.begun = False
        self.cursor = self.page = 0
        self.text = PlanText([], {})
        self._turned = False
        self._numbers: dict[str, int] = {}

    @property
    def unmade(self) -> bool:
        """Whether what is skipped is not what this plan leaves out."""
        return self._gone != frozenset(self.skips)

    @property
    def _pages(self) -> int:
        return max(1, -(-len(self.plan.operations) // PAGE))

    def follow(self, operation_id: str) -> None:
        """Shows the page of an operation that has moved, unless the operator turned a page."""
        if not self._turned and self._pages > 1:
            if not self._numbers:
                self._numbers = {one.id: no for no, one in enumerate(self.plan.operations)}
            self.page = self._numbers.get(operation_id, 0) // PAGE

    def draw(self) -> None:
        """The plan as it is now."""
        now_ms = self.keyturn.parts.now_ms()
        cursor = self.cursor if self._picks else None
        shares = self.origin.draft.shares if self.origin.draft is not None else ()
        self.text = plan_text(
            self.plan, self.steps, now_ms, self.note, skips=self.skips, cursor=cursor,
            shares=shares, gone=self._gone, page=self.page,
        )  # fmt: skip
        self.query_one(Sheet).put(self.plan.title, self.text.lines, note=self.trail)

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
        elif self._rows:
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
        check = needs_words("why it is left out", "it stands in the plan")
        words = f"{operation.words}. It is left out of the plan, with your reason in it."
        _ = self.keyturn.push_screen(
            Ask(f"Skip change {operation.number}?", words, value=before, check=check), said
        )

    def _take_up(self, change: Change) -> None:
        del self.skips[change]
        self._changed()

    def _changed(self) -> None:
        self._put_cursor(min(self.cursor, self._rows - 1))
        self.draw()
        self.skips_changed()

    @property
    def _rows(self) -> int:
        return len(self.plan.operations) + sum(change in self._gone for change in self.skips)

    @property
    def _picks(self) -> bool:
        """Whether there is a cursor."""
        return self.origin.known and not self.begun

    def _put_cursor(self, row: int) -> None:
        """What was skipped stands below the last page."""
        self.cursor = max(0, row)
        self.page = min(self.cursor // PAGE, self._pages - 1)

    # ------------------------------------------------------------------ scrolling

    def action_scroll_down(self) -> None:
        """The next change; after the last one, and during a run, a line down."""
        self._step(1)

    def action_scroll_up(self) -> None:
        """The change before; above the first one, and during a run, a line up."""
        self._step(-1)

    def _step(self, by: int) -> None:
        sheet, to = self.query_one(Sheet), self.cursor + by
        if not self._picks or not 0 <= to < self._rows:
            if not self._turn(by):
                sheet.scroll_relative(y=by, animate=False)
            return
        self._put_cursor(to)
        self.draw()
        sheet.bring(self.text.places[to])

    def _turn(self, by: int) -> bool:
        """The next page of changes, or the one before, where the text ends in that direction."""
        sheet, to = self.query_one(Sheet), self.page + by
        at_end = (
            sheet.scroll_offset.y >= sheet.max_scroll_y if by > 0 else not sheet.scroll_offset.y
        )
        if not at_end or not 0 <= to < self._pages:
            return False
        self._show_page(to)
        self.call_after_refresh(sheet.action_scroll_home if by > 0 else sheet.action_scroll_end)
        return True

    def _show_page(self, page: int) -> None:
        self._turned = self.begun
        self.page = page
        if self._picks:
            self._put_cursor(page * PAGE)
        self.draw()

    def action_page_down(self) -> None:
        """The text, whatever has the focus; at its end the next page of changes."""
        if not self._turn(1):
            self.query_one(Sheet).action_page_down()

    def action_page_up(self) -> None:
        """The text, whatever has the focus; at its beginning the page of changes before."""
        if not self._turn(-1):
            self.query_one(Sheet).action_page_up()

    def action_scroll_home(self) -> None:
        """The first line of the first page, whatever has the focus."""
        self._go_to_page(0, self.query_one(Sheet).action_scroll_home)

    def action_scroll_end(self) -> None:
        """The last line of the last page, whatever has the focus."""
        self._go_to_page(self._pages - 1, self.query_one(Sheet).action_scroll_end)

    def _go_to_page(self, page: int, then: Callable[[], None]) -> None:
        if page == self.page:
            then()
            return
        self._show_page(page)
        self.call_after_refresh(then)
