"""Two reads with a change between them, and the way to the earlier one."""

from dataclasses import replace

from tests.tui.looking import ready, shows, until
from tests.tui.simulated import Bench
from textual.pilot import Pilot

from keyturn.tui.app import KeyturnApp
from keyturn.tui.screens.history import History
from keyturn_providers.records import AccountState, Grant, Level, PrincipalKind

HOUR_MS = 3_600_000


async def read(bench: Bench) -> None:
    """Both sources again."""
    await bench.engine.refresh(lambda _event: None, lambda: False)


async def change(bench: Bench) -> None:
    """Dana loses a vault, Ravi gains it, Lea is suspended, the contractor is gone."""
    secrets = bench.pair.secrets.tenant
    secrets.grants["account/s-001/policy/payments-admin"].pop("v-payments")
    secrets.add(Grant("v-payments", PrincipalKind.ACCOUNT, "s-002", Level.READ, "to-ravi"))
    secrets.add(replace(secrets.accounts["s-003"], state=AccountState.SUSPENDED))
    secrets.drop_account("s-ghost")


def history(app: KeyturnApp) -> History:
    """The History screen in front."""
    assert isinstance(app.screen, History)
    return app.screen


async def at_history(pilot: Pilot[None], app: KeyturnApp, reads: int = 2) -> History:
    """Opens History, and waits for all its reads."""
    await ready(pilot, app)
    await pilot.press("4")
    await until(pilot, lambda: isinstance(app.screen, History))
    await until(pilot, lambda: len(history(app).timeline.moments) == reads)
    await until(pilot, lambda: history(app).table.row is not None or not reads)
    return history(app)


async def at_past(pilot: Pilot[None], app: KeyturnApp) -> None:
    """Shows everything as of the earliest read."""
    screen = await at_history(pilot, app)
    oldest = screen.timeline.moments[-1].no
    assert screen.table.put_cursor(oldest)
    await until(pilot, lambda: screen.table.row is not None and screen.table.row.id == oldest)
    await pilot.press("enter")
    await until(pilot, lambda: app.back is not None)
    await shows(pilot, "AS OF")
