"""The dashboard's app: the header's facts, jobs, going between screens, crashes."""

import os
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from textual import events, on
from textual.app import App
from textual.binding import Binding
from textual.screen import Screen
from textual.theme import Theme

from keyturn.run.background import GivenUp
from keyturn.tui import crash
from keyturn.tui.actions import DANGEROUS, NOT_THEN, Where, bindings, find
from keyturn.tui.after_first_paint import follow_first_paint
from keyturn.tui.card_actions import CardActions
from keyturn.tui.elsewhere import SeesOthers
from keyturn.tui.jobs import JobEnded, JobMoved, Jobs, Work
from keyturn.tui.keys_in_flight import KeysInFlight
from keyturn.tui.parts import Parts
from keyturn.tui.quitting import QUIET, Quits
from keyturn.tui.requests import LastRequests
from keyturn.tui.screens.access import Access
from keyturn.tui.screens.frame import Frame
from keyturn.tui.state import recall
from keyturn.tui.theme import DARK, DRIFT_DARK, LIGHT, LIGHT_OF_SIXTEEN
from keyturn.tui.troubles import trouble_of
from keyturn.tui.waiting import WaitingRuns
from keyturn.tui.way_actions import WayActions
from keyturn.tui.widgets.header_line import HeaderFacts
from keyturn.tui.widgets.list_keys import ListKeys
from keyturn.tui.widgets.notice import Trouble
from keyturn.tui.widgets.virtual_list import VirtualList
from keyturn.tui.workers import WatchesWorkers, WorkFailed

if TYPE_CHECKING:
    from keyturn.tui.engine import Met
    from keyturn.tui.job_board import JobBoard

    # Not needed for the first paint.
    from keyturn.tui.looking_back import Back

T = TypeVar("T")
OWN_THEMES = {theme.name: theme for theme in (DARK, LIGHT)}
AGE_EVERY_S = 15.0
CONFIGURATION_AFTER_S = 0.5
"""Reading the configuration needs imports that would hold up the first paint."""


class KeyturnApp(
    Quits, App[None], WatchesWorkers, WayActions, CardActions, WaitingRuns, SeesOthers,
    inherit_bindings=False,
):  # fmt: skip
    """One dashboard over one cache. It ends with `return_code` set."""

    CSS_PATH = Path(__file__).with_name("keyturn.tcss")
    BINDINGS = [
        *bindings(Where.EVERYWHERE),
        # Textual's screens bind ctrl+c to copying, and a dialog keeps the keys of the screen below
        # from the app; whoever presses these wants to leave, or to the shell.
        Binding("ctrl+c,ctrl+q", "quit", show=False, priority=True),
        Binding("ctrl+z", "suspend", show=False, priority=True),
    ]
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-medium"), (150, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]

    def __init__(self, parts: Parts) -> None:
        self.remembered = recall(parts.state_dir)
        # Before anything is styled: a theme that is set later has every style sheet parsed again.
        self.set_reactive(App.theme, LIGHT.name if self.remembered.light else DARK.name)
        # Greys are not "no colour"; without this NO_COLOR gives greys, or black on black.
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self.animation_level = "none"
        self.parts = parts
        self.jobs = Jobs(self)
        self.requests = LastRequests()
        self.in_flight = KeysInFlight()
        self.facts = HeaderFacts(
            organisation=parts.organisation, read_only=parts.read_only, now_ms=parts.now_ms()
        )
        self.look = parts.look()
        if self.look is not None:
            self.facts = replace(self.facts, sources=self.look.sources, drift=self.look.drift)
        self.note = ""
        self.standing = ""
        self.troubles: tuple[Trouble, ...] = ()
        """Errors that nobody has dismissed, the newest first."""
        self.after_first_paint = False
        self.tour_due = False
        """Whether what follows the first paint was begun."""
        self.open_runs = 0
        self.counted = False
        self.only_read: set[str] = set()
        self._failed_jobs: dict[str, Trouble] = {}
        """Jobs that change nothing: after their failure screens read nothing anew, or they would
        fail again and again; and they are no reason to stay."""
        self.job_words = ""
        self.met: tuple[Met, ...] = ()
        self.met_ms = 0
        self.back: Back | None = None
        self.register_theme(DARK)
        self.register_theme(LIGHT)

    def get_theme(self, theme_name: str) -> Theme | None:
        """Also its own two, before they are registered."""
        if theme_name == LIGHT.name and self.few_colours:
            return LIGHT_OF_SIXTEEN
        return OWN_THEMES.get(theme_name) or super().get_theme(theme_name)

    @property
    def few_colours(self) -> bool:
        """Whether the terminal has sixteen. Without a terminal, as for a picture, there are all."""
        return not self.is_headless and self.console.color_system == "standard"

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """The drift colours, also under a theme that has none."""
        return DRIFT_DARK

    def get_default_screen(self) -> Screen[None]:
        """The Access screen is always at the bottom."""
        return Access()

    @cached_property
    def board(self) -> "JobBoard":
        """What runs in the background and what has ended."""
        from keyturn.tui.job_board import JobBoard

        return JobBoard(self.parts.now_ms)

    @property
    def read_only(self) -> bool:
        """Whether nothing may be changed: the dangerous actions do not exist then. The past cannot
        be changed either."""
        return self.facts.read_only or self.back is not None

    def real_now_ms(self) -> int:
        """The time, also while the screens show an earlier one."""
        return (self.parts if self.back is None else self.back.now).now_ms()

    @property
    def access(self) -> Access:
        """The Access screen, which is always there."""
        return cast("Access", self.screen_stack[0])

    @property
    def frame(self) -> Frame | None:
        """The full screen in front, under any dialog."""
        return next((s for s in reversed(self.screen_stack) if isinstance(s, Frame)), None)

    # ------------------------------------------------------------------ facts

    def on_mount(self) -> None:
        """The first paint is from the cache; everything else comes after it."""
        if self.look is None:
            self.renew_facts()
        self.set_interval(AGE_EVERY_S, self._tick)
        self.set_timer(CONFIGURATION_AFTER_S, partial(follow_first_paint, self))
        if self.parts.link is not None:
            self.call_after_refresh(self.follow, self.parts.link)

    def _tick(self) -> None:
        self.put_facts(replace(self.facts, now_ms=self.parts.now_ms()))
        self.look_elsewhere()
        if self.counted:  # what failed is on the screen, and is not said again and again
            # Another keyturn, from cron, may have opened a case again, or left a run.
            self.count_open_runs()

    def renew_facts(self) -> None:
        """Reads the header's facts again."""
        self.work("facts", "reading the sources' state", self._read_facts)

    async def _read_facts(self) -> None:
        data = self.parts.data
        sources, drift = await self.parts.reads.ask(lambda: (data.sources(), data.drift()))
        self.looks_elsewhere = True
        now_ms, past = self.parts.now_ms(), self.back is not None
        self.put_facts(replace(self.facts, sources=sources, drift=drift, now_ms=now_ms, as_of=past))

    def put_facts(self, facts: HeaderFacts) -> None:
        """What every screen's header says from now on."""
        self.facts = facts
        for screen in self.screen_stack:
            if isinstance(screen, Frame) and screen.alive:
                screen.facts_changed(facts)

    # ------------------------------------------------------------------ words and failures

    def tell(self, words: str) -> None:
        """One line that answers the last key."""
        self.note = words
        if self.frame is not None:
            self.frame.say(words or self.standing)

    def say_job(self, words: str) -> None:
        """What the running job is doing."""
        self.job_words = words
        if self.frame is not None:
            self.frame.say_job(words)

    def failed(self, doing: str, error: BaseException) -> None:
        """An error that stays until it is dismissed, on this screen and the next ones."""
        found = trouble_of(error, doing)
        # The same again is the same error: it comes to the front.
        self._put_troubles((found, *(one for one in self.troubles if one != found)))

    def _put_troubles(self, troubles: tuple[Trouble, ...]) -> None:
        self.troubles = troubles
        if self.frame is not None:
            self.frame.say_troubles()

    def on_work_failed(self, event: WorkFailed) -> None:
        """A worker of any widget failed."""
        self.failed(event.doing, event.error)

    def work_failed(self, doing: str, error: BaseException) -> None:
        """A worker of the app itself failed."""
        self.failed(doing, error)

    def _handle_exception(self, error: Exception) -> None:
        """Where keyturn was left already, a screen that was being opened has lost its widgets: that
        is no crash, and takes no exit code from who leaves."""
        if not self._exit:
            super()._handle_exception(error)

    async def _shutdown(self) -> None:
        """However it was left: nothing that is shown or done from now on reaches anybody."""
        self._exit = True
        await super()._shutdown()

    def _fatal_error(self) -> None:
        """Textual's own report would print local variables; this one holds no value at all."""
        import sys

        error = sys.exc_info()[1] or self._exception or RuntimeError("unknown")
        report = crash.write_report(error, self.parts.state_dir)
        self._return_code = crash.CRASH_EXIT_CODE
        self._exit_renderables.append(crash.screen_words(error, report))
        self.jobs.stop()
        self._close_messages_no_wait()

    # ------------------------------------------------------------------ jobs

    def start(
        self,
        name: str,
        work: Work[T],
        done: Callable[[T], None],
        *,
        quiet: bool = False,
        only_reads: bool = False,
    ) -> bool:
        """Starts a job, one of a name at a time. False, with words on the screen, if it may not.
        One that `only_reads` has changed nothing, however it ends; nor has a quiet one."""
        (self.only_read.add if only_reads or quiet else self.only_read.discard)(name)
        try:
            self.jobs.start(name, work, done)
        except RuntimeError:
            self.tell(f"{name[:1].upper()}{name[1:]} is going on already. x stops it.")
            return False
        if not quiet:
            self.board.begin(name)
            self.say_job(f"{name} …")
        return True

    def on_job_moved(self, event: JobMoved) -> None:
        """Progress: to the note line, and to whatever screen watches."""
        self.jobs.pace(event, self._moved)

    def _moved(self, name: str, happened: list[object]) -> None:
        if not happened:
            return
        # Not needed for the first paint, nor for jobs that tell nothing.
        from keyturn.tui.progress_words import words_of

        self.requests.watch(happened)
        last = ""
        for one in happened:
            words = words_of(one)
            self.board.moved(name, one, words)
            last = words or last
        if last:
            self.say_job(last)
        for screen in self.screen_stack:
            if isinstance(screen, Frame) and screen.alive:
                screen.watch_job(name, happened)

    def on_job_ended(self, event: JobEnded) -> None:
        """The result goes to whoever started the job; a failure to the screen."""
        self.jobs.hears(event)
        self._moved(event.name, event.take())
        if event.name not in QUIET:
            going = [name for name in self.jobs.running() if name not in QUIET]
            self.say_job(self.board.last_words(going[0]) if going else "")
        if self._exit:
            return  # the journal has what was done; no screen is left to tell
        try:
            event.settle()
            self.board.end(event.name, None)
            # Done again, and well this time: what was wrong with it is so no more.
            overcome = self._failed_jobs.pop(event.name, None)
            if overcome in self.troubles:
                self._put_troubles(tuple(one for one in self.troubles if one != overcome))
        except GivenUp as stopped:
            self.board.end(event.name, None)
            self.tell(str(stopped))
        except Exception as error:  # noqa: BLE001 - the last place where a job's failure can be told
            # A refresh that failed in part has read the other source all the same.
            self.board.end(event.name, error)
            if event.name not in self.only_read:
                self.data_changed()
            self.failed(event.name, error)
            self._failed_jobs[event.name] = self.troubles[0]
            for screen in self.screen_stack:
                if isinstance(screen, Frame) and screen.alive:
                    screen.job_failed(event.name)
        self.ask_again()

    def refresh_sources(self) -> None:
        """Reads both sources again, as the Access screen does."""
        access = self.screen_stack[0]
        if isinstance(access, Access):
            access.action_refresh()

    def data_changed(self) -> None:
        """The cache has newer snapshots or findings."""
        self.parts.reads.reopen()
        self.renew_facts()
        for screen in self.screen_stack:
            if isinstance(screen, Frame) and screen.alive:
                screen.data_changed()

    def moment_changed(self) -> None:
        """Every screen is to show another time."""
        self.renew_facts()
        self.refresh_bindings()
        for screen in self.screen_stack:
            if isinstance(screen, Frame) and screen.alive:
                screen.say_moment()
                screen.moment_changed()

    # ------------------------------------------------------------------ actions

    async def on_event(self, event: events.Event) -> None:
        """The note answers the last key or click only. Not when the button goes down: what is
        clicked must not move away under it."""
        if isinstance(event, events.Key | events.MouseUp) and not event.is_forwarded and self.note:
            self.tell("")
        if isinstance(event, events.Key) and self.screen_stack:
            event = self.in_flight.to(self.focused or self.screen, event)
        await super().on_event(event)

    def on_key(self, event: events.Key) -> None:
        """A key that read-only mode has taken away says so."""
        frame = self.frame
        if frame is None or not self.read_only or self.screen is not frame:
            return
        action = find(frame.WHERE, event.key)
        if action is not None and self.back is not None:
            from keyturn.tui.looking_back import why_not_then

            if action.id in NOT_THEN:
                self.tell(why_not_then(self, action.label))
        elif action is not None and action.dangerous:
            self.tell(f"{action.label}: keyturn is read-only here, so it cannot change anything.")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In read-only mode, and in the past, the dangerous actions are not there."""
        if self.back is not None and action in NOT_THEN:
            return False
        return not (self.read_only and action in DANGEROUS)

    @on(ListKeys.Asks)
    def _choose_for_list(self, event: ListKeys.Asks) -> None:
        from keyturn.tui.screens import pickers

        if not isinstance(event.list, VirtualList) or not event.list.kept_as:
            return
        made = pickers.columns(event.list)
        if event.what == "filters":
            made = pickers.filters(self, event.list)
        _ = self.push_screen(made)

    @on(VirtualList.Looked)
    def _list_looked_at(self, event: VirtualList.Looked) -> None:
        shown = event.list
        if shown.kept_as:
            self.remembered = self.remembered.with_list(shown.kept_as, shown.needle, shown.look)

    async def action_back(self) -> None:
        """Dismisses an error, then a filter, then the screen."""
        frame = self.frame
        if frame is None or frame.go_back():
            return
        if frame.has_trouble:
            self.action_dismiss_error()
        elif len(self.screen_stack) > 1:
            _ = self.pop_screen()

    def action_dismiss_error(self) -> None:
        """Takes the newest error away."""
        self._put_troubles(self.troubles[1:])

    def action_stop(self) -> None:
        """Asks what runs to stop, but for what nobody asked for."""
        asked_for = (name for name in self.jobs.running() if name not in QUIET)
        names = [name for name in asked_for if self.jobs.stop_one(name)]
        self.tell(
            f"Stopping {' and '.join(names)} after the request in flight."
            if names
            else "Nothing is running."
        )

    def action_theme(self) -> None:
        """Dark or light."""
        self.theme = DARK.name if self.theme == LIGHT.name else LIGHT.name
