"""Who has no account, or is in no group, on a side that was not read to the end may have one, or be
in it, all the same: no screen says otherwise."""

from tests.tui.looking import access, known_rows, pane, ready, shows, text_of, until
from tests.tui.simulated import Bench
from tests.tui.two_reads import read

from keyturn.tui.data import Pane
from keyturn_providers.abilities import Ability
from keyturn_providers.simulated.faults import Effect, Fault

SIZE = (149, 44)


async def test_an_account_that_was_not_read_is_not_said_to_be_missing(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("slash", *"contractor", "enter")
        await shows(pilot, "Old Contractor: no account in corp-id, active in corp-vault.")
        assert "not read" not in text_of(app)

        faults = read_bench.pair.directory.faults
        faults.add(Fault(Effect.NO_PROOF, Ability.LIST_ACCOUNTS, times=None))
        await read(read_bench)
        app.data_changed()
        await shows(pilot, "Old Contractor: not read in corp-id, active in corp-vault.")
        row = access(app).pane(access(app).front).row
        assert row is not None
        assert (row.sign, row.cells[1]) == ("?", "not read")
        await shows(pilot, "It may not be so: the accounts of corp-id could not be")
        await pilot.press("i")
        await shows(pilot, "no account is known: the accounts there were not read")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is access(app))

        faults.clear()
        await read(read_bench)
        app.data_changed()
        await shows(pilot, "Old Contractor: no account in corp-id, active in corp-vault.")


async def test_a_membership_that_was_not_read_is_neither_yes_nor_no(read_bench: Bench) -> None:
    faults = read_bench.pair.directory.faults
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        groups = pane(app, Pane.GROUPS)
        assert [row.cells[:3] for row in known_rows(groups)] == [
            ("old-billing", "–", "yes"),
            ("eng-platform", "yes", "yes"),
            ("everyone", "yes", "yes"),
        ]
        faults.add(Fault(Effect.NO_PROOF, Ability.LIST_GROUPS, times=None))
        faults.add(Fault(Effect.NO_PROOF, Ability.LIST_MEMBERSHIPS, "dg-everyone", times=None))
        await read(read_bench)
        app.data_changed()
        await shows(pilot, "2 of 5 incomplete")
        await groups.settled()
        assert [(row.sign, *row.cells[:3]) for row in known_rows(groups)] == [
            ("?", "old-billing", "?", "yes"),
            ("=", "eng-platform", "yes", "yes"),
            ("=", "everyone", "yes", "yes"),
        ]
        await pilot.press("tab")
        await shows(pilot, "Dana Okafor is a member in corp-vault of old-billing. Not read to the")
        await pilot.press("a")
        await until(pilot, lambda: len(known_rows(groups)) == 4)
        assert [(row.sign, *row.cells[:3]) for row in known_rows(groups)] == [
            ("+", "finance", "4", "3"),
            ("?", "old-billing", "?", "1"),
            ("=", "eng-platform", "8", "8"),
            ("?", "everyone", "16+", "16"),
        ]
        await shows(pilot, "old-billing: not read in corp-id, 1 member in corp-vault.")
        await pilot.press("end")
        await shows(pilot, "everyone: at least 16 in corp-id, 16 members in corp-vault.")
