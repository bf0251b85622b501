"""A mover by keys: what the role does not justify is taken, and the account stays on."""

from tests.tui.kept_cases import kept
from tests.tui.looking import access, pane, quiet, ready, shows, text_of, until
from tests.tui.moving import foreign_team
from tests.tui.plan_review import SIZE, review
from tests.tui.simulated import Bench

from keyturn.tui.data import Pane
from keyturn.tui.screens.plan import PlanReview
from keyturn_providers.records import AccountState


async def test_a_mover_loses_what_the_role_does_not_justify_and_stays_active(
    empty_bench: Bench,
) -> None:
    secrets = empty_bench.pair.secrets.tenant
    ravi = next(one.id for one in secrets.accounts.values() if one.display_name == "Ravi Menon")
    team = foreign_team(empty_bench)
    secrets.join(team, [ravi])
    await empty_bench.engine.refresh(lambda _event: None, lambda: False)
    app = empty_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        users = pane(app, Pane.USERS)
        while users.row is None or users.row.label != "Ravi Menon":
            await pilot.press("down")
            await users.settled()
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, PlanReview))
        await shows(pilot, "The account stays active")
        assert secrets.groups[team].name in text_of(app)
        assert not any(one.change.kind.value == "suspend" for one in review(app).plan.operations)
        await pilot.press("c", *review(app).plan.confirm_with, "enter")
        await until(pilot, lambda: review(app).ended is not None)
        await quiet(pilot, app)
    assert ravi not in secrets.members[team]
    assert secrets.accounts[ravi].state is AccountState.ACTIVE
    (row,) = kept(empty_bench)
    assert (row.name, row.facts.kind) == ("Ravi Menon", "mover")


async def test_nobody_is_moved_without_somebody_in_focus(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("a", "tab")
        await until(pilot, lambda: pane(app, Pane.GROUPS).has_focus)
        await pilot.press("m")
        await shows(pilot, "Move: put the cursor on a person in Users first")
        assert app.screen is access(app)


async def test_what_a_plan_without_a_change_leaves_alone_is_said_below_it(
    empty_bench: Bench,
) -> None:
    secrets = empty_bench.pair.secrets.tenant
    lea = next(one.id for one in secrets.accounts.values() if one.display_name == "Lea Baum")
    secrets.join("sg-old-billing", [lea])
    await empty_bench.engine.refresh(lambda _event: None, lambda: False)
    app = empty_bench.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        users = pane(app, Pane.USERS)
        while users.row is None or users.row.label != "Lea Baum":
            await pilot.press("down")
            await users.settled()
        await pilot.press("m")
        await shows(pilot, "left alone, with the reason above")
