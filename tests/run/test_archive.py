"""Archiving event streams: everything once, whatever repeats, fails, lags, is refused or lost."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.run.archiving import Archive, numbered
from tests.run.conftest import START_MS, Seen, Watch
from tests.run.event_source import AUDIT, DAY_MS, USAGES, audits, logging, usages

from keyturn.run.archive import archive
from keyturn.run.archive_report import ArchiveReport
from keyturn.run.connections import Connections
from keyturn.run.progress import ArchiveProgress, StreamDone, never
from keyturn_providers.abilities import Ability, StreamsEvents
from keyturn_providers.contract import Connector
from keyturn_providers.errors import ReadOnly
from keyturn_providers.registry import check
from keyturn_providers.simulated import ABOUT, Effect, EventLog, Fault, Pair
from keyturn_storage.journal import Journal, open_journal
from keyturn_storage.queries.events import events_of_user, items_used

PAGE_FAULTS = (
    Effect.UNREACHABLE,
    Effect.THROTTLED,
    Effect.NOT_ALLOWED,
    Effect.NOT_AUTHENTICATED,
    Effect.BAD_ANSWER,
)


@pytest.fixture
def log(pair: Pair) -> EventLog:
    return logging(pair)


@pytest.fixture
def archived(data: Path, connections: Connections, watch: Watch, seen: Seen) -> Archive:
    return Archive(connections, data / "journal.db", watch, seen)


async def test_without_streams_there_is_no_archive_and_no_journal(archived: Archive) -> None:
    report = await archived.run()
    assert report == ArchiveReport()
    assert report.well
    assert not archived.path.exists()


async def test_the_double_is_what_it_says_it_is(pair: Pair, log: EventLog) -> None:
    for audited in (True, False):
        for connector in (pair.directory, pair.secrets):
            one = replace(connector, log=log, audited=audited)
            check(await one.about(), one.reader(), one.writer())
            assert isinstance(one.reader(), StreamsEvents)


async def test_everything_there_is_comes_in_pages_and_then_only_what_is_new(
    archived: Archive, log: EventLog
) -> None:
    log.add(USAGES, usages(1, 7, at_ms=START_MS - DAY_MS))
    log.add(AUDIT, audits(1, 2, at_ms=START_MS - DAY_MS))
    report = await archived.run()
    assert [(one.stream, one.events, one.pages, one.whole) for one in report.streams] == [
        (AUDIT, 2, 1, True),
        (USAGES, 7, 3, True),
    ]
    assert report.streams[1].words == "7 new events archived"
    log.add(USAGES, usages(8, 8, at_ms=START_MS))
    again = await archived.run()
    assert [(one.stream, one.events, one.repeated) for one in again.streams] == [
        (AUDIT, 0, 0),
        (USAGES, 1, 0),
    ]
    assert [one.words for one in again.streams] == ["nothing new", "1 new event archived"]
    assert [name for name in archived.ids() if name.startswith("u")] == numbered(1, 8)
    assert log.asked[2:] == [(AUDIT, "1:2"), (USAGES, "1:7")]


async def test_both_sources_are_archived(archived: Archive, pair: Pair, log: EventLog) -> None:
    pair.directory.log = EventLog(names=("system log",))
    pair.directory.log.add("system log", usages(1, 2, at_ms=START_MS))
    log.add(USAGES, usages(1, 4, at_ms=START_MS))
    report = await archived.run()
    assert {(one.source, one.stream): one.events for one in report.streams} == {
        ("corp-id", "system log"): 2,
        ("corp-vault", AUDIT): 0,
        ("corp-vault", USAGES): 4,
    }
    assert {one.source for one in report.coverage} == {"corp-id", "corp-vault"}


async def test_progress_is_told_page_by_page(archived: Archive, log: EventLog, seen: Seen) -> None:
    log.add(USAGES, usages(1, 5, at_ms=START_MS))
    await archived.run()
    pages = [one for one in seen.events if isinstance(one, ArchiveProgress)]
    assert [(one.events, one.pages) for one in pages if one.stream == USAGES] == [(3, 1), (5, 2)]
    done = [one for one in seen.events if isinstance(one, StreamDone)]
    assert [(one.stream, one.whole) for one in done] == [(AUDIT, True), (USAGES, True)]


@pytest.mark.parametrize("effect", PAGE_FAULTS)
@pytest.mark.parametrize("page", [1, 2, 3])
async def test_a_stream_that_dies_keeps_its_pages_and_goes_on_from_there(
    archived: Archive, pair: Pair, log: EventLog, effect: Effect, page: int
) -> None:
    log.add(USAGES, usages(1, 8, at_ms=START_MS - DAY_MS))
    log.add(AUDIT, audits(1, 4, at_ms=START_MS - DAY_MS))
    pair.secrets.faults.add(Fault(effect, Ability.STREAM_EVENTS, target=USAGES, page=page))
    report = await archived.run()

    assert not report.well
    (failed,) = report.failed
    assert (failed.stream, failed.events) == (USAGES, (page - 1) * 3)
    assert "not archived to the end" in failed.words
    assert [one.events for one in report.streams if one.stream == AUDIT] == [4]
    assert archived.covered().error == failed.failure
    assert archived.covered(AUDIT).error == ""

    again = await archived.run()
    assert again.well
    assert [one.repeated for one in again.streams] == [0, 0]
    assert [name for name in archived.ids() if name.startswith("u")] == numbered(1, 8)
    assert archived.covered().error == ""


async def test_the_first_stream_failing_does_not_stop_the_second(
    archived: Archive, pair: Pair, log: EventLog
) -> None:
    log.add(USAGES, usages(1, 2, at_ms=START_MS))
    fault = Fault(Effect.NOT_AUTHENTICATED, Ability.STREAM_EVENTS, target=AUDIT, times=None)
    pair.secrets.faults.add(fault)
    report = await archived.run()
    assert [one.stream for one in report.failed] == [AUDIT]
    assert archived.ids() == numbered(1, 2)


async def test_a_source_that_cannot_be_asked_is_told_and_stops_nothing(
    archived: Archive, pair: Pair, log: EventLog
) -> None:
    pair.directory.log = EventLog(names=("system log",))
    log.add(USAGES, usages(1, 2, at_ms=START_MS))
    await archived.run()
    log.add(USAGES, usages(3, 4, at_ms=START_MS + DAY_MS))
    pair.directory.faults.add(Fault(Effect.UNREACHABLE, ABOUT))
    report = await archived.run()
    assert [(one.source, one.stream) for one in report.failed] == [("corp-id", "system log")]
    assert "refused" in archived.covered("system log").error
    assert archived.ids() == numbered(1, 4)


async def test_a_stream_that_ends_without_saying_so_is_not_whole(
    archived: Archive, pair: Pair, log: EventLog
) -> None:
    log.add(USAGES, usages(1, 8, at_ms=START_MS))
    pair.secrets.faults.add(Fault(Effect.NO_PROOF, Ability.STREAM_EVENTS, target=USAGES, page=2))
    report = await archived.run()
    cut = report.streams[1]
    assert (cut.whole, cut.events, cut.failure) == (False, 6, "")
    assert "the rest comes with the next refresh" in cut.words
    assert archived.covered().behind
    await archived.run()
    assert archived.ids() == numbered(1, 8)
    assert not archived.covered().behind


async def test_repeated_events_are_archived_once(
    archived: Archive, pair: Pair, log: EventLog
) -> None:
    log.add(USAGES, usages(1, 8, at_ms=START_MS))
    fault = Fault(Effect.DUPLICATES, Ability.STREAM_EVENTS, target=USAGES, times=None)
    pair.secrets.faults.add(fault)
    report = await archived.run()
    assert (report.streams[1].events, report.streams[1].repeated) == (8, 5)
    assert archived.ids() == numbered(1, 8)
    assert archived.covered().events == 8


async def test_an_event_that_comes_again_otherwise_is_counted_and_the_first_stands(
    archived: Archive, log: EventLog
) -> None:
    (first,) = usages(1, 1, at_ms=START_MS)
    log.add(USAGES, (first, replace(first, action="reveal")))
    report = await archived.run()
    assert report.streams[1].differing == 1
    assert "1 came again with another content" in report.streams[1].words
    with open_journal(archived.path) as journal:
        assert [one.action for one in events_of_user(journal, "s-001")] == ["fill"]


async def test_late_events_are_archived_with_their_own_times(
    archived: Archive, log: EventLog
) -> None:
    log.add(USAGES, usages(4, 6, at_ms=START_MS - DAY_MS))
    await archived.run()
    log.add(USAGES, usages(1, 2, at_ms=START_MS - 2 * DAY_MS))
    await archived.run()
    assert archived.ids() == ["u1", "u2", "u4", "u5", "u6"]
    assert archived.covered().oldest_ms == START_MS - 2 * DAY_MS


async def test_only_so_many_pages_at_a_time_the_rest_next_time(
    archived: Archive, log: EventLog
) -> None:
    log.add(USAGES, usages(1, 14, at_ms=START_MS - DAY_MS))
    counts, wholes = [], []
    for _ in range(3):
        report = await archived.run(max_pages=2)
        counts.append(report.streams[1].events)
        wholes.append(report.streams[1].whole)
        assert report.well
    assert counts == [6, 6, 2]
    assert wholes == [False, False, True]
    assert archived.ids() == numbered(1, 14)


async def test_a_stop_between_pages_keeps_what_is_there(archived: Archive, log: EventLog) -> None:
    log.add(USAGES, usages(1, 9, at_ms=START_MS))
    log.add(AUDIT, audits(1, 9, at_ms=START_MS))

    def stop() -> bool:
        return any(isinstance(event, ArchiveProgress) for event in archived.seen.events)

    report = await archived.run(stop=stop)
    assert [(one.stream, one.events, one.failure) for one in report.streams] == [
        (AUDIT, 3, ""),
        (USAGES, 0, ""),
    ]
    archived.seen.events.clear()
    assert [one.events for one in (await archived.run()).streams] == [6, 9]


async def test_a_stop_before_anything_opens_nothing(archived: Archive, log: EventLog) -> None:
    assert await archived.run(stop=lambda: True) == ArchiveReport()
    assert not archived.path.exists()
    assert log.asked == []


async def test_read_only_archives_as_well(archived: Archive, pair: Pair, log: EventLog) -> None:
    log.add(USAGES, usages(1, 2, at_ms=START_MS))
    secrets: Connector = replace(pair.secrets, read_only=True)
    with pytest.raises(ReadOnly):
        secrets.writer()
    archived.connections = Connections(
        replace(pair.directory, read_only=True), secrets, read_only=True
    )
    assert (await archived.run()).streams[1].events == 2


async def test_another_process_at_the_same_stream_is_no_failure(
    archived: Archive, pair: Pair, log: EventLog
) -> None:
    log.add(USAGES, usages(1, 6, at_ms=START_MS))
    other = Archive(archived.connections, archived.path, Watch(), Seen())

    async def first_the_other() -> None:
        pair.secrets.remote.at = before
        assert (await other.run()).well

    before = pair.secrets.remote.at
    began = False

    async def at(moment: object) -> None:
        nonlocal began
        if not began and getattr(moment, "target", "") == USAGES:
            began = True
            await first_the_other()

    pair.secrets.remote.at = at
    report = await archived.run()
    assert began
    assert report.well
    (mine,) = (one for one in report.streams if one.stream == USAGES)
    assert (mine.events, mine.whole) == (0, False)
    assert "another keyturn is archiving it as well" in mine.words
    assert archived.ids() == numbered(1, 6)
    assert archived.covered().error == ""


async def test_another_tenant_under_the_same_name_is_not_mixed_in(
    archived: Archive, pair: Pair, log: EventLog
) -> None:
    log.add(USAGES, usages(1, 2, at_ms=START_MS))
    await archived.run()
    pair.secrets.tenant.source = replace(pair.secrets.tenant.source, tenant="somebody else's")
    log.add(USAGES, usages(3, 4, at_ms=START_MS))
    report = await archived.run()
    assert [one.stream for one in report.failed] == [AUDIT, USAGES]
    assert "now leads to" in report.failed[0].failure
    assert archived.ids() == numbered(1, 2)


async def test_a_journal_that_takes_nothing_is_told_and_raises_nothing(
    archived: Archive, log: EventLog
) -> None:
    log.add(USAGES, usages(1, 2, at_ms=START_MS))
    archived.path.write_text("not a database, but quite some text" * 100)
    archived.path.chmod(0o600)
    report = await archive(
        archived.connections, lambda: open_journal(archived.path),
        observe=archived.seen, stop=never, clock=archived.watch.clock,
    )  # fmt: skip
    assert not report.well
    assert "not a keyturn database" in report.failure


async def test_a_full_disk_stops_each_stream_with_its_reason(
    archived: Archive, log: EventLog
) -> None:
    log.add(AUDIT, audits(1, 1, at_ms=START_MS))
    await archived.run()
    big = replace(usages(1, 1, at_ms=START_MS)[0], raw="x" * 500_000)
    log.add(USAGES, (big,))

    def full() -> Journal:
        journal = open_journal(archived.path)
        pages = journal.connection.execute("pragma page_count").fetchone()[0]
        journal.connection.execute(f"pragma max_page_count = {pages + 2}")
        return journal

    report = await archive(
        archived.connections, full, observe=archived.seen, stop=never, clock=archived.watch.clock
    )
    assert [one.stream for one in report.failed] == [USAGES]
    assert "disk is full" in report.failed[0].failure
    assert (await archived.run()).streams[1].events == 1


async def test_what_a_leaver_used_can_be_asked(archived: Archive, log: EventLog) -> None:
    log.add(USAGES, usages(1, 4, at_ms=START_MS))
    await archived.run()
    with open_journal(archived.path, read_only=True) as journal:
        found = items_used(journal, "s-001")
    assert [(one.item_id, one.times) for one in found] == [("i1", 2), ("i0", 1), ("i2", 1)]
