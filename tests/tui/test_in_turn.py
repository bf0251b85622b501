"""What is asked for while something else goes on: it comes, and only where it was asked for."""

import threading
from collections.abc import Sequence

import pytest
from tests.tui.gates import held_move, hold
from tests.tui.looking import access, quiet, ready, shows, text_of, until
from tests.tui.plan_review import SIZE, review
from tests.tui.several_leavers import THREE, go_to, mark, opened, screen
from tests.tui.simulated import Bench

from keyturn.tui import run_leavers
from keyturn.tui.app import KeyturnApp
from keyturn.tui.card_lines import as_text
from keyturn.tui.case_desk import LeaversSeen
from keyturn.tui.engine import Card
from keyturn.tui.openings import Openings
from keyturn.tui.run_engine import RunEngine
from keyturn.tui.screens.leavers import Leavers
from keyturn.tui.screens.offboard import Offboard
from keyturn.tui.screens.plan import PlanReview
from keyturn_providers.abilities import Ability
from keyturn_storage.journal import open_journal


def told(app: KeyturnApp) -> str:
    """The text about the line in hand."""
    return as_text(screen(app).text.lines)


async def test_a_plan_that_was_made_with_somebody_who_is_left_out_since_is_not_shown(
    read_bench: Bench,
) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot, *THREE)
        await go_to(app, pilot, "Ravi Menon")
        gate = hold(read_bench, Ability.READ_SESSIONS)
        await pilot.press("p")
        await until(pilot, gate.reached.is_set)
        await pilot.press("u")
        await shows(pilot, "Ravi Menon is left out of it.")
        gate.opened.set()
        await shows(pilot, "somebody who is left out since: p once more")
        assert isinstance(app.screen, Leavers)
        await quiet(pilot, app)
        await pilot.press("p")
        await shows(pilot, "then type 2")
        assert "Ravi Menon" not in text_of(app)


async def test_who_is_left_out_has_no_line_any_more_and_without_a_line_nobody_is(
    read_bench: Bench,
) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot, *THREE)
        await go_to(app, pilot, "Ravi Menon")
        await pilot.press("u")
        await shows(pilot, "Ravi Menon is left out of it.")
        await quiet(pilot, app)
        await screen(app).table.settled()
        assert "gone" not in text_of(app)
        assert "Ravi Menon (" not in text_of(app)
        await pilot.press("slash", *"nobody is called so", "enter")
        await until(pilot, lambda: screen(app).table.row is None)
        await pilot.press("u")
        await shows(pilot, "Leave out: put the cursor on a person.")
        assert [one.name for one in screen(app).people] == ["Dana Okafor", "Lea Baum"]


async def test_a_plan_is_not_put_in_front_of_another_that_is_being_confirmed(
    read_bench: Bench,
) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        gate = await held_move(pilot, read_bench)
        # The move of the same person is confirmed by the same words.
        hold(read_bench, Ability.SUSPEND).opened.set()
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, Offboard))
        await pilot.press("p")
        await until(pilot, lambda: isinstance(app.screen, PlanReview))
        plan = review(app).plan
        await pilot.press("c", "p")
        gate.opened.set()
        await shows(pilot, "but not shown here")
        assert review(app).plan is plan


async def test_who_comes_back_while_the_first_look_goes_on_sees_the_leavers_all_the_same(
    read_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, go_on, look = threading.Event(), threading.Event(), run_leavers.look_at_all

    def slow(opened: Openings, people: Sequence[str]) -> LeaversSeen:
        reached.set()
        go_on.wait(30)
        return look(opened, people)

    monkeypatch.setattr(run_leavers, "look_at_all", slow)
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await mark(app, pilot, *THREE)
        await pilot.press("o")
        await until(pilot, reached.is_set)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is access(app))
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, Leavers))
        go_on.set()
        await until(pilot, lambda: screen(app).seen is not None)
        await shows(pilot, "Ravi Menon (")


async def test_what_cannot_be_read_is_told_and_not_read_again_and_again(read_bench: Bench) -> None:
    open_journal(read_bench.data / "journal.db").close()
    app = read_bench.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        (read_bench.data / "journal.db").chmod(0o644)
        await app.push_screen(Offboard("d:d-001", "Dana Okafor"))
        await shows(pilot, "will not use this file")
        await quiet(pilot, app)
        begun = max(app.board.lines)
        app.count_open_runs()  # as now and then by itself: it fails, and has changed nothing
        await quiet(pilot, app)
        assert max(app.board.lines) == begun
        assert text_of(app).count("This could not be read. The error says why;") == 2
        assert "Reading …" not in text_of(app)
        await pilot.press("7")
        await shows(pilot, "This could not be read. The error says why;")
        assert "There are no cases" not in text_of(app)


async def test_a_card_that_cannot_be_read_says_so_and_is_not_read_again_and_again(
    read_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_engine: RunEngine, _key: str) -> Card:
        raise OSError("the disk is gone")

    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await mark(app, pilot, *THREE)
        monkeypatch.setattr(RunEngine, "card", broken)
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, Leavers) and app.screen.seen)
        await until(pilot, lambda: "r reads again." in told(app))
        await quiet(pilot, app)
        begun = max(app.board.lines)
        await pilot.press("escape")  # the error; the line in hand is the same
        screen(app).say_about()
        await quiet(pilot, app)
        assert max(app.board.lines) == begun
        monkeypatch.undo()
        screen(app).data_changed()
        await until(pilot, lambda: "t-dana-1" in told(app))
