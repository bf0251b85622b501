"""Several leavers from the marks of Access by keys alone: one plan, one case and evidence each."""

import re
from dataclasses import replace

import pytest
from tests.tui.gates import hold
from tests.tui.kept_cases import kept
from tests.tui.looking import access, quiet, shows, text_of, until
from tests.tui.plan_review import SIZE, review
from tests.tui.several_leavers import THREE, go_to, mark, opened, screen
from tests.tui.simulated import Bench

from keyturn.tui.app import KeyturnApp
from keyturn.tui.screens.leavers import Leavers
from keyturn.tui.screens.offboard import Offboard
from keyturn.tui.screens.picker import Picker
from keyturn.tui.screens.plan import PlanReview
from keyturn_providers.abilities import Ability
from keyturn_providers.records import AccountState, Grant, Level, PrincipalKind, Vault
from keyturn_storage.journal import open_journal


def on_line(app: KeyturnApp, name: str) -> list[str]:
    """The numbers that stand on the line of a person."""
    line = next(line for line in text_of(app).splitlines() if f"{name} (" in line)
    return re.findall(r"\s(\d+|\?)(?=\s)", line.partition(")")[2])


async def test_three_leave_by_keys_alone_with_one_plan_and_a_case_and_evidence_each(
    read_bench: Bench,
) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot, *THREE)
        await shows(pilot, "Offboard 3 people")
        for name in THREE:
            groups, *_ = on_line(app, name)
            assert int(groups) > 0
        assert "3 people: " in text_of(app)
        assert kept(read_bench) == ()
        await pilot.press("v")
        await shows(pilot, "no plan was applied yet")

        await pilot.press("p")
        await shows(pilot, "Who leaves: 3")
        plan = review(app).plan
        assert plan.confirm_with == "3"
        assert "3 people leave at once" in "\n".join(str(guard.words) for guard in plan.guards)
        await pilot.press("c", *"dana", "enter")
        await shows(pilot, "That is not 3")
        await pilot.press(*["backspace"] * 4, "3", "enter")
        await until(pilot, lambda: review(app).ended is not None)
        await pilot.press("g")
        await shows(pilot, "verified")
        for share in review(app).origin.draft.shares:  # type: ignore[union-attr] # made with it
            number = len(share.operations)
            assert f"{share.name}: {number} of {number} verified" in text_of(app)
        await quiet(pilot, app)
        await pilot.press("escape")
        await shows(pilot, "3 of 3 verified")
        await quiet(pilot, app)
        await pilot.press("v")
        await until(pilot, lambda: len(screen(app).evidence) == 3)
        folders = {one.folder for one in screen(app).evidence.values()}
        assert len(folders) == 3
        assert all((folder / "leaver.html").is_file() for folder in folders)
        await shows(pilot, "written of 3")
    assert sorted(one.name for one in kept(read_bench)) == sorted(THREE)
    (run,) = {run for one in kept(read_bench) for run in one.run_ids}
    with open_journal(read_bench.data / "journal.db", read_only=True) as journal:
        assert journal.run(run)
    accounts = read_bench.pair.secrets.tenant.accounts.values()
    off = {one.display_name for one in accounts if one.state is AccountState.SUSPENDED}
    assert off >= set(THREE)


async def test_what_is_stated_is_stated_of_all_and_what_differs_is_told(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot, "Dana Okafor", "Ravi Menon")
        await go_to(app, pilot, "approver")
        await pilot.press("enter", *"J. Reyes", "enter")
        await until(pilot, lambda: len(kept(read_bench)) == 2)
        await quiet(pilot, app)
        await shows(pilot, "J. Reyes")
        await go_to(app, pilot, "Dana Okafor")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Offboard))
        await shows(pilot, "J. Reyes")
        await quiet(pilot, app)
        await pilot.press(*["down"] * 4)
        while app.screen.table.row.label != "ticket":  # type: ignore[attr-defined] # Offboard
            await pilot.press("down")
        await pilot.press("enter", *"HR-7", "enter")
        await until(pilot, lambda: [one.facts.ticket for one in kept(read_bench)].count("HR-7"))
        await quiet(pilot, app)
        await pilot.press("escape")
        await shows(pilot, "not the same of each: said of 1")
        await go_to(app, pilot, "ticket")
        await shows(pilot, "HR-7: Dana Okafor")
        await shows(pilot, "not said: Ravi Menon")
    assert {one.facts.approver for one in kept(read_bench)} == {"J. Reyes"}


async def test_a_vault_that_only_those_who_leave_manage_blocks_until_one_who_stays_takes_over(
    empty_bench: Bench,
) -> None:
    secrets = empty_bench.pair.secrets.tenant
    by_name = {one.display_name: one.id for one in secrets.accounts.values()}
    secrets.add(
        Vault("v-two", "Two keys"),
        *(
            Grant("v-two", PrincipalKind.ACCOUNT, by_name[name], Level.MANAGE, f"account/{name}/x")
            for name in ("Dana Okafor", "Ravi Menon")
        ),
    )
    await empty_bench.engine.refresh(lambda _event: None, lambda: False)
    app = empty_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot, "Dana Okafor", "Ravi Menon")
        await shows(pilot, "Blocked: 1 vault has no other manager")
        await pilot.press("p")
        await shows(pilot, "d says who takes over")
        assert review(app).plan.refused
        await pilot.press("d")
        await shows(pilot, "Who takes over Two keys?")
        await shows(pilot, "Nobody but those who leave")
        # Who leaves too is not offered: neither of them can go on managing it.
        assert isinstance(app.screen, Picker)
        lines = app.screen.lines
        await lines.settled()
        offered = {row.label for n in lines.content.shown if (row := lines._known.get(n))}
        assert "Lea Baum" in offered
        assert not offered & {"Dana Okafor", "Ravi Menon"}
        await pilot.press(*"lea", "enter")
        await until(
            pilot, lambda: isinstance(app.screen, PlanReview) and not review(app).plan.refused
        )
        await shows(pilot, "Give Lea Baum manage on Two keys")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, Leavers))
        await shows(pilot, "Two keys: Lea Baum takes over")
        # Without Ravi in it, nothing is left that nobody manages.
        await go_to(app, pilot, "Ravi Menon")
        await pilot.press("u")
        await shows(pilot, "Ravi Menon is left out of it")
        await quiet(pilot, app)
        assert screen(app).seen.vaults == ()  # type: ignore[union-attr] # read
        await pilot.press("g", "u")
        await shows(pilot, "nobody else leaves")


async def test_more_than_the_policy_allows_at_once_is_refused_by_number(read_bench: Bench) -> None:
    rules = read_bench.doors.policy.rules
    few = replace(rules, limits=replace(rules.limits, removals_count=2))
    read_bench.doors.policy = replace(read_bench.doors.policy, rules=few)
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot, *THREE)
        await pilot.press("p")
        await shows(pilot, "refuses this plan")
        assert not review(app).query("#typed")
        await shows(pilot, "refuses this plan: 3 people leave at once; the policy allows 2")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, Leavers))
        await pilot.press("g", "u", "p")
        await shows(pilot, "then type 2")


async def test_a_stop_leaves_each_case_open_and_resume_goes_on_with_all(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot, *THREE)
        await pilot.press("p")
        await shows(pilot, "then type 3")
        gate = hold(read_bench, Ability.SUSPEND)
        await pilot.press("c", "3", "enter")
        await until(pilot, gate.reached.is_set)
        await shows(pilot, "Dana Okafor: 0 of 5 verified")
        await pilot.press("x")
        gate.opened.set()
        await until(pilot, lambda: review(app).ended is not None)
        assert review(app).ended.state == "stopped"  # type: ignore[union-attr] # awaited above
        await quiet(pilot, app)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, Leavers))
        await shows(pilot, "0 of 3 verified")
        await pilot.press("1")
        await until(pilot, lambda: app.screen is access(app))
        await pilot.press("R")
        await shows(pilot, "1 run was resumed")
        await quiet(pilot, app)
        await pilot.press("escape", "7")
        await shows(pilot, "3 verified")


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_one_mark_is_about_that_one_and_hidden_marks_are_spelled_out(
    read_bench: Bench, size: tuple[int, int]
) -> None:
    app = read_bench.app()
    async with app.run_test(size=size) as pilot:
        await mark(app, pilot, "Ravi Menon")
        await pilot.press("g", "o")
        await until(pilot, lambda: isinstance(app.screen, Offboard))
        await shows(pilot, "Ravi Menon is marked, so this is about them")
        await quiet(pilot, app)
        await pilot.press("escape", "u")
        await mark(app, pilot, "Ravi Menon", "Lea Baum")
        await pilot.press("slash", *"lea", "enter")
        await shows(pilot, "2 marked (1 hidden)")
        await pilot.press("o")
        await shows(pilot, "1 of them hidden")
        await shows(pilot, "Ravi Menon")


async def test_nothing_is_put_out_read_only(read_bench: Bench) -> None:
    app = read_bench.app(read_only=True)
    async with app.run_test(size=SIZE) as pilot:
        await mark(app, pilot, "Ravi Menon", "Lea Baum")
        await pilot.press("o")
        await shows(pilot, "offboard: keyturn is read-only here")
        assert app.screen is access(app)
