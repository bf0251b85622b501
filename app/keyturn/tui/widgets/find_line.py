"""The line a filter is typed into, and below it how it may go on or what is wrong with it."""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from textual import on
from textual.await_remove import AwaitRemove
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, Static

from keyturn.tui.safe import joined, literal, printable
from keyturn.tui.widgets.row_source import Suggestion
from keyturn.tui.widgets.typed_line import TypedLine
from keyturn.tui.widgets.virtual_list import VirtualList
from keyturn.tui.workers import WatchesWorkers

MOST = 12
GAP = "  "


class FindLine(Vertical, WatchesWorkers):
    """Filters its list as is typed; enter keeps the filter, tab takes the first suggestion, esc
    (handled by the screen) clears it."""

    BINDINGS = [
        Binding("enter", "screen.keep_filter", "keep", show=False, priority=True),
        Binding("tab", "complete", "complete", show=False, priority=True),
    ]

    def __init__(self, title: str, shown: VirtualList) -> None:
        super().__init__()
        self._shown = shown
        self._found: Sequence[Suggestion] = ()
        self._open = True
        self._label = Static(literal(f" find in {title}: "), markup=False)
        self._input = TypedLine(shown.needle, compact=True, select_on_focus=False)
        self._input.cursor_blink = False
        self._below = Static(markup=False, id="below")

    def compose(self) -> Iterable[Widget]:
        """Label and field, and what is said about it."""
        yield Horizontal(self._label, self._input)
        yield self._below

    def on_mount(self) -> None:
        """What may be typed is named before anything is."""
        self._suggest()

    @property
    def field(self) -> TypedLine:
        """Where is typed."""
        return self._input

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter as you type."""
        event.stop()
        if self._open:
            self._shown.filter(event.value)
            self._suggest()

    @classmethod
    def in_front(cls, screen: Screen[None]) -> "FindLine | None":
        """The one that is open on a screen. One that goes away may still be there."""
        return next((line for line in screen.query(cls) if line._open), None)

    def close(self) -> AwaitRemove:
        """Goes away. A letter that is still on its way filters nothing any more."""
        self._open = False
        return self.remove()

    @on(Input.Blurred)
    def _left(self) -> None:
        self._below.display = False

    async def action_complete(self) -> None:
        """Takes the first suggestion for all that is typed."""
        await self._input.taken()
        self._found = await self._suggested(self._input.value)
        if self._found:
            self._input.value = self._found[0].typed
            self._input.cursor_position = len(self._input.value)

    async def _suggested(self, typed: str) -> Sequence[Suggestion]:
        """How it may go on; where it finds nothing, what was perhaps meant."""
        found = await self._shown.suggest(typed, MOST)
        await self._shown.settled()
        if not found and not self._shown.content.shown:
            found = await self._shown.meant(typed, MOST)
        return found

    def _suggest(self) -> None:
        self.work("suggest", "looking for suggestions", self._look)

    async def _look(self) -> None:
        typed = self._input.value
        self._found = await self._suggested(typed)
        said = self._shown.problem or self._shown.hint
        if said:
            role = "bold $urgent" if self._shown.problem else "$quiet"
            self._below.update(joined((f" {said}", role)))
            return
        room, parts = self.app.size.width - 6, list[str | tuple[str, str]]()
        for one in self._found:
            room -= cell_len(printable(one.shown)) + len(GAP)
            if room < 0:
                break
            parts += [GAP, one.shown]
        head = (" tab  ", "bold $accent") if parts else ("", "")
        self._below.update(joined(head, *parts[1:]))
