"""An organisation whose leaver was put out, with both files of storage, for reports about it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.run.conftest import Watch
from tests.run.office import Office, policy_of
from tests.run.plans_by_hand import Loaded

from keyturn.decide.planfile import recorded
from keyturn.evidence.gather import Report, report_on
from keyturn.evidence.stated import Stated, stated
from keyturn.run.connections import Connections
from keyturn_providers.simulated import Pair
from keyturn_storage.journal import open_journal
from keyturn_storage.snapshots import open_cache

LEAVER = "Dana Okafor"
NOTHING = Stated()


@contextmanager
def office(pair: Pair, data: Path) -> Iterator[Office]:
    """The office over `pair`, its files in `data`."""
    with open_cache(data / "cache.db") as cache, open_journal(data / "journal.db") as journal:
        yield Office(
            Connections(pair.directory, pair.secrets),
            cache,
            journal,
            Watch(),
            Loaded(policy_of(pair)),
        )


async def put_out(work: Office, who: str = LEAVER) -> str:
    """Refreshes, offboards one person, and gives the run's id."""
    await work.look()
    plan = await work.offboarding(who)
    assert plan.operations
    assert not plan.refused
    return (await work.apply(plan)).run_id


def report(
    work: Office, run_id: str, said: Stated = NOTHING, *, whole_chain: bool = False
) -> Report:
    """The evidence of a run of the office, with its cache and policy."""
    row = work.journal.run(run_id)
    assert row is not None
    return report_on(
        row,
        work.journal,
        work.cache,
        key=(recorded(row.plan_json).subjects or ("",))[0],
        stated=said,
        rules=work.loaded.rules,
        whole_chain=whole_chain,
    )


def left(at: str) -> Stated:
    """A leave time, and everything else stated too."""
    return stated(at, "R. Silva", "HR-2214", "no")
