"""The check of the audit log."""

from keyturn_providers.conformance.bench import Bench, must, new_operation_id
from keyturn_providers.conformance.result import NotSo
from keyturn_providers.contract import Ability, Outcome, Reactivates, ReadsAudit, Suspends


async def operations_are_found(bench: Bench) -> str:
    """The events of an operation are found from a checkpoint taken before it, and not from one
    taken after; no event of another operation comes with them."""
    bench.needs(Ability.READ_AUDIT, Ability.SUSPEND, Ability.REACTIVATE)
    audit, who = bench.reads(ReadsAudit), bench.subject.account_id
    lag = bench.about.audit_lag_s
    ours, other = new_operation_id(), new_operation_id()
    before = await audit.audit_checkpoint()
    must(Outcome.APPLIED, await bench.writes(Suspends).suspend(who, ours), "suspending")
    must(Outcome.APPLIED, await bench.writes(Reactivates).reactivate(who, other), "reactivating")
    both = frozenset({ours, other})
    seen = await bench.eventually(
        lambda: audit.audit_events(before, both),
        lambda events: both <= {event.operation_id for event in events},
        lag,
    )
    found = {event.operation_id for event in seen}
    if found != both:
        raise NotSo(f"{len(both - found)} of 2 operations are not in the log after {lag} s")
    for event in seen:
        bench.witness.value("an audit event", event)
    only = {event.operation_id for event in await audit.audit_events(before, frozenset({ours}))}
    if only != {ours}:
        raise NotSo(f"asked for one operation, the events of {len(only)} came")
    late = await audit.audit_events(await audit.audit_checkpoint(), both)
    if late:
        raise NotSo(f"{len(late)} events from before a checkpoint came as if they were after it")
    return f"{len(seen)} events of 2 operations"
