"""What failed is tried again: one first, then the others. What was answered is told."""

from tests.tui.going_to import at_screen
from tests.tui.looking import quiet, shows, text_of, until
from tests.tui.simulated import Bench
from textual.pilot import Pilot

from keyturn.tui.app import KeyturnApp
from keyturn.tui.causes import Cause
from keyturn.tui.screens.activity import Activity
from keyturn.tui.screens.plan import PlanReview
from keyturn_providers.abilities import Ability
from keyturn_providers.simulated.faults import Effect, Fault
from keyturn_storage.journal import open_journal
from keyturn_storage.queries.activity import exchanges_of

SIZE = (149, 44)


async def refused_sync(bench: Bench) -> str:
    """A sync of which every removal from a group was refused; the run's id."""
    secrets = bench.pair.secrets.tenant
    others = [one for one in secrets.accounts if one not in secrets.members["sg-finance"]]
    secrets.join("sg-finance", [one for one in others if one.startswith("s-0")][-4:])
    await bench.engine.refresh(lambda _event: None, lambda: False)
    fault = Fault(Effect.NOT_ALLOWED, Ability.REMOVE_MEMBERSHIP, times=None)
    bench.pair.secrets.faults.add(fault)
    plan = await bench.engine.plan_sync(None)
    ended = await bench.engine.apply(plan, plan.confirm_with, lambda _event: None, lambda: False)
    bench.pair.secrets.faults.clear()
    return ended.run_id


def retriable(app: KeyturnApp) -> int:
    """How many failures of the cause under the cursor can be planned anew."""
    assert isinstance(app.screen, Activity)
    row = app.screen.table.row
    about = row.about if row is not None else None
    return sum(one.can_be_retried for one in about.failures) if isinstance(about, Cause) else 0


async def at_failures(app: KeyturnApp, pilot: Pilot[None]) -> int:
    """Activity, with the cursor on a cause of several failures that can be planned anew; how many
    those are."""
    await at_screen(pilot, app, "3", Activity)
    await shows(pilot, "try again")
    count = retriable(app)
    assert count > 1
    return count


async def one_first(app: KeyturnApp, pilot: Pilot[None]) -> None:
    """T plans one of them, and the others not yet."""
    await pilot.press("T")
    await shows(pilot, "One first, to see whether the cause is gone")
    assert isinstance(app.screen, PlanReview)
    assert len(app.screen.plan.operations) == 1


async def confirmed(app: KeyturnApp, pilot: Pilot[None]) -> None:
    """The plan in front, applied; back to Activity."""
    await until(pilot, lambda: isinstance(app.screen, PlanReview))
    await shows(pilot, "then type")
    plan = app.screen
    assert isinstance(plan, PlanReview)
    await pilot.press("c", *plan.plan.confirm_with, "enter")
    await until(pilot, lambda: plan.ended is not None)
    await quiet(pilot, app)
    await pilot.press("escape")
    await until(pilot, lambda: isinstance(app.screen, Activity))


async def test_one_is_tried_first_then_the_others_and_none_stays_a_failure(
    read_bench: Bench,
) -> None:
    run_id = await refused_sync(read_bench)
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        count = await at_failures(app, pilot)
        await one_first(app, pilot)
        await confirmed(app, pilot)
        await until(pilot, lambda: retriable(app) == count - 1)
        await pilot.press("T")
        await shows(pilot, f"The others of this cause: {count - 1}")
        await confirmed(app, pilot)
        await until(pilot, lambda: retriable(app) == 0)
    with open_journal(read_bench.data / "journal.db", read_only=True) as journal:
        assert journal.verify_chain().unbroken
        kept = exchanges_of(journal, run_id)
    assert len(kept) >= count
    assert all(one[-1].status == 403 for one in kept.values())


async def test_until_the_one_is_tried_the_others_are_left_alone(read_bench: Bench) -> None:
    await refused_sync(read_bench)
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        _ = await at_failures(app, pilot)
        await one_first(app, pilot)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, Activity))
        await one_first(app, pilot)


async def test_what_was_asked_and_answered_is_told_of_a_failure(read_bench: Bench) -> None:
    await refused_sync(read_bench)
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await at_screen(pilot, app, "3", Activity)
        await shows(pilot, "asked: ")
        await shows(pilot, "NOT_ALLOWED")
        await shows(pilot, "r-1")


async def test_what_is_no_failure_is_not_tried_again(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await at_screen(pilot, app, "3", Activity)
        await pilot.press("T")
        await shows(pilot, "put the cursor on a failure first")


async def test_what_fails_again_is_one_failure_and_the_others_still_wait(read_bench: Bench) -> None:
    await refused_sync(read_bench)
    fault = Fault(Effect.NOT_ALLOWED, Ability.REMOVE_MEMBERSHIP, times=None)
    read_bench.pair.secrets.faults.add(fault)
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        count = await at_failures(app, pilot)
        await one_first(app, pilot)
        await confirmed(app, pilot)
        await shows(pilot, "ended, 0 of 1 done")
        assert retriable(app) == count
        await one_first(app, pilot)


async def test_a_failure_is_told_once_and_what_was_answered_right_below(read_bench: Bench) -> None:
    await refused_sync(read_bench)
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await at_screen(pilot, app, "3", Activity)
        await shows(pilot, "asked: ")
        assert "said: " not in text_of(app)
