"""The Activity screen over the simulated pair: failures, runs, reads, pushes, and going on."""

from dataclasses import replace

from tests.tui.going_to import at_screen
from tests.tui.looking import lines_of, quiet, ready, shows, text_of, until
from tests.tui.simulated import Bench, stopped_run

from keyturn.tui.screens.activity import Activity
from keyturn_providers.abilities import Ability
from keyturn_providers.records import Push, PushState
from keyturn_providers.simulated.faults import ABOUT, Effect, Fault

SIZE = (149, 44)


async def test_a_stopped_run_with_its_steps_and_what_failed(read_bench: Bench) -> None:
    await stopped_run(read_bench)
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await at_screen(pilot, app, "3", Activity)
        await shows(pilot, "! Do not leave it: 1 person who left still has access (Dana Okafor).")
        await shows(pilot, "! failure")
        assert "corp-vault: " in text_of(app)
        await shows(pilot, "try first")
        await pilot.press("slash", *"offboard", "enter")
        await shows(pilot, "stopped, ")
        await shows(pilot, "R resumes: it reads again before anything is sent")
        await shows(pilot, "✗ refused")
        await shows(pilot, "· planned")


async def test_the_footer_offers_what_has_something_to_act_on(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await at_screen(pilot, app, "3", Activity)
        await shows(pilot, "Do not leave it:")
        assert not {"R resume", "T try again"} & set(lines_of(app)[-1].split("  "))
        await pilot.press("T")
        await shows(pilot, "Try again: put the cursor on a failure first.")
        await stopped_run(read_bench)
        app.data_changed()
        await until(
            pilot, lambda: {"R resume", "T try again"} <= set(lines_of(app)[-1].strip().split("  "))
        )


async def test_resume_goes_on_and_the_run_is_ended(read_bench: Bench) -> None:
    await stopped_run(read_bench)
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        screen = await at_screen(pilot, app, "3", Activity)
        await pilot.press("R")
        await shows(pilot, "1 run was resumed")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        await shows(pilot, "ended, ")
        assert "stopped, " not in text_of(app)


async def test_a_failed_read_is_a_failure_until_a_later_one_makes_it_good(
    read_bench: Bench,
) -> None:
    read_bench.pair.secrets.faults.add(Fault(Effect.NO_PROOF, Ability.LIST_GRANTS))
    await read_bench.engine.refresh(lambda _event: None, lambda: False)
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await at_screen(pilot, app, "3", Activity)
        await shows(pilot, "! failure")
        await pilot.press("slash", *"read incomplete", "enter")
        await shows(pilot, "✗ incomplete: 1 of ")
        await shows(pilot, "✗ grants")
        await pilot.press("escape", "r")
        await until(pilot, lambda: "failure" not in text_of(app))
        await quiet(pilot, app)


async def test_what_the_directory_does_not_push_is_told(empty_bench: Bench) -> None:
    tenant = empty_bench.pair.directory.tenant
    dana = next(a for a in tenant.accounts.values() if a.display_name == "Dana Okafor")
    tenant.add(replace(dana, push=Push(PushState.FAILED, "ERROR", error="The task is stuck.")))
    group = next(iter(tenant.groups.values()))
    tenant.add(replace(group, push=Push(PushState.PAUSED, "INACTIVE")))
    await empty_bench.engine.refresh(lambda _event: None, lambda: False)
    app = empty_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await at_screen(pilot, app, "3", Activity)
        await shows(pilot, "! push")
        await shows(pilot, "The task is stuck.")
        await shows(pilot, "they are switched off in the directory")
        await pilot.press("j")
        await shows(pilot, "corp-id calls it INACTIVE")


async def test_requests_are_shown_as_they_are_made(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await at_screen(pilot, app, "3", Activity)
        await shows(pilot, "None since keyturn was started.")
        await pilot.press("r")
        await until(pilot, lambda: "corp-vault  " in text_of(app).split("Last requests")[1])
        await quiet(pilot, app)


async def test_nothing_yet_and_an_error_that_stays(empty_bench: Bench) -> None:
    empty_bench.pair.directory.faults.add(Fault(Effect.UNREACHABLE, ABOUT, times=None))
    app = empty_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await quiet(pilot, app)
        await pilot.press("3")
        await shows(pilot, "Nothing has happened yet. r reads both sources.")
        await shows(pilot, "? Cannot tell: nothing has been compared yet. r reads again.")
        await pilot.press("r")
        await until(pilot, lambda: app.frame is not None and app.frame.has_trouble)
        await shows(pilot, "esc dismisses")


async def test_read_only_says_why_nothing_goes_on(read_bench: Bench) -> None:
    await stopped_run(read_bench)
    app = read_bench.app(read_only=True)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        screen = await at_screen(pilot, app, "3", Activity)
        await pilot.press("R")
        await shows(pilot, "keyturn is read-only here, so it cannot change anything")
        assert app.screen is screen
