"""A list in front of the screen to choose one line from, with or without typing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from keyturn.tui.safe import briefly, literal
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.row_source import Ask, Row, RowSource, ask_here
from keyturn.tui.widgets.typed_line import TypedLine
from keyturn.tui.widgets.virtual_list import VirtualList
from keyturn.tui.workers import WatchesWorkers

PROMPT_STYLE = Path(__file__).with_name("prompt.tcss")
MOST_WORDS, MOST_WRONG = 600, 250
"""So many characters stand above and below what is typed or chosen, which stays in sight in 80x24
also when a name in them is as long as a page."""
Act = Callable[[Row | None, str], None]
"""What is done with the row under the cursor (or none) and what is typed."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a picker shows and does.

    `rows` gives the lines for what is typed. `chosen` is done after the picker has closed, or
    where it `stays`, while it is there. `keys` do something else with the row and let it stay.
    `renewed_s` asks for the lines again so often, for what moves by itself.
    `placeholder` is what the field for typing says; without one nothing is typed.
    `words` stand above; `at` is the id of the row to begin on; `height` is how many lines there
    are room for, with their head, where they do not need the whole box.
    """

    title: str
    columns: tuple[Column, ...]
    rows: Callable[[str], RowSource]
    chosen: Act
    words: str = ""
    note: str = "enter takes it   esc leaves it"
    empty: str = "Nothing here."
    placeholder: str = ""
    typed: str = ""
    stays: bool = False
    keys: dict[str, Act] = field(default_factory=dict)
    ask: Ask = ask_here
    renewed_s: float = 0
    at: int | None = None
    height: int = 0


class Picker(ModalScreen[None], WatchesWorkers):
    """Arrows move while typing; what is typed narrows the lines at once. Enter takes what they
    show, never what the typing is about to take away."""

    CSS_PATH = PROMPT_STYLE
    AUTO_FOCUS = ""
    BINDINGS = [
        Binding("escape", "close", "close", priority=True),
        Binding("enter", "choose", "choose", priority=True),
        Binding("down", "move('down')", "down", priority=True),
        Binding("up", "move('up')", "up", priority=True),
        Binding("pagedown", "move('page_down')", "page down", priority=True),
        Binding("pageup", "move('page_up')", "page up", priority=True),
    ]

    def __init__(self, choice: Choice) -> None:
        super().__init__()
        self.choice = choice
        for key in choice.keys:
            # Before the field for typing takes it as its own.
            self._bindings.bind(key, f"do({key!r})", priority=True)

    def compose(self) -> ComposeResult:
        """One box: a field where something is typed, and the lines."""
        choice = self.choice
        lines = VirtualList(choice.columns, empty=choice.empty, ask=choice.ask, id="choices")
        box = Vertical(id="box")
        box.border_title = literal(choice.title)
        box.border_subtitle = literal(choice.note)
        if choice.height:
            box.add_class("-fitted")
            lines.styles.height = choice.height
        with box:
            if choice.words:
                yield Static(briefly(choice.words, MOST_WORDS), markup=False)
            if choice.placeholder:
                typing = TypedLine(
                    choice.typed, placeholder=choice.placeholder, compact=True,
                    select_on_focus=False,
                )  # fmt: skip
                typing.cursor_blink = False
                yield typing
            yield lines

    async def on_mount(self) -> None:
        """The lines for what is typed already."""
        # At once: else a letter that is on its way already would be a key of the screen behind.
        self.set_focus(self.query_one(Input) if self.choice.placeholder else self.lines)
        self.renew()
        if self.choice.renewed_s:
            self.set_interval(self.choice.renewed_s, self.renew)
        if self.choice.at is not None:
            await self.lines.settled()
            _ = self.lines.put_cursor(self.choice.at)

    @property
    def lines(self) -> VirtualList:
        """The list."""
        return self.query_one("#choices", VirtualList)

    @property
    def typed(self) -> str:
        """What is typed."""
        return self.query_one(Input).value if self.choice.placeholder else ""

    def renew(self) -> None:
        """Asks for the lines anew; the cursor stays with its line where that is still there."""
        self.lines.show(self.choice.rows(self.typed))

    @on(Input.Changed)
    def _typed(self) -> None:
        self.renew()

    def action_do(self, key: str) -> None:
        """A key of its own does something with the row under the cursor."""
        self.choice.keys[key](self.lines.row, self.typed)
        self.renew()

    def action_move(self, how: str) -> None:
        """Moves the cursor of the lines."""
        moves = {
            "down": self.lines.action_down, "up": self.lines.action_up,
            "page_down": self.lines.action_page_down, "page_up": self.lines.action_page_up,
        }  # fmt: skip
        moves[how]()

    async def action_choose(self) -> None:
        """The line under the cursor, once the lines for what is typed are there."""
        for line in self.query(TypedLine):
            await line.taken()
        await self.lines.settled()
        self._choose()

    def on_click(self, event: events.Click) -> None:
        """Beside the box closes it, as esc does, but for what was typed."""
        beside = self.get_widget_at(event.screen_x, event.screen_y)[0] is self
        if beside and self.typed == self.choice.typed:
            self.action_close()

    @on(VirtualList.Chosen)
    def _clicked(self) -> None:
        self._choose()

    def _choose(self) -> None:
        row, typed, choice = self.lines.row, self.typed, self.choice
        if row is None:
            return  # what stands in place of the lines says why
        if not choice.stays:
            _ = self.dismiss()
            choice.chosen(row, typed)
            return
        choice.chosen(row, typed)
        self.renew()

    def action_close(self) -> None:
        """Closes; nothing is done."""
        _ = self.dismiss()


def in_memory(rows: Sequence[Row]) -> RowSource:
    """Lines that are all there."""
    from keyturn.tui.widgets.row_source import RowsInMemory

    return RowsInMemory(tuple(rows))
