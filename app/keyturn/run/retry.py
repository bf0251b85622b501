"""Plans anew what failed, and nothing else: one change first, then the others of the same cause."""

from collections.abc import Sequence

from keyturn.decide.findings import Change
from keyturn.decide.planfile import recorded
from keyturn.decide.plans import Operation, Plan, PlanScope
from keyturn.decide.skipping import all_but
from keyturn.run.admission import HasRules
from keyturn.run.clock import Clock
from keyturn.run.connections import Connections
from keyturn.run.leavers import plan_leavers
from keyturn.run.planning import plan_sync
from keyturn_storage.journal import Journal
from keyturn_storage.snapshots import Cache

_SYNCS = frozenset({PlanScope.SYNC, PlanScope.FINDINGS})


class NotRetried(Exception):
    """What failed cannot be planned anew so; says why and what to do next."""


async def plan_retry(
    failed: Sequence[tuple[str, str]],
    connections: Connections,
    cache: Cache,
    journal: Journal,
    *,
    loaded: HasRules,
    clock: Clock,
) -> Plan:
    """A plan of the changes that these operations, as (run, operation), were to make, as far as
    they are still wanted. All come from runs of one kind: the kind of the first.

    Raises NotRetried for a run that is neither a sync nor an offboarding, else as planning does.
    """
    operations: list[Operation] = []
    subjects: dict[str, None] = {}
    scope: PlanScope | None = None
    for run_id, operation_id in failed:
        row = journal.run(run_id)
        if row is None:
            continue
        plan = recorded(row.plan_json)
        scope = scope or plan.scope
        if (plan.scope in _SYNCS) != (scope in _SYNCS):
            continue
        subjects |= dict.fromkeys(plan.subjects)
        operations += [one for one in plan.operations if one.id == operation_id]
    wanted = frozenset(one.change for one in operations)

    def others(plan: Plan) -> dict[Change, str]:
        return all_but(plan, wanted)

    if scope in _SYNCS:
        findings = frozenset(finding for one in operations for finding in one.finding_ids)
        return await plan_sync(
            connections, cache, journal, loaded=loaded, clock=clock, chosen=findings, choose=others
        )
    if scope is PlanScope.OFFBOARD:
        planned = await plan_leavers(
            tuple(subjects), connections, cache, journal, loaded=loaded, clock=clock, choose=others
        )
        return planned.plan
    raise NotRetried(
        "Only a sync or an offboarding is planned anew from its failures. Plan this one again from "
        "where it was planned."
    )
