"""What is not applied: by a guard, by another policy or tenant, and while others are at it."""

from dataclasses import replace

import pytest
from tests.run.conftest import START_MS, Apply, Seen, Watch
from tests.run.plans_by_hand import (
    JOIN_GROUP,
    LEAVE_GROUP,
    REVOKE,
    SUSPEND_HERE,
    SUSPEND_THERE,
    Loaded,
    plan_of,
)

from keyturn.decide.plans import GuardVerdict, PlanScope, Verdict
from keyturn.decide.rules import Rules
from keyturn.run.admission import ConfirmationWrong, NotAdmitted
from keyturn.run.apply import apply
from keyturn.run.connections import Connections
from keyturn.run.progress import never
from keyturn_providers.errors import NotAuthenticated, ReadOnly
from keyturn_providers.records import AccountState
from keyturn_providers.simulated import ABOUT, Effect, Fault, Pair
from keyturn_storage import leases
from keyturn_storage.errors import LeaseHeld
from keyturn_storage.journal import Journal

REFUSING = GuardVerdict(
    "share of removals", Verdict.REFUSE, "40 of 60 would go.", next_step="Less."
)


async def test_a_guard_that_refuses_is_final(pair: Pair, run_plan: Apply) -> None:
    with pytest.raises(NotAdmitted, match=r"share of removals: 40 of 60 would go\. Less\."):
        await run_plan(plan_of(pair, REVOKE, guards=(REFUSING,)))
    assert pair.secrets.tenant.calls == []


@pytest.mark.parametrize("typed", ["", "Dana", "dana okafor"])
async def test_only_the_exact_confirmation_passes(
    pair: Pair, run_plan: Apply, journal: Journal, typed: str
) -> None:
    with pytest.raises(ConfirmationWrong, match='Type "dana"'):
        await run_plan(plan_of(pair, REVOKE), confirmed=typed)
    assert journal.runs() == ()


async def test_a_plan_from_another_policy_is_refused(pair: Pair, run_plan: Apply) -> None:
    with pytest.raises(NotAdmitted, match="policy"):
        await run_plan(plan_of(pair, REVOKE), loaded=Loaded(Rules(digest="policy-2")))


async def test_a_plan_for_another_tenant_is_refused(pair: Pair, run_plan: Apply) -> None:
    plan = plan_of(pair, REVOKE)
    pair.secrets.tenant.source = replace(pair.secrets.tenant.source, tenant="other")
    with pytest.raises(NotAdmitted, match="tenant"):
        await run_plan(plan)
    assert pair.secrets.tenant.calls == []


async def test_old_removals_of_a_sync_are_refused_not_an_offboarding(
    pair: Pair, run_plan: Apply
) -> None:
    long_ago = START_MS - 16 * 60_000
    sync = plan_of(pair, LEAVE_GROUP, scope=PlanScope.SYNC, created_ms=long_ago)
    with pytest.raises(NotAdmitted, match="16 minutes old"):
        await run_plan(sync)
    adding = plan_of(pair, JOIN_GROUP, scope=PlanScope.SYNC, created_ms=long_ago)
    assert (await run_plan(adding)).effective
    leaver = plan_of(pair, LEAVE_GROUP, created_ms=long_ago)
    assert (await run_plan(leaver)).effective


async def test_read_only_applies_nothing(
    pair: Pair, journal: Journal, watch: Watch, seen: Seen
) -> None:
    with pytest.raises(ReadOnly):
        await apply(
            plan_of(pair, REVOKE),
            Connections(pair.directory, pair.secrets, read_only=True),
            journal,
            loaded=Loaded(),
            observe=seen,
            stop=never,
            clock=watch.clock,
            operator="t.ong",
            confirmed="dana",
        )
    assert journal.runs() == ()


@pytest.mark.parametrize("target", ["secrets/account/s-001", "secrets/vault/v-payments"])
async def test_a_target_in_use_is_refused_with_who_and_what(
    pair: Pair, run_plan: Apply, journal: Journal, watch: Watch, target: str
) -> None:
    leases.take(
        journal,
        target,
        holder="m.reed",
        operation="Offboard Dana Okafor",
        now_ms=watch.at_ms,
    )
    with pytest.raises(LeaseHeld, match=r"m\.reed.*Offboard Dana Okafor"):
        await run_plan(plan_of(pair, REVOKE))
    assert journal.runs() == ()


async def test_a_source_that_cannot_be_asked_at_the_start_leaves_its_steps_open(
    pair: Pair, run_plan: Apply, go_on: Apply
) -> None:
    pair.directory.tenant.add(
        replace(pair.directory.tenant.accounts["d-001"], state=AccountState.ACTIVE)
    )
    pair.directory.faults.add(Fault(Effect.UNREACHABLE, ABOUT))
    result = await run_plan(plan_of(pair, SUSPEND_THERE, SUSPEND_HERE))
    assert [step.state.value for step in result.steps] == ["planned", "verified"]
    assert "connection was refused" in result.blocked[0]
    assert (await go_on()).effective


async def test_without_any_source_nothing_begins(
    pair: Pair, run_plan: Apply, journal: Journal
) -> None:
    pair.secrets.faults.add(Fault(Effect.NOT_AUTHENTICATED, ABOUT))
    with pytest.raises(NotAuthenticated):
        await run_plan(plan_of(pair, REVOKE))
    assert journal.runs() == ()
    assert leases.held(journal) == ()
