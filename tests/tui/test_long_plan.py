"""A long plan is shown a page of changes at a time; none of them is out of reach."""

from dataclasses import replace

import pytest
from tests.tui.looking import quiet, ready, shows, until
from tests.tui.plan_review import LOGIN, SIZE, plan_of_dana, review
from tests.tui.simulated import Bench

from keyturn.tui import plan_words
from keyturn.tui.screens import plan_rows
from keyturn.tui.screens.plan import PlanReview
from keyturn.tui.screens.plan_origin import Origin
from keyturn.tui.widgets.sheet import Sheet


@pytest.fixture
def _pages_of_three(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (plan_words, plan_rows):
        monkeypatch.setattr(module, "PAGE", 3)


@pytest.mark.usefixtures("_pages_of_three")
async def test_the_cursor_comes_to_every_change_and_back(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await plan_of_dana(pilot)
        every = review(app).plan.operations
        assert len(every) > 4
        for operation in every:
            await shows(pilot, f"▸- {operation.number:>2}  {operation.words}"[:60])
            await pilot.press("down")
        await shows(pilot, "3 changes before these")
        for operation in reversed(every):
            await shows(pilot, f"▸- {operation.number:>2}  {operation.words}"[:60])
            await pilot.press("up")
        await shows(pilot, f"{len(every) - 3} more changes")


@pytest.mark.usefixtures("_pages_of_three")
async def test_pages_are_turned_where_the_text_ends(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await plan_of_dana(pilot)
        every, sheet = review(app).plan.operations, review(app).query_one(Sheet)
        while review(app).page == 0:
            await pilot.press("pagedown")
        await shows(pilot, every[3].words[:40])
        assert (review(app).cursor, sheet.scroll_offset.y) == (3, 0)
        await pilot.press("end")
        last = (len(every) - 1) // 3
        await until(pilot, lambda: review(app).page == last)
        await until(pilot, lambda: sheet.scroll_offset.y == sheet.max_scroll_y)
        await pilot.press("home")
        await shows(pilot, every[0].words[:40])
        assert review(app).cursor == 0


@pytest.mark.usefixtures("_pages_of_three")
async def test_a_run_is_followed_to_its_last_page(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await plan_of_dana(pilot)
        assert review(app).page == 0
        await pilot.press("c", *LOGIN, "enter")
        await until(pilot, lambda: review(app).ended is not None)
        assert review(app).page > 0
        await quiet(pilot, app)


async def test_of_forty_thousand_changes_a_page_is_drawn(read_bench: Bench) -> None:
    plan = await read_bench.engine.plan_sync(None)
    (first, *_), many = plan.operations, 40_000
    every = tuple(replace(first, id=str(number), number=number) for number in range(1, many + 1))
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        shown = PlanReview(replace(plan, operations=every), "", Origin(known=True))
        await app.push_screen(shown)
        await shows(pilot, "40000 operations")
        assert len(shown.text.lines) < 5 * plan_words.PAGE
        await pilot.press("end")
        await until(pilot, lambda: shown.cursor == many - plan_words.PAGE)
        await pilot.press(*["down"] * 3)
        await until(pilot, lambda: shown.cursor == many - plan_words.PAGE + 3)
        assert "39900 changes before these" in "\n".join(
            line.content.plain for line in shown.text.lines
        )
