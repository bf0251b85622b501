"""The check of the audit log."""

import time

from keyturn_providers.abilities import (
    Ability,
    Outcome,
    Reactivates,
    ReadsAudit,
    Receipt,
    Sought,
    Suspends,
)
from keyturn_providers.conformance.bench import Bench, must, new_operation_id
from keyturn_providers.conformance.result import NotSo


async def operations_are_found(bench: Bench) -> str:
    """The events of an operation are found from a checkpoint taken before it, and not from one
    taken after; no event of another operation comes with them."""
    bench.needs(Ability.READ_AUDIT, Ability.SUSPEND, Ability.REACTIVATE)
    audit, who = bench.reads(ReadsAudit), bench.subject.account_id
    lag = bench.about.audit_lag_s
    ours, other = new_operation_id(), new_operation_id()
    before = await audit.audit_checkpoint()
    began_ms = int(time.time() * 1000)
    suspended = await bench.writes(Suspends).suspend(who, ours)
    must(Outcome.APPLIED, suspended, "suspending")
    reactivated = await bench.writes(Reactivates).reactivate(who, other)
    must(Outcome.APPLIED, reactivated, "reactivating")
    both = frozenset({ours, other})

    def sought(operation_id: str, ability: Ability, receipt: Receipt) -> Sought:
        return Sought(
            operation_id, ability, began_ms, account_id=who, request_ids=receipt.request_ids
        )

    one = sought(ours, Ability.SUSPEND, suspended)
    two = sought(other, Ability.REACTIVATE, reactivated)
    seen = await bench.eventually(
        lambda: audit.audit_events(before, (one, two)),
        lambda events: both <= {event.operation_id for event in events},
        lag,
    )
    found = {event.operation_id for event in seen}
    if found != both:
        raise NotSo(f"{len(both - found)} of 2 operations are not in the log after {lag} s")
    for event in seen:
        bench.witness.value("an audit event", event)
    only = {event.operation_id for event in await audit.audit_events(before, (one,))}
    if only != {ours}:
        raise NotSo(f"asked for one operation, the events of {len(only)} came")
    late = await audit.audit_events(await audit.audit_checkpoint(), (one, two))
    if late:
        raise NotSo(f"{len(late)} events from before a checkpoint came as if they were after it")
    return f"{len(seen)} events of 2 operations"
