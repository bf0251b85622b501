"""Who has no account on a side whose accounts were not read to the end may have one all the same:
no screen says otherwise."""

from tests.tui.looking import access, ready, shows, text_of, until
from tests.tui.simulated import Bench
from tests.tui.two_reads import read

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
