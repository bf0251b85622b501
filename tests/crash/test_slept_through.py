"""A keyturn that sleeps at any moment of an offboarding while a colleague takes it over and ends
it: when it wakes, it sends nothing more and nothing it writes is accepted."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.children import told
from tests.crash.sleeper import LATER_MS, LOST
from tests.run.plans_by_hand import OFFBOARDING, plan_of

from keyturn.decide.planfile import to_json
from keyturn.decide.plans import Plan
from keyturn_providers.records import AccountState, Side
from keyturn_providers.simulated import load, save, simulated_pair
from keyturn_storage.journal import open_journal

SAMPLE = 17
"""By default it sleeps at every so many points only."""

pytestmark = pytest.mark.sweep


@dataclass(frozen=True, slots=True)
class Sleepers:
    """The program whose children sleep, and the plan they work on."""

    process: "subprocess.Popen[str]"
    plan: Plan

    def order(self, folder: Path, do: str, *, at: int = 0, later_ms: int = 0) -> str:
        """How the child ended, or "asleep"."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        order = {"folder": str(folder), "do": do, "at": at, "later_ms": later_ms}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def prepared(self, folder: Path) -> Path:
        """A folder with both tenants and the plan, nothing done yet."""
        folder.mkdir(mode=0o700)
        pair = simulated_pair(people=4)
        dana = pair.directory.tenant.accounts["d-001"]
        pair.directory.tenant.add(replace(dana, state=AccountState.ACTIVE))
        for side, source in ((Side.DIRECTORY, pair.directory), (Side.SECRETS, pair.secrets)):
            save(source.tenant, folder / f"{side.value}.json")
        (folder / "plan.json").write_text(to_json(self.plan), "utf-8")
        return folder


@pytest.fixture
def sleepers(request: pytest.FixtureRequest) -> Iterator[Sleepers]:
    plan = plan_of(simulated_pair(people=4), *OFFBOARDING)
    with told("tests.crash.sleeper", request.config.rootpath) as process:
        yield Sleepers(process, plan)


def _open(folder: Path) -> bool:
    """Whether the run has not begun, or not ended."""
    with open_journal(folder / "journal.db", read_only=True) as journal:
        return not journal.runs() or bool(journal.open_runs())


def _far_side(folder: Path) -> list[str]:
    return [(folder / f"{side.value}.json").read_text("utf-8") for side in Side]


def test_whoever_slept_through_the_end_of_their_lease_does_nothing_more(
    sleepers: Sleepers, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    folder = sleepers.prepared(tmp_path / "count")
    assert sleepers.order(folder, "work") == "0"
    points = int((folder / "points").read_text("utf-8"))
    assert points > 6 * 6
    whole = bool(pytestconfig.getoption("--whole-sweep"))
    woken: list[str] = []
    # The first is before the lease is taken.
    for number in range(2, points, 1 if whole else SAMPLE):
        folder, where = sleepers.prepared(tmp_path / str(number)), f"asleep at point {number}"
        assert sleepers.order(folder, "work", at=number) == "asleep", where
        if not _open(folder):
            break
        assert sleepers.order(folder, "work", later_ms=LATER_MS) == "0", where
        done = _far_side(folder)
        with open_journal(folder / "journal.db", read_only=True) as journal:
            lines = journal.lines()
            assert [row.state for row in journal.runs()] == ["ended"], where
        woken.append(sleepers.order(folder, "wake"))
        assert _far_side(folder) == done, where
        for side in Side:
            tenant = load(folder / f"{side.value}.json")
            for operation in sleepers.plan.operations:
                if operation.change.side is side:
                    assert tenant.received(operation.id) == 1, f"{where}: {operation.words}"
        with open_journal(folder / "journal.db", read_only=True) as journal:
            assert journal.lines() == lines, where
            assert journal.verify_chain().unbroken, where
    assert set(woken) == {str(LOST)}
