"""On the case of one of several leavers X and U are about that person alone."""

from tests.tui.gates import hold
from tests.tui.kept_cases import kept
from tests.tui.looking import quiet, shows, text_of, until
from tests.tui.plan_review import SIZE, review
from tests.tui.several_leavers import go_to, opened, screen
from tests.tui.simulated import Bench
from textual.pilot import Pilot

from keyturn.decide.planfile import recorded
from keyturn.run.cases import of_leaver
from keyturn.tui.app import KeyturnApp
from keyturn.tui.screens.offboard import Offboard
from keyturn.tui.screens.picker import Picker
from keyturn.tui.screens.plan import PlanReview
from keyturn_providers.abilities import Ability
from keyturn_providers.records import AccountState
from keyturn_storage.journal import open_journal

DANA, RAVI = "Dana Okafor", "Ravi Menon"


async def _applied(app: KeyturnApp, pilot: Pilot[None]) -> None:
    await opened(app, pilot, DANA, RAVI)
    await pilot.press("p")
    await shows(pilot, "Who leaves: 2")
    await pilot.press("c", "2", "enter")


async def _ended(app: KeyturnApp, pilot: Pilot[None]) -> None:
    await until(pilot, lambda: isinstance(app.screen, PlanReview) and review(app).ended is not None)
    await quiet(pilot, app)


async def _case_of(app: KeyturnApp, pilot: Pilot[None], name: str) -> None:
    """From the plan back, and on to the case of one."""
    await pilot.press("escape")
    await until(pilot, lambda: screen(app).seen and not app.jobs.running())
    await screen(app).table.settled()
    await go_to(app, pilot, name)
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(app.screen, Offboard) and app.screen.read)
    await quiet(pilot, app)


async def test_an_undo_there_brings_that_one_back_and_the_others_stay(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await _applied(app, pilot)
        await _ended(app, pilot)
        await _case_of(app, pilot, DANA)
        await pilot.press("U")
        await until(pilot, lambda: isinstance(app.screen, PlanReview))
        await quiet(pilot, app)
        plan = review(app).plan
        assert (plan.undoes_of, plan.confirm_with) == ("d:d-001", "p001@acme.example")
        await shows(pilot, "Dana Okafor alone")
        await pilot.press("c", *plan.confirm_with, "enter")
        await _ended(app, pilot)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, Offboard))
        await shows(pilot, "took the cut back")
        assert "undo of " in text_of(app)
    accounts = {one.display_name: one for one in read_bench.pair.secrets.tenant.accounts.values()}
    assert accounts[DANA].state is AccountState.ACTIVE
    assert accounts[RAVI].state is AccountState.SUSPENDED
    runs = {one.name: len(one.run_ids) for one in kept(read_bench)}
    assert runs == {DANA: 2, RAVI: 1}


async def test_only_the_open_steps_of_that_one_are_offered_to_be_given_up(
    read_bench: Bench,
) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        gate = hold(read_bench, Ability.SUSPEND)
        await _applied(app, pilot)
        await until(pilot, gate.reached.is_set)
        await pilot.press("x")
        gate.opened.set()
        await _ended(app, pilot)
        await _case_of(app, pilot, DANA)
        await pilot.press("X")
        await shows(pilot, "Give up which step?")
        assert isinstance(app.screen, Picker)
        lines = app.screen.lines
        await lines.settled()
        offered = {row.label for n in lines.content.shown if (row := lines._known.get(n))}
        dana = next(one for one in kept(read_bench) if one.name == DANA)
        with open_journal(read_bench.data / "journal.db", read_only=True) as journal:
            run = journal.run(dana.run_ids[0])
            assert run is not None
            open_ = {one.number for one in journal.steps(run.id) if one.state == "planned"}
        plan = recorded(run.plan_json)
        mine = {one.words for one in of_leaver(plan, dana) if one.number in open_}
        others = {one.words for one in plan.operations if one.number in open_} - mine
        assert offered == mine
        assert others
