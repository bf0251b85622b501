"""Verdicts that come later: steps of earlier runs that wait for an audit event are looked at again,
under the lease of their run, and what is known by then is added to the journal."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from keyturn.decide.planfile import PlanFileError, recorded
from keyturn.decide.rechecks import Upgraded
from keyturn.decide.steps import ProofVerdict
from keyturn.run.admission import ask_both, lease_targets, refuse_other_sources
from keyturn.run.clock import Clock
from keyturn.run.connections import Connections
from keyturn.run.late_proof import late_proof
from keyturn.run.progress import Observer
from keyturn.run.results import result_of
from keyturn.run.running import Run
from keyturn_providers.errors import TenantChanged
from keyturn_storage import leases
from keyturn_storage.errors import LeaseHeld, LeaseLost, StorageRefused
from keyturn_storage.journal import open_journal
from keyturn_storage.queries.activity import runs_with_verdicts
from keyturn_storage.rows import RunRow

WAITING = (ProofVerdict.LAGGING, ProofVerdict.EFFECTIVE_NOT_LOGGED)
"""The verdicts that an audit event which comes late may make better."""
LOOKED_AT_MS = 24 * 3_600_000
"""For how long after a run every refresh looks; what comes later is for `keyturn recheck`."""
MOST_RUNS = 20


@dataclass(frozen=True, slots=True)
class LaterVerdicts:
    """What became of the steps of one run that waited. `remarks` say why it was not looked at."""

    run_id: str
    title: str
    upgraded: tuple[Upgraded, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """A line for each step that has another verdict now."""
        return tuple(f"{self.title}: {one.told}" for one in self.upgraded)


async def later_verdicts(
    connections: Connections,
    path: Path,
    *,
    observe: Observer,
    stop: Callable[[], bool],
    clock: Clock,
    operator: str,
) -> tuple[LaterVerdicts, ...]:
    """Looks again at the steps of the last day's runs that wait for an audit event; asks no source
    where there are none, or no journal. Changes nothing in the sources; a verdict is added, never
    rewritten.

    A run that somebody works on, or that was made for other sources, is left alone. Raises nothing
    that would spoil a refresh: no ProviderError, StorageRefused or LeaseLost.
    """
    if stop() or not _is_there(path):
        return ()
    found: list[LaterVerdicts] = []
    try:
        with open_journal(path) as journal:
            words = tuple(one.value for one in WAITING)
            since_ms = clock.now_ms() - LOOKED_AT_MS
            waiting = runs_with_verdicts(journal, words, since_ms, MOST_RUNS)
            if not waiting:
                return ()
            abouts, failures = await ask_both(connections)
            for row in waiting:
                try:
                    plan = recorded(row.plan_json)
                    refuse_other_sources(plan, abouts, "look again at")
                except (PlanFileError, TenantChanged) as other:
                    found.append(LaterVerdicts(row.id, row.title, remarks=(str(other),)))
                    continue
                run = Run(row.id, plan, connections, journal, 0, observe, stop, clock, abouts)
                for side, failure in failures.items():
                    run.block(side, failure)
                upgraded, remarks = await upgrade(run, row, operator)
                found.append(LaterVerdicts(row.id, row.title, upgraded, remarks))
    except (StorageRefused, LeaseLost) as refused:
        found.append(LaterVerdicts("", "", remarks=(str(refused),)))
    return tuple(one for one in found if one.upgraded or one.remarks)


def _is_there(path: Path) -> bool:
    return path.exists()


async def upgrade(
    run: Run, row: RunRow, operator: str
) -> tuple[tuple[Upgraded, ...], tuple[str, ...]]:
    """Later verdicts of one run, under the lease of its targets, and why there are none where
    somebody works on them. A run of which nothing else was open ends. Raises LeaseLost."""
    if run.stop():
        return (), ()
    targets, now_ms = lease_targets(run.plan), run.clock.now_ms()
    doing = f"looking for audit events: {run.plan.title}"
    try:
        generation = leases.take(
            run.journal, targets, holder=operator, operation=doing, now_ms=now_ms, run_id=row.id
        )
    except LeaseHeld as busy:
        return (), (f"Whether audit events have appeared was not looked at: {busy}",)
    try:
        run.generation, run.renewed_ms = generation, now_ms
        run.load()
        upgraded = await late_proof(run)
        if upgraded and row.state == "stopped":
            _end(run)
        return upgraded, ()
    finally:
        leases.release(run.journal, generation)


def _end(run: Run) -> None:
    result = result_of(run.id, run.plan, "ended", run.steps)
    if not result.open:
        run.journal.end_run(run.id, "ended", run.clock.now_ms(), generation=run.generation)
