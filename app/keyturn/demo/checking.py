"""What every unattended check of a demo does: read, show the drift, offboard one, and read again.

The proofs from outside keyturn are each demo's own: see the `check` of each.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from keyturn.decide.findings import Finding
from keyturn.decide.plans import Plan, Verdict
from keyturn.policy.load import load_policy
from keyturn.policy.loaded import LoadedPolicy
from keyturn.run.apply import apply
from keyturn.run.assess import Assessment, assess
from keyturn.run.clock import Clock, system_clock
from keyturn.run.connections import Connections, open_connections
from keyturn.run.persons import find_person
from keyturn.run.planning import plan_offboard
from keyturn.run.recover import resume
from keyturn.run.refresh import refresh
from keyturn.run.results import RunResult
from keyturn.settings import Places
from keyturn_providers.text import safe
from keyturn_storage.journal import Journal, open_journal
from keyturn_storage.snapshots import Cache, open_cache

# As in cli.exit_codes, which is above this layer.
INCOMPLETE, REFUSED, NOT_VERIFIED = 3, 4, 5
_OPERATOR = "keyturn demo --check"
Out = Callable[[str], None]


class CheckFailed(Exception):
    """Something is not as it must be. `code` is the exit code."""

    def __init__(self, code: int, words: str) -> None:
        self.code = code
        super().__init__(words)


@dataclass(frozen=True, slots=True)
class Checking:
    """What every part of a check needs. `out` gets a line at a time."""

    loaded: LoadedPolicy
    connections: Connections
    cache: Cache
    journal: Journal
    out: Out
    clock: Clock


def run_check(places: Places, out: Out, check: Callable[[Checking], Awaitable[None]]) -> int:
    """Runs the whole check, a line at a time to `out`. 0 if everything was seen to be so; else the
    exit code that fits, with a line that says what was not. Errors of the sources are raised."""
    return asyncio.run(_checked(places, out, check))


async def _checked(places: Places, out: Out, check: Callable[[Checking], Awaitable[None]]) -> int:
    try:
        async with _opened(places, out) as work:
            await check(work)
    except CheckFailed as failure:
        out(f"FAILED: {failure}")
        return failure.code
    out("Everything was seen to be so: the check passed.")
    return 0


@asynccontextmanager
async def _opened(places: Places, out: Out) -> AsyncIterator[Checking]:
    """Opens the demo's configuration, both its sources and its data files."""
    loaded = load_policy(places.config)
    connections = open_connections(loaded, read_only=False)
    try:
        with open_cache(places.cache) as cache, open_journal(places.journal) as journal:
            yield Checking(loaded, connections, cache, journal, out, system_clock())
    finally:
        await connections.aclose()


async def read(work: Checking) -> Assessment:
    """Both sources read whole, and assessed. Raises `CheckFailed` where one was not."""
    report = await refresh(
        work.connections,
        work.cache,
        observe=lambda _: None,
        stop=lambda: False,
        clock=work.clock,
    )
    for source in (report.directory, report.secrets):
        work.out(f"{source.source}: {source.words}")
    if not report.complete:
        raise CheckFailed(INCOMPLETE, "a source was not read completely.")
    return assess(work.cache, work.loaded.rules, work.clock.now_ms())


async def find_leaver(work: Checking, email: str) -> str:
    """Reads, shows all drift, and returns the leaver's person key, once they are seen to drift."""
    before = await read(work)
    _show_drift(before.findings, work.out)
    person = find_person(before.world, email)
    if not _about(person.key, before):
        raise CheckFailed(NOT_VERIFIED, f"{person.name} shows no drift, so there is no leaver.")
    return person.key


async def offboard(work: Checking, email: str) -> RunResult:
    """Plans the offboarding, shows it, applies it, and shows what came of every step."""
    plan = await plan_offboard(
        email,
        work.connections,
        work.cache,
        work.journal,
        loaded=work.loaded,
        clock=work.clock,
    )
    _show_plan(plan, work.out)
    if plan.refused or not plan.operations:
        raise CheckFailed(REFUSED, "a guard refuses the plan, or there is nothing in it.")
    result = await apply(
        plan,
        work.connections,
        work.journal,
        loaded=work.loaded,
        observe=lambda _: None,
        stop=lambda: False,
        clock=work.clock,
        operator=_OPERATOR,
        confirmed=plan.confirm_with,
    )
    show_result(result, work.out)
    if result.open or not result.effective:
        raise CheckFailed(NOT_VERIFIED, "not every step was read back as wanted.")
    return result


async def in_step(work: Checking, person_key: str, name: str) -> None:
    """Reads again: nothing about this person may be left."""
    after = await read(work)
    left = _about(person_key, after)
    if left:
        raise CheckFailed(
            NOT_VERIFIED, f"still in drift: {'; '.join(finding.words for finding in left)}"
        )
    work.out(f"  read again: no drift is left about {name}; {len(after.findings)} findings in all")


async def nothing_open(work: Checking) -> None:
    """No run is open, none can be resumed, and the journal's chain is unbroken."""
    resumed = await resume(
        work.journal,
        work.connections,
        loaded=work.loaded,
        observe=lambda _: None,
        stop=lambda: False,
        clock=work.clock,
        operator=_OPERATOR,
    )
    chain = work.journal.verify_chain()
    if resumed or work.journal.open_runs():
        raise CheckFailed(NOT_VERIFIED, "a run is still open.")
    if not chain.unbroken:
        raise CheckFailed(NOT_VERIFIED, f"the journal's chain is broken: {chain.why}")
    work.out("  keyturn resume: nothing is open")


def show_result(result: RunResult, out: Out) -> None:
    """Every step of a run with its verdict, and the sentence that sums it up."""
    out("")
    for step in result.steps:
        told = step.verdict or step.state.value.replace("_", " ")
        out(f"  {step.operation.number}. {told}: {safe(step.operation.words, 200)}")
        if step.error:
            out(f"     {safe(step.error, 300)}")
    out(safe(result.words, 400))


def _about(person_key: str, assessment: Assessment) -> list[Finding]:
    return [finding for finding in assessment.findings if finding.person == person_key]


def _show_drift(findings: Sequence[Finding], out: Out) -> None:
    counts = Counter(finding.kind.value for finding in findings)
    out("")
    out(f"{len(findings)} findings, of {len(counts)} kinds:")
    for kind, number in sorted(counts.items()):
        out(f"  {number:2}  {kind}")
    out("")
    for finding in findings:
        out(f"{finding.sign.value} {finding.severity.value:6}  {safe(finding.words, 240)}")


def _show_plan(plan: Plan, out: Out) -> None:
    out("")
    out(f"Plan {plan.id}: {safe(plan.title)}")
    for operation in plan.operations:
        out(f"  {operation.number}. {safe(operation.words, 240)}")
        _show_all("     also: ", operation.also, out)
    for guard in plan.guards:
        mark = {Verdict.ALLOW: "ok", Verdict.ASK: "ask", Verdict.REFUSE: "REFUSED"}[guard.verdict]
        out(f"  guard {mark}: {guard.guard}: {safe(guard.words, 240)}")
    _show_all("  left alone: ", (f"{one.words} ({one.reason})" for one in plan.left_alone), out)
    _show_all("  not visible: ", plan.blind_spots, out)


def _show_all(before: str, texts: Iterable[str], out: Out) -> None:
    for text in texts:
        out(f"{before}{safe(text, 240)}")
