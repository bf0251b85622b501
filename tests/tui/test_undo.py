"""A run that has ended is taken back from the screen that showed it, through a plan of its own."""

import pytest
from tests.tui.looking import quiet, ready, shows, text_of, until
from tests.tui.plan_review import LOGIN, SIZE, review
from tests.tui.simulated import Bench
from textual.pilot import Pilot

from keyturn.tui.app import KeyturnApp
from keyturn.tui.screens.activity import Activity
from keyturn.tui.screens.cases import Cases
from keyturn.tui.screens.offboard import Offboard
from keyturn.tui.screens.plan import PlanReview
from keyturn_providers.records import AccountState


async def _planned(app: KeyturnApp, pilot: Pilot[None]) -> None:
    await ready(pilot, app)
    await pilot.press("o")
    await shows(pilot, "What leaving takes along")
    await pilot.press("p")
    await shows(pilot, "Nothing has been done yet")


async def test_an_ended_run_is_taken_back_by_keys_alone(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await _planned(app, pilot)
        await pilot.press("U")
        await shows(pilot, "Undo: this plan has not been applied.")
        await pilot.press("c", *LOGIN, "enter")
        await until(pilot, lambda: review(app).ended is not None)
        await quiet(pilot, app)
        await pilot.press("U")
        await until(pilot, lambda: review(app).plan.undoes != "")
        await quiet(pilot, app)
        await shows(pilot, "Undo: Offboard Dana Okafor")
        assert review(app).ended is None
        await pilot.press("c", *LOGIN, "enter")
        await until(pilot, lambda: review(app).ended is not None)
        await quiet(pilot, app)
        assert "Undo: Offboard Dana Okafor: done" in text_of(app)
    assert read_bench.pair.secrets.tenant.accounts["s-001"].state is AccountState.ACTIVE


@pytest.mark.parametrize("size", [SIZE, (80, 24)])
async def test_what_does_not_come_back_is_read_before_anything_is_typed(
    read_bench: Bench, size: tuple[int, int]
) -> None:
    app = read_bench.app()
    async with app.run_test(size=size) as pilot:
        await _planned(app, pilot)
        await pilot.press("c", *LOGIN, "enter")
        await until(pilot, lambda: review(app).ended is not None)
        await quiet(pilot, app)
        await pilot.press("U")
        await until(pilot, lambda: review(app).plan.undoes != "")
        await quiet(pilot, app)
        await pilot.press("end")
        await shows(pilot, "Not restored:")


async def test_a_run_of_an_earlier_day_is_taken_back_from_activity_and_from_its_case(
    read_bench: Bench,
) -> None:
    plan = await read_bench.engine.plan_offboard("d:d-001")
    done = await read_bench.engine.apply(
        plan, plan.confirm_with, lambda _event: None, lambda: False
    )
    assert done.state == "ended"
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("3")
        await shows(pilot, "ended, 5 of 5 done")
        await pilot.press("G", "U")
        await shows(pilot, "put the cursor on a run")
        await pilot.press("g")
        await until(pilot, lambda: _on_a_run(app))
        await pilot.press("U")
        await shows(pilot, "Undo: Offboard Dana Okafor")
        await until(pilot, lambda: isinstance(app.screen, PlanReview))
        assert review(app).plan.undoes == done.run_id
        await pilot.press("escape", "7")
        await until(pilot, lambda: isinstance(app.screen, Cases) and app.screen.table.row)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Offboard) and app.screen.read)
        await quiet(pilot, app)
        await pilot.press("U")
        await until(pilot, lambda: isinstance(app.screen, PlanReview))
        assert review(app).plan.undoes == done.run_id
        await pilot.press("c", *LOGIN, "enter")
        await until(pilot, lambda: review(app).ended is not None)
        await quiet(pilot, app)
    assert read_bench.pair.secrets.tenant.accounts["s-001"].state is AccountState.ACTIVE


def _on_a_run(app: KeyturnApp) -> bool:
    """Whether the cursor of Activity is on a run; it goes on where it is not."""
    assert isinstance(app.screen, Activity)
    row = app.screen.table.row
    if row is None or row.cells[0] == "run":
        return row is not None
    app.screen.table.action_down()
    return False
