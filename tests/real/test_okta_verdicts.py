"""Offboarding on Okta and 1Password, with everything that goes wrong: each verdict is what is true,
and nothing that is not proven is called done.

One plan is made, and every case begins from the tenants as they were then. Afterwards they are
looked into behind keyturn's back: what was sent how often, and what came of it.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.real.leaver_org import SESSIONS, STEPS, LeaverOrg, label, leaver_org, steps, verdicts
from tests.real.leaver_tenants import (
    CHAT,
    DANA,
    DANA_1P,
    DANA_OKTA,
    ENG_OKTA,
    OLD,
    OPS,
    PAY,
    PAY_OKTA,
    SAM,
    account,
)

from keyturn.decide.plans import Plan
from keyturn.decide.steps import State
from keyturn.run.progress import StepChanged
from keyturn.run.results import RunResult
from keyturn_providers.simulated.okta import behaviour, push
from keyturn_providers.simulated.okta import reading as okta
from keyturn_providers.simulated.onepassword import inspection as onepassword
from keyturn_providers.simulated.onepassword.seeds import BUILT_IN_IDS
from keyturn_providers.simulated.wire import faults
from keyturn_providers.simulated.wire.faults import Fault, Kind
from keyturn_providers.simulated.wire.request_log import requests

LOGGED, NOT_LOGGED = "effective and logged", "effective, not logged"
BY_LOG = "logged, cannot be read back"
PROVEN = dict.fromkeys(STEPS, LOGGED)
OWNERS, ADMINISTRATORS = BUILT_IN_IDS["Owners"], BUILT_IN_IDS["Administrators"]
LATE_S = 3600.0


@dataclass(frozen=True, slots=True)
class Planned:
    """The organisation before anything is done, and the plan for it."""

    org: LeaverOrg
    plan: Plan


async def _plan(org: LeaverOrg, *, op: bool = True) -> Plan:
    async with org.work(op=op) as work:
        plan = await work.plan()
    assert not plan.refused, plan.guards
    return plan


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planned]:
    with leaver_org(tmp_path_factory.mktemp("leaver")) as served:
        plan = asyncio.run(_plan(served))
        assert sorted(label(one.change) for one in plan.operations) == sorted(STEPS)
        served.keep()
        yield Planned(served, plan)


@pytest.fixture
def org(planned: Planned, tmp_path: Path) -> LeaverOrg:
    return planned.org.as_kept(tmp_path)


@pytest.fixture
def plan(planned: Planned) -> Plan:
    return planned.plan


async def run(
    org: LeaverOrg, plan: Plan, *, lag_s: float = 20.0, wait_s: float = 10.0
) -> RunResult:
    async with org.work(lag_s=lag_s) as work:
        result = await work.apply(plan, wait_s=wait_s)
        assert work.journal.verify_chain().unbroken
    return result


def out(org: LeaverOrg) -> None:
    """Dana is out of both, say the tenants themselves."""
    assert okta.user_status(org.okta, DANA) == "DEPROVISIONED"
    assert not okta.sessions(org.okta, DANA)
    assert not {"eng", "pay"} & set(okta.groups_of(org.okta, DANA))
    assert onepassword.user_state(org.onepassword, DANA_1P) == "SUSPENDED"
    assert not onepassword.grants_of(org.onepassword, "user", DANA_1P)
    assert not onepassword.groups_of(org.onepassword, DANA_1P) & {OLD, PAY}


def proven(result: RunResult, *, but: dict[str, str] | None = None) -> None:
    """Every step has the verdict of a good end, but those that are named; the sum says the same."""
    but = but or {}
    assert verdicts(result) == PROVEN | but
    good = {LOGGED, BY_LOG}
    whole = all(verdict in good for verdict in but.values())
    assert result.proven is whole
    assert (": out: " in result.words) is whole, result.words
    assert "done" not in result.words.replace("not everything is done", "")


def watching(
    plan: Plan, step: str, state: State, act: Callable[[], None]
) -> Callable[[StepChanged], None]:
    """Does something once a step has come to a state, before anything else is sent."""
    (number,) = (one.number for one in plan.operations if label(one.change) == step)
    acted: list[bool] = []

    def watch(event: StepChanged) -> None:
        if (event.number, event.state) == (number, state.value) and not acted:
            acted.append(True)
            act()

    return watch


async def test_where_all_goes_well_every_step_is_effective_and_logged(
    org: LeaverOrg, plan: Plan
) -> None:
    result = await run(org, plan)
    proven(result)
    assert "Dana Vale: out: 9 of 9 effective and logged" in result.words
    out(org)
    sessions = steps(result)[SESSIONS].words
    assert "no OAuth client holds a refresh token of Dana Vale, who is suspended" in sessions
    assert "Not read: browser sessions" in sessions


async def test_a_deactivation_that_goes_on_after_its_answer_is_waited_for(
    org: LeaverOrg, plan: Plan
) -> None:
    behaviour.deactivates_later(org.okta, on=True)
    behaviour.async_polls(org.okta, 2)
    result = await run(org, plan)
    proven(result)
    out(org)
    (path,) = {one.path for one in requests(org.okta, "POST", "*/lifecycle/deactivate")}
    assert path == f"/api/v1/users/{DANA_OKTA}/lifecycle/deactivate"


async def test_tokens_that_outlive_the_end_of_the_sessions_are_not_effective(
    org: LeaverOrg, plan: Plan
) -> None:
    behaviour.tokens_stay(org.okta, CHAT)
    result = await run(org, plan, lag_s=0.5)
    proven(result, but={SESSIONS: "logged, not effective"})
    told = steps(result)[SESSIONS].words
    assert told.startswith("Chat still holds a refresh token of Dana Vale")
    assert "not everything is done" in result.words


@pytest.mark.parametrize(
    ("which", "status", "code"),
    [("clients", 403, "E0000006"), ("clients/*/tokens", 404, "E0000007")],
)
async def test_where_nobody_may_read_the_tokens_the_log_alone_proves_it(
    org: LeaverOrg, plan: Plan, which: str, status: int, code: str
) -> None:
    if which != "clients":
        behaviour.tokens_stay(org.okta, CHAT)
    path = f"/api/v1/users/{DANA_OKTA}/{which}"
    faults.put(org.okta, Fault(Kind.STATUS, "GET", path, status=status, detail=code, times=None))
    result = await run(org, plan)
    proven(result, but={SESSIONS: BY_LOG})
    assert "cannot be read back" in steps(result)[SESSIONS].words


async def test_answers_of_okta_that_are_lost_are_read_again_and_not_sent_again(
    org: LeaverOrg, plan: Plan
) -> None:
    user, member = f"/api/v1/users/{DANA_OKTA}", f"users/{DANA_OKTA}"
    lost = {
        ("POST", f"{user}/lifecycle/suspend"): 1,
        # It does no harm when it is done twice, and nobody can read whether it was done.
        ("DELETE", f"{user}/sessions"): 2,
        ("DELETE", f"/api/v1/groups/{ENG_OKTA}/{member}"): 1,
        ("DELETE", f"/api/v1/groups/{PAY_OKTA}/{member}"): 1,
        ("POST", f"{user}/lifecycle/deactivate"): 1,
    }
    faults.put(org.okta, *(Fault(Kind.LOSE_RESPONSE, method, path) for method, path in lost))
    result = await run(org, plan)
    assert faults.armed(org.okta) == ()
    sent = {which: len(requests(org.okta, *which)) for which in lost}
    assert sent == lost
    proven(result)
    out(org)


@pytest.mark.parametrize(("fault", "times"), [("die_after", 1), ("die_before", 2)])
async def test_answers_of_op_that_are_lost_are_read_again_and_sent_again_only_if_not_done(
    org: LeaverOrg, plan: Plan, fault: str, times: int
) -> None:
    changes = {
        f"user suspend {DANA_1P}": times,
        f"group user revoke --group {OLD} ": times,
        f"group user revoke --group {PAY} ": 1,
        "vault user revoke ": times,
    }
    for command in ("user suspend *", f"group user revoke --group {OLD} *", "vault user revoke *"):
        onepassword.put_op_fault(org.onepassword, fault, command)
    result = await run(org, plan)
    calls = {one: onepassword.op_calls(org.onepassword, one) for one in changes}
    assert {one: len(found) for one, found in calls.items()} == changes
    assert [found[0].exit_code for found in calls.values()] == [None, None, 0, None]
    proven(result)
    out(org)


LATE = {"okta suspend", *(step for step in STEPS if step.startswith("1password"))}


def events_come_late(org: LeaverOrg) -> None:
    behaviour.event_late(org.okta, LATE_S, type_glob="user.lifecycle.suspend", target=DANA_OKTA)
    onepassword.set_switch(org.onepassword, "audit_delay_s", LATE_S)


async def test_events_that_are_still_to_come_are_lagging_and_resume_finds_them(
    org: LeaverOrg, plan: Plan
) -> None:
    events_come_late(org)
    async with org.work(lag_s=600) as work:
        first = await work.apply(plan, wait_s=0)
        assert verdicts(first) == PROVEN | dict.fromkeys(LATE, "lagging")
        assert first.state == "stopped"
        assert "not finished" in first.words
        assert {label(step.operation.change) for step in first.open} == LATE
        again = await work.resume(wait_s=0)
        assert verdicts(again) == verdicts(first)
        behaviour.settle_log(org.okta)
        onepassword.advance(org.onepassword, LATE_S)
        second = await work.resume()
        assert work.journal.open_runs() == ()
    assert second.state == "ended"
    proven(second)


async def test_events_that_come_too_late_leave_their_steps_unproven(
    org: LeaverOrg, plan: Plan
) -> None:
    events_come_late(org)
    result = await run(org, plan, lag_s=0.5)
    proven(result, but=dict.fromkeys(LATE, NOT_LOGGED))
    assert all("the audit log does not have it" in steps(result)[one].error for one in LATE)
    out(org)


async def test_events_that_are_missing_leave_their_steps_unproven(
    org: LeaverOrg, plan: Plan
) -> None:
    behaviour.event_missing(org.okta, type_glob="user.lifecycle.suspend")
    behaviour.event_missing(org.okta, type_glob="group.user_membership.remove", target=ENG_OKTA)
    onepassword.lose_events(org.onepassword, "suspend", "user")
    onepassword.lose_events(org.onepassword, "revoke", "uva")
    missing = ("okta suspend", "okta leave eng", "1password suspend", "1password revoke Billing")
    result = await run(org, plan, lag_s=0.5)
    proven(result, but=dict.fromkeys(missing, NOT_LOGGED))
    out(org)


async def test_what_nobody_can_read_back_and_is_not_logged_is_unknown(
    org: LeaverOrg, plan: Plan
) -> None:
    behaviour.event_missing(org.okta, type_glob="user.session.*", times=None)
    result = await run(org, plan, lag_s=0.5)
    proven(result, but={SESSIONS: "unknown"})
    assert "not everything is done" in result.words


def only_dana_owns(org: LeaverOrg) -> None:
    """Since the plan was made she has become an owner, and those who were are none any more."""
    op, ops, sam = org.op(), account(OPS), account(SAM)
    granted = ("group", "user", "grant", "--role", "member")
    assert op(*granted, "--group", OWNERS, "--user", DANA_1P).code == 0
    assert op(*granted, "--group", ADMINISTRATORS, "--user", ops).code == 0
    onepassword.sign_in_op(org.onepassword, DANA_1P)
    for one in (ops, sam):
        assert op("group", "user", "revoke", "--group", OWNERS, "--user", one).code == 0
    onepassword.sign_in_op(org.onepassword, ops)


async def test_the_last_owner_is_refused_in_words_and_the_other_steps_go_on(
    org: LeaverOrg, plan: Plan
) -> None:
    only_dana_owns(org)
    result = await run(org, plan)
    refused, ended = steps(result)["1password suspend"], steps(result)["okta deactivate"]
    assert (refused.state, refused.verdict) == (State.REFUSED, "")
    assert "last remaining owner" in refused.error
    assert (ended.state, ended.sent) == (State.GIVEN_UP, False)
    others = set(STEPS) - {"1password suspend", "okta deactivate"}
    assert {one: verdicts(result)[one] for one in others} == {one: PROVEN[one] for one in others}
    assert "not everything is done" in result.words
    assert not result.proven
    assert onepassword.user_state(org.onepassword, DANA_1P) == "ACTIVE"
    assert okta.user_status(org.okta, DANA) == "SUSPENDED"


async def test_the_users_api_refuses_the_last_owner_just_so(org: LeaverOrg) -> None:
    only_dana_owns(org)
    async with org.work(op=False) as work:
        plan = await work.plan()
        assert not plan.refused, plan.guards
        result = await work.apply(plan)
    found = steps(result)
    assert found["1password suspend"].state is State.REFUSED
    assert "last remaining owner" in found["1password suspend"].error
    assert found["okta suspend"].verdict == LOGGED
    assert found["okta leave eng"].verdict == LOGGED
    assert found["okta deactivate"].state is State.GIVEN_UP
    assert "not everything is done" in result.words


async def test_what_was_said_to_be_done_and_is_not_is_never_called_effective(
    org: LeaverOrg, plan: Plan
) -> None:
    """`op` says that it suspended, and did not; provisioning puts her back into a group."""

    def put_back() -> None:
        member = {"op": "add", "path": "members", "value": [{"value": DANA_1P}]}
        schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
        with org.as_provisioning() as bridge:
            body = {"schemas": [schema], "Operations": [member]}
            assert bridge.patch(f"Groups/{PAY}", json=body).is_success

    onepassword.put_op_fault(org.onepassword, "ignore", "user suspend *")
    async with org.work(lag_s=0.5) as work:
        watch = watching(plan, "1password leave pay", State.APPLIED, put_back)
        result = await work.apply(plan, watch=watch)
    found = steps(result)
    assert found["1password suspend"].verdict == "unknown"
    assert "is active" in found["1password suspend"].words
    assert found["1password leave pay"].verdict == "logged, not effective"
    assert found["okta deactivate"].state is State.GIVEN_UP
    assert found["1password revoke Billing"].verdict == LOGGED
    assert "not everything is done" in result.words
    assert PAY in onepassword.groups_of(org.onepassword, DANA_1P)


async def test_a_session_that_ends_on_the_way_leaves_steps_open_and_resume_finishes(
    org: LeaverOrg, plan: Plan
) -> None:
    def expire() -> None:
        onepassword.set_switch(org.onepassword, "session_expired", True)
        faults.put(org.okta, Fault(Kind.STATUS, status=401, detail="E0000011", times=None))

    async with org.work() as work:
        watch = watching(plan, "1password suspend", State.APPLIED, expire)
        first = await work.apply(plan, watch=watch)
    assert first.state == "stopped"
    assert any("session has expired" in words for words in first.blocked)
    assert "not finished" in first.words
    # What had not been verified by then is not, and what waits for the rest is not sent.
    assert "" in verdicts(first).values()
    assert set(verdicts(first).values()) <= {"", "lagging", *PROVEN.values()}
    for name, step in steps(first).items():
        if step.verdict == "lagging":  # done and read back before, and then the log was shut
            assert name.startswith("okta ")
            assert "answered 401" in step.words
    assert not steps(first)["okta deactivate"].sent
    onepassword.set_switch(org.onepassword, "session_expired", False)
    faults.clear(org.okta)
    async with org.work() as work:
        second = await work.resume()
        assert work.journal.open_runs() == ()
    proven(second)
    out(org)


async def test_a_rate_limit_on_the_way_is_waited_for_and_then_left_to_resume(
    org: LeaverOrg, plan: Plan
) -> None:
    path = f"/api/v1/groups/{ENG_OKTA}/users/{DANA_OKTA}"
    faults.put(org.okta, Fault(Kind.THROTTLE, "DELETE", path))
    onepassword.refuse_op(org.onepassword, "rate-limited", "group user revoke *")
    async with org.work(nap=False) as work:
        first = await work.apply(plan)
    assert steps(first)["okta leave eng"].verdict == LOGGED
    assert [one.status for one in requests(org.okta, "DELETE", path)] == [429, 204]
    assert first.state == "stopped"
    assert any("rate-limited" in words for words in first.blocked), first
    async with org.work() as work:
        second = await work.resume()
    proven(second)
    out(org)


async def test_what_provisioning_has_done_first_is_already_so(org: LeaverOrg, plan: Plan) -> None:
    push.clear_errors(org.okta)
    with org.as_admin() as admin:
        for group in (ENG_OKTA, PAY_OKTA):
            member = f"/api/v1/groups/{group}/users/{DANA_OKTA}"
            assert admin.delete(member).status_code == 204
        admin.post(f"/api/v1/users/{DANA_OKTA}/lifecycle/deactivate").raise_for_status()
    assert push.run_due(org.okta) >= 3
    result = await run(org, plan)
    here = {"1password leave old-billing", "1password revoke Billing"}
    assert {one for one, step in steps(result).items() if step.sent} == here | {SESSIONS}
    already = dict.fromkeys(set(STEPS) - here - {SESSIONS}, NOT_LOGGED)
    assert verdicts(result) == PROVEN | already
    assert all("nothing was sent" in steps(result)[one].words for one in already)
    # All that was sent is proven, and the sum says what was not this run's doing.
    assert result.proven
    assert "6 of 9 already so" in result.words
    out(org)
