"""How long work in the background holds up the dashboard's loop, as one line for each kind of work.

`uv run python -m tests.bench.heartbeat [people]` reads simulated tenants of that many people
(100,000 by default) from the dashboard, decides anew, goes back to an earlier read and plans, while
a sleeper of 2 ms notes its longest gaps: in the work, and in the 2 s after it, when its result is
drawn. A gap is the time in which no key is looked at, without the time in which the loop could have
gone on and others on the machine had the processor (where the system tells that: Linux). Nothing is
asserted: the machine decides.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.tui.simulated import Bench, bench

from keyturn.run.apart import assess_apart
from keyturn.run.as_of import AsOf, find_as_of
from keyturn.tui.app import CONFIGURATION_AFTER_S, KeyturnApp
from keyturn.tui.case_desk import Draft
from keyturn.tui.housekeeping import of_own_process
from keyturn.tui.looking_back import come_back, go_back
from keyturn.tui.screens.case_steps import plan_draft
from keyturn.tui.screens.made_plan import show_made
from keyturn.tui.screens.offboard import Offboard
from keyturn.tui.screens.plan import PlanReview
from keyturn.tui.screens.planning import plan_findings
from keyturn_storage.queries.reader import open_reader
from keyturn_storage.snapshots import open_cache

BEAT_S = 0.002
AFTER_S = 2.0


async def _gaps(app: KeyturnApp, begin: Callable[[], object]) -> tuple[list[float], float]:
    """The gaps in milliseconds, longest first, and how long the work took in seconds."""
    gaps: list[float] = []
    before = begun = ended = time.perf_counter()
    others = _others_s()
    begin()
    while before < ended + AFTER_S:
        await asyncio.sleep(BEAT_S)
        now, by_now = time.perf_counter(), _others_s()
        gaps.append((now - before - BEAT_S - (by_now - others)) * 1000)
        before, others = now, by_now
        if app.jobs.running():
            ended = now
    return sorted(gaps, reverse=True), ended - begun


def _others_s() -> float:
    """For how long this thread has waited for a processor so far."""
    try:
        return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9
    except OSError:
        return 0.0


async def _settled(app: KeyturnApp) -> None:
    """What a start does in the background has been done, and its imports are out of the way."""
    await asyncio.sleep(CONFIGURATION_AFTER_S * 2)
    while app.jobs.running():  # noqa: ASYNC110 - jobs end in threads
        await asyncio.sleep(BEAT_S)


def _said(what: str, gaps: list[float], took: float) -> None:
    over = sum(gap > 50 for gap in gaps)
    sys.stdout.write(
        f"{what:<22} {took:6.1f} s   longest gap {gaps[0]:4.0f} ms   later than 50 ms: {over} of "
        f"{len(gaps)} beats   99th percentile {gaps[len(gaps) // 100]:.1f} ms\n"
    )
    sys.stdout.flush()


def _first_read(made: Bench) -> AsOf:
    with open_reader(made.data / "cache.db") as reader:
        return find_as_of(reader, "latest", made.watch.now())


def _decide(made: Bench, app: KeyturnApp) -> None:
    async def work(_observe: object, _stop: object) -> None:
        with open_cache(made.data / "cache.db") as cache:
            await assess_apart(cache, made.doors.policy.rules, made.watch.now())

    app.start("deciding", work, lambda _: app.data_changed())


def _plan(app: KeyturnApp, draft: Draft) -> None:
    plan_draft(app, draft, lambda plan, _: show_made(app.access, PlanReview(plan, "")))


async def _measure(made: Bench) -> None:
    app = made.app()
    # As in a process of its own, but that the tenants' memory is in it as well.
    app.parts = replace(app.parts, housekeeping=of_own_process())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        await _settled(app)
        _said("refresh", *await _gaps(app, app.refresh_sources))
        _said("refresh, nothing new", *await _gaps(app, app.refresh_sources))
        _said("decide", *await _gaps(app, lambda: _decide(made, app)))
        _said("as of an earlier read", *await _gaps(app, lambda: go_back(app, _first_read(made))))
        _said("back to now", *await _gaps(app, lambda: come_back(app)))
        _said("plan: all drift", *await _gaps(app, lambda: plan_findings(app.access, None, "")))
        await pilot.press("escape")
        leaver = Draft(("d:d-001",), "Dana Okafor")
        _said("plan: an offboarding", *await _gaps(app, lambda: _plan(app, leaver)))
        await pilot.press("escape")
        offboard = Offboard("d:d-001", "Dana Okafor")
        _said("open an offboarding", *await _gaps(app, lambda: app.push_screen(offboard)))
    made.close()


def main(people: int = 100_000) -> None:
    """Prints the lines."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        data.mkdir(mode=0o700)
        sys.stdout.write(f"{people:,} people\n")
        asyncio.run(_measure(bench(data, people=people)))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
