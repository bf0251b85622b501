"""What every screen has: the header, an error that stays, the note line, the keys."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.geometry import Region, Size
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from keyturn.tui.actions import Action, Where, footer, in_the_past, while_typing
from keyturn.tui.housekeeping import AFTER_S, forget_drawn
from keyturn.tui.widgets.backdrop import backdrop_lines
from keyturn.tui.widgets.header_line import HeaderFacts, HeaderLine
from keyturn.tui.widgets.key_footer import KeyFooter
from keyturn.tui.widgets.notice import ErrorPanel, NoteLine
from keyturn.tui.widgets.past_banner import PastBanner
from keyturn.tui.widgets.too_small import TooSmall, is_too_small
from keyturn.tui.workers import WatchesWorkers

if TYPE_CHECKING:
    from keyturn.tui.app import KeyturnApp
    from keyturn.tui.hand import Copied, Hand


class Frame(Screen[None], WatchesWorkers):
    """A full screen. Subclasses say `WHERE` they are and give their `body`."""

    WHERE: ClassVar[Where] = Where.EVERYWHERE
    AUTO_FOCUS = ""
    ESCAPE_TO_MINIMIZE = False
    _typing = False
    _sized_for = Size(0, 0)
    _came_up = False

    def compose(self) -> ComposeResult:
        """Header, body, error, note, keys."""
        self._begin_sized()
        yield HeaderLine()
        yield PastBanner()
        yield from self.body()
        panel, note, keys = ErrorPanel(), NoteLine(), KeyFooter()
        panel.display = note.display = False
        keys.actions = self.keys(read_only=self.keyturn.read_only)
        yield panel
        yield note
        yield keys
        yield TooSmall()

    def _begin_sized(self) -> None:
        # Classes that only the first resize sets have everything styled, laid out and drawn twice.
        self._sized_for = self.app.size
        width, height = self._sized_for
        for length, steps in (
            (width, self.app.HORIZONTAL_BREAKPOINTS),
            (height, self.app.VERTICAL_BREAKPOINTS),
        ):
            fitting = [name for least, name in sorted(steps or ()) if length >= least]
            self.add_class(*fitting[-1:], update=False)
        self.set_class(is_too_small(width, height), "-too-small", update=False)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Its own lines, which others cover, are not drawn one by one."""
        return backdrop_lines(super().render_lines, crop)

    def body(self) -> Iterable[Widget]:
        """The widgets between the header and the notes."""
        return ()

    def keys(self, *, read_only: bool) -> tuple[Action, ...]:
        """What the footer offers, most wanted first."""
        found = footer(self.WHERE, read_only=read_only)
        return tuple(key for key in found if key.id != "resume" or self.keyturn.open_runs)

    @property
    def keyturn(self) -> "KeyturnApp":
        """The app, by its own type."""
        return cast("KeyturnApp", self.app)

    def on_resize(self, event: events.Resize) -> None:
        """Below the least size only a message is shown."""
        if event.size == self._sized_for:
            # The same is told three times at the start: each time all is laid out and drawn again.
            event.prevent_default()
            return
        self._sized_for = event.size
        self.set_class(is_too_small(event.size.width, event.size.height), "-too-small")

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """The app's facts may have changed while another screen was in front."""
        if not self._came_up:
            # Everything on it was styled a moment ago, when it was put there.
            self._came_up, event.refresh_styles = True, False
        self.facts_changed(self.keyturn.facts)
        self.say_moment()
        self.say(self.keyturn.note or self.keyturn.standing)
        self.say_job(self.keyturn.job_words)
        self.say_troubles()
        _ = self.set_timer(AFTER_S, self.keyturn.parts.housekeeping.quiet)

    def on_unmount(self) -> None:
        """What its widgets have drawn goes with them."""
        forget_drawn()

    @property
    def alive(self) -> bool:
        """Whether its widgets are there: not before they are made, nor while the screen goes."""
        return self.is_mounted and bool(self.query(TooSmall))

    def facts_changed(self, facts: HeaderFacts) -> None:
        """The header follows the newest snapshots."""
        self.query_one(HeaderLine).facts = facts
        self.say_keys()

    def say_keys(self) -> None:
        """The footer has what can be done now."""
        past = self.keyturn.back is not None
        keys = self.keys(read_only=self.keyturn.read_only)
        keys = in_the_past(keys) if past else keys
        typing = isinstance(self.focused, Input)
        self.query_one(KeyFooter).actions = while_typing(keys, self.WHERE) if typing else keys

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _focus_changed(self) -> None:
        # In a field most keys are text; out of it they act again.
        typing = isinstance(self.focused, Input)
        if typing is not self._typing and self.alive:
            self._typing = typing
            self.say_keys()

    def say_moment(self) -> None:
        """Whether this is now or the past, in a line nobody can overlook."""
        if not self.alive:
            return
        back = self.keyturn.back
        self.query_one(PastBanner).wordings = back.wordings if back is not None else ()
        self.say_keys()

    def say(self, words: str) -> None:
        """One line that answers the last key; empty takes it away."""
        if not self.alive:
            return
        self.query_one(NoteLine).note = words

    def say_job(self, words: str) -> None:
        """What the running job is doing; empty when none runs."""
        if not self.alive:
            return
        self.query_one(NoteLine).job = words

    def say_troubles(self) -> None:
        """Every error that was not dismissed, on whatever screen it came."""
        if not self.alive:
            return
        self.query_one(ErrorPanel).troubles = self.keyturn.troubles

    @property
    def crumb(self) -> str:
        """What this screen is called where the way to it is shown."""
        return self.WHERE.value

    @property
    def trail(self) -> str:
        """The way to this screen, as esc goes back along it. Empty for Access, and for a screen
        that its number alone leads to."""
        from keyturn.tui.screens.ways import name_of
        from keyturn.tui.trail import trail_words

        way: list[Frame] = []
        for screen in self.app.screen_stack:
            way += [screen] if isinstance(screen, Frame) else []
            if screen is self:
                break
        numbered = len(way) == 2 and bool(name_of(self))
        return "" if numbered else trail_words([screen.crumb for screen in way])

    @property
    def has_trouble(self) -> bool:
        """Whether an error is on the screen."""
        return bool(self.keyturn.troubles)

    @property
    def hand(self) -> "Hand":
        """The person, the vault and the objects that the keys of every screen are about."""
        # Not needed for the first paint, nor are other things that only keys need.
        from keyturn.tui.hand import EMPTY_HAND

        return EMPTY_HAND

    async def text_settled(self) -> None:
        """What `copied` gives is about what is in hand now, not about what was a moment ago."""

    def copied(self) -> "Copied":
        """The text about what is in hand, for a ticket."""
        from keyturn.tui.hand import Copied

        return Copied()

    def go_back(self) -> bool:
        """One step back within the screen; False if there is none."""
        return False

    def go_on(self) -> None:
        """Goes on with every run that is open."""
        self.keyturn.resume_open_runs()

    def data_changed(self) -> None:
        """New snapshots or findings are in the cache."""

    def moment_changed(self) -> None:
        """The screen is to show another time: its rows are other rows."""
        self.data_changed()

    def watch_job(self, name: str, happened: list[object]) -> None:
        """Events of a running job; the note line is written already."""

    def job_failed(self, name: str) -> None:
        """A job ended with an error, which is on the screen already."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In read-only mode the dangerous actions are not there."""
        return self.app.check_action(action, parameters)
