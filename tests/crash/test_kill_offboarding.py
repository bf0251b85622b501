"""kill -9 at every durable write and every call of an offboarding, then resume; and twice in a row.

The expected end is computed from the plan alone. Each write must have arrived exactly once.
"""

import asyncio
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.crash.victim import clock
from tests.run.office import policy_of
from tests.run.plans_by_hand import Loaded

from keyturn.decide.findings import ChangeKind
from keyturn.decide.planfile import to_json
from keyturn.decide.plans import Plan
from keyturn.run.connections import Connections
from keyturn.run.planning import plan_offboard
from keyturn.run.progress import never, unobserved
from keyturn.run.refresh import refresh
from keyturn_providers.records import AccountState, Side
from keyturn_providers.simulated import Pair, Tenant, load, save, simulated_pair
from keyturn_storage.journal import open_journal
from keyturn_storage.snapshots import open_cache

SHARES = 4
"""The points are dealt out to this many tests, so that they can run in parallel."""

SAMPLE = 5
"""By default the resume is killed too after every third point, at a point that moves along."""

EACH = 3

pytestmark = pytest.mark.sweep


@dataclass(slots=True)
class Victims:
    """The program that is killed, over and over, on copies of one prepared folder."""

    process: "subprocess.Popen[str]"
    template: Path
    scratch: Path
    plan: Plan
    before: dict[Side, Tenant]
    whole: bool

    def fresh(self, name: str) -> Path:
        """A new folder with both tenants and the plan, nothing done yet."""
        folder = self.scratch / name
        shutil.copytree(self.template, folder)
        return folder

    def order(self, folder: Path, do: str, blows_at: int = 0) -> int:
        """Lets one child work; how it ended. -9 is the planted kill."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        order = {"folder": str(folder), "do": do, "blows_at": blows_at, "whole": self.whole}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def points(self, folder: Path, do: str) -> int:
        """How many points a whole, unharmed pass has."""
        assert self.order(folder, do) == 0
        return int((folder / "points").read_text("utf-8"))

    def finish(self, folder: Path) -> None:
        """What an operator does after a crash: resume; and, where no run had begun, apply again."""
        assert self.order(folder, "resume") == 0
        with open_journal(folder / "journal.db", read_only=True) as journal:
            begun = bool(journal.runs())
        if not begun:
            assert self.order(folder, "apply") == 0


@pytest.fixture(scope="module")
def victims(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Victims]:
    template = tmp_path_factory.mktemp("template")
    template.chmod(0o700)
    pair = simulated_pair(people=4, folder=template)
    dana = pair.directory.tenant.accounts["d-001"]
    pair.directory.tenant.add(replace(dana, state=AccountState.ACTIVE))
    plan = asyncio.run(_plan(pair, template))
    before = {Side.DIRECTORY: pair.directory.tenant, Side.SECRETS: pair.secrets.tenant}
    for side, tenant in before.items():
        save(tenant, template / f"{side.value}.json")
    (template / "plan.json").write_text(to_json(plan), "utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.crash.victim"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=request.config.rootpath,
    )
    scratch = tmp_path_factory.mktemp("scratch")
    try:
        whole = bool(request.config.getoption("--whole-sweep"))
        yield Victims(process, template, scratch, plan, before, whole)
    finally:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.wait(timeout=30)
        process.stdout.close()


async def _plan(pair: Pair, folder: Path) -> Plan:
    """The offboarding as it would be planned: refreshed, decided, read by id, judged."""
    connections = Connections(pair.directory, pair.secrets)
    loaded = Loaded(policy_of(pair))
    with open_cache(folder / "cache.db") as cache, open_journal(folder / "journal.db") as journal:
        await refresh(connections, cache, observe=unobserved, stop=never, clock=clock())
        plan = await plan_offboard(
            "p001@acme.example", connections, cache, journal, loaded=loaded, clock=clock()
        )
    assert not plan.refused, plan.guards
    kinds = {operation.change.kind for operation in plan.operations}
    assert kinds == {
        ChangeKind.SUSPEND,
        ChangeKind.END_SESSION,
        ChangeKind.REVOKE,
        ChangeKind.REMOVE_MEMBERSHIP,
    }
    return plan


def expected(plan: Plan, before: Tenant) -> Tenant:
    """The tenant as the plan leaves it: worked out from the changes, not from a run."""
    after = deepcopy(before)
    for operation in plan.operations:
        change = operation.change
        if change.side is not before.source.side:
            continue
        account = change.account.id if change.account else ""
        match change.kind:
            case ChangeKind.SUSPEND:
                old = after.accounts[account]
                after.add(replace(old, state=AccountState.SUSPENDED, state_raw="suspended"))
            case ChangeKind.END_SESSION:
                del after.sessions[change.session_id]
            case ChangeKind.REVOKE:
                after.cut[change.carrier] = after.grants.pop(change.carrier)
            case ChangeKind.REMOVE_MEMBERSHIP:
                assert change.group is not None
                del after.members[change.group.id][account]
            case _:
                raise AssertionError(f"an offboarding has no {change.kind}")
    return after


def check(victims: Victims, folder: Path, where: str) -> None:
    """The end is the plan's; each call arrived once; nothing is open; the chain is whole."""
    for side, before in victims.before.items():
        tenant = load(folder / f"{side.value}.json")
        wanted = expected(victims.plan, before)
        assert _contents(tenant) == _contents(wanted), where
        for operation in victims.plan.operations:
            if operation.change.side is side:
                assert tenant.received(operation.id) == 1, f"{where}: {operation.words}"
                assert tenant.done(operation.id) == 1, f"{where}: {operation.words}"
    with open_journal(folder / "journal.db", read_only=True) as journal:
        assert journal.open_runs() == (), where
        assert [run.state for run in journal.runs()] == ["ended"], where
        verdicts = {step.operation_id: step.verdict for step in journal.steps(journal.runs()[0].id)}
        for operation in victims.plan.operations:
            audited = operation.change.side is Side.SECRETS
            wanted_words = "effective and logged" if audited else "effective, not logged"
            assert verdicts[operation.id] == wanted_words, f"{where}: {operation.words}"
        assert journal.verify_chain().unbroken, where


def _contents(tenant: Tenant) -> Tenant:
    return replace(tenant, events=[], calls=[], hidden={}, clock_ms=0)


def test_unharmed_it_ends_as_the_plan_says(victims: Victims) -> None:
    folder = victims.fresh("unharmed")
    points = victims.points(folder, "apply")
    assert points > 6 * 6
    check(victims, folder, "unharmed")
    assert victims.order(folder, "resume") == 0
    check(victims, folder, "resumed with nothing open")


def test_the_instrument_finds_a_call_made_twice(victims: Victims) -> None:
    folder = victims.fresh("planted")
    assert victims.order(folder, "apply") == 0
    path = folder / "secrets.json"
    tenant = load(path)
    tenant.calls.append(tenant.calls[0])
    save(tenant, path)
    with pytest.raises(AssertionError, match="planted"):
        check(victims, folder, "planted")


@pytest.mark.parametrize("share", range(SHARES))
def test_killed_at_every_point_then_resumed(victims: Victims, share: int) -> None:
    points = victims.points(victims.fresh(f"count-{share}"), "apply")
    for number in range(1 + share, points + 1, SHARES):
        folder = victims.fresh(f"once-{number}")
        assert victims.order(folder, "apply", number) == -signal.SIGKILL
        victims.finish(folder)
        check(victims, folder, f"killed at point {number} of {points}")
        shutil.rmtree(folder)


@pytest.mark.parametrize("share", range(SHARES))
def test_killed_twice_in_a_row_then_resumed(victims: Victims, share: int) -> None:
    points = victims.points(victims.fresh(f"count-twice-{share}"), "apply")
    for number in range(1 + share, points + 1, SHARES * (1 if victims.whole else EACH)):
        left = 1
        second = 1 if victims.whole else 1 + (number * SAMPLE) % 40
        while left:
            folder = victims.fresh(f"twice-{number}-{second}")
            assert victims.order(folder, "apply", number) == -signal.SIGKILL
            killed = victims.order(folder, "resume", second) == -signal.SIGKILL
            victims.finish(folder)
            check(victims, folder, f"killed at point {number}, and at {second} of the resume")
            shutil.rmtree(folder)
            second += 1
            left = victims.whole and killed
