"""What the note line says of a job stays for as long as the job goes on."""

import asyncio
from collections.abc import Callable

from tests.tui.looking import ready, until
from tests.tui.simulated import Bench

from keyturn.run.progress import ListingProgress
from keyturn_providers.records import Collection


async def _until_stopped(_observe: object, stop: Callable[[], bool]) -> None:
    while not stop():  # noqa: ASYNC110 - a job asks, it is not told
        await asyncio.sleep(0.005)


async def _half_way(observe: Callable[[object], None], stop: Callable[[], bool]) -> None:
    observe(ListingProgress("okta", Collection.ACCOUNTS, "", 50, 200, 1))
    await _until_stopped(observe, stop)


async def test_what_is_said_of_a_job_outlives_others(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        await until(pilot, lambda: app.counted and not app.jobs.running())
        app.start("one", _half_way, lambda _none: None)
        app.count_open_runs()
        await until(pilot, lambda: app.counted)
        await until(pilot, lambda: "50 of 200" in app.job_words)
        said = app.job_words

        app.start("another", _until_stopped, lambda _none: None)
        assert app.jobs.stop_one("another")
        await until(pilot, lambda: "another" not in app.jobs.running())
        await until(pilot, lambda: app.job_words == said)

        app.jobs.stop()
        await until(pilot, lambda: not app.job_words)
