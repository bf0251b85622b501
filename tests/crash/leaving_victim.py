"""A dashboard on a terminal with a run under way, whose suspension waits at the secret manager.

Started by `test_leaving_dashboard` with a directory. It says by files there how far it is:
`reached` when the request waits, `left` when the app was told to leave; `opened` lets it go on.
The tenants are in files too, so that whoever comes next meets them as they were left.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.tui.simulated import Bench, bench

import keyturn.tui.make
from keyturn.tui.app import KeyturnApp
from keyturn.tui.screens.plan import APPLYING
from keyturn.tui.start import DashboardOptions, run_dashboard
from keyturn_providers.abilities import Ability
from keyturn_providers.simulated import load, save
from keyturn_providers.simulated.remote import Moment, When

PERSON = "d:d-001"


def tenants(made: Bench, folder: Path) -> None:
    """From the files where there are some; every change goes to them."""
    for side, connector in (("directory", made.pair.directory), ("secrets", made.pair.secrets)):
        remote = connector.remote
        remote.path = folder / f"{side}.json"
        if remote.path.exists():
            remote.tenant = load(remote.path)
        else:
            save(remote.tenant, remote.path)


def _held(folder: Path) -> Callable[[Moment], Awaitable[None]]:
    async def at(moment: Moment) -> None:
        if moment.ability is Ability.SUSPEND and moment.when is When.AFTER:
            (folder / "reached").touch()
            while not (folder / "opened").exists():  # noqa: ASYNC110 - another process opens
                await asyncio.sleep(0.01)

    return at


def _app(made: Bench, folder: Path) -> KeyturnApp:
    app = made.app()
    leave = app.leave

    def left(code: int) -> None:
        leave(code)
        (folder / "left").touch()

    async def begin() -> None:
        engine = made.engine
        plan = await engine.plan_offboard(PERSON)
        app.start(
            APPLYING,
            lambda observe, stop: engine.apply(plan, plan.confirm_with, observe, stop),
            lambda _ended: None,
        )

    app.leave = left  # type: ignore[method-assign] # seen as it is called, and then done
    app.call_later(begin)
    return app


def main(folder: Path) -> int:
    """The exit code of the dashboard."""
    made = bench(folder / "data", people=6)
    tenants(made, folder)
    asyncio.run(made.engine.refresh(lambda _event: None, lambda: False))
    made.pair.secrets.remote.at = _held(folder)
    setattr(keyturn.tui.make, "make_app", lambda *_: _app(made, folder))  # noqa: B010 - of other arguments
    return run_dashboard(DashboardOptions(folder / "none.yaml", folder / "data"))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
