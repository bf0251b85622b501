"""A later look at a run in which several left is told to each of what is about them alone."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.evidence.forging import rewritten
from tests.evidence.offices import NOTHING, both_out
from tests.evidence.test_beside import intact, pair, work
from tests.run.office import Office

from keyturn.evidence.gather import Report, report_on
from keyturn.evidence.verify_bundle import verify_bundle
from keyturn.run.assess import read_assessment
from keyturn.run.progress import never, unobserved
from keyturn.run.recheck import ask, recheck
from keyturn_providers.records import AccountState
from keyturn_providers.simulated import Pair

__all__ = ["pair", "work"]
DANA, RAVI = "d:d-001", "d:d-002"


async def looked(work: Office, pair: Pair) -> str:
    """Dana and Ravi left together; Ravi is on again, and somebody looked."""
    run_id = await both_out(work, pair)
    tenant = pair.secrets.tenant
    tenant.sessions.clear()
    tenant.accounts["s-002"] = replace(tenant.accounts["s-002"], state=AccountState.ACTIVE)
    row = work.journal.run(run_id)
    assert row is not None
    world = read_assessment(work.cache, work.loaded.rules, work.watch.at_ms).world
    await recheck(
        row, await ask(work.connections), work.connections, work.journal, world=world,
        observe=unobserved, stop=never, clock=work.watch.clock, operator="t.ong",
    )  # fmt: skip
    return run_id


def of(work: Office, run_id: str, key: str, *, whole_chain: bool = False) -> Report:
    row = work.journal.run(run_id)
    assert row is not None
    return report_on(
        row, work.journal, work.cache, key=key, stated=NOTHING, whole_chain=whole_chain
    )


@pytest.mark.parametrize("whole_chain", [False, True])
async def test_what_came_back_of_one_is_said_of_that_one_alone(
    work: Office, pair: Pair, tmp_path: Path, whole_chain: bool
) -> None:
    run_id = await looked(work, pair)
    ravi = of(work, run_id, RAVI, whole_chain=whole_chain)
    assert ravi.pack.case.verdict.startswith("CAME BACK, seen at ")
    assert not ravi.pack.case.proven
    (look,) = ravi.pack.rechecks
    assert look.words.startswith("Offboard Ravi Menon: 1 thing came back of ")
    assert intact(ravi, tmp_path / "b")
    assert not any("later looks" in one for one in verify_bundle(tmp_path / "b").notes)
    dana = of(work, run_id, DANA, whole_chain=whole_chain)
    assert "CAME BACK" not in dana.pack.case.verdict
    (look,) = dana.pack.rechecks
    assert look.words.startswith("Offboard Dana Okafor: nothing came back of ")
    assert not any("Ravi" in one for one in dana.pack.residual_risks)
    assert intact(dana, tmp_path / "b")
    if not whole_chain:
        assert all(b"Ravi Menon" not in data for data in dana.bundle.files.values())
        assert all(b"Dana Okafor" not in data for data in ravi.bundle.files.values())


async def test_a_look_that_was_taken_out_is_found(work: Office, pair: Pair, tmp_path: Path) -> None:
    run_id = await looked(work, pair)

    def edit(plain: dict[str, Any]) -> None:
        plain["rechecks"] = []
        verdict = plain["case"]["verdict"]
        plain["case"]["verdict"] = verdict.partition(": 1. ")[2]
        plain["residual_risks"] = [x for x in plain["residual_risks"] if "Came back" not in x]

    told = "\n".join(rewritten(of(work, run_id, RAVI).bundle, edit, tmp_path / "b"))
    assert "rechecks: they are not the later looks that the journal's lines have" in told
    assert "case.verdict: it does not begin with what the journal's lines say happened" in told
