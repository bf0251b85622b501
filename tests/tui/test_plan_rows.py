"""Changes of a plan are left out one by one with a reason, which the plan keeps."""

from tests.tui.looking import quiet, ready, shows, text_of, until
from tests.tui.plan_review import LOGIN, SIZE, review
from tests.tui.simulated import Bench
from textual.pilot import Pilot

from keyturn.decide.findings import ChangeKind
from keyturn.decide.skipping import skipped
from keyturn.tui.app import KeyturnApp
from keyturn.tui.screens.plan import PlanReview
from keyturn_providers.abilities import Ability


async def planned(app: KeyturnApp, pilot: Pilot[None]) -> None:
    """Dana's plan."""
    await ready(pilot, app)
    await pilot.press("o")
    await shows(pilot, "What leaving takes along")
    await pilot.press("p")
    await shows(pilot, "then type")


async def skip_it(app: KeyturnApp, pilot: Pilot[None], reason: str) -> None:
    """Leaves out the change under the cursor."""
    before = len(review(app).skips)
    await pilot.press("space")
    await shows(pilot, "Skip change")
    await pilot.press(*reason, "enter")
    await until(pilot, lambda: isinstance(app.screen, PlanReview))
    await until(pilot, lambda: len(review(app).skips) == before + 1)


async def test_a_skipped_change_is_not_made_and_stands_in_the_plan(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await planned(app, pilot)
        whole = review(app).plan
        await pilot.press("down", "down", "down", "down", "up")
        assert whole.operations[review(app).cursor].change.kind is ChangeKind.REMOVE_MEMBERSHIP
        await skip_it(app, pilot, "asked Ana")
        await shows(pilot, "skipped: asked Ana")
        await pilot.press("c")
        await shows(pilot, "p makes it anew")
        await pilot.press("p")
        await until(pilot, lambda: review(app).plan is not whole)
        await shows(pilot, "1 skipped.")
        plan = review(app).plan
        assert [one.reason for one in skipped(plan)] == ["Skipped: asked Ana"]
        assert "Skipped: 1" in text_of(app)
        await pilot.press("c", *LOGIN, "enter")
        await until(pilot, lambda: review(app).ended is not None)
        await quiet(pilot, app)
    secrets = read_bench.pair.secrets.tenant
    assert "s-001" in secrets.members["sg-old-billing"]
    assert Ability.SUSPEND in [call.ability for call in secrets.calls]


async def test_what_was_skipped_is_taken_up_again(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await planned(app, pilot)
        whole = review(app).plan
        await skip_it(app, pilot, "later")
        await pilot.press("up", "space")
        await until(pilot, lambda: not review(app).skips)
        await shows(pilot, "then type")
        await pilot.press("down", "down", "down", "down")
        await skip_it(app, pilot, "later")
        await pilot.press("p")
        await until(pilot, lambda: review(app).plan is not whole)
        await quiet(pilot, app)
        without = review(app).plan
        await pilot.press(*["down"] * 4)
        assert review(app).cursor == len(without.operations)
        await pilot.press("space")
        await shows(pilot, "makes the plan anew so")
        await pilot.press("p")
        await until(pilot, lambda: review(app).plan is not without)
        await quiet(pilot, app)
        assert len(review(app).plan.operations) == len(whole.operations)
        assert skipped(review(app).plan) == ()


async def test_a_sync_is_planned_anew_without_what_is_skipped(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("s")
        await shows(pilot, "then type")
        whole = review(app).plan
        await skip_it(app, pilot, "next week")
        await pilot.press("p")
        await until(pilot, lambda: review(app).plan is not whole)
        await quiet(pilot, app)
        found = review(app).plan
        assert found.confirm_with != whole.confirm_with or len(found.operations) == 0
        assert "skipped" in found.title
        # What goes on and what is over is not offered before anything was begun.
        assert "R resume" not in text_of(app)
        assert "U undo" not in text_of(app)


async def test_esc_in_the_reason_skips_nothing(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await planned(app, pilot)
        await pilot.press("space")
        await shows(pilot, "Skip change 1?")
        await pilot.press("enter")
        await shows(pilot, "Say why it is left out")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, PlanReview))
        assert not review(app).skips
