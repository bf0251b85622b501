"""Applying a plan: in order, each step read back, told while it happens, stopped when asked."""

import json
from dataclasses import replace

from tests.run.applied import LOGGED, UNLOGGED, only_once
from tests.run.conftest import Apply, Seen, Watch
from tests.run.plans_by_hand import (
    CARRIER,
    END_1,
    JOIN_GROUP,
    LEAVE_GROUP,
    OFFBOARDING,
    REVOKE,
    SUSPEND_HERE,
    SUSPEND_THERE,
    plan_of,
)

from keyturn.decide.findings import Change, ChangeKind
from keyturn.run.progress import RunEnded, StepChanged
from keyturn_providers.abilities import Ability
from keyturn_providers.contract import Waiting
from keyturn_providers.records import AccountState, Level, PrincipalKind, Side
from keyturn_providers.simulated import Effect, Fault, Moment, Pair, When
from keyturn_storage import leases
from keyturn_storage.journal import Journal


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
    only_once(pair, plan)


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
    only_once(pair, plan)
