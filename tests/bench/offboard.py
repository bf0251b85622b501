"""Offboards one person with 30 operations at 100 ms a request, verified, and times it.

`uv run python -m tests.bench.offboard [--latency 0.1] [--times 3] [--at-once 16]`. Both sources are
simulated in memory: what is measured is how long the engine lets requests wait for one another, not
how fast a server is. Measured is `apply` from its call to its return: asking both sources, every
call, every read-back, and the audit log. Printed is also the longest chain of requests that hang on
one another: who the sources are, where the log is, then the operations that must follow each other
with their requests, and the log at the end. The aim is 1.5 times that chain.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections import Counter
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.run.office import policy_of
from tests.run.plans_by_hand import Loaded

from keyturn.decide.alike import like, tried_out_first
from keyturn.decide.order import comes_after
from keyturn.decide.plans import Plan
from keyturn.run.apply import apply
from keyturn.run.clock import system_clock
from keyturn.run.connections import Connections
from keyturn.run.planning import plan_offboard
from keyturn.run.progress import Event, StepChanged
from keyturn.run.refresh import refresh
from keyturn.run.results import RunResult
from keyturn_providers.records import AccountState, Grant, Group, Level, PrincipalKind, Vault
from keyturn_providers.simulated import Moment, Pair, When, simulated_pair
from keyturn_storage.journal import open_journal
from keyturn_storage.snapshots import open_cache

OPERATIONS = 30
DANA, DANA_HERE = "p001@acme.example", "s-001"
MANY = 12
"""Groups and vaults of Dana's, besides one of each. With both accounts and two sessions: 30."""


def organisation(at_once: int) -> Pair:
    """Dana is on in both, in many groups that nobody else decides, and opens many vaults."""
    pair = simulated_pair(people=4)
    dana = pair.directory.tenant.accounts["d-001"]
    pair.directory.tenant.add(replace(dana, state=AccountState.ACTIVE))
    tenant = pair.secrets.tenant
    for number in range(1, MANY + 1):
        tenant.add(Group(f"sg-own-{number}", f"own {number}"))
        tenant.join(f"sg-own-{number}", [DANA_HERE])
        tenant.add(Vault(f"v-own-{number}", f"vault {number}", "kv-v2"))
        carrier = f"account/{DANA_HERE}/policy/own-{number}"
        tenant.add(Grant(f"v-own-{number}", PrincipalKind.ACCOUNT, DANA_HERE, Level.READ, carrier))
    for side in (pair.directory, pair.secrets):
        side.changes_at_once = at_once
    return pair


_MINE: ContextVar[object | None] = ContextVar("whose requests", default=None)


@dataclass
class Counted:
    """Whose requests were made: each step is a task, which is told by its first change."""

    latency: float
    main: object = field(default_factory=asyncio.current_task)
    requests: Counter[object] = field(default_factory=Counter)
    sent_with: dict[int, int] = field(default_factory=dict)
    of: dict[int, object] = field(default_factory=dict)
    log_reads: int = 0

    async def at(self, moment: Moment) -> None:
        """A request takes its time before the source acts on it."""
        if moment.when is not When.BEFORE:
            return
        # What the run itself asks, before and beside the steps, is nobody's.
        if _MINE.get() is None and asyncio.current_task() is not self.main:
            _MINE.set(object())
        self.requests[_MINE.get()] += 1
        self.log_reads += moment.ability == "read audit events"
        await asyncio.sleep(self.latency)

    def step(self, event: Event) -> None:
        mine = _MINE.get()
        if not isinstance(event, StepChanged) or mine is None:
            return
        if event.state in {"intended", "applied", "already_so"}:
            self.of.setdefault(event.number, mine)
            self.sent_with[event.number] = self.requests[mine]

    def all_of(self, number: int) -> int:
        return self.requests[self.of[number]] if number in self.of else 0


@dataclass(frozen=True)
class Chain:
    """What hangs on one another: steps by number, and how many requests they are."""

    steps: tuple[int, ...] = ()
    requests: int = 0


def longest(plan: Plan, counted: Counted, *, first_of_kind: bool) -> Chain:
    """The longest chain of the plan's steps. What waits for another to be sent, waits for its call;
    what waits for its effect, or for the first of a kind, also for its read-back."""
    operations = plan.operations
    number_of = {operation.id: operation.number for operation in operations}
    before = comes_after([operation.change for operation in operations])
    kinds = tried_out_first(operation.change for operation in operations)
    first: dict[object, int] = {}
    best: dict[int, Chain] = {}
    until_sent: dict[int, Chain] = {}
    for place, operation in enumerate(operations):
        number, kind = operation.number, like(operation.change)
        ahead = [until_sent[operations[earlier].number] for earlier in before[place]]
        ahead += [best[number_of[needed]] for needed in operation.depends_on]
        if first_of_kind and kind in kinds:
            ahead += [best[first[kind]]] if kind in first else []
            first.setdefault(kind, number)
        longest_ahead = max(ahead, key=lambda one: one.requests, default=Chain())
        steps = (*longest_ahead.steps, number)
        sent = counted.sent_with.get(number, 0)
        until_sent[number] = Chain(steps, longest_ahead.requests + sent)
        best[number] = Chain(steps, longest_ahead.requests + counted.all_of(number))
    return max(best.values(), key=lambda one: one.requests)


async def once(folder: Path, latency: float, at_once: int) -> None:
    """Plans without any latency, then applies with it, and prints."""
    pair, clock = organisation(at_once), system_clock()
    connections, loaded = Connections(pair.directory, pair.secrets), Loaded(policy_of(pair))
    with open_cache(folder / "cache.db") as cache, open_journal(folder / "journal.db") as journal:
        await refresh(connections, cache, observe=lambda _: None, stop=lambda: False, clock=clock)
        plan = await plan_offboard(DANA, connections, cache, journal, loaded=loaded, clock=clock)
        assert not plan.refused, plan.guards
        assert len(plan.operations) == OPERATIONS, [one.words for one in plan.operations]
        counted = Counted(latency)
        pair.directory.remote.at = pair.secrets.remote.at = counted.at
        began, began_cpu = time.perf_counter(), time.process_time()
        result = await apply(
            plan, connections, journal, loaded=loaded, observe=counted.step,
            stop=lambda: False, clock=clock, operator="bench", confirmed=plan.confirm_with,
        )  # fmt: skip
        wall, spent = time.perf_counter() - began, time.process_time() - began_cpu
    tell(plan, result, counted, wall, spent)


START_AND_END = 3
"""Who the sources are, where the log is, and what it has at the end: one after another."""


def tell(plan: Plan, result: RunResult, counted: Counted, wall: float, spent: float) -> None:
    """The figures of one run."""
    verdicts = dict(Counter(step.verdict for step in result.steps))
    print(
        f"{result.state}: {verdicts}; {sum(counted.requests.values())} requests, "
        f"{counted.log_reads} of them of the log; {spent:.2f} s of processor"
    )
    for words, first in (("with one that goes first", True), ("without", False)):
        chain = longest(plan, counted, first_of_kind=first)
        requests = chain.requests + START_AND_END
        bound = requests * counted.latency
        print(
            f"  wall {wall:.2f} s  longest chain {words}: {len(chain.steps)} operations "
            f"({', '.join(map(str, chain.steps))}), {requests} requests, {bound:.2f} s  "
            f"ratio {wall / bound:.2f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--latency", type=float, default=0.1)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--at-once", type=int, default=16)
    chosen = parser.parse_args()
    print(
        f"{OPERATIONS} operations at {chosen.latency * 1000:.0f} ms a request, {chosen.at_once} "
        f"at once; load {os.getloadavg()[0]:.1f}"
    )
    for number in range(chosen.times):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / str(number)
            folder.mkdir(mode=0o700)
            asyncio.run(once(folder, chosen.latency, chosen.at_once))


if __name__ == "__main__":
    main()
