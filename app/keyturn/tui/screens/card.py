"""What the two cards share: lines that are read when they are asked for, and text to copy."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path, PurePath
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult

from keyturn.tui.safe import literal
from keyturn.tui.screens.list_screen import ListScreen
from keyturn.tui.widgets.paragraphs import Line
from keyturn.tui.widgets.row_source import (
    FIRST_ROWS,
    Answer,
    Found,
    Row,
    RowSource,
    Suggestion,
    Wish,
    answer_of,
    meant_by,
    suggestions_of,
)
from keyturn.tui.widgets.sheet import SHEET_STYLE
from keyturn.tui.widgets.virtual_list import VirtualList

FactsT = TypeVar("FactsT")
FIRST_WAIT_S = 0.12
"""How long a card's first paint waits for what it is about; later than that it says so. To draw it
twice takes longer than to wait for what the largest vaults' cards are made from."""


class CardSource(Generic[FactsT]):
    """A source that reads the facts of a card when the list asks for its rows."""

    def __init__(
        self, read: Callable[[], FactsT | None], lines: Callable[[FactsT], RowSource]
    ) -> None:
        self._read, self._make = read, lines
        self._lines: RowSource | None = None
        self.facts: FactsT | None = None
        self.read = False
        self._ahead = False

    def ahead(self) -> Answer:
        """The first rows. The list that asks next is given these facts, not read anew."""
        answer = answer_of(self, Wish(), 0, FIRST_ROWS, None)
        self._ahead = True
        return answer

    def ids(self) -> Sequence[int]:
        if self._ahead:
            self._ahead = False
            return () if self._lines is None else self._lines.ids()
        self.facts = self._read()
        self.read = True
        self._lines = None if self.facts is None else self._make(self.facts)
        return () if self._lines is None else self._lines.ids()

    def rows(self, ids: Sequence[int]) -> Sequence[Row]:
        return () if self._lines is None else self._lines.rows(ids)

    def find(self, wish: Wish) -> Found:
        return Found(()) if self._lines is None else self._lines.find(wish)

    def suggest(self, typed: str, limit: int) -> Sequence[Suggestion]:
        return () if self._lines is None else suggestions_of(self._lines, typed, limit)

    def meant(self, typed: str, limit: int) -> Sequence[Suggestion]:
        return () if self._lines is None else meant_by(self._lines, typed, limit)


class Card(ListScreen, Generic[FactsT]):
    """A list whose first line is the subject of the card, and the text about the line in hand.
    `subject` is its name. EMPTY says that the newest read does not have it, EMPTY_THEN an earlier.
    """

    EMPTY_THEN: ClassVar[str] = ""

    CSS_PATH: ClassVar[list[str | PurePath]] = [
        SHEET_STYLE,
        Path(__file__).with_name("list_screen.tcss"),
        Path(__file__).with_name("card.tcss"),
    ]

    def __init__(self, subject: str) -> None:
        super().__init__()
        self.subject = subject
        self._source: CardSource[FactsT] | None = None
        self._ahead: Future[Answer] | None = None
        self._title = ""

    @property
    def crumb(self) -> str:
        """Who or what it is about."""
        return self.subject

    def compose(self) -> ComposeResult:
        """As every list screen, with the text beside the list where there is room."""
        self.add_class("-card", update=False)
        self._source = source = self.card_source()
        # What it is about is read while its widgets are made.
        self._ahead = self.keyturn.parts.reads.begin(source.ahead)
        yield from super().compose()

    async def begin(self) -> None:
        """With what was read meanwhile, so that the first paint is the whole card."""
        source, ahead = self._source, self._ahead
        if source is None or ahead is None:
            return
        self.table.title = self.subject
        waited = asyncio.wrap_future(ahead)
        waited.add_done_callback(_heard)
        _ = await asyncio.wait((waited,), timeout=FIRST_WAIT_S)
        if not waited.done() or waited.exception() is not None:
            self.table.show(source)
            return
        self.table.begin_at(source, waited.result(), 0)
        self.began()
        try:
            await self._read_about()
        except Exception as error:  # noqa: BLE001 - as a failure of the worker that usually does it
            self.work_failed("reading about a row", error)

    def began(self) -> None:
        """The first rows are there."""

    def make_list(self) -> VirtualList:
        """A card begins unfiltered, whatever the last one was filtered by."""
        return VirtualList(
            self.COLUMNS, title=self.TITLE_OF_LIST, empty=self._nobody,
            ask=self.keyturn.parts.reads.ask, id="lines",
        )  # fmt: skip

    @property
    def _nobody(self) -> str:
        return self.EMPTY if self.keyturn.back is None else self.EMPTY_THEN

    def card_source(self) -> CardSource[FactsT]:
        """Where the facts and the lines come from."""
        raise NotImplementedError

    @property
    def facts(self) -> FactsT | None:
        """What was read; None before that, and where nothing of that id was read."""
        return self._source.facts if self._source is not None else None

    def rows(self) -> RowSource:
        """Read anew each time it is asked for."""
        self.table.title = self.subject
        self.table.empty = self._nobody
        self._source = self.card_source()
        return self._source

    def about_nothing(self) -> Sequence[Line]:
        """While there is no row, there is nothing to say but that."""
        self._title = self.subject
        source = self._source
        if source is None or not source.read:
            words = "Reading …"
        else:
            words = self.table.empty if source.facts is None else "No line here has these words."
        return (Line(literal(words, "$quiet")),)

    def title_of_text(self) -> str:
        """Who or what the text is about."""
        return self._title


def _heard(waited: asyncio.Future[Answer]) -> None:
    # The list asks again, and tells of a failure; here it is only taken note of.
    if not waited.cancelled():
        _ = waited.exception()
