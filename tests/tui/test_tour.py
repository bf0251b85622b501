"""The tour: five steps, offered once, and left at any of them."""

from dataclasses import replace

import pytest
from tests.tui.looking import quiet, ready, shows, until
from tests.tui.simulated import Bench

from keyturn.tui.app import KeyturnApp
from keyturn.tui.run_engine import RunEngine
from keyturn.tui.screens.tour import STEPS, TourDialog
from keyturn.tui.state import recall

SIZE = (80, 24)


def _app(bench: Bench) -> KeyturnApp:
    return KeyturnApp(replace(bench.app().parts, tour=True))


async def test_the_tour_is_offered_once_and_goes_through_five_steps(read_bench: Bench) -> None:
    app = _app(read_bench)
    async with app.run_test(size=SIZE) as pilot:
        for number, (title, _words) in enumerate(STEPS, 1):
            await shows(pilot, f"{title}  ({number} of 5)")
            await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.frame)
    assert recall(read_bench.data).toured

    again = _app(read_bench)
    async with again.run_test(size=SIZE) as pilot:
        await ready(pilot, again)
        assert again.screen is again.frame
        await pilot.press("f3")
        await shows(pilot, "(1 of 5)")
        await pilot.press("escape")
        await until(pilot, lambda: again.screen is again.frame)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("2", "sorted by severity"),
        ("ctrl+k", "a few letters of a person"),
        ("slash", "find in Users:"),
    ],
)
async def test_what_the_tour_names_can_be_tried_at_once(
    read_bench: Bench, key: str, words: str
) -> None:
    app = _app(read_bench)
    async with app.run_test(size=SIZE) as pilot:
        await shows(pilot, "(1 of 5)")
        await pilot.press("enter", "j", key)
        await shows(pilot, words)
        assert not any(isinstance(one, TourDialog) for one in app.screen_stack)


async def test_no_key_without_a_meaning_ends_the_tour(read_bench: Bench) -> None:
    app = _app(read_bench)
    async with app.run_test(size=SIZE) as pilot:
        await shows(pilot, "(1 of 5)")
        await pilot.press("f9", "enter")
        await shows(pilot, "(2 of 5)")


async def test_no_tour_where_none_is_asked_for(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        assert not any(isinstance(one, TourDialog) for one in app.screen_stack)


async def test_no_tour_comes_in_front_of_somebody_who_is_at_work_already(
    read_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keyturn.tui.app.CONFIGURATION_AFTER_S", 0.5)
    app = _app(read_bench)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("2")
        await quiet(pilot, app)
        await shows(pilot, "shows the plan")
        assert app.screen is app.frame
        assert not app.remembered.toured  # the next start offers it


async def test_no_tour_comes_in_front_of_a_run_that_is_open(
    read_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def one(_engine: RunEngine) -> int:
        return 1

    monkeypatch.setattr(RunEngine, "open_runs", one)
    app = _app(read_bench)
    async with app.run_test(size=SIZE) as pilot:
        await shows(pilot, "1 run is open: R resumes it.")
        await until(pilot, lambda: app.facts.organisation == "acme")
        assert app.screen is app.frame
        assert not app.remembered.toured  # the next start offers it
