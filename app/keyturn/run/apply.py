"""Applies a reviewed plan: admitted, leased, written down before and after every call, verified."""

import hashlib
from collections.abc import Callable, Mapping

from keyturn import __version__
from keyturn.decide.outline import outline_of, outline_text
from keyturn.decide.planfile import stale, to_json
from keyturn.decide.plans import Plan
from keyturn.decide.steps import State
from keyturn.run.admission import (
    HasRules,
    NotAdmitted,
    ask_both,
    lease_targets,
    refuse_by_guards,
    refuse_if_old,
    refuse_over_day,
    refuse_unconfirmed,
    refuse_writing_read_only,
    tenants_now,
)
from keyturn.run.basis import keep_basis
from keyturn.run.cases import tie
from keyturn.run.clock import Clock
from keyturn.run.connections import Connections
from keyturn.run.execution import execute
from keyturn.run.ids import new_id
from keyturn.run.progress import Observer
from keyturn.run.results import RunResult
from keyturn.run.running import Run
from keyturn.run.runs_done import note_undo
from keyturn.run.verify import DEFAULT_AUDIT_WAIT_S
from keyturn_providers.abilities import (
    Ability,
    ReadsAudit,
    able,
)
from keyturn_providers.contract import About
from keyturn_providers.errors import ProviderError
from keyturn_providers.records import Side
from keyturn_storage import leases
from keyturn_storage.journal import Journal
from keyturn_storage.rows import RunRow, StepRow


async def apply(
    plan: Plan,
    connections: Connections,
    journal: Journal,
    *,
    loaded: HasRules,
    observe: Observer,
    stop: Callable[[], bool],
    clock: Clock,
    operator: str,
    confirmed: str = "",
    ids: Callable[[], str] = new_id,
    audit_wait_s: float = DEFAULT_AUDIT_WAIT_S,
) -> RunResult:
    """Applies `plan` and verifies every step; `RunResult` says what is done, proven and open.

    `confirmed` must be what `plan.confirm_with` asks for. Raises NotAdmitted (a guard refuses, the
    policy, a tenant or the program changed, the plan is too old or goes over the day's removals,
    the confirmation is wrong), PlanAlreadyRun, ReadOnly, LeaseHeld, or the source's
    ProviderError where no source of the plan can be asked.
    Then nothing was done. A source that fails later leaves its steps open; the others go on.
    """
    refuse_writing_read_only(connections, f"cannot apply plan {plan.id}")
    refuse_by_guards(plan)
    refuse_if_old(plan, loaded.rules, clock.now_ms())
    refuse_unconfirmed(plan, confirmed)
    abouts, failures = await ask_both(connections)
    refuse_stale(plan, loaded, abouts)
    refuse_if_all_failed(plan, failures)
    run_id = ids()
    generation = leases.take(
        journal,
        lease_targets(plan),
        holder=operator,
        operation=plan.title,
        now_ms=clock.now_ms(),
        run_id=run_id,
    )
    try:
        refuse_over_day(plan, loaded.rules, journal, clock.now_ms())
        run = Run(run_id, plan, connections, journal, generation, observe, stop, clock, abouts)
        run.renewed_ms = clock.now_ms()
        _start(run, operator)
        keep_basis(journal, run.id, loaded, abouts, clock.now_ms(), generation)
        for side, failure in failures.items():
            run.block(side, failure)
        await take_checkpoints(run)
        return await execute(run, audit_wait_s=audit_wait_s)
    finally:
        leases.release(journal, generation)


def refuse_stale(plan: Plan, loaded: HasRules, abouts: Mapping[Side, About]) -> None:
    """Raises `NotAdmitted` where policy, tenant or program are not those of the plan."""
    changed = stale(
        plan,
        policy_digest=loaded.rules.digest,
        tenants=tenants_now(plan, abouts),
        program=__version__,
    )
    if changed:
        raise NotAdmitted(plan, changed)


def refuse_if_all_failed(plan: Plan, failures: Mapping[Side, ProviderError]) -> None:
    """Raises the failure if no source that the plan changes can be asked."""
    sides = {operation.change.side for operation in plan.operations}
    if sides and sides <= set(failures):
        raise failures[min(sides)]


async def take_checkpoints(run: Run) -> None:
    """Writes down, before the first change, from where each audit log is to be searched.

    A log that cannot be read does not stop the run: the steps then say that it could not.
    """
    known = set(run.checkpoints())
    # After a change a new position would miss its event: then there is none to go by.
    known |= {op.change.side for op in run.plan.operations if run.steps[op.id].intent}
    for side, about in run.abouts.items():
        if side in known or Ability.READ_AUDIT not in about.abilities:
            continue
        try:
            since = await able(run.reader(side), ReadsAudit).audit_checkpoint()
        except ProviderError:
            continue
        run.note_checkpoint(side, since)


def _start(run: Run, operator: str) -> None:
    plan, at_ms = run.plan, run.clock.now_ms()
    row = RunRow(
        run.id,
        plan.id,
        plan.scope.value,
        plan.title,
        operator,
        at_ms,
        None,
        "running",
        to_json(plan),
    )
    steps = [
        StepRow(run.id, op.id, op.number, State.PLANNED.value, op.words, at_ms, 0, "", "", "", "")
        for op in plan.operations
    ]
    run.journal.start_run(
        row,
        steps,
        undoes=plan.undoes,
        undoes_of=plan.undoes_of,
        outline_sha256=hashlib.sha256(outline_text(outline_of(plan)).encode()).hexdigest(),
        generation=run.generation,
    )
    if plan.undoes:
        note_undo(
            run.journal,
            run_id=run.id,
            undone=plan.undoes,
            of=plan.undoes_of,
            at_ms=at_ms,
            generation=run.generation,
        )
    tie(run.journal, plan, run.id, operator, at_ms, run.generation)
    run.load()
