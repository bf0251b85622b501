"""The changes that only vendors' own sources can make: sent, read back, proven and gone on with."""

from dataclasses import replace

import pytest
from tests.run.conftest import Watch
from tests.run.plans_by_hand import DANA_THERE, PAYMENTS, RAVI, Loaded, plan_of

from keyturn.decide.findings import Change, ChangeKind, ObjectKind, Ref
from keyturn.decide.steps import State
from keyturn.run.apply import apply
from keyturn.run.connections import Connections
from keyturn.run.effect import observe_effect
from keyturn.run.progress import never, unobserved
from keyturn.run.recover import resume
from keyturn.run.results import RunResult
from keyturn.run.seen import Seen
from keyturn_providers.abilities import Ability
from keyturn_providers.records import AccountState, Email, Level, PrincipalKind, Side
from keyturn_providers.simulated import Effect, Fault, Moment, Pair, When, simulated_pair
from keyturn_storage.journal import Journal

DEACTIVATE = Change(ChangeKind.DEACTIVATE, Side.DIRECTORY, account=DANA_THERE)
END_ALL = Change(ChangeKind.END_ALL_SESSIONS, Side.DIRECTORY, account=DANA_THERE)
NEW_EMAIL = "new.person@acme.example"
NEW = Ref(Side.DIRECTORY, ObjectKind.ACCOUNT, "d-new", "New Person")
PROVISION = Change(ChangeKind.PROVISION, Side.SECRETS, account=NEW, email=NEW_EMAIL)
LEA = Ref(Side.SECRETS, ObjectKind.ACCOUNT, "s-003", "Lea Baum")
CONFIRM = Change(ChangeKind.CONFIRM, Side.SECRETS, account=LEA)
GRANT = Change(
    ChangeKind.GRANT,
    Side.SECRETS,
    principal_kind=PrincipalKind.ACCOUNT,
    principal=RAVI,
    vaults=(PAYMENTS,),
    level=Level.WRITE,
    permissions=("view", "reveal", "edit"),
)
NARROW = replace(
    GRANT,
    kind=ChangeKind.NARROW,
    carrier="account/s-002/vault/v-payments",
    level=Level.READ,
    permissions=("view", "reveal"),
)
RESTORE = replace(NARROW, kind=ChangeKind.RESTORE_GRANT, permissions=("view", "reveal", "edit"))


@pytest.fixture
def pair() -> Pair:
    return simulated_pair(people=8, page_size=3, lifecycle=True)


async def seen(pair: Pair, change: Change) -> Seen:
    connector = pair.directory if change.side is Side.DIRECTORY else pair.secrets
    return (await observe_effect(change, connector.reader())).seen


async def run(pair: Pair, journal: Journal, *changes: Change, wait_s: float = 30.0) -> RunResult:
    return await apply(
        plan_of(pair, *changes),
        Connections(pair.directory, pair.secrets),
        journal,
        loaded=Loaded(),
        observe=unobserved,
        stop=never,
        clock=Watch().clock,
        operator="t.ong",
        confirmed="dana",
        audit_wait_s=wait_s,
    )


async def go_on(pair: Pair, journal: Journal) -> RunResult:
    (result,) = await resume(
        journal,
        Connections(pair.directory, pair.secrets),
        loaded=Loaded(),
        observe=unobserved,
        stop=never,
        clock=Watch().clock,
        operator="t.ong",
    )
    return result


@pytest.mark.parametrize("change", [DEACTIVATE, PROVISION, CONFIRM, GRANT])
async def test_each_is_sent_once_and_proven(pair: Pair, journal: Journal, change: Change) -> None:
    assert await seen(pair, change) is Seen.NOT_YET
    result = await run(pair, journal, change)
    assert [step.verdict for step in result.steps] == ["effective and logged"]
    assert result.proven
    assert await seen(pair, change) is Seen.AS_WANTED
    again = await run(pair, journal, change)
    assert [(step.sent, step.state) for step in again.steps] == [(False, State.VERIFIED)]


async def test_a_grant_is_narrowed_and_widened_again(pair: Pair, journal: Journal) -> None:
    result = await run(pair, journal, GRANT, NARROW)
    assert {step.verdict for step in result.steps} >= {"effective and logged"}
    (edge,) = pair.secrets.tenant.grants[NARROW.carrier].values()
    assert edge.permissions == ("view", "reveal")
    assert await seen(pair, NARROW) is Seen.AS_WANTED
    assert await seen(pair, RESTORE) is Seen.NOT_YET
    restored = await run(pair, journal, RESTORE)
    assert restored.proven
    assert await seen(pair, NARROW) is Seen.NOT_YET


async def test_a_level_is_narrowed_where_there_are_no_permissions(pair: Pair) -> None:
    by_level = replace(NARROW, permissions=())
    assert await seen(pair, by_level) is Seen.AS_WANTED
    tenant = pair.secrets.tenant
    held = replace(
        next(iter(tenant.grants["account/s-001/vault/v-payments"].values())),
        principal_id="s-002",
        carrier=NARROW.carrier,
    )
    tenant.add(held)
    assert await seen(pair, by_level) is Seen.NOT_YET
    tenant.drop_account("s-002")
    assert await seen(pair, by_level) is Seen.AS_WANTED


async def test_ended_sessions_are_proven_by_tokens_that_are_gone_and_by_the_log(
    pair: Pair, journal: Journal
) -> None:
    pair.directory.tenant.tokens["d-001"] = ("Wiki", "Chat")
    assert await seen(pair, END_ALL) is Seen.NOT_YET
    result = await run(pair, journal, END_ALL)
    assert await seen(pair, END_ALL) is Seen.AS_FAR_AS_SEEN
    (step,) = result.steps
    assert (step.verdict, step.state) == ("effective and logged", State.VERIFIED)
    assert step.words.startswith(
        "read: no OAuth client holds a refresh token of Dana Okafor, who is suspended. Not read: "
        "browser sessions"
    )
    assert "; logged as corp-id-event-1, " in step.words
    assert "1 of 1 effective and logged" in result.words


async def test_without_tokens_to_begin_with_the_sessions_are_ended_all_the_same(
    pair: Pair, journal: Journal
) -> None:
    assert await seen(pair, END_ALL) is Seen.AS_FAR_AS_SEEN
    result = await run(pair, journal, END_ALL)
    (step,) = result.steps
    assert (step.verdict, step.sent) == ("effective and logged", True)


async def test_tokens_that_are_left_are_never_called_ended(pair: Pair, journal: Journal) -> None:
    tenant = pair.directory.tenant
    tenant.tokens["d-001"] = ("Chat",)
    calm = pair.directory.remote.at

    async def keep(moment: Moment) -> None:
        if moment.when is When.AFTER and moment.operation_id:
            tenant.tokens["d-001"] = ("Chat",)
        await calm(moment)

    pair.directory.remote.at = keep
    result = await run(pair, journal, END_ALL)
    (step,) = result.steps
    assert step.verdict == "logged, not effective"
    assert step.words.startswith("Chat still holds a refresh token of Dana Okafor")
    assert not result.effective


@pytest.mark.parametrize("why", [Effect.NOT_ALLOWED, Effect.UNREACHABLE, Effect.BAD_ANSWER])
async def test_where_no_tokens_can_be_read_the_log_alone_proves_it(
    pair: Pair, journal: Journal, why: Effect
) -> None:
    pair.directory.faults.add(Fault(why, Ability.READ_TOKENS, times=None))
    assert await seen(pair, END_ALL) is Seen.CANNOT_TELL
    result = await run(pair, journal, END_ALL)
    (step,) = result.steps
    assert step.verdict == "logged, cannot be read back"
    assert "cannot be read back" in step.words
    assert step.state is State.VERIFIED
    assert result.effective
    assert "1 of 1 logged, cannot be read back" in result.words


async def test_ended_sessions_that_nothing_logs_are_never_called_done(
    pair: Pair, journal: Journal
) -> None:
    pair.directory.faults.add(Fault(Effect.IGNORED, Ability.END_ALL_SESSIONS))
    result = await run(pair, journal, END_ALL)
    (step,) = result.steps
    assert (step.verdict, step.state) == ("unknown", State.NOT_SEEN)
    assert step.error
    assert not result.effective


async def test_ended_sessions_without_an_audit_log_are_unknown(
    pair: Pair, journal: Journal
) -> None:
    pair.directory.faults.add(Fault(Effect.UNREACHABLE, Ability.READ_AUDIT, times=None))
    result = await run(pair, journal, END_ALL)
    (step,) = result.steps
    assert step.verdict == "unknown"
    assert "could not be read when the run began" in step.words


async def test_sessions_of_who_is_gone_or_another_are_not_ended(pair: Pair) -> None:
    pair.directory.tenant.add(
        replace(pair.directory.tenant.accounts["d-001"], display_name="Other", name="other")
    )
    assert await seen(pair, END_ALL) is Seen.IMPOSSIBLE
    pair.directory.tenant.drop_account("d-001")
    assert await seen(pair, END_ALL) is Seen.AS_WANTED


async def test_a_lost_answer_is_called_again_where_that_does_no_harm(
    pair: Pair, journal: Journal
) -> None:
    pair.directory.faults.add(Fault(Effect.REQUEST_LOST, Ability.END_ALL_SESSIONS))
    result = await run(pair, journal, END_ALL)
    assert [step.verdict for step in result.steps] == ["effective and logged"]
    (operation,) = result.plan.operations
    assert pair.directory.tenant.done(operation.id) == 1


async def test_answers_that_are_always_lost_leave_it_open(pair: Pair, journal: Journal) -> None:
    pair.directory.faults.add(Fault(Effect.REQUEST_LOST, Ability.END_ALL_SESSIONS, times=None))
    result = await run(pair, journal, END_ALL)
    assert [step.state for step in result.steps] == [State.UNKNOWN]
    assert "every answer was lost" in result.steps[0].words


class Crashed(BaseException):
    """Stands for the end of the process: nothing may catch it."""


@pytest.mark.parametrize("when", list(When))
@pytest.mark.parametrize("change", [DEACTIVATE, END_ALL, PROVISION, CONFIRM, GRANT])
async def test_a_lone_intent_is_gone_on_with(
    pair: Pair, journal: Journal, change: Change, when: When
) -> None:
    connector = pair.directory if change.side is Side.DIRECTORY else pair.secrets
    calm = connector.remote.at

    async def die(moment: Moment) -> None:
        if moment.when is when and moment.operation_id:
            raise Crashed

    connector.remote.at = die
    with pytest.raises(Crashed):
        await run(pair, journal, change)
    connector.remote.at = calm
    result = await go_on(pair, journal)
    assert result.effective, result.words
    (operation,) = result.plan.operations
    # Ending sessions twice does no harm; everything else is done once.
    most = 2 if change is END_ALL else 1
    assert 1 <= connector.tenant.done(operation.id) <= most


async def test_deactivating_waits_for_steps_that_cannot_be_read_back_whole(
    pair: Pair, journal: Journal
) -> None:
    plan = plan_of(pair, END_ALL, DEACTIVATE, depends={2: (1,)})
    result = await apply(
        plan,
        Connections(pair.directory, pair.secrets),
        journal,
        loaded=Loaded(),
        observe=unobserved,
        stop=never,
        clock=Watch().clock,
        operator="t.ong",
        confirmed="dana",
    )
    assert [step.verdict for step in result.steps] == ["effective and logged"] * 2


async def test_who_was_deactivated_comes_back_invited_or_active(pair: Pair) -> None:
    back = replace(DEACTIVATE, kind=ChangeKind.REACTIVATE)
    tenant = pair.directory.tenant
    for state, wanted in (
        (AccountState.DEACTIVATED, Seen.NOT_YET),
        (AccountState.INVITED, Seen.AS_WANTED),
        (AccountState.ACTIVE, Seen.AS_WANTED),
        (AccountState.UNKNOWN, Seen.CANNOT_TELL),
    ):
        tenant.add(replace(tenant.accounts["d-001"], state=state))
        assert await seen(pair, back) is wanted
    assert await seen(pair, DEACTIVATE) is Seen.CANNOT_TELL


async def test_nobody_is_let_in_who_is_off(pair: Pair) -> None:
    tenant = pair.secrets.tenant
    tenant.add(replace(tenant.accounts["s-003"], state=AccountState.SUSPENDED))
    assert await seen(pair, CONFIRM) is Seen.IMPOSSIBLE
    tenant.drop_account("s-003")
    assert await seen(pair, CONFIRM) is Seen.IMPOSSIBLE


async def test_an_invitation_is_wanted_of_the_right_age(pair: Pair) -> None:
    tenant = pair.secrets.tenant
    again = replace(PROVISION, email="p003@acme.example", after_ms=2_000)
    lea = replace(
        tenant.accounts["s-003"],
        state=AccountState.INVITED,
        emails=(Email("p003@acme.example", verified=True),),
    )
    for since_ms, wanted in (
        (1_000, Seen.NOT_YET),
        (2_000, Seen.NOT_YET),
        (None, Seen.NOT_YET),
        (3_000, Seen.AS_WANTED),
    ):
        tenant.add(replace(lea, state_since_ms=since_ms, created_ms=None))
        assert await seen(pair, again) is wanted
    assert await seen(pair, replace(again, after_ms=None)) is Seen.AS_WANTED
    for state, wanted in (
        (AccountState.SUSPENDED, Seen.IMPOSSIBLE),
        (AccountState.UNKNOWN, Seen.CANNOT_TELL),
        (AccountState.ACTIVE, Seen.AS_WANTED),
    ):
        tenant.add(replace(lea, state=state))
        assert await seen(pair, again) is wanted


@pytest.mark.parametrize("change", [DEACTIVATE, CONFIRM, PROVISION, NARROW, GRANT])
async def test_a_source_that_cannot_be_asked_is_blind(change: Change) -> None:
    effect = await observe_effect(change, object())
    assert (effect.seen, effect.blind) == (Seen.CANNOT_TELL, True)
