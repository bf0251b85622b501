"""The Sources screen over the simulated pair: whole, incomplete, unreadable, asked, failing."""

import re

import pytest
from tests.run.event_source import DAY_MS, USAGES, logging, usages
from tests.tui.looking import access, going_on, lines_of, quiet, shows, text_of, until
from tests.tui.simulated import START_MS, Bench
from textual.pilot import Pilot

from keyturn.tui.app import KeyturnApp
from keyturn.tui.screens.sources import Sources
from keyturn.tui.widgets.source_list import SourceList
from keyturn_providers.abilities import Ability
from keyturn_providers.contract import (
    Check,
    Condition,
    Topic,
)
from keyturn_providers.simulated.faults import ABOUT, Effect, Fault

SIZE = (149, 44)
BOTH = ("corp-id", "corp-vault")


async def _to_the_second(pilot: Pilot[None], app: KeyturnApp) -> None:
    """The header may name a source before the list has it."""
    await until(pilot, lambda: isinstance(app.screen, Sources))
    await until(pilot, lambda: len(app.screen.query_one(SourceList).content.shown) == 2)
    await pilot.press("j")


async def _read(bench: Bench) -> None:
    await bench.engine.refresh(lambda _event: None, lambda: False)


def _unwrapped(app: KeyturnApp) -> str:
    """The right side of the screen as one line, for words that may wrap anywhere."""
    parts = [line.rpartition("││")[2].strip("│┃ ") for line in lines_of(app)]
    return " ".join(" ".join(parts).split())


async def test_nothing_read_yet_says_what_to_press(empty_bench: Bench) -> None:
    app = empty_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("6")
        await shows(pilot, "Nothing has been read yet. r reads both sources.")
        await pilot.press("r")
        await shows(pilot, "✓ complete")
        assert isinstance(app.screen, Sources)


async def test_a_complete_source_is_shown_with_its_proof(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("6")
        for name in BOTH:
            await shows(pilot, f"? {name} ")
        await shows(pilot, "invariants passed")
        await quiet(pilot, app)
        assert isinstance(app.screen, Sources)
        assert app.screen.copied().what in BOTH
        assert "invariants passed" in app.screen.copied().text
        text = text_of(app)

        assert len(re.findall(r"corp-\w+ +0s +✓ complete +not asked", text)) == 2
        assert "incomplete" not in text
        assert "16 accounts, 3 groups" in text
        assert "0 unreadable" in text
        assert "4 of 4 pages, 16 of 16 records" in text
        assert "tenant tenant-directory" in text
        await _to_the_second(pilot, app)
        await shows(pilot, "17 accounts, 4 groups, 3 vaults")
        assert "tenant tenant-directory" not in text_of(app)
        await pilot.press("k")
        await shows(pilot, "tenant tenant-directory")


@pytest.mark.parametrize(
    ("effect", "words"),
    [
        (Effect.NO_PROOF, "ended without proof"),
        (Effect.NOT_ALLOWED, "the token may not do this"),
        (Effect.BAD_ANSWER, "the answer does not have"),
    ],
)
async def test_an_incomplete_listing_is_named_with_its_error(
    empty_bench: Bench, effect: Effect, words: str
) -> None:
    fault = Fault(effect, Ability.LIST_GRANTS, target="v-billing", times=None)
    empty_bench.pair.secrets.faults.add(fault)
    await _read(empty_bench)
    app = empty_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("6")
        await shows(pilot, "✗ incomplete")
        await _to_the_second(pilot, app)
        await shows(pilot, "✗ grants of v-billing: ")
        await quiet(pilot, app)
        text = _unwrapped(app)

        assert "✗ grants of v-billing: " in text
        assert words in text
        assert "grants of v-platform: " not in text
        assert "✓ complete" in text  # the other source is still shown for what it is
        assert "incomplete" in lines_of(app)[0]


async def test_records_nobody_could_read_are_counted_and_listed(empty_bench: Bench) -> None:
    remote = empty_bench.pair.directory.faults
    remote.add(Fault(Effect.ODD_RECORD, Ability.LIST_ACCOUNTS, page=2))
    remote.add(Fault(Effect.NAMELESS_RECORD, Ability.LIST_ACCOUNTS, page=3))
    await _read(empty_bench)
    app = empty_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("6")
        await shows(pilot, "2 unreadable")
        await quiet(pilot, app)

        assert "? accounts: it has no name" in text_of(app)
        assert "? accounts: it has no id" in text_of(app)


async def test_the_archive_of_events_is_one_line_with_its_gaps(empty_bench: Bench) -> None:
    log = logging(empty_bench.pair)
    empty_bench.pair.secrets.remote.page_size = 500
    log.add(USAGES, usages(1, 1_200, at_ms=START_MS - 10 * DAY_MS))
    await _read(empty_bench)
    empty_bench.watch.at_ms += 20 * DAY_MS
    log.add(USAGES, usages(1_201, 1_201, at_ms=empty_bench.watch.at_ms - 600_000))
    log.forget(USAGES, empty_bench.watch.at_ms - DAY_MS)
    # Forgotten before they were read: a gap.
    log.refuse_positions()
    await _read(empty_bench)
    app = empty_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("6")
        await _to_the_second(pilot, app)
        await shows(pilot, "events archived: 1,201 since 5 Jan 2027,")
        await quiet(pilot, app)
        text = _unwrapped(app)
        assert "newest 10 min ago; gap 15 Jan – 3 Feb 2027 in item usages" in text
        assert text_of(app).count("events archived") == 1


async def test_a_stream_that_fails_is_named_with_its_reason(empty_bench: Bench) -> None:
    logging(empty_bench.pair)
    fault = Fault(Effect.NOT_ALLOWED, Ability.STREAM_EVENTS, target=USAGES, times=None)
    empty_bench.pair.secrets.faults.add(fault)
    app = empty_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("6", "r")
        await _to_the_second(pilot, app)
        await shows(pilot, "events archived: none yet")
        await shows(pilot, "! item usages never archived: could not archive")
        await quiet(pilot, app)
        assert "the token may not do this" in _unwrapped(app)


async def test_checking_asks_both_sources_who_keyturn_is(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("6")
        await shows(pilot, "asks both sources who keyturn is there")
        await pilot.press("c")
        await shows(pilot, "simulated, directory at simulated:corp-id, tenant")
        await shows(pilot, "asked just now")
        await quiet(pilot, app)
        text = _unwrapped(app)
        assert "can add membership, list accounts" in text
        assert "read an account's sessions" in text.partition("cannot ")[2]
        await _to_the_second(pilot, app)
        await shows(pilot, "simulated, secrets at simulated:corp-vault")
        await shows(pilot, "asked just now; keyturn is keyturn there")


async def test_the_worst_check_comes_first_and_marks_the_source(read_bench: Bench) -> None:
    read_bench.pair.directory.checks = (
        Check(Topic.REACH, Condition.WELL, "idp", "It answered in 3 ms."),
        Check(Topic.SCOPE, Condition.WELL, "users.read", "Granted."),
        Check(Topic.TOKEN, Condition.UNKNOWN, "idp", "It tells no end."),
        Check(Topic.SCOPE, Condition.UNKNOWN, "users.manage", "Shows when it is used."),
        Check(Topic.SCOPE, Condition.UNKNOWN, "groups.manage", "Shows when it is used."),
        Check(Topic.CERTIFICATE, Condition.WATCH, "idp", "It ends in 9 days."),
        Check(Topic.SCOPE, Condition.WRONG, "logs.read", "Not granted.", "the audit log"),
        Check(Topic.RATE, Condition.WELL, "idp", "41 of 60 requests left."),
    )
    read_bench.pair.secrets.checks = (Check(Topic.REACH, Condition.WELL, "bao", "It answered."),)
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("6", "c")
        await shows(pilot, "1 wrong, 1 to watch, 3 not known, 3 well")
        await quiet(pilot, app)
        text = text_of(app)
        order = [
            "! wrong    scope         logs.read: Not granted.",
            "lost: the audit log",
            "~ watch    certificate   idp: It ends in 9 days.",
            "? unknown  token         idp: It tells no end.",
            "? unknown  scope         users.manage, groups.manage: Shows when it is used.",
            "= well     reachability  idp: It answered in 3 ms.",
            "= well     scope         users.read: there.",
            "Rate budget",
            "= idp: 41 of 60 requests left.",
        ]
        places = [text.index(words) for words in order]
        assert places == sorted(places)
        assert re.search(r"! corp-id .*1 wrong", text)
        assert re.search(r"= corp-vault .*all well", text)


async def test_what_was_asked_is_still_there_when_one_comes_back(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("6", "c")
        await shows(pilot, "asked just now")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is access(app))
        read_bench.watch.at_ms += 5 * 60_000
        await pilot.press("6")
        await shows(pilot, "asked 5m ago")


async def test_a_source_that_cannot_be_asked_does_not_hide_the_other(read_bench: Bench) -> None:
    read_bench.pair.directory.faults.add(Fault(Effect.NOT_AUTHENTICATED, ABOUT))
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("6", "c")
        await shows(pilot, "! wrong    the token is wrong or has expired")
        await shows(pilot, "next: Make a new token")
        await quiet(pilot, app)
        assert re.search(r"! corp-id .*no answer", text_of(app))
        await _to_the_second(pilot, app)
        await shows(pilot, "simulated, secrets at simulated:corp-vault")
        assert not going_on(app)


async def test_a_small_screen_has_the_list_above_and_pages_through_the_source(
    read_bench: Bench,
) -> None:
    app = read_bench.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("6", "c")
        await shows(pilot, "asked just now")
        await pilot.press("G")
        await until(pilot, lambda: "tenant tenant-directory" not in text_of(app))
        await shows(pilot, "cannot")
        await _to_the_second(pilot, app)
        await shows(pilot, "tenant tenant-secrets")  # another source begins at its top
        await pilot.press("space")
        await until(pilot, lambda: "tenant tenant-secrets" not in text_of(app))
        await pilot.press("g")
        await shows(pilot, "tenant tenant-secrets")


async def test_a_refresh_that_fails_keeps_what_was_seen_and_says_why(read_bench: Bench) -> None:
    read_bench.pair.secrets.faults.add(Fault(Effect.UNREACHABLE, ABOUT, times=None))
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("6")
        await shows(pilot, "invariants passed")
        await pilot.press("r")
        await shows(pilot, "the connection was refused")
        await shows(pilot, "Check the address and the network")
        await quiet(pilot, app)  # the list follows the header
        assert "16 accounts, 3 groups" in text_of(app)
        assert re.search(r"! corp-vault +\S+ +! old", text_of(app))
        await pilot.press("escape")
        await until(pilot, lambda: "esc dismisses" not in text_of(app))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is access(app))


async def test_the_last_requests_are_shown_as_they_are_made(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("6")
        await shows(pilot, "invariants passed")
        await pilot.press("r")
        await shows(pilot, "corp-id: complete")
        await quiet(pilot, app)
        await shows(pilot, "Last requests")
        await until(pilot, lambda: "corp-vault  " in text_of(app).split("Last requests")[1])


async def test_a_source_not_read_whole_for_too_long_is_told(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("6")
        await shows(pilot, "last read whole 0s ago; limits.silence allows 24 h")
        read_bench.watch.at_ms += DAY_MS + DAY_MS // 24
        app.data_changed()
        await shows(pilot, "! corp-id was last read whole 25 h ago; limits.silence allows 24 h.")
