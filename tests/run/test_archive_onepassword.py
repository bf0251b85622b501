"""Archiving 1Password's event streams through its connector, from an account that is served."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.providers.simulated_onepassword.small_tenant import BILLING, DANA, LEA, PROD, SMALL

from keyturn.run.archive import archive
from keyturn.run.archive_report import ArchiveReport, StreamReport
from keyturn.run.clock import Clock
from keyturn.run.connections import Connections
from keyturn.run.progress import never, unobserved
from keyturn_providers.contract import Surroundings
from keyturn_providers.onepassword import PROVIDER, OnePasswordSettings
from keyturn_providers.simulated import simulated_pair
from keyturn_providers.simulated.onepassword import inspection
from keyturn_providers.simulated.onepassword.events_api import events_app
from keyturn_providers.simulated.onepassword.schema import create
from keyturn_providers.simulated.onepassword.seeding import seed
from keyturn_providers.simulated.onepassword.seeds import ItemUsage, SignIn
from keyturn_providers.simulated.wire.faults import Fault, Kind, put
from keyturn_providers.simulated.wire.serving import serve_in_thread
from keyturn_storage.journal import open_journal
from keyturn_storage.queries.coverage import coverage
from keyturn_storage.queries.events import Within, events_of_user, items_used_count
from keyturn_storage.stream_rows import StreamCoverage

USAGES, SIGN_INS = "item usages", "sign-in attempts"
DAY_MS = 86_400_000
BY_NOW, LATER = 2_300, 40
"""More than two pages of item usages that can be seen now; some more that can in five days."""


@dataclass(frozen=True, slots=True)
class Tenant:
    """An account with its events surface served, and where its events are archived."""

    path: Path
    url: str
    journal: Path

    def set(self, **switches: bool) -> None:
        for name, value in switches.items():
            inspection.set_switch(self.path, name, value)

    async def archive(self, *, max_pages: int = 200) -> ArchiveReport:
        told = {"events": {"token_env": "E", "url": self.url}}
        token = SecretStr(inspection.events_token(self.path, self.url))
        around = Surroundings(secret=lambda: token, secret_of=lambda _: token, read_only=True)
        settings = OnePasswordSettings.model_validate(told)
        connector = PROVIDER.open("1password", settings, around)
        try:
            report = await archive(
                Connections(simulated_pair(people=4).directory, connector, read_only=True),
                lambda: open_journal(self.journal),
                observe=unobserved,
                stop=never,
                clock=Clock(lambda: inspection.now_ms(self.path), asyncio.sleep),
                max_pages=max_pages,
            )
        finally:
            await connector.aclose()
        with open_journal(self.journal) as journal:
            assert journal.verify_chain().unbroken
        return report

    def archived(self, stream: str) -> StreamCoverage:
        with open_journal(self.journal, read_only=True) as journal:
            (found,) = (one for one in coverage(journal) if one.stream == stream)
        return found

    def dana(self) -> int:
        """How many events of Dana there are, each by an id of its own."""
        with open_journal(self.journal, read_only=True) as journal:
            found = events_of_user(journal, DANA, Within(limit=100_000))
        assert len({(one.stream, one.id) for one in found}) == len(found)
        return len(found)


@pytest.fixture
def tenant(tmp_path: Path) -> Iterator[Tenant]:
    path, data = tmp_path / "1password.db", tmp_path / "data"
    data.mkdir(mode=0o700)
    create(path)
    now_ms = time.time_ns() // 1_000_000
    begin_ms = now_ms - 10 * DAY_MS
    usages = [
        ItemUsage(
            begin_ms + number * 60_000, DANA, (PROD, BILLING)[number % 2], f"item{number % 9}"
        )
        for number in range(BY_NOW)
    ]
    usages += [
        ItemUsage(now_ms + 5 * DAY_MS + number, DANA, PROD, f"item{number % 9}")
        for number in range(LATER)
    ]
    attempts = (SignIn(begin_ms, LEA), SignIn(begin_ms + 1, DANA))
    seed(path, replace(SMALL, item_usages=tuple(usages), sign_ins=attempts))
    with serve_in_thread([(events_app(path), 0)]) as (url,):
        yield Tenant(path, url, data / "journal.db")


def _of(report: ArchiveReport, stream: str) -> StreamReport:
    (found,) = (one for one in report.streams if one.stream == stream)
    return found


async def test_every_stream_is_archived_once_with_repeats_and_empty_pages(tenant: Tenant) -> None:
    tenant.set(duplicates=True, empty_pages=True)
    report = await tenant.archive()
    assert report.well, [one.words for one in report.streams]
    assert all(one.whole for one in report.streams)
    assert (_of(report, USAGES).events, _of(report, SIGN_INS).events) == (BY_NOW, 2)
    assert tenant.dana() == BY_NOW + 1
    with open_journal(tenant.journal, read_only=True) as journal:
        assert items_used_count(journal, DANA) == 18
    assert [one.events for one in (await tenant.archive()).streams if one.stream == USAGES] == [0]


async def test_so_many_pages_at_a_time_come_together_to_everything(tenant: Tenant) -> None:
    tenant.set(duplicates=True)
    runs = 0
    while not (report := await tenant.archive(max_pages=1)).streams[1].whole and runs < 9:
        runs += 1
    assert [one.stream for one in report.streams][1] == USAGES
    assert runs >= 2
    assert tenant.dana() == BY_NOW + 1


async def test_a_refused_cursor_loses_and_doubles_nothing(tenant: Tenant) -> None:
    await tenant.archive()
    inspection.advance(tenant.path, 6 * DAY_MS / 1000)
    tenant.set(cursors_refused=True)
    report = await tenant.archive()
    assert report.well, [one.words for one in report.streams]
    assert _of(report, USAGES).events == LATER
    assert tenant.archived(USAGES).gaps == ()
    assert tenant.dana() == BY_NOW + LATER + 1


async def test_a_page_that_is_garbage_stops_its_stream_only_until_next_time(tenant: Tenant) -> None:
    put(tenant.path, Fault(Kind.GARBAGE, path="*itemusages", skip=1))
    report = await tenant.archive()
    assert [one.stream for one in report.failed] == [USAGES]
    assert _of(report, USAGES).events == 1_000
    assert _of(report, SIGN_INS).whole
    assert tenant.archived(USAGES).error != ""
    again = await tenant.archive()
    assert again.well
    assert _of(again, USAGES).events == BY_NOW - 1_000
    assert tenant.dana() == BY_NOW + 1


@pytest.mark.parametrize("refused", [False, True])
async def test_what_was_not_read_for_longer_than_120_days_is_a_gap_told_once(
    tenant: Tenant, *, refused: bool
) -> None:
    await tenant.archive()
    before_ms = inspection.now_ms(tenant.path)
    inspection.advance(tenant.path, 140 * DAY_MS / 1000)
    tenant.set(cursors_refused=refused)
    report = await tenant.archive()
    assert len(_of(report, USAGES).gaps) == 1
    tenant.set(cursors_refused=False)
    for _ in range(2):
        assert _of(await tenant.archive(), USAGES).gaps == ()
    (gap,) = tenant.archived(USAGES).gaps
    assert gap.from_ms is not None
    assert abs(gap.from_ms - before_ms) < 3_600_000
    assert abs(gap.until_ms - (before_ms + 20 * DAY_MS)) < 3_600_000
    assert tenant.dana() == BY_NOW + 1, "the forty of the fifth day are forgotten"


async def test_a_quiet_stream_that_is_read_has_no_gap(tenant: Tenant) -> None:
    for _ in range(4):
        report = await tenant.archive()
        assert _of(report, SIGN_INS).gaps == ()
        inspection.advance(tenant.path, 60 * DAY_MS / 1000)
    assert tenant.archived(SIGN_INS).gaps == ()
