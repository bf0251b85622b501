"""After a stop the dashboard goes on by one key, and says so for as long as something is open."""

import pytest
from tests.tui.gates import hold
from tests.tui.looking import access, pane, quiet, ready, shows, text_of, until
from tests.tui.plan_review import LOGIN, SIZE, plan_of_dana, review
from tests.tui.simulated import Bench, stopped_run
from textual.pilot import Pilot

from keyturn.decide.planfile import recorded
from keyturn.run.admission import lease_targets
from keyturn.tui.app import KeyturnApp
from keyturn.tui.data import Pane
from keyturn_providers.abilities import Ability
from keyturn_storage import leases
from keyturn_storage.journal import open_journal


async def _stopped(bench: Bench, app: KeyturnApp, pilot: Pilot[None]) -> None:
    await ready(pilot, app)
    await plan_of_dana(pilot)
    gate = hold(bench, Ability.SUSPEND)
    await pilot.press("c", *LOGIN, "enter")
    await until(pilot, gate.reached.is_set)
    await pilot.press("x")
    gate.opened.set()
    await until(pilot, lambda: review(app).ended is not None)
    await quiet(pilot, app)


async def test_a_stopped_run_is_resumed_where_it_was_stopped(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await _stopped(read_bench, app, pilot)
        ended = review(app).ended
        assert ended is not None
        assert "R resumes (or keyturn resume)" in ended.words
        await until(pilot, lambda: app.standing == "1 run is open: R resumes it.")
        await pilot.press("R")
        await until(pilot, lambda: review(app).ended is not ended)
        await quiet(pilot, app)
        await until(pilot, lambda: "run is open" not in text_of(app))
        resumed = review(app).ended
        assert resumed is not None
        assert "out: 5 of 5 effective and logged" in resumed.words
    calls = [call.ability for call in read_bench.pair.secrets.tenant.calls]
    assert calls.count(Ability.SUSPEND) == 1


async def test_a_dashboard_started_later_says_what_is_open_and_resumes_it(
    read_bench: Bench,
) -> None:
    first = read_bench.app()
    async with first.run_test(size=SIZE) as pilot:
        await _stopped(read_bench, first, pilot)
    later = read_bench.app()
    async with later.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "1 run is open: R resumes it.")
        await until(pilot, lambda: pane(later, Pane.USERS).row is not None)
        await pilot.press("down")
        await shows(pilot, "1 run is open: R resumes it.")
        await pilot.press("R")
        await shows(pilot, "1 run was resumed")
        await shows(pilot, "effective and logged")
        await pilot.press("escape")
        await quiet(pilot, later)
        await until(pilot, lambda: "run is open" not in text_of(later))
        await pilot.press("R")
        await shows(pilot, "Nothing is open")


@pytest.mark.parametrize("read_only", [True, False])
async def test_resume_is_not_offered_where_nothing_may_be_changed(
    read_bench: Bench, *, read_only: bool
) -> None:
    app = read_bench.app(read_only=read_only)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("R")
        await shows(pilot, "keyturn is read-only here" if read_only else "Nothing is open")
        assert app.screen is access(app)


async def test_a_plan_that_has_not_begun_is_not_resumed(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await plan_of_dana(pilot)
        await pilot.press("R")
        await shows(pilot, "this plan has not begun")


async def test_several_runs_are_resumed_by_one_key_each_told_by_name(read_bench: Bench) -> None:
    await stopped_run(read_bench)
    other = await read_bench.engine.plan_sync(None)
    moved: list[object] = []
    _ = await read_bench.engine.apply(
        other, other.confirm_with, moved.append, lambda: len(moved) > 1
    )
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await shows(pilot, "2 runs are open: R resumes them.")
        await until(pilot, lambda: pane(app, Pane.USERS).row is not None)
        await pilot.press("R")
        await shows(pilot, "2 runs were resumed")
        await pilot.press("escape")
        await quiet(pilot, app)
        await until(pilot, lambda: "runs are open" not in text_of(app))


async def test_a_run_that_somebody_else_is_at_work_on_is_left_to_them_by_name(
    read_bench: Bench,
) -> None:
    await stopped_run(read_bench)
    with open_journal(read_bench.data / "journal.db") as journal:
        (row,) = journal.open_runs()
        _ = leases.take(
            journal, lease_targets(recorded(row.plan_json)), holder="ana@elsewhere",
            operation="Offboard Dana Okafor", now_ms=read_bench.watch.now(),
        )  # fmt: skip
    calls = len(read_bench.pair.secrets.tenant.calls)
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await shows(pilot, "1 run is open: R resumes it.")
        await until(pilot, lambda: pane(app, Pane.USERS).row is not None)
        await pilot.press("R")
        await shows(pilot, "ana@elsewhere")
        assert app.screen is access(app)
        await shows(pilot, "1 run is open: R resumes it.")
    assert len(read_bench.pair.secrets.tenant.calls) == calls
