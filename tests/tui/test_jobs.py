"""The tray: what runs in the background, how far it is, and that one of it can be stopped."""

import asyncio
import threading
from collections.abc import Callable

import pytest
from tests.tui.looking import quiet, ready, shows, until
from tests.tui.simulated import Bench

from keyturn.run.progress import ListingProgress
from keyturn.tui.app import KeyturnApp
from keyturn.tui.job_board import KEPT, JobBoard
from keyturn.tui.jobs import Work
from keyturn.tui.progress_words import words_of
from keyturn.tui.waiting import COUNTING
from keyturn_providers.records import Collection


async def test_a_job_is_shown_with_its_progress_and_stopped_from_the_tray(
    read_bench: Bench,
) -> None:
    app = read_bench.app()
    stopped: list[str] = []

    async def work(observe: Callable[[object], None], stop: Callable[[], bool]) -> str:
        observe(ListingProgress("okta", Collection.ACCOUNTS, "", 50, 200, 1))
        while not stop():  # noqa: ASYNC110 - a job asks, it is not told
            await asyncio.sleep(0.005)
        return "stopped"

    async def fail(_observe: object, _stop: object) -> None:
        raise OSError("disk on fire")

    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        app.start("failing", fail, lambda _none: None)
        app.start("archiving", work, stopped.append)
        await shows(pilot, "disk on fire")
        await pilot.press("J")
        await shows(pilot, "running, 25%")
        await shows(pilot, "failed")
        await pilot.press("x")
        await until(pilot, lambda: stopped == ["stopped"])
        await shows(pilot, "ended")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.frame)


def test_lists_of_groups_and_vaults_are_counted_rather_than_the_rows_of_each() -> None:
    told = ListingProgress("okta", Collection.MEMBERSHIPS, "g7", 3, 3, 1, 7, 28)
    assert words_of(told) == "reading okta: memberships of group 7 of 28"
    assert told.share == 0.25
    users = ListingProgress("okta", Collection.ACCOUNTS, "", 2_000, 8_000, 10)
    assert words_of(users) == "reading okta: 2,000 of 8,000 accounts"
    unknown = ListingProgress("okta", Collection.ACCOUNTS, "", 50, None, 1)
    assert (words_of(unknown), unknown.share) == ("reading okta: 50 accounts", None)


def test_only_the_newest_that_have_ended_are_kept_and_all_that_run() -> None:
    board = JobBoard(lambda: 0)
    board.begin("long")
    for number in range(KEPT + 5):
        board.begin(f"job {number}")
        board.end(f"job {number}", None)
    board.end("never begun", None)
    board.moved("never begun", object(), "words")

    rows = list(board.rows())

    assert rows[0].cells[:2] == ("long", "running")
    assert len(rows) <= KEPT + 2
    assert rows[1].label == f"job {KEPT + 4}"


async def test_a_job_that_goes_on_already_is_named_as_it_is(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await quiet(pilot, app)
        gate = threading.Event()

        async def waits(_observe: object, _stop: object) -> None:
            await asyncio.to_thread(gate.wait, 5)

        assert app.start("planning for Dana Okafor", waits, lambda _: None)
        assert not app.start("planning for Dana Okafor", waits, lambda _: None)
        await shows(pilot, "Planning for Dana Okafor is going on already.")
        gate.set()
        await until(pilot, lambda: "planning for Dana Okafor" not in app.jobs.running())


async def test_keyturn_can_be_left_from_a_list_in_front(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await quiet(pilot, app)
        await pilot.press("J")
        await shows(pilot, "esc closes")
        await pilot.press("ctrl+q")
        await until(pilot, lambda: app._exit)


def test_a_whole_listing_is_not_a_whole_job() -> None:
    board = JobBoard(lambda: 0)
    board.begin("reading")
    board.moved("reading", ListingProgress("okta", Collection.ACCOUNTS, "", 7, 8, 1), "")
    assert next(board.rows()).cells[1] == "running, 88%"
    board.moved("reading", ListingProgress("okta", Collection.ACCOUNTS, "", 8, 8, 1), "")
    assert next(board.rows()).cells[1] == "running"


async def test_leaving_is_asked_about_what_goes_on_now(read_bench: Bench) -> None:
    app = read_bench.app()
    ends = {name: threading.Event() for name in ("applying the plan", "looking again")}

    def work(name: str) -> Work[None]:
        async def until_it_may_end(_observe: object, _stop: object) -> None:
            await asyncio.to_thread(ends[name].wait, 30)

        return until_it_may_end

    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        for name in ends:
            app.start(name, work(name), lambda _none: None)
        await pilot.press("q")
        await shows(pilot, "Still going on: applying the plan, looking again.")
        ends["applying the plan"].set()
        await shows(pilot, "Still going on: looking again.")
        ends["looking again"].set()
        await shows(pilot, "What went on has ended. q leaves.")
        assert app.screen is app.frame
        assert not app._exit


def _suspended(app: KeyturnApp, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A word for each time it would go to the shell, where no terminal is."""
    found: list[str] = []
    monkeypatch.setattr(app, "action_suspend_process", lambda: found.append("suspended"))
    return found


async def test_ctrl_z_goes_to_the_shell_also_while_something_is_typed(
    read_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = read_bench.app()
    suspended = _suspended(app, monkeypatch)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        for key in ("ctrl+k", "slash", "question_mark"):
            await pilot.press(key, "ctrl+z", "escape")
        await until(pilot, lambda: len(suspended) == 3)


async def test_nothing_that_runs_is_suspended(
    read_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = read_bench.app()
    suspended = _suspended(app, monkeypatch)

    async def work(_observe: object, stop: Callable[[], bool]) -> None:
        while not stop():  # noqa: ASYNC110 - a job asks, it is not told
            await asyncio.sleep(0.005)

    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        app.start("applying the plan", work, lambda _none: None)
        await pilot.press("ctrl+z")
        await shows(pilot, "Suspend: not while something is going on: applying the plan.")
        assert not suspended
        await pilot.press("x")
        await quiet(pilot, app)
        await pilot.press("ctrl+z")
        await until(pilot, lambda: suspended)


async def test_a_job_goes_on_until_what_it_gave_has_been_heard(read_bench: Bench) -> None:
    app = read_bench.app()
    given: list[str] = []

    async def quick(_observe: object, _stop: object) -> str:
        return "given"

    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        assert app.start("reading", quick, given.append)
        assert app.jobs.join(10)  # its thread is at its end, and the app has not heard of it yet
        assert app.jobs.running() == ("reading",)
        assert not app.start("reading", quick, given.append)
        assert app.jobs.stop() == ()
        await quiet(pilot, app)
        assert given == ["given"]


async def test_the_key_that_stops_leaves_alone_what_nobody_asked_for(read_bench: Bench) -> None:
    app, go_on = read_bench.app(), threading.Event()
    stopped: list[bool] = []

    async def count(_observe: object, stop: Callable[[], bool]) -> None:
        await asyncio.to_thread(go_on.wait, 30)
        stopped.append(stop())

    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        app.start(COUNTING, count, lambda _none: None, quiet=True)
        await pilot.press("x")
        await shows(pilot, "Nothing is running.")
        go_on.set()
        await until(pilot, lambda: stopped)
        assert stopped == [False]
        await quiet(pilot, app)
