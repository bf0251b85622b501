"""The composite: what is left while a surface does not answer, and which surface makes a change."""

from collections.abc import AsyncIterator
from typing import TypeVar

import pytest
from pydantic import SecretStr
from tests.fault.server import Reply, fault_server
from tests.providers.onepassword.bridge_double import TOKEN as BRIDGE_TOKEN
from tests.providers.onepassword.bridge_double import BridgeDouble, bridge_user
from tests.providers.onepassword.events_double import TOKEN as EVENTS_TOKEN
from tests.providers.onepassword.events_double import EventsDouble
from tests.providers.onepassword.users_double import (
    ACCOUNT,
    CLIENT,
    SECRET,
    UsersDouble,
    grpc,
    user,
)
from tests.providers.onepassword.whole import ALL, Whole
from tests.providers.simulated_onepassword.small_tenant import ADMIN, DANA, ENG, GUEST, LEA, PROD
from tests.real.ports import free_port

from keyturn_providers.abilities import (
    Ability,
    ListsAccounts,
    ListsGroups,
    ListsMemberships,
    ListsVaults,
    Page,
    Reactivates,
    ReadsAccount,
    ReadsGrant,
    ReadsMembers,
    RemovesMemberships,
    StreamsEvents,
    Suspends,
    able,
)
from keyturn_providers.contract import (
    Condition,
    Connector,
    Surroundings,
    Topic,
)
from keyturn_providers.errors import (
    BadAnswer,
    Conflict,
    NotAllowed,
    NotAuthenticated,
    OutcomeUnknown,
    ProviderError,
    ReadOnly,
    TenantChanged,
    Unreachable,
)
from keyturn_providers.onepassword import PROVIDER, OnePasswordSettings
from keyturn_providers.records import AccountState, PrincipalKind
from keyturn_providers.registry import check
from keyturn_providers.simulated.onepassword import inspection
from keyturn_providers.simulated.wire import faults, request_log

T = TypeVar("T")
FATAL = (NotAuthenticated, TenantChanged, BadAnswer)


async def until_error(
    pages: AsyncIterator[Page[T]],
) -> tuple[list[T], str, ProviderError | None]:
    """What a listing gave, its proof, and how it failed."""
    found: list[T] = []
    proof = ""
    try:
        async for page in pages:
            found += page.records
            proof = page.proof
    except ProviderError as error:
        return found, proof, error
    return found, proof, None


async def test_while_op_is_signed_out_the_others_go_on(account: Whole) -> None:
    inspection.sign_in_op(account.path, "")
    connector = account.open(*ALL)
    about = await connector.about()
    check(about, connector.reader(), connector.writer())
    assert {Ability.LIST_VAULTS, Ability.SUSPEND, Ability.READ_AUDIT} <= about.abilities
    assert not about.abilities & {Ability.REVOKE, Ability.READ_GRANT, Ability.REMOVE_MEMBERSHIP}
    assert any(spot.startswith("all that only op shows") for spot in about.blind_spots)
    (told,) = [one for one in about.checks if one.subject == "op"]
    assert (told.topic, told.condition) == (Topic.TOKEN, Condition.WRONG)
    assert "revoke" in told.hides

    reader = connector.reader()
    people, proof, error = await until_error(able(reader, ListsAccounts).accounts())
    assert {one.id for one in people} >= {DANA, LEA, GUEST}
    assert proof == ""
    assert error is not None
    assert "(op)" in str(error)
    for pages in (
        able(reader, ListsGroups).groups(),
        able(reader, ListsMemberships).memberships(ENG),
        able(reader, ListsVaults).vaults(),
    ):
        _, proof, error = await until_error(pages)
        assert proof == ""
        assert error is not None
        assert not isinstance(error, FATAL)

    receipt = await able(connector.writer(), Suspends).suspend(DANA, "op-1")
    assert "by the Users API" in receipt.note
    assert "devices stay authorised" in receipt.note
    assert inspection.user_state(account.path, DANA) == "SUSPENDED"
    found = await able(reader, ReadsAccount).read_account(DANA)
    assert found is not None
    assert found.state is AccountState.SUSPENDED
    for unproven in (
        able(reader, ReadsAccount).read_account("Z" * 26),
        able(reader, ReadsMembers).read_members("z" * 26),
    ):
        with pytest.raises(ProviderError, match=r"\(op\)"):
            await unproven
    await connector.aclose()


async def test_the_tenant_is_the_same_whatever_answers(account: Whole) -> None:
    connector = account.open(*ALL)
    before = (await connector.about()).source
    inspection.sign_in_op(account.path, "")
    assert (await connector.about()).source == before
    await connector.aclose()
    assert before.tenant == "acme.1password.com"
    partial = account.open("op", "bridge")
    down = (await partial.about()).source
    inspection.sign_in_op(account.path, ADMIN)
    assert (await partial.about()).source == down
    await partial.aclose()


async def test_with_op_everything_is_whole_and_the_bridge_adds_what_it_knows(
    account: Whole,
) -> None:
    connector = account.open("op", "bridge")
    about = await connector.about()
    assert about.permission_rules is not None
    assert not any("guests" in spot for spot in about.blind_spots)
    people, proof, error = await until_error(able(connector.reader(), ListsAccounts).accounts())
    assert error is None
    assert proof.startswith("op: ")
    assert "SCIM bridge: " in proof
    assert {one.id for one in people} >= {DANA, GUEST}
    dana = next(one for one in people if one.id == DANA)
    assert (dana.external_id, dana.state_raw) == ("00u-dana", "ACTIVE")
    groups, _, _ = await until_error(able(connector.reader(), ListsGroups).groups())
    assert {one.id: one.external_id for one in groups}[ENG] == "00g-eng"
    assert len(groups) > 2
    await connector.aclose()


async def test_a_bridge_that_fails_does_not_make_op_s_list_less(account: Whole) -> None:
    connector = account.open("op", "bridge")
    await connector.about()
    faults.put(account.path, faults.Fault(faults.Kind.STATUS, path="/scim/*", times=None))
    people, proof, error = await until_error(able(connector.reader(), ListsAccounts).accounts())
    assert error is None
    assert "SCIM bridge: not read" in proof
    assert len(people) >= 5
    await connector.aclose()


async def test_a_live_read_does_not_wait_for_a_bridge_that_hangs(
    account: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keyturn_providers.onepassword.reading.PATIENCE_S", 0.0)
    connector = account.open("op", "bridge")
    await connector.about()
    slow = faults.Fault(faults.Kind.LATENCY, path="/scim/*", times=None, seconds=30.0)
    faults.put(account.path, slow)
    found = await able(connector.reader(), ReadsAccount).read_account(DANA)
    assert found is not None
    assert found.state is AccountState.ACTIVE
    faults.clear(account.path)
    await connector.aclose()


async def test_when_nothing_answers_every_reason_is_told(account: Whole) -> None:
    wrong = {part: SecretStr("wrong-made-up") for part in ("bridge", "users_api", "events")}
    connector = account.open("bridge", "users_api", "events", secrets=wrong)
    with pytest.raises(NotAuthenticated) as caught:
        await connector.about()
    for words in ("(Users API)", "SCIM bridge:", "Events API:"):
        assert words in str(caught.value)
    assert "wrong-made-up" not in str(caught.value)
    await connector.aclose()


async def test_streams_of_an_events_api_that_does_not_answer_fail_in_words(account: Whole) -> None:
    connector = account.open(
        "bridge", "events", secrets={"events": SecretStr("wrong-made-up-token")}
    )
    about = await connector.about()
    assert Ability.STREAM_EVENTS in about.abilities
    assert Ability.READ_AUDIT not in about.abilities
    reader = able(connector.reader(), StreamsEvents)
    assert "audit events" in reader.streams()
    with pytest.raises(NotAllowed, match="Events API"):
        [page async for page in reader.stream("audit events", None, None)]
    await connector.aclose()


async def test_read_only_has_no_writer_and_says_so(account: Whole) -> None:
    connector = account.open("bridge", read_only=True)
    about = await connector.about()
    assert Ability.SUSPEND not in about.abilities
    with pytest.raises(ReadOnly):
        connector.writer()
    await connector.aclose()


async def test_after_a_lost_answer_no_other_surface_is_asked(account: Whole) -> None:
    connector = account.open("bridge", "users_api")
    await connector.about()
    faults.put(account.path, faults.Fault(faults.Kind.LOSE_RESPONSE, path="*:suspend"))
    request_log.forget(account.path)
    with pytest.raises(OutcomeUnknown, match=r"\(Users API\)"):
        await able(connector.writer(), Suspends).suspend(DANA, "op-1")
    assert request_log.requests(account.path, path_glob="/scim/*") == ()
    assert inspection.user_state(account.path, DANA) == "SUSPENDED"
    again = await able(connector.writer(), Suspends).suspend(DANA, "op-1")
    assert again.outcome.value == "already so"
    await connector.aclose()


async def test_signed_out_in_the_middle_of_a_run(account: Whole) -> None:
    """What only op can do stays open for later; what others can do goes on."""
    connector = account.open("op", "users_api")
    await connector.about()
    writer, reader = connector.writer(), connector.reader()
    inspection.sign_in_op(account.path, "")
    with pytest.raises(NotAuthenticated, match=r"\(op\)"):
        await able(writer, RemovesMemberships).remove_membership(ENG, DANA, "op-1")
    with pytest.raises(NotAuthenticated, match=r"\(op\)"):
        await able(reader, ReadsGrant).read_grants_of(PrincipalKind.ACCOUNT, DANA)
    receipt = await able(writer, Suspends).suspend(DANA, "op-2")
    assert "by the Users API; op did not take it" in receipt.note
    assert inspection.user_state(account.path, DANA) == "SUSPENDED"
    await connector.aclose()


async def test_an_answer_nobody_understands_may_have_been_the_change() -> None:
    users = UsersDouble(
        {"A": user("A")}, refusal=lambda _: Reply(302, headers={"Location": "/elsewhere"})
    )
    bridge = BridgeDouble({"A": bridge_user("A")})
    async with fault_server(users) as one, fault_server(bridge) as other:
        connector = over(users=one.url, bridge=other.url)
        with pytest.raises(BadAnswer, match=r"\(Users API\)"):
            await able(connector.writer(), Suspends).suspend("A", "op-1")
        assert other.seen == []
        await connector.aclose()


async def test_keyturn_s_own_account_is_refused_by_every_surface(account: Whole) -> None:
    connector = account.open("op", "users_api", "bridge")
    await connector.about()
    with pytest.raises(NotAllowed, match="keyturn itself"):
        await able(connector.writer(), Suspends).suspend(ADMIN, "op-1")
    assert inspection.user_state(account.path, ADMIN) == "ACTIVE"
    await connector.aclose()


def over(*, users: str = "", bridge: str = "", events: str = "") -> Connector:
    """The connector over doubles at these addresses."""
    told: dict[str, object] = {}
    if users:
        told["users_api"] = {
            "account_id": ACCOUNT,
            "client_id": CLIENT,
            "token_env": "U",
            "url": users,
        }
    if bridge:
        told["bridge"] = {"url": bridge, "token_env": "B"}
    if events:
        told["events"] = {"url": events, "token_env": "E"}
    secrets = {"users_api": SECRET, "bridge": BRIDGE_TOKEN, "events": EVENTS_TOKEN}
    around = Surroundings(
        secret=lambda: SecretStr(""), secret_of=lambda part: SecretStr(secrets[part])
    )
    return PROVIDER.open("1password", OnePasswordSettings.model_validate(told), around)


async def test_surfaces_of_different_accounts_are_not_mixed() -> None:
    async with (
        fault_server(UsersDouble()) as users,
        fault_server(EventsDouble(account="ANOTHERACCOUNT")) as events,
    ):
        connector = over(users=users.url, events=events.url)
        with pytest.raises(TenantChanged, match="ANOTHERACCOUNT"):
            await connector.about()
        await connector.aclose()


async def test_an_account_that_changes_behind_its_address_is_noticed() -> None:
    double = EventsDouble()
    async with fault_server(double) as events:
        connector = over(events=events.url)
        assert (await connector.about()).source.tenant == double.account
        double.account = "ANOTHERACCOUNT"
        with pytest.raises(TenantChanged, match="now it is ANOTHERACCOUNT"):
            await connector.about()
        await connector.aclose()


async def test_what_surely_never_arrived_goes_through_the_next_surface() -> None:
    bridge = BridgeDouble({"A": bridge_user("A")})
    async with fault_server(bridge) as server:
        connector = over(users=f"http://127.0.0.1:{free_port()}", bridge=server.url)
        receipt = await able(connector.writer(), Suspends).suspend("A", "op-1")
        await connector.aclose()
    assert "by the SCIM bridge; Users API did not take it" in receipt.note
    assert bridge.users["A"]["active"] is False


@pytest.mark.parametrize("message", ["the last remaining owner", "user is externally managed"])
async def test_what_was_refused_is_not_tried_through_another(message: str) -> None:
    users = UsersDouble(
        {"A": user("A")}, refusal=lambda _: grpc(412, "FailedPrecondition", message)
    )
    bridge = BridgeDouble({"A": bridge_user("A")})
    async with fault_server(users) as one, fault_server(bridge) as other:
        connector = over(users=one.url, bridge=other.url)
        with pytest.raises(NotAllowed, match="Users API"):
            await able(connector.writer(), Suspends).suspend("A", "op-1")
        assert other.seen == []
        await connector.aclose()


async def test_gone_for_one_surface_and_known_to_another_is_not_success() -> None:
    users, bridge = UsersDouble({"B": user("B")}), BridgeDouble({"A": bridge_user("A")})
    async with fault_server(users) as one, fault_server(bridge) as other:
        connector = over(users=one.url, bridge=other.url)
        writer = connector.writer()
        with pytest.raises(Conflict, match="another surface has it"):
            await able(writer, Suspends).suspend("A", "op-1")
        with pytest.raises(ProviderError, match="does not exist"):
            await able(writer, Reactivates).reactivate("NOBODY", "op-1")
        await connector.aclose()


async def test_without_op_every_list_of_people_is_needed() -> None:
    users, bridge = UsersDouble({"A": user("A")}), BridgeDouble({"A": bridge_user("A")})
    async with fault_server(users) as one, fault_server(bridge) as other:
        connector = over(users=one.url, bridge=other.url)
        people, proof, error = await until_error(able(connector.reader(), ListsAccounts).accounts())
        assert (len(people), bool(proof), error) == (1, True, None)
        assert people[0].state_raw == "ACTIVE"
        bridge.token = "renewed"
        people, proof, error = await until_error(able(connector.reader(), ListsAccounts).accounts())
        assert (len(people), proof) == (1, "")
        assert isinstance(error, NotAllowed)
        assert "(SCIM bridge)" in str(error)
        await connector.aclose()


async def test_states_that_disagree_are_shown() -> None:
    users = UsersDouble({"A": user("A", "SUSPENDED")})
    bridge = BridgeDouble({"A": bridge_user("A")})
    async with fault_server(users) as one, fault_server(bridge) as other:
        connector = over(users=one.url, bridge=other.url)
        found = await able(connector.reader(), ReadsAccount).read_account("A")
        await connector.aclose()
    assert found is not None
    assert found.state is AccountState.SUSPENDED
    assert found.state_raw == "SUSPENDED; SCIM bridge: active or invited"


async def test_of_who_is_invited_the_users_api_tells_nothing() -> None:
    users = UsersDouble({"A": user("A", "STATE_UNSPECIFIED")})
    bridge = BridgeDouble({"A": bridge_user("A")})
    async with fault_server(users) as one, fault_server(bridge) as other:
        both = over(users=one.url, bridge=other.url)
        found = await able(both.reader(), ReadsAccount).read_account("A")
        await both.aclose()
        alone = over(users=one.url)
        unknown = await able(alone.reader(), ReadsAccount).read_account("A")
        await alone.aclose()
    assert found is not None
    assert (found.state, found.state_raw) == (AccountState.ACTIVE, "active or invited")
    assert unknown is not None
    assert unknown.state is AccountState.UNKNOWN


async def test_alone_a_surface_s_errors_are_the_source_s() -> None:
    async with fault_server(BridgeDouble(token="renewed")) as server:
        connector = over(bridge=server.url)
        with pytest.raises(NotAuthenticated):
            [page async for page in able(connector.reader(), ListsAccounts).accounts()]
        await connector.aclose()
    connector = over(bridge=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(Unreachable, match=r"\(SCIM bridge\)"):
        await connector.about()
    await connector.aclose()


EXPECTED_SPOTS = {
    ("bridge",): ("guests", "only op shows them", "accepted the invitation", "audit log"),
    ("users_api",): ("groups, and who is in them", "may leave them out", "audit log"),
    ("events",): ("people: only op", "groups, and who is in them", "vaults"),
    ("bridge", "users_api", "events"): ("guests", "built-in", "shared by link", "devices"),
}
NOT_EXPECTED = {
    ("bridge",): ("may leave them out",),
    ("users_api",): ("guests",),
    ("events",): ("audit log", "guests"),
    ("bridge", "users_api", "events"): ("accepted the invitation", "audit log", "may leave"),
}


@pytest.mark.parametrize("surfaces", EXPECTED_SPOTS)
async def test_only_the_blind_spots_of_the_configured_set_are_named(
    account: Whole, surfaces: tuple[str, ...]
) -> None:
    connector = account.open(*surfaces)
    about = await connector.about()
    await connector.aclose()
    spots = "\n".join(about.blind_spots)
    for words in EXPECTED_SPOTS[surfaces]:
        assert words in spots
    for words in NOT_EXPECTED[surfaces]:
        assert words not in spots
    assert len(set(about.blind_spots)) == len(about.blind_spots)


async def test_op_says_of_itself_what_it_cannot_see(account: Whole) -> None:
    connector = account.open("op")
    about = await connector.about()
    await connector.aclose()
    spots = "\n".join(about.blind_spots)
    for words in ("own vaults", "service accounts", "audit log", "shared by link", "devices"):
        assert words in spots
    assert about.own is not None
    assert about.own.account_id == ADMIN
    assert PROD not in spots
