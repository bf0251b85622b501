"""What another keyturn does to the same files is seen by a dashboard that is open."""

from tests.tui.going_to import at_screen
from tests.tui.looking import ready, shows, text_of, until
from tests.tui.simulated import Bench, stopped_run

from keyturn.tui.screens.activity import Activity

SIZE = (120, 40)


async def test_a_refresh_by_another_keyturn_is_shown(empty_bench: Bench) -> None:
    app = empty_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.journal_seen is not None and app.facts.organisation)
        await shows(pilot, "nothing read yet")
        await empty_bench.engine.refresh(lambda _event: None, lambda: False)
        app._tick()
        await until(pilot, lambda: len(app.facts.sources) == 2)
        await shows(pilot, "Dana Okafor")
        assert "nothing read yet" not in text_of(app)


async def test_a_run_of_another_keyturn_is_shown_where_no_source_was_read(
    read_bench: Bench,
) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: app.journal_seen is not None and app.facts.organisation)
        await pilot.press("3")
        await shows(pilot, "Do not leave it:")
        await stopped_run(read_bench)
        assert "! failure" not in text_of(app)
        app._tick()
        await shows(pilot, "! failure")


async def test_nothing_is_read_anew_where_nothing_has_changed(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await until(pilot, lambda: app.journal_seen is not None and app.facts.organisation)
        told: list[str] = []
        app.data_changed = lambda: told.append("again")  # type: ignore[method-assign]
        app.journal_seen = None
        app._tick()
        await until(pilot, lambda: app.journal_seen is not None)
        assert not told


async def test_activity_is_as_old_as_it_says_when_one_comes_back_to_it(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await at_screen(pilot, app, "3", Activity)
        await pilot.press("7")
        await until(pilot, lambda: not isinstance(app.screen, Activity))
        read_bench.watch.at_ms += 9 * 60 * 60 * 1000
        await pilot.press("3")
        await shows(pilot, " 9h ")
