"""Looking again, from the dashboard, whether what the runs of cases cut is still cut."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from keyturn.tui.engine import Observe, Stop
from keyturn.tui.openings import Openings, operator

if TYPE_CHECKING:
    from keyturn.decide.rechecks import Recheck


async def recheck_cases(
    opened: Openings, case_ids: Sequence[str], observe: Observe, stop: Stop
) -> "tuple[Recheck, ...]":
    """As `keyturn recheck RUN` of every run that stands in these cases, each run once; nothing is
    changed in a source. Raises NoSuchCase, and as `recheck` does."""
    from keyturn.decide.case_state import standing_cuts
    from keyturn.run.assess import NothingRead
    from keyturn.run.cases import find_case, runs_of
    from keyturn.run.recheck import ask, recheck

    loaded, clock = opened.doors.load(), opened.now()
    async with opened.everything(loaded, observe, read_only=True) as (connections, _, journal):
        try:
            world = opened.world(loaded)
        except NothingRead:
            world = None
        rows = [find_case(journal, case_id) for case_id in case_ids]
        cuts = dict.fromkeys(run.id for row in rows for run in standing_cuts(runs_of(journal, row)))
        asked = await ask(connections)
        found: list[Recheck] = []
        for run_id in cuts:
            run = journal.run(run_id)
            if run is None or stop():
                continue
            found.append(
                await recheck(
                    run, asked, connections, journal, world=world, observe=observe, stop=stop,
                    clock=clock, operator=operator(),
                )
            )  # fmt: skip
    return tuple(found)
