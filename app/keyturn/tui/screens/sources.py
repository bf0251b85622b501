"""The Sources screen: what keyturn has seen of each source, how well, and what it cannot see."""

from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import ClassVar

from textual import on
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from keyturn.tui.actions import Where, bindings
from keyturn.tui.card_lines import as_text
from keyturn.tui.engine import Met, Observe
from keyturn.tui.hand import Copied
from keyturn.tui.safe import joined
from keyturn.tui.screens.frame import Frame
from keyturn.tui.source_rows import Known, ReadSource, known_sources, source_line
from keyturn.tui.source_words import BLANK, heading, source_lines
from keyturn.tui.widgets.paragraphs import Line
from keyturn.tui.widgets.sheet import SHEET_STYLE, Sheet
from keyturn.tui.widgets.source_list import SourceList
from keyturn.tui.widgets.virtual_list import VirtualList
from keyturn_storage.rows import SourceRow
from keyturn_storage.stream_rows import StreamCoverage

REQUESTS_BELOW = 6
"""How many of the last requests stand below the source where there is no pane for them."""


class Sources(Frame):
    """Each source from the cache; `c` asks the sources themselves, `r` reads them again."""

    CSS_PATH: ClassVar[list[str | PurePath]] = [
        SHEET_STYLE,
        Path(__file__).with_name("sources.tcss"),
    ]
    WHERE = Where.SOURCES
    BINDINGS = bindings(Where.SOURCES)

    def __init__(self) -> None:
        super().__init__()
        self._read: tuple[ReadSource, ...] | None = None
        self._known: tuple[Known, ...] = ()

    def body(self) -> Iterable[Widget]:
        """The list of sources with the last requests below it, and beside it all about one."""
        yield Horizontal(
            Vertical(SourceList(), Sheet(id="requests"), id="sources-left"),
            Sheet(id="source"),
            id="sources-body",
        )

    def on_mount(self) -> None:
        """From the cache at once."""
        self.query_one(SourceList).focus()
        self._draw()
        self.data_changed()

    def data_changed(self) -> None:
        """Newer snapshots."""
        self.work("sources", "reading the sources' state", self._read_cache)

    async def _read_cache(self) -> None:
        data = self.keyturn.parts.data

        def read() -> tuple[ReadSource, ...]:
            archived, whole, silence_ms = data.archived(), data.whole_reads(), data.silence_ms()
            return tuple(
                ReadSource(
                    row,
                    data.snapshot(row.snapshot_id),
                    tuple(data.unreadable(row.snapshot_id)),
                    tuple(one for one in archived if _is_of(one, row)),
                    whole.get(row.source.name),
                    silence_ms,
                )
                for row in data.sources()
            )

        self._read = await self.keyturn.parts.reads.ask(read)
        self._draw()

    def watch_job(self, name: str, happened: list[object]) -> None:
        """The last requests, as they are made."""
        if happened:
            self._draw()

    # ------------------------------------------------------------------ actions

    def action_refresh(self) -> None:
        """Reads both sources again."""
        self.keyturn.refresh_sources()

    def action_check(self) -> None:
        """Asks both sources who keyturn is there."""
        engine = self.keyturn.parts.engine

        async def work(observe: Observe, _stop: object) -> tuple[Met, ...]:
            return await engine.meet(observe)

        self.keyturn.start("checking the connections", work, self._show_met)

    def _show_met(self, met: tuple[Met, ...]) -> None:
        self.keyturn.met, self.keyturn.met_ms = met, self.keyturn.parts.now_ms()
        if self.alive:
            self._draw()

    def action_next_source(self) -> None:
        """The cursor down."""
        self.query_one(SourceList).action_down()

    def action_previous_source(self) -> None:
        """The cursor up."""
        self.query_one(SourceList).action_up()

    def action_page_down(self) -> None:
        """A page of the source down."""
        self._detail.action_page_down()

    def action_page_up(self) -> None:
        """A page of the source up."""
        self._detail.action_page_up()

    def action_scroll_home(self) -> None:
        """To the top of the source."""
        self._detail.action_scroll_home()

    def action_scroll_end(self) -> None:
        """To the bottom of the source."""
        self._detail.action_scroll_end()

    # ------------------------------------------------------------------ drawing

    @property
    def _detail(self) -> Sheet:
        return self.query_one("#source", Sheet)

    @on(VirtualList.CursorMoved)
    def _another_source(self, event: VirtualList.CursorMoved) -> None:
        """The detail follows the cursor, from its top."""
        if not event.loaded:
            self._detail.action_scroll_home()
            self._draw_source()

    def _draw(self) -> None:
        now_ms = self.keyturn.parts.now_ms()
        self._known = known_sources(self._read or (), self.keyturn.met)
        rows = [source_line(number, one, now_ms) for number, one in enumerate(self._known)]
        self.query_one(SourceList).put(rows)
        self._draw_source()
        requests = [_line(words) for words in self.keyturn.requests.newest()]
        none = [_line(("None since keyturn was started.", "$quiet"))]
        self.query_one("#requests", Sheet).put("Last requests", requests or none)

    def copied(self) -> Copied:
        """The text about the source under the cursor."""
        number = self.query_one(SourceList).content.cursor_id
        if number is None or number >= len(self._known):
            return Copied()
        return Copied(self._known[number].name, as_text(self._detail.lines))

    def _draw_source(self) -> None:
        now_ms = self.keyturn.parts.now_ms()
        number = self.query_one(SourceList).content.cursor_id
        lines: list[Line] = []
        title = "Source"
        if self._read is None:
            lines.append(_line(("Reading …", "$quiet")))
        elif number is None or number >= len(self._known):
            lines += [
                _line("Nothing has been read yet. r reads both sources."),
                _line("c asks both sources who keyturn is there, and what it may do."),
            ]
        else:
            known = self._known[number]
            title = known.name
            lines += source_lines(known, now_ms, self.keyturn.met_ms)
        requests = self.keyturn.requests.newest(REQUESTS_BELOW)
        if requests and self.has_class("-narrow"):
            lines += [BLANK, heading("Last requests")]
            lines += [_line(f"   {one}") for one in requests]
        self._detail.put(title, lines)


def _is_of(covered: StreamCoverage, row: SourceRow) -> bool:
    return (covered.kind, covered.tenant) == (row.source.kind, row.source.tenant)


def _line(*parts: str | tuple[str, str]) -> Line:
    return Line(joined(*parts), 3)
