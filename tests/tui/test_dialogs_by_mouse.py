"""What stands in front of a screen is answered and closed by the mouse as by keys."""

import asyncio
from collections.abc import Callable

from tests.tui.looking import lines_of, quiet, ready, shows, until
from tests.tui.simulated import Bench
from textual import events
from textual.app import App
from textual.pilot import Pilot

from keyturn.tui.screens.dialog import Dialog
from keyturn.tui.screens.picker import Picker
from keyturn.tui.screens.tour import TourDialog

SIZE = (120, 40)


def place_of(app: App[None], words: str) -> tuple[int, int]:
    """Where words are on the screen."""
    for y, line in enumerate(lines_of(app)):
        if words in line:
            return line.index(words), y
    raise AssertionError(f"{words} is not on the screen")


async def click_on(pilot: Pilot[None], words: str) -> None:
    await shows(pilot, words)
    await pilot.click(offset=place_of(pilot.app, words))


async def test_the_tour_goes_on_and_is_skipped_by_clicks(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("f3")
        await click_on(pilot, "enter next")
        await shows(pilot, "(2 of 5)")
        await click_on(pilot, "esc skip the tour")
        await until(pilot, lambda: not isinstance(app.screen, TourDialog))


async def test_a_click_beside_a_dialog_or_a_list_closes_it_and_one_inside_does_not(
    read_bench: Bench,
) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("question_mark")
        await click_on(pilot, "Everywhere")
        assert isinstance(app.screen, Dialog)
        await pilot.click(offset=(2, 2))
        await until(pilot, lambda: app.screen is app.frame)
        await pilot.press("J")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await click_on(pilot, "what it does")
        assert isinstance(app.screen, Picker)
        await pilot.click(offset=(2, 2))
        await until(pilot, lambda: app.screen is app.frame)


async def test_a_note_goes_with_the_next_click(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        app.tell("That is not it.")
        await shows(pilot, "That is not it.")
        # As the terminal's driver tells it: to the app, not to the screen as the pilot does.
        app.post_message(events.MouseDown(None, 5, 5, 0, 0, 1, False, False, False))
        await pilot.pause()
        assert app.note
        app.post_message(events.MouseUp(None, 5, 5, 0, 0, 1, False, False, False))
        await until(pilot, lambda: not app.note)


async def test_keyturn_is_left_during_a_job_by_a_click(read_bench: Bench) -> None:
    app = read_bench.app()

    async def work(_observe: object, stop: Callable[[], bool]) -> None:
        while not stop():  # noqa: ASYNC110 - a job asks, it is not told
            await asyncio.sleep(0.005)

    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        app.start("applying the plan", work, lambda _none: None)
        await pilot.press("q")
        await click_on(pilot, "esc stay")
        await until(pilot, lambda: app.screen is app.frame)
        await pilot.press("q")
        await click_on(pilot, "y leave it journaled")
        await until(pilot, lambda: app._exit)


async def test_an_error_is_dismissed_by_a_click_on_it(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        app.failed("looking", OSError("disk on fire"))
        await click_on(pilot, "disk on fire")
        await until(pilot, lambda: not app.troubles)


async def test_what_has_ended_cannot_be_stopped_and_says_so(read_bench: Bench) -> None:
    app = read_bench.app()

    async def work(_observe: object, _stop: object) -> None:
        return None

    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        app.start("looking around", work, lambda _none: None)
        await quiet(pilot, app)
        await pilot.press("J")
        await shows(pilot, "esc closes")
        await until(pilot, lambda: isinstance(app.screen, Picker) and app.screen.lines.row)
        await pilot.press("x")
        await shows(pilot, "Stop: looking around has ended already.")
