"""What can be lost for ever is a gap, told once; what only comes again, late or anew is none."""

from pathlib import Path

import pytest
from tests.run.archiving import Archive, numbered
from tests.run.conftest import START_MS, Seen, Watch
from tests.run.event_source import DAY_MS, USAGES, logging, usages

from keyturn.run.connections import Connections
from keyturn_providers.abilities import Ability
from keyturn_providers.simulated import Effect, EventLog, Fault, Pair


@pytest.fixture
def log(pair: Pair) -> EventLog:
    return logging(pair)


@pytest.fixture
def archived(data: Path, connections: Connections, watch: Watch, seen: Seen) -> Archive:
    return Archive(connections, data / "journal.db", watch, seen)


async def test_a_refused_position_starts_anew_without_loss_or_double(
    archived: Archive, log: EventLog
) -> None:
    log.add(USAGES, usages(1, 5, at_ms=archived.watch.at_ms - 5 * 60_000))
    await archived.run()
    log.refuse_positions()
    log.add(USAGES, usages(6, 7, at_ms=archived.watch.at_ms))
    report = await archived.run()
    assert (report.streams[1].events, report.streams[1].gaps) == (2, ())
    assert archived.ids() == numbered(1, 7)
    assert archived.covered().gaps == ()


async def test_what_the_source_forgot_is_a_gap_from_the_last_reading(
    archived: Archive, log: EventLog
) -> None:
    log.add(USAGES, usages(1, 5, at_ms=START_MS - DAY_MS))
    await archived.run()
    read_ms = archived.watch.at_ms
    archived.watch.at_ms += 10 * DAY_MS
    log.add(USAGES, usages(6, 9, at_ms=read_ms + DAY_MS))
    log.add(USAGES, usages(10, 12, at_ms=read_ms + 8 * DAY_MS))
    log.forget(USAGES, read_ms + 7 * DAY_MS)
    report = await archived.run()

    assert report.well
    (gap,) = archived.covered().gaps
    assert report.streams[1].gaps == (gap.words,)
    assert f"lost: {gap.words.rstrip('.')}" in report.streams[1].words
    assert gap.from_ms is not None
    assert read_ms - 1_000 < gap.from_ms <= read_ms
    assert gap.until_ms == read_ms + 7 * DAY_MS
    assert archived.ids()[-3:] == ["u10", "u11", "u12"]
    await archived.run()
    assert archived.covered().gaps == (gap,), "a gap is told once"


async def test_a_refused_position_and_forgotten_events_are_a_gap_too(
    archived: Archive, log: EventLog
) -> None:
    log.add(USAGES, usages(1, 5, at_ms=START_MS - DAY_MS))
    await archived.run()
    archived.watch.at_ms += 10 * DAY_MS
    kept_from_ms = archived.watch.at_ms - 3 * DAY_MS
    log.forget(USAGES, kept_from_ms)
    log.refuse_positions()
    await archived.run()
    (gap,) = archived.covered().gaps
    assert gap.until_ms == kept_from_ms
    assert gap.from_ms is not None
    assert gap.from_ms < START_MS + DAY_MS


async def test_a_gap_whose_page_failed_is_found_again(
    archived: Archive, pair: Pair, log: EventLog
) -> None:
    log.add(USAGES, usages(1, 5, at_ms=START_MS - DAY_MS))
    await archived.run()
    archived.watch.at_ms += 10 * DAY_MS
    log.add(USAGES, usages(6, 13, at_ms=archived.watch.at_ms - 9 * DAY_MS))
    log.add(USAGES, usages(14, 20, at_ms=archived.watch.at_ms - DAY_MS))
    log.forget(USAGES, archived.watch.at_ms - 3 * DAY_MS)
    for page in (1, 2):
        fault = Fault(Effect.UNREACHABLE, Ability.STREAM_EVENTS, target=USAGES, page=page)
        pair.secrets.faults.add(fault)
        assert not (await archived.run()).well
    await archived.run()
    assert len(archived.covered().gaps) == 1
    assert archived.ids() == [*numbered(1, 5), *numbered(14, 20)]


@pytest.mark.parametrize("away_days", [29, 31, 45])
async def test_not_asking_for_longer_than_events_are_kept_is_a_gap(
    archived: Archive, pair: Pair, away_days: int
) -> None:
    log = logging(pair, kept_days=30)
    log.add(USAGES, usages(1, 2, at_ms=START_MS - DAY_MS))
    await archived.run()
    archived.watch.at_ms += away_days * DAY_MS
    report = await archived.run()
    gaps = archived.covered().gaps
    if away_days < 30:
        assert gaps == ()
        return
    assert [one.words for one in gaps] == [
        "nobody asked for longer than the 30 days that the source keeps its events."
    ]
    assert gaps[0].from_ms is not None
    length_days = (gaps[0].until_ms - gaps[0].from_ms) / DAY_MS
    assert length_days == pytest.approx(away_days - 30, abs=0.01)
    assert report.streams[1].gaps == (gaps[0].words,)
    await archived.run()
    assert len(archived.covered().gaps) == 1


async def test_a_quiet_stream_that_is_asked_has_no_gap(archived: Archive, pair: Pair) -> None:
    log = logging(pair, kept_days=30)
    log.add(USAGES, usages(1, 2, at_ms=START_MS - DAY_MS))
    for _ in range(10):
        await archived.run()
        archived.watch.at_ms += 7 * DAY_MS
    log.refuse_positions()
    log.forget(USAGES, archived.watch.at_ms - 30 * DAY_MS)
    await archived.run()
    assert archived.covered().gaps == ()


async def test_the_archive_is_whole_only_up_to_what_may_come_late(
    archived: Archive, pair: Pair, log: EventLog
) -> None:
    pair.secrets.audit_lag_s = 3_600
    await archived.run()
    covered = archived.covered()
    assert covered.whole_ms is not None
    assert covered.asked_ms is not None
    assert covered.asked_ms - covered.whole_ms == 3_600_000
