"""Applying a plan: every error class, order, stop, proof; each against a pair that behaves."""

import json
from dataclasses import replace

import pytest
from tests.run.conftest import START_MS, Apply, Seen, Watch
from tests.run.plans_by_hand import (
    CARRIER,
    END_1,
    JOIN_GROUP,
    LEAVE_GROUP,
    OFFBOARDING,
    REVOKE,
    SUSPEND_HERE,
    SUSPEND_THERE,
    Loaded,
    plan_of,
)

from keyturn.decide.findings import Change, ChangeKind
from keyturn.decide.plans import GuardVerdict, Plan, PlanScope, Verdict
from keyturn.decide.rules import Rules
from keyturn.run.admission import ConfirmationWrong, NotAdmitted
from keyturn.run.apply import apply
from keyturn.run.connections import Connections
from keyturn.run.progress import RunEnded, StepChanged, never
from keyturn_providers.abilities import Ability
from keyturn_providers.contract import Waiting
from keyturn_providers.errors import NotAuthenticated, ReadOnly
from keyturn_providers.records import AccountState, AuditEvent, Level, PrincipalKind, Side
from keyturn_providers.simulated import ABOUT, Effect, Fault, Moment, Pair, When
from keyturn_storage import leases
from keyturn_storage.errors import LeaseHeld
from keyturn_storage.journal import Journal

LOGGED = "effective and logged"
UNLOGGED = "effective, not logged"


def _only_once(pair: Pair, plan: Plan) -> None:
    for operation in plan.operations:
        tenants = (pair.directory.tenant, pair.secrets.tenant)
        assert sum(tenant.done(operation.id) for tenant in tenants) <= 1, operation.words


async def test_an_offboarding_is_applied_read_back_and_matched_to_the_log(
    pair: Pair, run_plan: Apply, journal: Journal, seen: Seen
) -> None:
    plan = plan_of(pair, *OFFBOARDING)
    result = await run_plan(plan)
    secrets = pair.secrets.tenant
    assert secrets.accounts["s-001"].state is AccountState.SUSPENDED
    assert not secrets.sessions
    assert CARRIER not in secrets.grants
    assert "s-001" not in secrets.members["sg-old-billing"]
    assert result.state == "ended"
    assert not result.open
    assert [step.verdict for step in result.steps] == [UNLOGGED, *[LOGGED] * 5]
    assert result.steps[0].state.value == "verified"
    assert not result.steps[0].sent
    assert "out: 1 of 6 already so, 5 effective and logged" in result.words
    events = journal.events(result.run_id)
    assert {event.operation_id for event in events} == {op.id for op in plan.operations[1:]}
    assert journal.verify_chain().unbroken
    assert journal.open_runs() == ()
    assert leases.held(journal) == ()
    assert isinstance(seen.events[-1], RunEnded)


async def test_the_intent_is_durable_before_the_call_and_the_checkpoint_before_that(
    pair: Pair, run_plan: Apply, journal: Journal
) -> None:
    checked: list[str] = []

    async def look(moment: Moment) -> None:
        if moment.when is When.BEFORE and moment.operation_id:
            run = journal.open_runs()[0]
            step = {one.operation_id: one for one in journal.steps(run.id)}[moment.operation_id]
            assert step.state == "intended"
            assert json.loads(step.intent)["account"] == "s-001"
            assert journal.notes("audit checkpoint", run_id=run.id)
            checked.append(moment.operation_id)

    pair.secrets.remote.at = look
    plan = plan_of(pair, SUSPEND_HERE, END_1)
    await run_plan(plan)
    assert checked == [op.id for op in plan.operations]


async def test_already_so_sends_nothing(pair: Pair, run_plan: Apply) -> None:
    result = await run_plan(plan_of(pair, SUSPEND_THERE))
    assert pair.directory.tenant.calls == []
    assert result.steps[0].words.startswith("Dana Okafor is suspended")
    assert result.effective


@pytest.mark.parametrize(
    ("effect", "state", "verdict", "calls"),
    [
        (Effect.UNREACHABLE, "verified", LOGGED, 1),
        (Effect.THROTTLED, "verified", LOGGED, 2),
        (Effect.ANSWER_LOST, "verified", LOGGED, 1),
        (Effect.REQUEST_LOST, "verified", LOGGED, 1),
        (Effect.NOT_ALLOWED, "refused", "", 1),
        (Effect.CONFLICT, "refused", "", 1),
        (Effect.IGNORED, "not_seen", "unknown", 1),
        (Effect.AUDIT_MISSING, "verified", UNLOGGED, 1),
        (Effect.AUDIT_LATE, "verified", LOGGED, 1),
        (Effect.NOT_AUTHENTICATED, "planned", "", 1),
        (Effect.BAD_ANSWER, "verified", LOGGED, 2),
        (Effect.TENANT_CHANGED, "unknown", "", 1),
    ],
)
async def test_each_error_class_on_a_write(
    pair: Pair, run_plan: Apply, effect: Effect, state: str, verdict: str, calls: int
) -> None:
    pair.secrets.audit_lag_s = 20.0
    pair.secrets.faults.add(Fault(effect, Ability.REVOKE, retry_after_s=7.0))
    plan = plan_of(pair, REVOKE)
    result = await run_plan(plan)
    step = result.steps[0]
    assert (step.state.value, step.verdict) == (state, verdict)
    assert pair.secrets.tenant.received(plan.operations[0].id) == calls
    _only_once(pair, plan)
    assert result.proven is (verdict == LOGGED)
    blocked = effect in (Effect.NOT_AUTHENTICATED, Effect.TENANT_CHANGED)
    assert result.state == ("stopped" if blocked else "ended")
    assert bool(result.blocked) is blocked


async def test_an_answer_nobody_understands_stops_only_its_own_step(
    pair: Pair, run_plan: Apply
) -> None:
    pair.secrets.faults.add(Fault(Effect.BAD_ANSWER, Ability.SUSPEND, times=None))
    result = await run_plan(plan_of(pair, SUSPEND_HERE, LEAVE_GROUP))
    assert [step.state.value for step in result.steps] == ["unknown", "verified"]
    assert result.blocked == ()


@pytest.mark.parametrize(
    ("change", "scope", "state"),
    [
        (SUSPEND_HERE, PlanScope.OFFBOARD, "applied"),
        (SUSPEND_HERE, PlanScope.SYNC, "refused"),
        (replace(SUSPEND_HERE, kind=ChangeKind.REACTIVATE), PlanScope.OFFBOARD, "refused"),
    ],
)
async def test_a_state_nobody_understands_lets_only_a_leaver_be_cut(
    pair: Pair, run_plan: Apply, change: Change, scope: PlanScope, state: str
) -> None:
    tenant = pair.secrets.tenant
    account = tenant.accounts["s-001"]
    tenant.add(replace(account, state=AccountState.UNKNOWN, state_raw="LOCKED"))
    plan = plan_of(pair, change, scope=scope)
    result = await run_plan(plan)
    sent = tenant.received(plan.operations[0].id)
    assert sent == (1 if state == "applied" else 0)
    assert (result.steps[0].state.value == "refused") is (state == "refused")


@pytest.mark.parametrize(("times", "blocked"), [(1, False), (None, True)])
async def test_an_odd_answer_to_a_read_stops_one_step_and_only_many_the_source(
    pair: Pair, run_plan: Apply, times: int | None, blocked: bool
) -> None:
    pair.secrets.faults.add(Fault(Effect.BAD_ANSWER, Ability.READ_ACCOUNT, times=times))
    plan = plan_of(pair, *(SUSPEND_HERE,) * 5)
    result = await run_plan(plan)
    states = [step.state.value for step in result.steps]
    assert states[0] == "refused"
    assert bool(result.blocked) is blocked
    assert states[1:] == (["refused", *["planned"] * 3] if blocked else ["verified"] * 4)


async def test_nothing_is_revoked_before_what_replaces_it_is_seen(
    pair: Pair, run_plan: Apply
) -> None:
    pair.secrets.faults.add(Fault(Effect.IGNORED, Ability.GRANT))
    give = Change(
        ChangeKind.GRANT,
        Side.SECRETS,
        principal_kind=PrincipalKind.ACCOUNT,
        principal=REVOKE.principal,
        vaults=REVOKE.vaults,
        level=Level.READ,
    )
    plan = plan_of(pair, give, REVOKE, depends={2: (1,)})
    result = await run_plan(plan)
    assert result.steps[1].state.value == "given_up"
    assert pair.secrets.tenant.received(plan.operations[1].id) == 0


async def test_gone_is_success_for_a_removal_only(pair: Pair, run_plan: Apply) -> None:
    pair.secrets.faults.add(
        Fault(Effect.GONE, Ability.REMOVE_MEMBERSHIP), Fault(Effect.GONE, Ability.ADD_MEMBERSHIP)
    )
    pair.secrets.tenant.add(*())
    result = await run_plan(plan_of(pair, LEAVE_GROUP, JOIN_GROUP, confirm_with="2"))
    assert result.steps[1].state.value == "refused"
    assert "already gone" not in result.steps[1].words
    assert result.steps[0].sent


async def test_throttled_waits_as_long_as_asked(pair: Pair, run_plan: Apply, watch: Watch) -> None:
    pair.secrets.faults.add(Fault(Effect.THROTTLED, Ability.REVOKE, retry_after_s=42.0))
    await run_plan(plan_of(pair, REVOKE))
    assert sum(watch.slept) >= 42.0


async def test_endless_throttling_leaves_the_step_open(pair: Pair, run_plan: Apply) -> None:
    pair.secrets.faults.add(
        Fault(Effect.THROTTLED, times=None, retry_after_s=300.0, ability=Ability.REVOKE)
    )
    result = await run_plan(plan_of(pair, REVOKE, LEAVE_GROUP))
    assert [step.state.value for step in result.steps] == ["planned", "planned"]
    assert "too many requests" in result.steps[0].error


async def test_unreachable_for_good_is_refused_as_not_sent(pair: Pair, run_plan: Apply) -> None:
    pair.secrets.faults.add(Fault(Effect.UNREACHABLE, Ability.REVOKE, times=None))
    plan = plan_of(pair, REVOKE, LEAVE_GROUP)
    result = await run_plan(plan)
    assert result.steps[0].state.value == "refused"
    assert result.steps[0].words == "not sent"
    assert pair.secrets.tenant.received(plan.operations[0].id) == 0
    assert result.steps[1].verdict == LOGGED
    assert "not everything is done" in result.words


async def test_answers_lost_again_and_again_stay_unknown(pair: Pair, run_plan: Apply) -> None:
    pair.secrets.faults.add(Fault(Effect.REQUEST_LOST, Ability.REVOKE, times=None))
    result = await run_plan(plan_of(pair, REVOKE))
    assert result.steps[0].state.value == "unknown"
    assert "called 3 times" in result.steps[0].words
    assert result.state == "stopped"


async def test_a_lost_answer_is_not_called_again_though_reads_lag(
    pair: Pair, run_plan: Apply
) -> None:
    pair.secrets.consistency_delay_s = 4.0
    pair.secrets.faults.add(Fault(Effect.STALE, Ability.SUSPEND, count=3))
    plan = plan_of(pair, SUSPEND_HERE)
    result = await run_plan(plan)
    assert result.steps[0].verdict == LOGGED
    assert pair.secrets.tenant.received(plan.operations[0].id) == 1


@pytest.mark.parametrize("effect", [Effect.NOT_AUTHENTICATED, Effect.TENANT_CHANGED])
async def test_a_blocked_source_leaves_its_steps_open_and_the_other_goes_on(
    pair: Pair, run_plan: Apply, go_on: Apply, effect: Effect
) -> None:
    pair.directory.tenant.add(
        replace(pair.directory.tenant.accounts["d-001"], state=AccountState.ACTIVE)
    )
    pair.secrets.faults.add(Fault(effect, Ability.SUSPEND))
    plan = plan_of(pair, SUSPEND_HERE, SUSPEND_THERE, END_1)
    result = await run_plan(plan)
    first = "planned" if effect is Effect.NOT_AUTHENTICATED else "unknown"
    assert [step.state.value for step in result.steps] == [first, "verified", "planned"]
    assert len(result.open) == 2
    assert "2 steps are open" in result.words

    result = await go_on()
    assert [step.verdict for step in result.steps] == [LOGGED, UNLOGGED, LOGGED]
    _only_once(pair, plan)


async def test_what_depends_on_a_refused_step_is_given_up_the_rest_goes_on(
    pair: Pair, run_plan: Apply
) -> None:
    pair.secrets.faults.add(Fault(Effect.NOT_ALLOWED, Ability.SUSPEND))
    result = await run_plan(plan_of(pair, SUSPEND_HERE, END_1, LEAVE_GROUP, depends={2: (1,)}))
    assert [step.state.value for step in result.steps] == ["refused", "given_up", "verified"]
    assert "waits for step 1" in result.steps[1].words
    assert "t-dana-1" in pair.secrets.tenant.sessions


async def test_what_depends_on_an_open_step_stays_open(
    pair: Pair, run_plan: Apply, go_on: Apply
) -> None:
    pair.directory.tenant.add(
        replace(pair.directory.tenant.accounts["d-001"], state=AccountState.ACTIVE)
    )
    pair.directory.faults.add(Fault(Effect.NOT_AUTHENTICATED, Ability.SUSPEND))
    result = await run_plan(plan_of(pair, SUSPEND_THERE, SUSPEND_HERE, depends={2: (1,)}))
    assert [step.state.value for step in result.steps] == ["planned", "planned"]
    assert (await go_on()).effective


async def test_a_changed_world_refuses_that_step_only(pair: Pair, run_plan: Apply) -> None:
    pair.secrets.tenant.drop_group("sg-finance")
    tenant = pair.secrets.tenant
    plan = plan_of(pair, JOIN_GROUP, REVOKE)
    result = await run_plan(plan)
    assert [step.state.value for step in result.steps] == ["refused", "verified"]
    assert "finance does not exist any more" in result.steps[0].words
    assert [step.operation.number for step in result.back_to_plan] == [1]
    assert "1 of them changed meanwhile: refresh and plan again." in result.words
    assert tenant.received(plan.operations[0].id) == 0


async def test_an_id_that_is_somebody_else_now_is_never_touched(
    pair: Pair, run_plan: Apply
) -> None:
    tenant = pair.secrets.tenant
    tenant.add(replace(tenant.accounts["s-001"], display_name="Ines Roth", name="ines"))
    result = await run_plan(plan_of(pair, SUSPEND_HERE, REVOKE, LEAVE_GROUP))
    assert [step.state.value for step in result.steps] == ["refused"] * 3
    assert "is Ines Roth now, the plan says Dana Okafor" in result.steps[0].words
    assert tenant.calls == []


async def test_stop_ends_after_the_request_in_flight_and_resume_goes_on(
    pair: Pair, run_plan: Apply, go_on: Apply, journal: Journal
) -> None:
    asked: list[str] = []

    async def press_stop(moment: Moment) -> None:
        if moment.ability is Ability.END_SESSIONS and moment.when is When.AFTER:
            asked.append(moment.target)

    pair.secrets.remote.at = press_stop
    plan = plan_of(pair, *OFFBOARDING)
    result = await run_plan(plan, stop=lambda: bool(asked))
    assert result.state == "stopped"
    assert [step.state.value for step in result.steps] == [
        "already_so",
        "applied",
        "applied",
        "planned",
        "planned",
        "planned",
    ]
    assert set(asked) == {"t-dana-1"}
    assert [run.state for run in journal.open_runs()] == ["stopped"]

    result = await go_on()
    assert [step.verdict for step in result.steps] == [UNLOGGED, *[LOGGED] * 5]
    assert journal.open_runs() == ()
    _only_once(pair, plan)


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


async def test_every_step_is_told_while_it_happens(pair: Pair, run_plan: Apply, seen: Seen) -> None:
    await run_plan(plan_of(pair, REVOKE))
    told = [event.state for event in seen.events if isinstance(event, StepChanged)]
    assert told == ["intended", "applied", "verified"]


async def test_a_wait_is_told_with_its_reason(pair: Pair, run_plan: Apply, seen: Seen) -> None:
    pair.secrets.faults.add(Fault(Effect.THROTTLED, Ability.REVOKE, retry_after_s=5.0))
    await run_plan(plan_of(pair, REVOKE))
    waits = [event for event in seen.events if isinstance(event, Waiting)]
    assert [(wait.source, wait.seconds) for wait in waits] == [("corp-vault", 5.0)]
    assert "too many requests" in waits[0].reason


async def test_a_stop_while_waiting_leaves_the_step_planned(
    pair: Pair, run_plan: Apply, go_on: Apply, watch: Watch
) -> None:
    pair.secrets.faults.add(Fault(Effect.THROTTLED, Ability.REVOKE, retry_after_s=60.0))
    plan = plan_of(pair, REVOKE)
    result = await run_plan(plan, stop=lambda: sum(watch.slept) > 10)
    assert (result.state, result.steps[0].state.value) == ("stopped", "planned")
    assert (await go_on()).proven
    _only_once(pair, plan)
