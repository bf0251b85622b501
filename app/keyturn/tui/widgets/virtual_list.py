"""One list for any number of rows: reads only the pages it draws, and finds, sorts and moves."""

import asyncio
from array import array
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from textual import events
from textual.cache import LRUCache
from textual.message import Message

from keyturn.tui.actions import Where, bindings
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.drawn_list import DrawnList
from keyturn.tui.widgets.list_content import place_of
from keyturn.tui.widgets.list_look import ListLook, clicked
from keyturn.tui.widgets.row_source import (
    FIRST_ROWS,
    Answer,
    Ask,
    Found,
    Row,
    RowsInMemory,
    RowSource,
    Suggestion,
    Wish,
    answer_of,
    ask_here,
    meant_by,
    orders_of,
    suggestions_of,
)
from keyturn.tui.workers import WatchesWorkers

PAGE = FIRST_ROWS


class VirtualList(DrawnList, WatchesWorkers, can_focus=True):
    """A list of rows with a gutter sign, marks, a filter and a cursor that follows an id.

    It shows `title` and "matches/total" in its border. `show` asks a source anew; until the answer
    is there, the old rows stay. Posts `CursorMoved`, `Chosen`, `MarksChanged` and `Looked`.
    """

    BINDINGS = bindings(Where.LIST)

    class _Told(Message):
        """Something about one list."""

        def __init__(self, sender: "VirtualList") -> None:
            super().__init__()
            self.list = sender
            # Else it is from the screen whose handler called the list, and goes no further up.
            _ = self.set_sender(sender)

        @property
        def control(self) -> "VirtualList":
            """The list, so that handlers can be chosen by selector."""
            return self.list

    class CursorMoved(_Told):
        """The cursor is on another row, or (`loaded`) the rows are others."""

        def __init__(self, sender: "VirtualList", *, loaded: bool = False) -> None:
            super().__init__(sender)
            self.loaded = loaded

    class Chosen(_Told):
        """The row under the cursor was opened: enter, or a double click."""

    class MarksChanged(_Told):
        """A mark was set or taken away."""

    class Looked(_Told):
        """The operator has changed the filter, the order or the columns."""

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        title: str = "",
        empty: str = "Nothing here.",
        ask: Ask = ask_here,
        kept_as: str = "",
        id: str | None = None,  # noqa: A002 - Textual's own name for it
    ) -> None:
        super().__init__(columns, title=title, empty=empty, id=id)
        self.kept_as = kept_as
        self._ask = ask
        self._source: RowSource = RowsInMemory()
        self._known: LRUCache[int, Row] = LRUCache(4096)
        self._reading: set[int] = set()
        self._wish = Wish()
        self._settled = asyncio.Event()
        self._generation = 0

    # ------------------------------------------------------------------ content

    def show(self, source: RowSource, *, again: bool = False) -> None:
        """Loads another source's rows, or with `again` the same question answered anew.

        Newer calls win over older ones. Failures are shown in place and reported.
        """
        self._generation += 1
        self._loading = True
        self._settled.clear()
        self.work("rows", "reading a list", partial(self._load, source, again, self._generation))

    @property
    def asked(self) -> bool:
        """Whether rows were ever asked for."""
        return self._generation > 0

    def begin_at(self, source: RowSource, answer: Answer, cursor: int) -> None:
        """Takes rows that were read before the list was there, with the cursor at a place."""
        self._generation += 1
        self.content.replace(answer.ids, answer.shown, "")
        self.content.move(cursor)
        self._take(source, answer.rows)
        self._fit_size()
        # Else it is laid out without a scrollbar first, and drawn again with one.
        self.show_vertical_scrollbar = len(self.content.shown) >= self.app.size.height
        self._say_titles()

    async def _load(self, source: RowSource, again: bool, generation: int) -> None:
        wish, top = self._wish, int(self.scroll_offset.y) if again else 0
        before, height = self.content.cursor_id, max(FIRST_ROWS, self.size.height)

        def read() -> Answer | None:
            if generation != self._generation:
                return None  # another source was shown meanwhile
            return answer_of(source, wish, top, height, before)

        answer = await self._ask(read)
        if answer is None or generation != self._generation:
            return
        if again:
            here = self.content.cursor_id  # it may have moved meanwhile
            last_seen = None if here is None else self._known.get(here) or _not_known(here)
            self.content.renew(answer.ids, answer.shown, last_seen)
            self.content.needle = wish.needle
        else:
            self.content.replace(answer.ids, answer.shown, wish.needle)
        self._take(source, answer.rows, again=again)
        self.problem, self.hint = answer.found.problem, answer.found.hint
        self._content_changed()
        if self._wish != wish:
            self._find_again()

    def _take(self, source: RowSource, rows: Sequence[Row], *, again: bool = False) -> None:
        self._source, self._loading, self._failure = source, False, ""
        self._known.clear()
        for row in rows:
            self._known[row.id] = row
        if self.fits_rows and not (again and self._lines.measured):
            self._lines.measure(rows)
        if self.content.gone is not None:
            self._known[self.content.gone.id] = self.content.gone
        self._settled.set()

    def _content_changed(self) -> None:
        self._draw_content()
        self.post_message(self.CursorMoved(self, loaded=True))

    def work_failed(self, doing: str, error: BaseException) -> None:
        """Says so in place of the rows; the app shows what, why and what next."""
        self._loading = False
        self._settled.set()
        if not self.content.ids:
            self._failure = "This list could not be read."
        self.refresh()
        super().work_failed(doing, error)

    @property
    def row(self) -> Row | None:
        """The row under the cursor, if it has been read and still exists."""
        number = self.content.cursor_id
        if number is None or self.content.on_gone:
            return None
        return self._known.get(number)

    def put_cursor(self, number: int) -> bool:
        """Moves the cursor to an id; False where it is not shown."""
        if number not in self.content.shown:
            return False
        self.move_to(self.content.shown.index(number))
        return True

    # ------------------------------------------------------------------ filter and order

    @property
    def source(self) -> RowSource:
        """Where the rows come from."""
        return self._source

    @property
    def orders(self) -> tuple[str, ...]:
        """The keys of the columns that can sort."""
        return orders_of(self._source)

    @property
    def needle(self) -> str:
        """The words the list is filtered by, or is about to be."""
        return self._wish.needle

    def begin_with(self, needle: str) -> None:
        """Sets the filter before anything has been loaded."""
        self._wish = replace(self._wish, needle=needle)

    def begin_looking(self, look: ListLook) -> None:
        """Sets order and columns before anything has been loaded."""
        self._lines.look = look
        self._wish = replace(self._wish, order=look.order, backwards=look.backwards)

    async def settled(self) -> None:
        """Waits until the rows and the filter last asked for are there. What acts on the row under
        the cursor waits for this, so that it never acts on a row that is about to go."""
        while not self._settled.is_set():  # rows that came may be filtered anew at once
            await self._settled.wait()

    def filter(self, needle: str) -> None:
        """Shows only rows that `needle` leaves; the source says what it means."""
        self._wish = replace(self._wish, needle=needle)
        self._find_again()
        self.post_message(self.Looked(self))

    def look_so(self, look: ListLook) -> None:
        """Sorts and shows columns otherwise. The cursor stays with its id."""
        self.begin_looking(look)
        self._draw_anew()
        self._find_again()
        self.post_message(self.Looked(self))

    async def suggest(self, typed: str, limit: int) -> Sequence[Suggestion]:
        """How a filter may go on, as far as the source knows."""
        source = self._source
        return await self._ask(lambda: suggestions_of(source, typed, limit))

    async def meant(self, typed: str, limit: int) -> Sequence[Suggestion]:
        """What a filter that finds nothing was perhaps meant to be, as far as the source knows."""
        source = self._source
        return await self._ask(lambda: meant_by(source, typed, limit))

    def _find_again(self) -> None:
        self._settled.clear()
        self.work("filter", "filtering a list", partial(self._find, self._wish, self._generation))

    async def _find(self, wish: Wish, generation: int) -> None:
        source, ids, before = self._source, self.content.ids, self.content.cursor_id
        height = max(FIRST_ROWS, self.size.height)

        def find() -> tuple[Found, Sequence[Row]] | None:
            if wish != self._wish:
                return None  # more was typed meanwhile
            found = Found(ids) if wish.plain else source.find(wish)
            place = -1 if before is None else place_of(found.ids, before)
            around = found.ids[max(0, place - height) : max(0, place) + height]
            return found, source.rows(array("q", around))

        answer = await self._ask(find)
        if answer is None or generation != self._generation or wish != self._wish:
            return
        found, rows = answer
        self.problem, self.hint = found.problem, found.hint
        for row in rows:
            self._known[row.id] = row
        self.content.narrow(found.ids, wish.needle)
        self._content_changed()
        self._settled.set()

    # ------------------------------------------------------------------ reading pages

    def row_at(self, place: int) -> Row | None:
        """Reads the page it is on where it has not been read."""
        row = self._known.get(self.content.shown[place])
        if row is None:
            self._read_around(place)
        return row

    def _read_around(self, index: int) -> None:
        if index // PAGE in self._reading:
            return
        self._reading.add(index // PAGE)
        self.work(
            f"page-{index // PAGE}",
            "reading a page of a list",
            partial(self._read_page, index // PAGE, self._generation),
        )

    async def _read_page(self, page: int, generation: int) -> None:
        wanted = array("q", self.content.shown[page * PAGE : (page + 1) * PAGE])
        source = self._source
        try:
            rows = await self._ask(lambda: source.rows(wanted))
        finally:
            self._reading.discard(page)
        if generation != self._generation or source is not self._source:
            self.refresh()  # other rows are asked for, or here: whoever needs these asks again
            return
        for row in rows:
            self._known[row.id] = row
        for number in wanted:
            if number not in self._known:
                self._known[number] = _not_known(number)
        self.refresh()
        if self.content.cursor_id in wanted:
            self.post_message(self.CursorMoved(self))

    # ------------------------------------------------------------------ moving

    def move_to(self, place: int) -> None:
        """The cursor to a place, or the nearest there is."""
        before, length = self.content.cursor, len(self.content.shown)
        self.content.move(place)
        if len(self.content.shown) != length:
            self._content_changed()
            return
        self._keep_in_view()
        if self.content.cursor != before:
            self.refresh_lines(before + 1)
            self.refresh_lines(self.content.cursor + 1)
            self.post_message(self.CursorMoved(self))

    def marks_changed(self) -> None:
        """The border counts them."""
        self._say_titles()
        self.refresh()
        self.post_message(self.MarksChanged(self))

    def action_open(self) -> None:
        """Opens the row under the cursor."""
        if self.row is not None:
            self.post_message(self.Chosen(self))

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor there, a double click opens; a click on a head sorts."""
        at = event.get_content_offset_capture(self)
        if at.y == 0 and (key := self._lines.column_at(at.x, self.scrollable_content_region.width)):
            if key in self.orders:
                self.look_so(clicked(self.look, key))
            return
        place = int(self.scroll_offset.y) + at.y - 1
        if 0 <= place < len(self.content.shown) and event.y > 0:
            self.move_to(place)
            if event.chain == 2:
                self.action_open()


def _not_known(number: int) -> Row:
    """Stands for a row that was not read, and cannot be any more."""
    return Row(number, "?", ("gone",), ("dim",))
