"""An organisation whose leaver was put out, with both files of storage, for reports about it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tests.run.conftest import Watch
from tests.run.office import Office, policy_of
from tests.run.plans_by_hand import DANA_THERE, RAVI, SUSPEND_HERE, Loaded, plan_of

from keyturn.decide.findings import Change, ChangeKind, ObjectKind, Ref
from keyturn.decide.planfile import recorded, sealed
from keyturn.evidence.gather import Report, report_on
from keyturn.evidence.stated import Stated, stated
from keyturn.run.connections import Connections
from keyturn_providers.records import Side
from keyturn_providers.simulated import Pair
from keyturn_storage.case_files import open_case
from keyturn_storage.case_rows import CaseIn
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


RAVI_THERE = Ref(Side.DIRECTORY, ObjectKind.ACCOUNT, "d-002", "Ravi Menon")


async def both_out(work: Office, pair: Pair) -> str:
    """Dana and Ravi out in one run."""
    await work.look()
    snapshots = (await work.offboarding("Ravi Menon")).snapshots
    by_hand = plan_of(
        pair,
        Change(ChangeKind.SUSPEND, Side.DIRECTORY, account=RAVI_THERE),
        SUSPEND_HERE,
        Change(ChangeKind.SUSPEND, Side.SECRETS, account=RAVI),
    )
    plan = sealed(
        replace(
            by_hand,
            subject_key=f"d:{DANA_THERE.id}\nd:{RAVI_THERE.id}",
            snapshots=snapshots,
            created_ms=work.watch.at_ms,
        )
    )
    result = await work.apply(plan)
    assert all(one.verdict for one in result.steps)
    return result.run_id


def opened_case(work: Office, case_id: str) -> None:
    """A case of Dana that is open from now on, so that runs about her belong to it."""
    open_case(
        work.journal,
        CaseIn(
            case_id, "d:d-001", "Dana Okafor", "p001@acme.example", "tenant-directory", "d-001",
            "Dana Okafor", "tenant-secrets", "s-001", "Dana Okafor", "h.lund", work.watch.at_ms,
        ),
    )  # fmt: skip
