"""A screen of one list and the text about the row under its cursor."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from pathlib import Path, PurePath
from typing import ClassVar, TypeVar

from textual import on
from textual.widget import Widget

from keyturn.tui.ages import clock_time
from keyturn.tui.card_lines import as_text
from keyturn.tui.hand import Copied
from keyturn.tui.jobs import Work
from keyturn.tui.safe import literal
from keyturn.tui.screens.frame import Frame
from keyturn.tui.widgets.backdrop import Backdrop
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.find_line import FindLine
from keyturn.tui.widgets.list_content import GONE
from keyturn.tui.widgets.paragraphs import Line
from keyturn.tui.widgets.row_source import RowSource
from keyturn.tui.widgets.sheet import SHEET_STYLE, Sheet
from keyturn.tui.widgets.virtual_list import VirtualList

T = TypeVar("T")
IN_TURN_S = 0.1
"""How long it takes at most until what had to wait for its turn is looked at again."""


class ListScreen(Frame):
    """Subclasses give the list's columns and rows, and the lines about a row.

    The text follows the cursor, from its top. `esc` clears the filter before it goes back.
    """

    CSS_PATH: ClassVar[list[str | PurePath]] = [
        SHEET_STYLE,
        Path(__file__).with_name("list_screen.tcss"),
    ]
    TITLE_OF_LIST: ClassVar[str] = ""
    TITLE_OF_TEXT: ClassVar[str] = ""
    EMPTY: ClassVar[str] = "Nothing here."
    COLUMNS: ClassVar[tuple[Column, ...]] = ()

    def __init__(self) -> None:
        super().__init__()
        self._in_turn: set[str] = set()
        self._read_by_jobs: set[str] = set()
        self.unread: set[str] = set()
        """The jobs of `read_in_turn` that have failed. None begins again by itself."""
        self._told_of: int | None = None

    def body(self) -> Iterable[Widget]:
        """The list, and the text below it."""
        yield from self.above()
        yield Backdrop(self.make_list(), Sheet(id="about"), id="list-body")

    def make_list(self) -> VirtualList:
        """The list, filtered as it was when keyturn was left."""
        shown = VirtualList(
            self.COLUMNS, title=self.TITLE_OF_LIST, empty=self.EMPTY,
            ask=self.keyturn.parts.reads.ask, id="lines", kept_as=self.WHERE.name.lower(),
        )  # fmt: skip
        shown.begin_with(self.keyturn.remembered.finds.get(shown.kept_as, ""))
        shown.begin_looking(self.keyturn.remembered.look(shown.kept_as))
        return shown

    def above(self) -> Iterable[Widget]:
        """What stands between the header and the list."""
        return ()

    @abstractmethod
    def rows(self) -> RowSource:
        """What the list shows, asked in the reading thread."""

    @abstractmethod
    async def about(self, row: object, label: str) -> Sequence[Line]:
        """The lines about the row the source made from `row`."""

    @property
    def table(self) -> VirtualList:
        """The list."""
        return self.query_one("#lines", VirtualList)

    @property
    def text(self) -> Sheet:
        """The text about the row under the cursor."""
        return self.query_one("#about", Sheet)

    def on_mount(self) -> Awaitable[None] | None:
        """From the cache at once."""
        self.table.trail = self.trail
        self.table.focus()
        return self.begin()

    def read_in_turn(self, name: str, work: "Work[T]", done: Callable[[T], None]) -> None:
        """Starts a quick job that reads what this screen shows. One of the same name that still
        goes on may be about what was so before, or for a screen that is gone: then after it."""
        self._read_by_jobs.add(name)
        if name not in self.keyturn.jobs.running():
            self._in_turn.discard(name)
            self.unread.discard(name)
            self.keyturn.start(name, work, done, only_reads=True)
        elif name not in self._in_turn and self.is_attached:
            self._in_turn.add(name)
            self._after_it(name, work, done)

    def _after_it(self, name: str, work: "Work[T]", done: Callable[[T], None]) -> None:
        if name not in self._in_turn:
            return  # it was read meanwhile
        if name in self.keyturn.jobs.running():
            _ = self.set_timer(IN_TURN_S, partial(self._after_it, name, work, done))
        else:
            self.read_in_turn(name, work, done)

    def job_failed(self, name: str) -> None:
        """What could not be read for this screen is not said to be read any more."""
        if name in self._read_by_jobs:
            self.unread.add(name)
            self.show(again=True)

    def being_read(self, name: str, what: str = "") -> str:
        """What stands where `what` is to stand, which the job `name` reads."""
        if name in self.unread:
            return "This could not be read. The error says why; r reads again."
        return f"Reading {what} …" if what else "Reading …"

    def begin(self) -> Awaitable[None] | None:
        """Asks for the first rows. What is awaited holds up the first paint."""
        self.show()
        return None

    def show(self, *, again: bool = False) -> None:
        """Asks for the rows; `again` keeps the cursor where it is, whatever became of its row."""
        self.table.mark_gone(clock_time(self.keyturn.parts.now_ms()))
        self.table.show(self.rows(), again=again)

    def data_changed(self) -> None:
        """The same rows, read anew."""
        self.show(again=True)

    def moment_changed(self) -> None:
        """A row that was not there at that time is not one that has gone."""
        self.show()

    # ------------------------------------------------------------------ the text

    @on(VirtualList.CursorMoved)
    def _another_row(self, event: VirtualList.CursorMoved) -> None:
        if not event.loaded:
            self.text.scroll_home(animate=False)
        self.say_about()

    def say_about(self) -> None:
        """Writes the text about the row under the cursor anew."""
        self.work("about", "reading about a row", self._read_about)

    async def _read_about(self) -> None:
        row, number = self.table.row, self.table.content.cursor_id
        if self.table.content.on_gone:
            lines: Sequence[Line] = (Line(literal(GONE)),)
        elif row is None:
            lines = self.about_nothing()
        else:
            lines = await self.about(row.about, row.label)
        if self.table.content.cursor_id != number:
            return  # the cursor went on meanwhile: that row has its own text
        self._told_of = number
        self.text.put(self.title_of_text(), lines)

    async def text_settled(self) -> None:
        """The text is about the row under the cursor, as far as it has been read."""
        await self.table.settled()
        if self.table.content.cursor_id != self._told_of:
            await self._read_about()

    def title_of_text(self) -> str:
        """What the text is called, once it was asked for."""
        return self.TITLE_OF_TEXT

    def about_nothing(self) -> Sequence[Line]:
        """What the text says while there is no row."""
        return ()

    def copied(self) -> Copied:
        """The text about the row under the cursor."""
        row = self.table.row
        return Copied() if row is None else Copied(row.label, as_text(self.text.lines))

    # ------------------------------------------------------------------ actions

    def action_read_on(self) -> None:
        """To the text and back."""
        (self.table if self.text.has_focus else self.text).focus()

    async def action_find(self) -> None:
        """A line to type a filter into; it has the keys when this returns."""
        line = FindLine.in_front(self)
        if line is None:
            line = FindLine(self.TITLE_OF_LIST, self.table)
            await self.mount(line, before=self.query_one("NoteLine"))
        self.set_focus(line.field)

    async def action_keep_filter(self) -> None:
        """The filter stays, and its rows are there before the next key is looked at."""
        line = FindLine.in_front(self)
        if line is not None:
            await line.field.taken()
            self.set_focus(self.table)
            await line.close()
        await self.table.settled()

    def go_back(self) -> bool:
        """Esc: from the text to the list, then the filter."""
        line = FindLine.in_front(self)
        if line is not None:
            self.set_focus(self.table)
            _ = line.close()
        elif self.text.has_focus:
            self.table.focus()
            return True
        if line is not None or (self.table.needle and not self.has_trouble):
            self.table.filter("")
            return True
        return False

    def action_refresh(self) -> None:
        """Reads both sources again."""
        self.keyturn.refresh_sources()

    def action_unmark(self) -> None:
        """Takes all marks away."""
        self.table.clear_marks()
