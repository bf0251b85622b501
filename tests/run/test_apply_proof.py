"""What is proven of a step where the audit log is late, missing, or tells of others."""

from tests.run.applied import LOGGED, UNLOGGED
from tests.run.conftest import Apply
from tests.run.plans_by_hand import (
    REVOKE,
    plan_of,
)

from keyturn_providers.abilities import Ability
from keyturn_providers.records import AuditEvent
from keyturn_providers.simulated import Effect, Fault, Moment, Pair, When


async def test_a_late_event_is_lagging_and_resume_finds_it(
    pair: Pair, run_plan: Apply, go_on: Apply
) -> None:
    pair.secrets.audit_lag_s = 3600.0
    pair.secrets.faults.add(Fault(Effect.AUDIT_LATE, Ability.REVOKE, count=50))
    plan = plan_of(pair, REVOKE)
    result = await run_plan(plan, audit_wait_s=10.0)
    assert (result.steps[0].verdict, result.state) == ("lagging", "stopped")
    pair.secrets.tenant.hidden.clear()
    result = await go_on()
    assert (result.steps[0].verdict, result.state) == (LOGGED, "ended")
    assert pair.secrets.tenant.received(plan.operations[0].id) == 1


async def test_a_source_without_a_log_says_so(pair: Pair, run_plan: Apply) -> None:
    pair.secrets.audited = False
    result = await run_plan(plan_of(pair, REVOKE))
    assert result.steps[0].verdict == UNLOGGED
    assert result.proven
    assert "there is no audit log to read" in result.steps[0].words
    assert result.state == "ended"


async def test_a_log_that_cannot_be_read_is_neither_yes_nor_no(
    pair: Pair, run_plan: Apply, go_on: Apply
) -> None:
    pair.secrets.faults.add(
        Fault(Effect.DUPLICATES, Ability.READ_AUDIT),
        Fault(Effect.UNREACHABLE, Ability.READ_AUDIT, times=None),
    )
    result = await run_plan(plan_of(pair, REVOKE))
    assert result.steps[0].verdict == "lagging"
    assert "connection was refused" in result.steps[0].words
    pair.secrets.faults.clear()
    assert (await go_on()).steps[0].verdict == LOGGED


async def test_what_somebody_else_did_is_named_and_is_no_proof(pair: Pair, run_plan: Apply) -> None:
    pair.secrets.faults.add(Fault(Effect.AUDIT_MISSING, Ability.REVOKE))
    plan = plan_of(pair, REVOKE)

    async def meanwhile(moment: Moment) -> None:
        if moment.operation_id and moment.when is When.AFTER:
            pair.secrets.tenant.events.append(
                AuditEvent(
                    "E9",
                    1_800_000_000_000,
                    "Bo Lind",
                    "revoke",
                    "x",
                    moment.operation_id,
                    by_another=True,
                )
            )

    pair.secrets.remote.at = meanwhile
    result = await run_plan(plan)
    (step,) = result.steps
    assert step.verdict == UNLOGGED
    said = "the log has only what somebody else did: E9, 2027-01-15 08:00:00 UTC by Bo Lind"
    assert step.error.startswith(said)
    assert not result.proven
