"""What came back opens the case again, and every screen says so at once: how many, whose, where."""

import pytest
from tests.tui.going_to import at_screen
from tests.tui.kept_cases import kept
from tests.tui.looking import access, lines_of, quiet, ready, shows, text_of, until
from tests.tui.plan_review import SIZE
from tests.tui.simulated import Bench
from textual.pilot import Pilot

from keyturn.tui.app import KeyturnApp
from keyturn.tui.screens.cases import Cases
from keyturn.tui.screens.leavers import Leavers
from keyturn.tui.screens.offboard import Offboard
from keyturn.tui.waiting import Waiting


@pytest.fixture
async def out(read_bench: Bench) -> Bench:
    """Dana is out, and her case verified."""
    plan = await read_bench.engine.plan_offboard("d:d-001")
    ended = await read_bench.engine.apply(
        plan, plan.confirm_with, lambda _event: None, lambda: False
    )
    assert ended.state == "ended"
    await read_bench.engine.refresh(lambda _event: None, lambda: False)
    return read_bench


def bring_back(bench: Bench) -> None:
    """Somebody puts Dana into a group again."""
    bench.pair.secrets.tenant.join("sg-old-billing", ["s-001"])


async def look_again(bench: Bench) -> None:
    """As cron does, in another process."""
    (row,) = kept(bench)
    await bench.engine.desk.recheck((row.id,), lambda _event: None, lambda: False)


def in_header(app: KeyturnApp) -> bool:
    """Whether the first line counts a case."""
    return "! 1 re-opened" in lines_of(app)[0]


async def case_in_front(app: KeyturnApp, pilot: Pilot[None]) -> None:
    """Dana's case, from Cases."""
    await at_screen(pilot, app, "7", Cases)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, Offboard) and app.screen.read)
    await quiet(pilot, app)


def test_before_anything_was_counted_the_header_counts_no_case(out: Bench) -> None:
    facts = out.app(read_only=True).facts
    assert (facts.reopened, facts.read_only, facts.as_of) == (0, True, False)
    assert facts.now_ms > 0


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_look_by_key_says_what_came_back_and_every_screen_counts_it(
    out: Bench, size: tuple[int, int]
) -> None:
    app = out.app()
    async with app.run_test(size=size) as pilot:
        await ready(pilot, app)
        await case_in_front(app, pilot)
        await pilot.press("K")
        await shows(pilot, "Nothing came back")
        await pilot.press("escape")
        assert not in_header(app)
        bring_back(out)
        await pilot.press("K")
        await shows(pilot, "Came back: 1")
        await shows(pilot, "old-billing")
        await pilot.press("escape")
        await shows(pilot, "Opened again.")
        await until(pilot, lambda: in_header(app))
        for key in ("1", "2", "3"):
            await pilot.press(key)
            await shows(pilot, "The case of Dana Okafor is open again: 7")
            assert in_header(app)
        await pilot.press("1", "7")
        await shows(pilot, "1 re-opened")
    assert len(kept(out)) == 1


async def test_what_another_keyturn_finds_is_said_here_and_goes_once_it_is_cut(
    out: Bench,
) -> None:
    app = out.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await until(pilot, lambda: app.counted)
        assert not in_header(app)
        bring_back(out)
        await look_again(out)
        app._tick()
        await until(pilot, lambda: in_header(app))
        await shows(pilot, "The case of Dana Okafor is open again: 7")
        assert "R resume" not in text_of(app)
    later = out.app(read_only=True)
    async with later.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: in_header(later))
        await shows(pilot, "is open again: 7")
    out.pair.secrets.tenant.members["sg-old-billing"].pop("s-001")
    await look_again(out)
    third = out.app()
    async with third.run_test(size=SIZE) as pilot:
        await ready(pilot, third)
        await until(pilot, lambda: third.counted)
        assert not in_header(third)
        assert "open again" not in text_of(third)


async def test_there_is_nothing_to_look_at_before_a_case(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, Offboard) and app.screen.read)
        await quiet(pilot, app)
        await pilot.press("K")
        await shows(pilot, "there is no case yet")
        await pilot.press("escape", "space", "down", "space", "o")
        await until(pilot, lambda: isinstance(app.screen, Leavers) and app.screen.seen)
        await quiet(pilot, app)
        await pilot.press("K")
        await shows(pilot, "there is no case yet")
        assert app.screen is not access(app)


def test_several_are_counted_and_some_are_named() -> None:
    both = Waiting(2, 3, ("Ana", "Ben")).words(read_only=False)
    assert both == (
        "2 runs are open: R resumes them. The cases of Ana, Ben and 1 more are open again: "
        "7 shows why."
    )
    assert Waiting(0, 0, ()).words(read_only=False) == ""
    assert Waiting(1, 0, ()).words(read_only=True) == "1 run is open: keyturn is read-only here."
