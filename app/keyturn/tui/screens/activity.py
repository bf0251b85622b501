"""The Activity screen: what failed and why, what is open, and whether it can wait until morning."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.containers import Vertical
from textual.widget import Widget

from keyturn.run.progress import RunEnded, StepChanged
from keyturn.tui.actions import Action, Where, bindings, footer
from keyturn.tui.activity_rows import (
    COLUMNS,
    ON_WHAT_FAILED,
    ActivityLines,
    Beyond,
    watch_of,
    what_can_be_done,
    what_failed,
)
from keyturn.tui.activity_words import beyond_lines, cause_lines, push_lines, read_lines, run_lines
from keyturn.tui.causes import Cause, Failure
from keyturn.tui.engine import Ended
from keyturn.tui.night_watch import Watch, watch_then
from keyturn.tui.safe import joined
from keyturn.tui.screens.give_up import give_up_step
from keyturn.tui.screens.list_screen import ListScreen
from keyturn.tui.screens.undoing import plan_undo
from keyturn.tui.source_words import BLANK, heading
from keyturn.tui.why_words import STYLE
from keyturn.tui.widgets.backdrop import Backdrop
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.list_content import SIGN_ROLE
from keyturn.tui.widgets.paragraphs import Line
from keyturn.tui.widgets.row_source import RowSource
from keyturn.tui.widgets.sheet import Sheet
from keyturn.tui.widgets.tally import Tally
from keyturn.tui.widgets.virtual_list import VirtualList
from keyturn_storage.queries.activity import PushLine, ReadLine, RunLine

if TYPE_CHECKING:
    from keyturn.decide.plans import Plan

RUNS_ASKED = 20
"""Of how many runs of one cause it is looked up what was asked and answered."""
AGAIN_EVERY_S = 15.0
REQUESTS_BELOW = 6
"""How many of the last requests stand below the text where there is no pane for them."""


class Activity(ListScreen):
    """Failures by cause come first, then open runs; `R` goes on with every run that is open."""

    WHERE = Where.ACTIVITY
    BINDINGS = bindings(Where.ACTIVITY)
    TITLE_OF_LIST = "Activity"
    TITLE_OF_TEXT = "About it"
    EMPTY = "Nothing has happened yet. r reads both sources."
    COLUMNS: ClassVar[tuple[Column, ...]] = COLUMNS

    def __init__(self) -> None:
        super().__init__()
        self._can: frozenset[str] = frozenset()
        """Which of `R` and `T` have something to act on."""
        self._lines: ActivityLines | None = None
        self._times = 1
        """How many times as many runs and reads are shown as at first."""
        self._tried: dict[int, str] = {}
        """By the number of a cause, what was tried again first."""
        self._failing: frozenset[str] = frozenset()
        """All that has failed, of whatever cause, and was not made good."""

    def on_mount(self) -> None:
        """What is on it, the verdict for the night too, is as old as it says."""
        self.set_interval(AGAIN_EVERY_S, self._again)

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """Other screens were in front for who knows how long."""
        if self._came_up:
            self._again()

    def _again(self) -> None:
        app = self.keyturn
        if self.is_current and self.alive and app.looks_elsewhere and app.back is None:
            self.show(again=True)

    def above(self) -> Iterable[Widget]:
        """Whether it can wait until morning."""
        yield Tally()

    def body(self) -> Iterable[Widget]:
        """The list with the last requests below it, and beside it all about a line of it."""
        yield from self.above()
        self.add_class("-beside")
        yield Backdrop(
            Vertical(self.make_list(), Sheet(id="requests"), id="list-left"),
            Sheet(id="about"),
            id="list-body",
        )

    def keys(self, *, read_only: bool) -> tuple[Action, ...]:
        """Going on and trying again are offered where there is something to go on with or to try
        again; the keys say why they cannot act elsewhere."""
        return tuple(
            one for one in footer(self.WHERE, read_only=read_only)
            if one.id not in ON_WHAT_FAILED or one.id in self._can
        )  # fmt: skip

    def rows(self) -> RowSource:
        """All of it, read when the list asks."""
        data, now_ms, times = self.keyturn.parts.data, self.keyturn.parts.now_ms(), self._times
        self._lines = ActivityLines(lambda: data.happened(now_ms, times), now_ms)
        return self._lines

    def show(self, *, again: bool = False) -> None:
        """The list, the verdict for the night, and the last requests."""
        super().show(again=again)
        self.work("watch", "looking at what is open", self._watch)
        self._show_requests()

    async def _watch(self) -> None:
        data, now_ms, lines = self.keyturn.parts.data, self.keyturn.parts.now_ms(), self._lines
        happened = await self.keyturn.parts.reads.ask(
            # Mostly the list has just read it.
            lambda: (lines.happened if lines is not None else None) or data.happened(now_ms)
        )
        self._can, self._failing = what_can_be_done(happened), what_failed(happened)
        if self.alive:
            then = watch_then(happened.drift, happened.leavers) if self.keyturn.back else None
            self._say_watch(then or watch_of(happened, now_ms))
            self.say_keys()

    def _say_watch(self, found: Watch) -> None:
        style = STYLE[SIGN_ROLE.get(found.sign, "dim")] if found.sign != "=" else "bold $accent"
        self.query_one(Tally).words = joined(
            (f"{found.sign} {found.headline} ", style), (found.words, "")
        )

    async def about(self, row: object, label: str) -> Sequence[Line]:
        """All that is known of one line."""
        return (*await self._about(row), *self._requests_below())

    async def _about(self, row: object) -> Sequence[Line]:
        data, now_ms = self.keyturn.parts.data, self.keyturn.parts.now_ms()
        ask = self.keyturn.parts.reads.ask
        if isinstance(row, Cause):
            runs = dict.fromkeys(failure.run_id for failure in row.failures if failure.run_id)
            told = await ask(lambda: data.exchanges_of(list(runs)[:RUNS_ASKED]))
            return tuple(cause_lines(row, told, now_ms))
        if isinstance(row, RunLine):
            (steps, names), told = await ask(
                lambda: (data.steps_of(row.id), data.exchanges_of((row.id,)))
            )
            return tuple(run_lines(row, steps, names, told, now_ms))
        if isinstance(row, Beyond):
            happened = self._lines.happened if self._lines is not None else None
            return tuple(beyond_lines(happened)) if happened is not None else ()
        if isinstance(row, ReadLine):
            snapshot = await self.keyturn.parts.reads.ask(lambda: data.snapshot(row.snapshot_id))
            return tuple(read_lines(row, snapshot, now_ms))
        return tuple(push_lines(row, now_ms)) if isinstance(row, PushLine) else ()

    # ------------------------------------------------------------------ what runs

    def watch_job(self, name: str, happened: list[object]) -> None:
        """Steps of a run as they move on, and the last requests."""
        if any(isinstance(event, StepChanged | RunEnded) for event in happened):
            self.show(again=True)
        else:
            self._show_requests()

    def _show_requests(self) -> None:
        found = self.keyturn.requests.newest()
        lines = [Line(joined(one), 3) for one in found]
        none = [Line(joined(("None since keyturn was started.", "$quiet")))]
        self.query_one("#requests", Sheet).put("Last requests", lines or none)

    def _requests_below(self) -> Iterable[Line]:
        found = self.keyturn.requests.newest(REQUESTS_BELOW)
        if found and self.has_class("-narrow"):
            yield BLANK
            yield heading("Last requests")
            yield from (Line(joined(f"  {one}"), 5) for one in found)

    @on(VirtualList.Chosen)
    def _open(self) -> None:
        row = self.table.row
        if row is not None and isinstance(row.about, Beyond):
            self._times *= 2
            self.table.action_up()  # to the last line that was known: the next follow it
            self.show(again=True)

    def action_retry(self) -> None:
        """One first; the others of its cause once that one was made good."""
        row = self.table.row
        cause = row.about if row is not None else None
        if not isinstance(cause, Cause):
            self.keyturn.tell("Try again: put the cursor on a failure first.")
            return
        again = [failure for failure in cause.failures if failure.can_be_retried]
        if not again:
            how = "r reads again." if not cause.open else "R goes on with what is open."
            self.keyturn.tell(f"Try again: nothing of this can be planned anew. {how}")
            return
        first = self._tried.get(cause.number)
        # Tried again it may have failed of another cause: then this one is not gone either.
        if first is not None and first not in self._failing:
            self._plan_retry(again, f"The others of this cause: {len(again)}")
            return
        self._tried[cause.number] = again[0].what
        note = "One first, to see whether the cause is gone" if len(again) > 1 else "Once more"
        self._plan_retry(again[:1], note)

    def _plan_retry(self, again: Sequence[Failure], note: str) -> None:
        desk = self.keyturn.parts.engine.desk
        failed = [(failure.run_id, failure.operation_id) for failure in again]

        async def work(_observe: object, _stop: object) -> "Plan":
            return await desk.plan_retry(failed)

        def show(plan: "Plan") -> None:
            from keyturn.tui.screens.made_plan import show_made
            from keyturn.tui.screens.plan import PlanReview

            more = len(plan.operations) > len(again)
            before = ", with what has to be done before it" if more else ""
            show_made(self, PlanReview(plan, f"{note}{before}"))

        self.keyturn.start("planning what failed anew", work, show)

    def action_undo(self) -> None:
        """The plan that takes the run under the cursor back."""
        row = self.table.row
        about = row.about if row is not None else None
        if isinstance(about, RunLine):
            plan_undo(self, about.id, about.title)
        else:
            self.keyturn.tell("Undo: put the cursor on a run.")

    def action_give_up(self) -> None:
        """A step of the run under the cursor, or one that failed of the cause there."""
        row = self.table.row
        about = row.about if row is not None else None
        if isinstance(about, RunLine):
            give_up_step(self.keyturn, (about.id,), self._given_up)
        elif isinstance(about, Cause) and about.open:
            still = [failure for failure in about.failures if not failure.settled]
            runs = dict.fromkeys(failure.run_id for failure in still if failure.run_id)
            only = frozenset(failure.operation_id for failure in still)
            give_up_step(self.keyturn, tuple(runs), self._given_up, only)
        else:
            self.keyturn.tell("Give up: put the cursor on a run that is open, or on a failure.")

    def _given_up(self, _ended: Ended) -> None:
        self.show(again=True)
