"""Goes on with what was interrupted: every open run, re-reading before anything is called."""

from collections.abc import Callable

from keyturn.decide.planfile import recorded
from keyturn.decide.plans import Plan
from keyturn.decide.steps import Impossible
from keyturn.run.admission import (
    HasRules,
    NotAdmitted,
    ask_both,
    lease_targets,
    refuse_if_old,
    refuse_other_sources,
    refuse_writing_read_only,
)
from keyturn.run.apply import refuse_if_all_failed, refuse_stale, take_checkpoints
from keyturn.run.basis import keep_basis
from keyturn.run.cases import tie
from keyturn.run.clock import Clock
from keyturn.run.connections import Connections
from keyturn.run.execution import execute
from keyturn.run.progress import Observer
from keyturn.run.results import RunResult, result_of
from keyturn.run.running import Run
from keyturn.run.verify import DEFAULT_AUDIT_WAIT_S
from keyturn_providers.contract import About
from keyturn_providers.records import Side
from keyturn_storage import leases
from keyturn_storage.errors import LeaseHeld
from keyturn_storage.journal import Journal
from keyturn_storage.rows import RunRow

LOOK_INTO_IT = (
    "The journal tells of this run what cannot have been, so keyturn does not go on with it: "
    "check the journal with keyturn doctor, and look at the objects yourself."
)
NOTHING_OPEN = "Nothing is open: every run has ended."


async def resume(
    journal: Journal,
    connections: Connections,
    *,
    loaded: HasRules,
    observe: Observer,
    stop: Callable[[], bool],
    clock: Clock,
    operator: str,
    audit_wait_s: float = DEFAULT_AUDIT_WAIT_S,
) -> tuple[RunResult, ...]:
    """Goes on with every open run, oldest first; an empty answer means that nothing is open.

    A step of which only the intent is known is read before anything else: as wanted, it is done;
    not as wanted after the source's consistency delay, it is called again. Where the policy or the
    program changed since, or the plan is too old, what was sent is verified, and the rest is given
    up, to be planned again. A run that somebody is at work on, or of which the journal tells what
    cannot have been, stays "running", and `blocked` says why; LeaseHeld is raised if somebody is
    at work on all. Raises also ReadOnly, TenantChanged, or a ProviderError where no source can be
    asked. Then nothing more was done.
    """
    found = journal.open_runs()
    if not found:
        return ()
    refuse_writing_read_only(connections, "cannot resume")
    results: list[RunResult] = []
    held: list[LeaseHeld] = []
    for row in found:
        if stop():
            break
        try:
            results.append(
                await _resume(
                    row, journal, connections, loaded, observe, stop, clock, operator, audit_wait_s
                )
            )
        except LeaseHeld as busy:
            held.append(busy)
            results.append(_left(row, journal, str(busy)))
        except Impossible as fault:
            results.append(_left(row, journal, f"{fault}. {LOOK_INTO_IT}"))
    if held and len(held) == len(results):
        raise held[0]
    return tuple(results)


def _left(row: RunRow, journal: Journal, why: str) -> RunResult:
    """A run that is not gone on with, as the journal has it."""
    steps = {step.operation_id: step for step in journal.steps(row.id)}
    return result_of(row.id, recorded(row.plan_json), "running", steps, (why,))


async def _resume(
    row: RunRow,
    journal: Journal,
    connections: Connections,
    loaded: HasRules,
    observe: Observer,
    stop: Callable[[], bool],
    clock: Clock,
    operator: str,
    audit_wait_s: float,
) -> RunResult:
    plan = recorded(row.plan_json)
    abouts, failures = await ask_both(connections)
    refuse_other_sources(plan, abouts, "resume")
    refuse_if_all_failed(plan, failures)
    generation = leases.take(
        journal,
        lease_targets(plan),
        holder=operator,
        operation=f"resume: {plan.title}",
        now_ms=clock.now_ms(),
        run_id=row.id,
    )
    try:
        run = Run(row.id, plan, connections, journal, generation, observe, stop, clock, abouts)
        run.renewed_ms = clock.now_ms()
        run.outdated = _outdated(plan, loaded, abouts, clock.now_ms())
        run.replay()
        journal.end_run(row.id, "running", clock.now_ms(), generation=generation)
        tie(journal, plan, row.id, row.operator, clock.now_ms(), generation)
        for side, failure in failures.items():
            run.block(side, failure)
        keep_basis(journal, row.id, loaded, abouts, clock.now_ms(), generation)
        await take_checkpoints(run)
        return await execute(run, audit_wait_s=audit_wait_s)
    finally:
        leases.release(journal, generation)


def _outdated(plan: Plan, loaded: HasRules, abouts: dict[Side, About], now_ms: int) -> str:
    try:
        refuse_stale(plan, loaded, abouts)
        refuse_if_old(plan, loaded.rules, now_ms)
    except NotAdmitted as changed:
        return f"{changed.why} {changed.next_step}".strip()
    return ""
