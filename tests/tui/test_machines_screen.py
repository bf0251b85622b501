"""The Machines screen over the simulated pair: owners here, gone and unknown, on both sides."""

from dataclasses import replace

from tests.run.event_source import DAY_MS, USAGES, logging, usages
from tests.tui.going_to import at_screen
from tests.tui.looking import access, shows, text_of, until
from tests.tui.simulated import START_MS, Bench, with_machines

from keyturn.decide.rules import MachineRule
from keyturn.tui.screens.machines import Machines
from keyturn_providers.records import Grant, Level, PrincipalKind

SIZE = (120, 36)


async def test_owners_and_what_was_found_stand_in_the_line(empty_bench: Bench) -> None:
    await with_machines(empty_bench)
    app = empty_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await at_screen(pilot, app, "5", Machines)
        lines = {line.split()[2]: line for line in text_of(app).splitlines()[3:6]}

        assert "! invoice-sync" in lines["invoice-sync"]
        assert "Dana Okafor" in lines["invoice-sync"]
        assert "! left" in lines["invoice-sync"]
        assert "9d ago" in lines["invoice-sync"]
        assert lines["invoice-sync"].rstrip("┃ ").endswith("2  no data")
        assert "? terraform" in lines["terraform"]
        assert "nobody" in lines["terraform"]
        assert "no data" in lines["terraform"]
        assert "= k8s-prod" in lines["k8s-prod"]
        assert "Ravi Menon" in lines["k8s-prod"]
        assert " here " in lines["k8s-prod"]


async def test_the_text_tells_scopes_expiry_and_with_whom_it_ends(empty_bench: Bench) -> None:
    await with_machines(empty_bench)
    app = empty_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await at_screen(pilot, app, "5", Machines)
        await shows(pilot, "scopes     users.read, groups.read")
        await shows(pilot, "owner      Dana Okafor, left; it ends with their account")
        await shows(pilot, "in 29d, 2027-02-14")
        await shows(pilot, "used       no data: no archived event names it")
        await pilot.press("j")
        await shows(pilot, "owner      nobody ")
        await shows(pilot, "last used  no data: the source does not say")
        await shows(pilot, "note       runs nightly")


async def test_what_was_granted_stands_against_what_was_used(empty_bench: Bench) -> None:
    secrets = empty_bench.pair.secrets.tenant
    billing, other = sorted(secrets.vaults, key=lambda id_: id_ != "v-billing")[:2]
    for vault_id in (billing, other):
        secrets.add(Grant(vault_id, PrincipalKind.MACHINE, "m-2", Level.READ, "m-2"))
    logging(empty_bench.pair).add(USAGES, usages(1, 3, at_ms=START_MS - DAY_MS, user="m-2"))
    await with_machines(empty_bench)
    app = empty_bench.app()
    async with app.run_test(size=(149, 44)) as pilot:
        await at_screen(pilot, app, "5", Machines)
        await shows(pilot, "1 of 2")
        await pilot.press("slash", *"k8s", "enter")
        await shows(pilot, f"used       1 of 2 vaults: {secrets.vaults[billing].name}, last ")
        await shows(pilot, f"{secrets.vaults[other].name}: no archived event says it was used")


async def test_a_filter_finds_by_owner_and_enter_goes_to_them(empty_bench: Bench) -> None:
    await with_machines(empty_bench)
    app = empty_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        screen = await at_screen(pilot, app, "5", Machines)
        await pilot.press("slash", *"nobody", "enter")
        await until(pilot, lambda: len(screen.table.content.shown) == 1)
        await pilot.press("enter")
        await shows(pilot, "terraform has no owner that keyturn knows.")
        await pilot.press("escape")
        await pilot.press("slash", *"ravi", "enter")
        await until(pilot, lambda: len(screen.table.content.shown) == 1)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is access(app))
        await shows(pilot, "of Ravi Menon")


async def test_an_owner_in_the_policy_is_not_nobody(empty_bench: Bench) -> None:
    policy = empty_bench.doors.policy
    login = next(
        a.name for a in empty_bench.pair.directory.tenant.accounts.values()
        if a.display_name == "Ravi Menon"
    )  # fmt: skip
    rule = MachineRule("terraform", login, line=7)
    empty_bench.doors.policy = replace(policy, rules=replace(policy.rules, machines=(rule,)))
    await with_machines(empty_bench)
    app = empty_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await at_screen(pilot, app, "5", Machines)
        line = next(line for line in text_of(app).splitlines() if " terraform " in line)

        assert "= terraform" in line
        assert "as in policy" in line


async def test_no_machines_say_where_to_look(empty_bench: Bench) -> None:
    empty_bench.pair.secrets.tenant.machines.clear()
    await empty_bench.engine.refresh(lambda _event: None, lambda: False)
    app = empty_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("5")
        await shows(pilot, "No machine identities were read. Sources (6) says")
