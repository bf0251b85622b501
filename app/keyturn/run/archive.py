"""Archives the event streams of the sources into the journal, before the sources forget them.

A page is kept before the position after it is: what a crash interrupts comes again, and is known by
its id. What is lost for ever is written down as a gap.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass

from keyturn.run.archive_report import ArchiveReport, StreamReport, Tally
from keyturn.run.clock import Clock
from keyturn.run.connections import Connections
from keyturn.run.progress import ArchiveProgress, Observer, StreamDone
from keyturn_providers.abilities import (
    Ability,
    EventPage,
    StreamedEvent,
    StreamsEvents,
    able,
)
from keyturn_providers.contract import About, Connector
from keyturn_providers.errors import ProviderError
from keyturn_providers.records import Side
from keyturn_storage.errors import PageOvertaken, StorageRefused
from keyturn_storage.journal import Journal
from keyturn_storage.queries.coverage import coverage
from keyturn_storage.stream_archive import begin_stream, note_failure, store_page
from keyturn_storage.stream_rows import EventIn, GapIn, PageIn, StreamState

MAX_PAGES = 200
"""How many pages of one stream one refresh archives. The rest comes with the next: a first reading
of a big tenant must not keep a refresh, or its share of the rate limit, for an hour."""
_DAY_S = 86_400


async def archive(
    connections: Connections,
    open_journal: Callable[[], Journal],
    *,
    observe: Observer,
    stop: Callable[[], bool],
    clock: Clock,
    max_pages: int = MAX_PAGES,
) -> ArchiveReport:
    """Archives what is new in every event stream of both sources, at most `max_pages` of each.

    The journal is opened only if a source has streams, and closed again. An error of one stream
    stops neither the others nor the other source, and is kept with the stream until it goes well.
    Looks at `stop` between pages; what was archived stays. The journal is keyturn's own: read-only
    mode changes nothing. Never raises a ProviderError or StorageRefused.
    """
    if stop():
        return ArchiveReport()
    met = await asyncio.gather(*(_meet(connections.of(side)) for side in Side))
    asked = [one for one in met if one is not None]
    if not asked:
        return ArchiveReport()
    try:
        with open_journal() as journal:
            reading = _Reading(journal, observe, stop, clock, max_pages)
            reports = await _together(reading, asked)
            names = {one.source for one in asked}
            covered = tuple(one for one in coverage(journal) if one.source in names)
    except StorageRefused as refused:
        return ArchiveReport(failure=str(refused))
    return ArchiveReport(tuple(reports), covered)


@dataclass(frozen=True, slots=True)
class _Reading:
    journal: Journal
    observe: Observer
    stop: Callable[[], bool]
    clock: Clock
    max_pages: int


@dataclass(frozen=True, slots=True)
class _Met:
    """A source that has streams; or one that did not answer, with why not."""

    source: str
    about: About | None = None
    reader: StreamsEvents | None = None
    failure: str = ""


async def _meet(connector: Connector) -> _Met | None:
    try:
        about = await connector.about()
        if Ability.STREAM_EVENTS not in about.abilities:
            return None
        return _Met(about.source.name, about, able(connector.reader(), StreamsEvents))
    except ProviderError as error:
        return _Met(error.source, failure=_without(str(error), error.source))


async def _together(reading: _Reading, asked: list[_Met]) -> list[StreamReport]:
    results = await asyncio.gather(
        *(_source(reading, one) for one in asked), return_exceptions=True
    )
    reports: list[StreamReport] = []
    for result in results:
        if isinstance(result, BaseException):
            raise result
        reports += result
    return reports


async def _source(reading: _Reading, met: _Met) -> list[StreamReport]:
    if met.about is None or met.reader is None:
        return _unasked(reading, met)
    reports: list[StreamReport] = []
    for name in met.reader.streams():
        report = await _stream(reading, met.about, met.reader, name)
        reading.observe(StreamDone(report.source, report.stream, report.whole, report.words))
        reports.append(report)
    return reports


def _unasked(reading: _Reading, met: _Met) -> list[StreamReport]:
    """Which streams it has is not known now; those archived before are."""
    reports: list[StreamReport] = []
    for known in coverage(reading.journal, met.source):
        _remember(reading, known.no, met.failure)
        report = Tally().report(met.source, known.stream, whole=False, failure=met.failure)
        reading.observe(StreamDone(report.source, report.stream, report.whole, report.words))
        reports.append(report)
    return reports


async def _stream(
    reading: _Reading, about: About, reader: StreamsEvents, name: str
) -> StreamReport:
    """Archives one stream as far as it goes. Whatever goes wrong is the report's."""
    source, tally = about.source, Tally()
    failure, note, whole, stream_no = "", "", False, 0
    pages: AsyncIterator[EventPage] | None = None
    try:
        state = begin_stream(reading.journal, source, name, reading.clock.now_ms())
        stream_no = state.no
        if not reading.stop():
            pages = reader.stream(name, state.position, state.whole_ms)
            whole = await _pages(reading, about, name, state, pages, tally)
    except PageOvertaken:
        note = "another keyturn is archiving it as well"
    except ProviderError as error:
        failure = _without(str(error), source.name)
    except StorageRefused as error:
        failure = _without(str(error), source.name)
    finally:
        if isinstance(pages, AsyncGenerator):
            await pages.aclose()
    if failure and stream_no:
        _remember(reading, stream_no, failure)
    return tally.report(source.name, name, whole=whole, failure=failure, note=note)


async def _pages(
    reading: _Reading,
    about: About,
    name: str,
    state: StreamState,
    pages: AsyncIterator[EventPage],
    tally: Tally,
) -> bool:
    """Archives page after page; whether the last one there is came."""
    position = state.position
    asked_ms = reading.clock.now_ms()
    async for page in pages:
        gap = _gap(page, state, about, asked_ms, first=tally.pages == 0)
        stored = store_page(
            reading.journal,
            state.no,
            PageIn(
                tuple(map(_event_in, page.events)),
                position,
                page.position,
                asked_ms,
                asked_ms - int(about.audit_lag_s * 1000) if page.last else None,
                gap,
            ),
        )
        position = page.position
        tally.add(stored, "" if gap is None else gap.words)
        reading.observe(ArchiveProgress(about.source.name, name, tally.events, tally.pages))
        if page.last:
            return True
        if reading.stop() or tally.pages >= reading.max_pages:
            return False
        asked_ms = reading.clock.now_ms()
    return False


def _gap(
    page: EventPage, state: StreamState, about: About, asked_ms: int, *, first: bool
) -> GapIn | None:
    """What the source says is lost; or what must be, because nobody asked for longer than it keeps
    its events."""
    times = [event.at_ms for event in page.events]
    if page.gap:
        until_ms = page.gap_until_ms
        return GapIn(page.gap, min(times, default=asked_ms) if until_ms is None else until_ms)
    if not first or state.whole_ms is None or about.events_kept_s is None:
        return None
    kept_from_ms = asked_ms - int(about.events_kept_s * 1000)
    if state.whole_ms >= kept_from_ms:
        return None
    # Where there are older events than must be kept, so much was kept.
    later = [at_ms for at_ms in times if at_ms > state.whole_ms]
    days = f"{about.events_kept_s / _DAY_S:g} days"
    return GapIn(
        f"nobody asked for longer than the {days} that the source keeps its events.",
        min([kept_from_ms, *later]),
    )


def _event_in(event: StreamedEvent) -> EventIn:
    return EventIn(
        event.id,
        event.at_ms,
        event.action,
        event.raw,
        event.user_id,
        event.vault_id,
        event.item_id,
    )


def _remember(reading: _Reading, stream_no: int, words: str) -> None:
    try:
        note_failure(reading.journal, stream_no, words, reading.clock.now_ms())
    except StorageRefused:
        # The failure is in the report in any case; a journal that takes nothing is told there too.
        return


def _without(words: str, source: str) -> str:
    return words.removeprefix(f"{source}: ")
