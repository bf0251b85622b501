"""Runs that are killed: two plans, the program that dies on them, and what must be so at the end.

The end is computed from the plan alone. Each write must have arrived exactly once, nothing may be
open, and the chain must be whole.
"""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

from tests.children import told
from tests.crash.victim import clock
from tests.run.office import policy_of
from tests.run.plans_by_hand import Loaded

from keyturn.decide.findings import ChangeKind
from keyturn.decide.planfile import to_json
from keyturn.decide.plans import Plan
from keyturn.run.connections import Connections
from keyturn.run.planning import plan_offboard, plan_sync
from keyturn.run.progress import never, unobserved
from keyturn.run.refresh import refresh
from keyturn_providers.records import (
    AccountState,
    Grant,
    Group,
    Level,
    Membership,
    PrincipalKind,
    Side,
    Vault,
)
from keyturn_providers.simulated import Pair, Tenant, load, save, simulated_pair
from keyturn_storage.journal import open_journal
from keyturn_storage.snapshots import open_cache

WIDTHS = (4, 1, 7)
"""How many steps are under way at once: when it is applied, resumed, and resumed once more."""


def offboarding(folder: Path) -> tuple[Pair, Plan]:
    """12 operations: both accounts, two sessions, four groups, four grants."""
    pair = simulated_pair(people=4, folder=folder)
    dana = pair.directory.tenant.accounts["d-001"]
    pair.directory.tenant.add(replace(dana, state=AccountState.ACTIVE))
    tenant = pair.secrets.tenant
    for number in range(1, 4):
        tenant.add(Group(f"sg-own-{number}", f"own {number}"))
        tenant.join(f"sg-own-{number}", ["s-001"])
        tenant.add(Vault(f"v-own-{number}", f"vault {number}", "kv-v2"))
        carrier = f"account/s-001/policy/own-{number}"
        tenant.add(Grant(f"v-own-{number}", PrincipalKind.ACCOUNT, "s-001", Level.READ, carrier))
    return pair, asyncio.run(_plan(pair, folder, "p001@acme.example"))


def sync(folder: Path) -> tuple[Pair, Plan]:
    """40 operations: 32 people who are missing from a group, 8 who must not be in another."""
    pair = simulated_pair(people=80, folder=folder, page_size=40)
    tenant = pair.secrets.tenant
    platform = [one for one in tenant.members["sg-platform"] if one != "s-001"]
    for member in platform[:32]:
        del tenant.members["sg-platform"][member]
    strangers = [n for n in range(3, 80) if n % 4 != 2 and n % 2 == 0][:8]
    tenant.join("sg-finance", (f"s-{n:03d}" for n in strangers))
    tenant.members["sg-finance"].setdefault("s-002", Membership("sg-finance", "s-002"))
    return pair, asyncio.run(_plan(pair, folder, ""))


async def _plan(pair: Pair, folder: Path, who: str) -> Plan:
    """As it would be planned: refreshed, decided, read by id, judged."""
    connections = Connections(pair.directory, pair.secrets)
    loaded = Loaded(policy_of(pair))
    with open_cache(folder / "cache.db") as cache, open_journal(folder / "journal.db") as journal:
        await refresh(connections, cache, observe=unobserved, stop=never, clock=clock())
        if who:
            plan = await plan_offboard(
                who, connections, cache, journal, loaded=loaded, clock=clock()
            )
        else:
            from keyturn.run.assess import assess

            kinds = {ChangeKind.ADD_MEMBERSHIP, ChangeKind.REMOVE_MEMBERSHIP}
            found = assess(cache, loaded.rules, clock().now_ms()).findings
            chosen = frozenset(
                one.id
                for one in found
                if one.remedy and all(change.kind in kinds for change in one.remedy)
                and all(change.account and change.account.id != "s-001" for change in one.remedy)
            )  # fmt: skip
            plan = await plan_sync(
                connections, cache, journal, loaded=loaded, clock=clock(), chosen=chosen
            )
    assert not plan.refused, plan.guards
    return plan


PLANS = {"offboarding": (offboarding, 12), "sync": (sync, 40)}


@dataclass(slots=True)
class Victims:
    """The program that is killed, over and over, on copies of one prepared folder."""

    process: "subprocess.Popen[str]"
    template: Path
    scratch: Path
    plan: Plan
    before: dict[Side, Tenant]
    runs: int = 0

    def fresh(self, name: str) -> Path:
        """A new folder with both tenants and the plan, nothing done yet."""
        folder = self.scratch / name
        shutil.copytree(self.template, folder)
        return folder

    def order(self, folder: Path, do: str, blows_at: int = 0, at_once: int = WIDTHS[0]) -> int:
        """Lets one child work; how it ended. -9 is the planted kill."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        order = {"folder": str(folder), "do": do, "blows_at": blows_at, "at_once": at_once}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        self.runs += 1
        return int(self.process.stdout.readline())

    def points(self, folder: Path, do: str = "apply", at_once: int = WIDTHS[0]) -> int:
        """How many points a whole, unharmed pass has."""
        assert self.order(folder, do, at_once=at_once) == 0
        return int((folder / "points").read_text("utf-8"))

    def finish(self, folder: Path) -> None:
        """What an operator does after a crash: resume; and, where no run had begun, apply again."""
        assert self.order(folder, "resume", at_once=WIDTHS[2]) == 0
        with open_journal(folder / "journal.db", read_only=True) as journal:
            begun = bool(journal.runs())
        if not begun:
            assert self.order(folder, "apply", at_once=WIDTHS[2]) == 0

    def cut(self, first: int, second: int) -> bool:
        """Kills at a point of the run, then, where `second` is not 0, at one of its resume, and
        goes on to the end; whether the second kill came about."""
        folder = self.fresh(f"cut-{first}-{second}")
        try:
            assert self.order(folder, "apply", first) == -signal.SIGKILL
            killed = False
            if second:
                ended = self.order(folder, "resume", second, at_once=WIDTHS[1])
                killed = ended == -signal.SIGKILL
                assert killed or ended == 0
            self.finish(folder)
            where = f"killed at point {first}" + (f", and at {second} of the resume" * bool(second))
            check(self, folder, where)
        finally:
            shutil.rmtree(folder)
        return killed


@contextmanager
def in_memory() -> Iterator[Path]:
    """A folder in memory where there is a place for it: a kill is no power cut, so that a disk
    would add nothing but time."""
    where = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=where) as made:
        yield Path(made)


@contextmanager
def victims(plan: str, folder: Path, root: Path) -> Iterator[Victims]:
    """The program, on one of the plans; everything is in `folder`."""
    template, scratch = folder / "template", folder / "scratch"
    template.mkdir(mode=0o700)
    scratch.mkdir()
    make, operations = PLANS[plan]
    pair, made = make(template)
    assert len(made.operations) == operations, [one.words for one in made.operations]
    before = {Side.DIRECTORY: pair.directory.tenant, Side.SECRETS: pair.secrets.tenant}
    for side, tenant in before.items():
        save(tenant, template / f"{side.value}.json")
    (template / "plan.json").write_text(to_json(made), "utf-8")
    (template / "cache.db").unlink()
    with told("tests.crash.victim", root) as process:
        yield Victims(process, template, scratch, made, before)


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
            case ChangeKind.ADD_MEMBERSHIP:
                assert change.group is not None
                after.join(change.group.id, [account])
            case _:
                raise AssertionError(f"these plans have no {change.kind}")
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
