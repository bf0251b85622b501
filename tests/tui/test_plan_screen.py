"""From a leaver in focus to a verified run by keys alone, and everything that may not happen."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.tui import samples
from tests.tui.engines import SetEngine
from tests.tui.gates import hold
from tests.tui.looking import access, lines_of, pane, quiet, ready, shows, text_of, until
from tests.tui.plan_review import LOGIN, SIZE, plan_of_dana, review
from tests.tui.simulated import Bench

from keyturn.tui.app import KeyturnApp
from keyturn.tui.cache_data import CacheData
from keyturn.tui.data import Pane
from keyturn.tui.parts import Parts
from keyturn.tui.screens.offboard import Offboard
from keyturn.tui.screens.plan import PlanReview
from keyturn_providers.abilities import Ability
from keyturn_providers.records import AccountState
from keyturn_providers.simulated.faults import Effect, Fault


async def test_a_leaver_is_out_by_keys_alone(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("o")
        await shows(pilot, "t-dana-1")
        assert isinstance(app.screen, Offboard)
        await pilot.press("p")
        await shows(pilot, "Guards")
        assert "5 operations" in text_of(app)
        await pilot.press("c", *LOGIN, "enter")
        await until(pilot, lambda: review(app).ended is not None)
        await shows(pilot, "out: 5 of 5 effective and logged")
        await pilot.press("g")
        await shows(pilot, "✓ verified")
        await quiet(pilot, app)
        await pilot.press("escape")
        await shows(pilot, "Verified.")
        assert isinstance(app.screen, Offboard)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is access(app))
        await until(pilot, lambda: app.facts.drift is not None and app.facts.drift.urgent == 0)

    secrets = read_bench.pair.secrets.tenant
    assert secrets.accounts["s-001"].state is AccountState.SUSPENDED
    assert [call.ability for call in secrets.calls].count(Ability.SUSPEND) == 1


async def test_enter_on_the_card_goes_to_the_plan(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("o")
        await shows(pilot, "t-dana-1")
        await pilot.press("enter")
        await shows(pilot, "Guards")
        assert isinstance(app.screen, PlanReview)


async def test_enter_alone_never_confirms_and_a_wrong_word_does_nothing(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await plan_of_dana(pilot)
        assert review(app).focused is not None
        assert review(app).focused.id == "cancel"  # type: ignore[union-attr] # asserted above
        for typed in ("", "p001", LOGIN.upper()):
            await pilot.press("c", *typed, "enter")
            await shows(pilot, f"That is not {LOGIN}")
            await pilot.press("escape", *["c"], *["backspace"] * 20, "escape")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Offboard))

    assert read_bench.pair.secrets.tenant.calls == []


async def test_a_stop_leaves_the_rest_open_and_says_so(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await plan_of_dana(pilot)
        gate = hold(read_bench, Ability.SUSPEND)
        await pilot.press("c", *LOGIN, "enter")
        await until(pilot, gate.reached.is_set)
        await pilot.press("escape")
        await shows(pilot, "The run goes on")
        await pilot.press("x")
        gate.opened.set()
        await until(pilot, lambda: review(app).ended is not None)
        assert review(app).ended.state == "stopped"  # type: ignore[union-attr] # awaited above
        await shows(pilot, "Stopped.")
        await shows(pilot, "R resumes")
    secrets = read_bench.pair.secrets.tenant
    # It had not left yet, and does not any more.
    assert secrets.calls == []


async def test_a_failure_of_one_step_is_shown_and_the_rest_goes_on(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await plan_of_dana(pilot)
        read_bench.pair.secrets.faults.add(Fault(Effect.NOT_ALLOWED, Ability.REVOKE, times=None))
        await pilot.press("c", *LOGIN, "enter")
        await until(pilot, lambda: review(app).ended is not None)
        await pilot.press("G")
        states = [step.state for step in review(app).steps.values()]
        assert states.count("verified") == 4
        assert states.count("refused") == 1


def _app(tmp_path: Path, engine: SetEngine) -> KeyturnApp:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    store = CacheData(data / "cache.db")
    return KeyturnApp(Parts(store.reads, store, lambda: engine, data, lambda: samples.NOW_MS))


async def test_a_refused_plan_has_no_field_and_names_what_would_pass(tmp_path: Path) -> None:
    app = _app(tmp_path, SetEngine(plan=samples.refused()))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("s")
        await shows(pilot, "1 guard refuses this plan")
        await pilot.press("c")
        await shows(pilot, "cannot be confirmed")
        await pilot.press("G", "pageup")
        await shows(pilot, "✗ refuse")
        assert not review(app).query("#typed")
    app.parts.reads.close()


async def test_a_plan_with_nothing_to_do_says_so(tmp_path: Path) -> None:
    app = _app(
        tmp_path, SetEngine(plan=replace(samples.offboarding(), operations=(), left_alone=()))
    )
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("s")
        await shows(pilot, "what is wanted is so already")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is access(app))
    app.parts.reads.close()


@pytest.mark.parametrize("size", [(80, 24), (60, 15)])
async def test_the_confirmation_fits_a_small_terminal(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    app = _app(tmp_path, SetEngine(plan=samples.offboarding()))
    async with app.run_test(size=size) as pilot:
        await pilot.press("s")
        await shows(pilot, "then type dana.okafor")
        assert "Cancel" in text_of(app)
        assert "Cut the way in" in text_of(app)
        assert "q quit" in lines_of(app)[-1]
    app.parts.reads.close()


async def test_a_run_that_fails_says_where_to_go_on(tmp_path: Path) -> None:
    app = _app(tmp_path, SetEngine(plan=samples.offboarding()))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("s")
        await shows(pilot, "then type dana.okafor")
        await pilot.press("c", *"dana.okafor", "enter")
        await shows(pilot, "It did not end as it should")
        await shows(pilot, "keyturn resume")
        assert "no end is set" in text_of(app)
    app.parts.reads.close()


async def test_leaving_while_a_run_goes_on_asks_first(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await plan_of_dana(pilot)
        gate = hold(read_bench, Ability.SUSPEND)
        await pilot.press("c", *LOGIN, "enter")
        await until(pilot, gate.reached.is_set)
        await pilot.press("q")
        await shows(pilot, "Leave while something is running?")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, PlanReview))
        await pilot.press("q")
        await shows(pilot, "y leave it journaled, and resume later")
        await pilot.press("y")
        gate.opened.set()
    assert app.jobs.join(10)
    assert app.return_code == 0
    tenant = read_bench.pair.secrets.tenant
    (ended,) = await read_bench.engine.resume(lambda _event: None, lambda: False)
    assert "effective and logged" in ended.words
    assert [call.ability for call in tenant.calls].count(Ability.SUSPEND) == 1


async def test_nobody_in_focus_is_offboarded(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("a", "tab")
        await until(pilot, lambda: pane(app, Pane.GROUPS).has_focus)
        await pilot.press("o")
        await shows(pilot, "put the cursor on a person in Users first")
        assert app.screen is access(app)
