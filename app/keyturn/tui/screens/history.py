"""The History screen: every read of both sources, and the way into the past."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.widget import Widget

from keyturn.run.as_of import AsOf, as_of_moment
from keyturn.tui.actions import Where, bindings
from keyturn.tui.history_rows import Older, Timeline, TimelineLines, columns, timeline_lines
from keyturn.tui.looking_back import come_back, go_back
from keyturn.tui.safe import joined
from keyturn.tui.screens.list_screen import ListScreen
from keyturn.tui.widgets.header_line import HeaderFacts
from keyturn.tui.widgets.paragraphs import Line
from keyturn.tui.widgets.row_source import RowSource
from keyturn.tui.widgets.tally import Tally
from keyturn.tui.widgets.trend_line import TrendLine
from keyturn.tui.widgets.virtual_list import VirtualList
from keyturn_storage.queries.moments import SNAPSHOTS_SHOWN, Moment

ONLY_ONE = (
    "There is one read so far. Every refresh (r) adds one here; from two on, d says what differs "
    "between them, and enter shows every screen as of the one under the cursor."
)


class History(ListScreen):
    """`enter` shows every screen as of a read, `d` compares two; `t` comes back to now."""

    WHERE = Where.HISTORY
    BINDINGS = bindings(Where.HISTORY)
    TITLE_OF_LIST = "Reads"
    TITLE_OF_TEXT = "Read"
    EMPTY = "Nothing was read yet. r reads both sources; each read is kept here."
    COLUMNS: ClassVar = columns("directory", "secrets")

    def __init__(self) -> None:
        super().__init__()
        self._lines: TimelineLines | None = None
        self._names = ("directory", "secrets")
        self._limit = SNAPSHOTS_SHOWN

    def above(self) -> Iterable[Widget]:
        """How many reads there are since when, and how drift went."""
        yield Tally()
        yield TrendLine()

    @property
    def timeline(self) -> Timeline:
        """What is shown now."""
        return self._lines.timeline if self._lines is not None else Timeline()

    def rows(self) -> RowSource:
        """Read when the list asks."""
        data, back = self.keyturn.parts.data, self.keyturn.back
        shown = back.as_of.moment.no if back is not None else 0
        limit = self._limit
        lines = TimelineLines(lambda: data.timeline(limit), self.keyturn.real_now_ms(), shown)
        self._lines = lines
        return lines

    def facts_changed(self, facts: HeaderFacts) -> None:
        """The columns are headed by the sources' own names."""
        super().facts_changed(facts)
        names = {row.source.side.value: row.source.name for row in facts.sources}
        found = (names.get("directory", "directory"), names.get("secrets", "secrets"))
        if found != self._names and self.alive:
            self._names = found
            self.table.set_columns(columns(*found))

    @on(VirtualList.CursorMoved)
    def _loaded(self, event: VirtualList.CursorMoved) -> None:
        if not event.loaded:
            return
        found, now_ms = self.timeline, self.keyturn.real_now_ms()
        self.query_one(TrendLine).put(found.points, now_ms)
        reads = len(found.moments)
        if reads == 1:
            words = joined((ONLY_ONE, "$quiet"))
        else:
            whole = sum(all(side.sealed and side.complete for side in one.sides)
                        for one in found.moments)  # fmt: skip
            amount = f"The newest {reads:,} reads" if found.older else f"{reads:,} reads"
            words = joined(f"{amount}, {whole:,} of them whole.  ",
                           ("enter", "bold $accent"), (" as of then  ", "$quiet"),
                           ("d", "bold $accent"), (" what differs", "$quiet"))  # fmt: skip
        self.query_one(Tally).words = words if reads else joined("")

    async def about(self, row: object, label: str) -> Sequence[Line]:
        """All that is known of a read, or of a time without one."""
        return tuple(timeline_lines(row, self.timeline, self.keyturn.real_now_ms()))

    # ------------------------------------------------------------------ actions

    @on(VirtualList.Chosen)
    def _open(self) -> None:
        row = self.table.row
        moment = row.about if row is not None else None
        if isinstance(moment, Older):
            self._limit *= 2
            self.table.action_up()  # to the last read that was known: the next follow it
            self.show(again=True)
            return
        if not isinstance(moment, Moment):
            self.keyturn.tell("Nothing is known of that time: enter a read, above or below it.")
            return
        found = self._as_of(moment)
        if found is None:
            self.keyturn.tell("Nothing can be shown as of it: a side had never been read.")
        elif found.after is None:
            come_back(self.keyturn)
            self.keyturn.tell("That is the newest read: every screen shows now.")
        else:
            go_back(self.keyturn, found)

    def action_diff(self) -> None:
        """The two that are marked; else the one marked, or under the cursor, and the newest."""
        from keyturn.tui.screens.differences import Differences

        by_no = {one.no: one for one in self.timeline.moments}
        chosen = [by_no[no] for no in sorted(self.table.content.marks) if no in by_no]
        if len(chosen) > 2:
            self.keyturn.tell(f"{len(chosen)} reads are marked: mark two. u unmarks all.")
            return
        row = self.table.row
        if not chosen and row is not None and isinstance(row.about, Moment):
            chosen = [row.about]
        newest = next((one for one in self.timeline.moments if one.pair is not None), None)
        if len(chosen) == 1 and newest is not None:
            chosen.append(newest)
        ends = [found for one in chosen if (found := self._as_of(one)) is not None]
        if len(ends) != 2:
            self.keyturn.tell("Put the cursor on a read of both sources, or mark two.")
        elif ends[0].pair == ends[1].pair:
            self.keyturn.tell("That is the newest read: mark two, or put the cursor on an older.")
        else:
            _ = self.app.push_screen(Differences(ends[0], ends[1]))

    def _as_of(self, moment: Moment) -> AsOf | None:
        if moment.pair is None:
            return None
        return as_of_moment(self.timeline.moments, moment, moment.pair)
