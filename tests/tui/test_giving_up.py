"""An open step is given up by keys: what it does is said first, who and why stay in the journal."""

import asyncio
import json
import threading
from collections.abc import Sequence

import pytest
from tests.tui.gates import hold
from tests.tui.going_to import at_screen
from tests.tui.looking import access, pane, quiet, ready, shows, text_of, until
from tests.tui.plan_review import LOGIN, SIZE, plan_of_dana, review
from tests.tui.simulated import Bench, stopped_run
from textual.pilot import Pilot

from keyturn.run.giving_up import OpenStep
from keyturn.tui.app import KeyturnApp
from keyturn.tui.data import Pane
from keyturn.tui.run_desk import RunDesk
from keyturn.tui.screens.activity import Activity
from keyturn.tui.screens.ask import Ask
from keyturn.tui.screens.offboard import Offboard
from keyturn.tui.widgets.row_source import Row
from keyturn_providers.abilities import Ability
from keyturn_storage.journal import open_journal


def states(bench: Bench) -> list[str]:
    """The states of the steps of the one run, in the plan's order."""
    with open_journal(bench.data / "journal.db", read_only=True) as journal:
        (row,) = journal.runs()
        return [one.state for one in sorted(journal.steps(row.id), key=lambda one: one.number)]


async def give_up_first(app: KeyturnApp, pilot: Pilot[None], reason: str) -> None:
    """The first step that is offered, with this reason."""
    await pilot.press("X")
    await until(pilot, lambda: app.screen is not app.frame)
    await until(pilot, lambda: "R goes on with them instead" in text_of(app) or _asked(app))
    if not _asked(app):
        await pilot.press("enter")
        await until(pilot, lambda: _asked(app))
    assert isinstance(app.screen, Ask)
    assert "no run does it any more" in app.screen.words
    await shows(pilot, "esc leaves it as it is")
    await pilot.press("enter")
    await shows(pilot, "Say why, for whoever")
    await pilot.press(*reason, "enter")
    await shows(pilot, "is given up")
    await quiet(pilot, app)


def _asked(app: KeyturnApp) -> bool:
    return isinstance(app.screen, Ask)


async def test_on_the_run_the_step_goes_and_the_rest_stays_to_be_resumed(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await plan_of_dana(pilot)
        await pilot.press("X")
        await shows(pilot, "this plan has not begun")
        gate = hold(read_bench, Ability.SUSPEND)
        await pilot.press("c", *LOGIN, "enter")
        await until(pilot, gate.reached.is_set)
        await pilot.press("X")
        await shows(pilot, "The run goes on")
        await pilot.press("x")
        gate.opened.set()
        await until(pilot, lambda: review(app).ended is not None)
        await quiet(pilot, app)
        assert "X give up" in text_of(app)
        before = states(read_bench)
        await pilot.press("X")
        await shows(pilot, "Give up which step?")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.frame)
        assert states(read_bench) == before
        await give_up_first(app, pilot, "it is her last day only tomorrow")
        await pilot.press("g")
        await shows(pilot, "! given up")
        await shows(pilot, "her last day only tomorrow")
        assert states(read_bench).count("given_up") == 1
        await pilot.press("R")
        await until(pilot, lambda: review(app).ended.state == "ended")  # type: ignore[union-attr] # awaited above
        await quiet(pilot, app)
        await pilot.press("X")
        await shows(pilot, "no step of it is open")
    with open_journal(read_bench.data / "journal.db", read_only=True) as journal:
        (row,) = journal.runs()
        assert journal.verify_chain().unbroken
        lines = [json.dumps(line.__repr__()) for line in journal.lines(row.id)]
    assert any("her last day only tomorrow" in line for line in lines)


async def test_on_activity_and_the_case_until_nothing_is_open(read_bench: Bench) -> None:
    await stopped_run(read_bench)
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.screen, Activity))
        await shows(pilot, "stopped, ")
        await pilot.press("G", "X")
        await shows(pilot, "put the cursor on a run that is open")
        await pilot.press("g")
        await until(pilot, lambda: "stopped" in _state(app))
        await give_up_first(app, pilot, "the bridge is gone")
        await shows(pilot, "! given up")
        # What somebody decided is told, after what failed, and is no failure.
        signs = [row.sign for row in _causes(app)]
        assert signs == ["!", "~"]
        assert _causes(app)[1].cells[2] == "given up"
        open_steps = states(read_bench).count("planned") + states(read_bench).count("unknown")
        assert states(read_bench).count("given_up") == 1
        await pilot.press("7")
        await quiet(pilot, app)
        if open_steps:
            await pilot.press("1", "g")
            await until(pilot, lambda: access(app).person_key == "d:d-001")
            await pilot.press("o")
            await until(pilot, lambda: isinstance(app.screen, Offboard) and app.screen.read)
            await quiet(pilot, app)
            for _ in range(open_steps):
                await give_up_first(app, pilot, "so too")
        await until(pilot, lambda: "run is open" not in text_of(app))
        assert not {"planned", "intended", "unknown"} & set(states(read_bench))


def _causes(app: KeyturnApp) -> list[Row]:
    assert isinstance(app.screen, Activity)
    table = app.screen.table
    rows = [table._known[number] for number in table.content.shown]
    return [row for row in rows if row.cells[0] == "failure"]


def _state(app: KeyturnApp) -> str:
    """What the row under the cursor of Activity says; the cursor goes on where it is no run."""
    assert isinstance(app.screen, Activity)
    row = app.screen.table.row
    if row is not None and row.cells[0] != "run":
        app.screen.table.action_down()
    return row.cells[2] if row is not None and row.cells[0] == "run" else ""


async def test_what_is_open_is_gone_on_with_from_every_screen(read_bench: Bench) -> None:
    await stopped_run(read_bench)
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await shows(pilot, "1 run is open: R resumes it.")
        await until(pilot, lambda: pane(app, Pane.USERS).row is not None)
        await pilot.press("2")
        await shows(pilot, "R resume")
        await pilot.press("R")
        await shows(pilot, "1 run was resumed")
        await pilot.press("escape")
        await quiet(pilot, app)
        await until(pilot, lambda: "R resume" not in text_of(app))


async def test_nothing_is_given_up_read_only(read_bench: Bench) -> None:
    await stopped_run(read_bench)
    app = read_bench.app(read_only=True)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("3", "X")
        await shows(pilot, "give up: keyturn is read-only here")


async def test_a_question_does_not_come_in_front_of_what_is_typed_meanwhile(
    read_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stopped_run(read_bench)
    before, looked = states(read_bench), RunDesk.open_steps
    reached, go_on = threading.Event(), threading.Event()

    async def slow(
        desk: RunDesk, run_ids: Sequence[str], case_id: str = ""
    ) -> tuple[OpenStep, ...]:
        reached.set()
        await asyncio.to_thread(go_on.wait, 30)
        return await looked(desk, run_ids, case_id)

    monkeypatch.setattr(RunDesk, "open_steps", slow)
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        screen = await at_screen(pilot, app, "3", Activity)
        await until(pilot, lambda: "stopped" in _state(app))
        await pilot.press("X")
        await until(pilot, reached.is_set)
        await pilot.press("slash", "d", "a")
        go_on.set()
        await shows(pilot, "Which steps are open is known now: X once more.")
        await pilot.press("n", "a", "enter")
        await until(pilot, lambda: screen.table.has_focus)
        assert (app.screen, screen.table.needle) == (screen, "dana")
        await pilot.press("X")
        await shows(pilot, "Give up which step?")
    assert states(read_bench) == before
