"""The Users API: the token's life, both lists proven whole, changes and their refusals."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from tests.fault.server import Reply, Request, fault_server, json_reply
from tests.providers.onepassword.users_double import (
    ACCOUNT,
    CLIENT,
    SECRET,
    UsersDouble,
    grpc,
    people,
    user,
)

from keyturn_providers.abilities import Outcome, Page
from keyturn_providers.contract import Surroundings
from keyturn_providers.errors import (
    BadAnswer,
    Conflict,
    Gone,
    NotAllowed,
    NotAuthenticated,
    OutcomeUnknown,
)
from keyturn_providers.onepassword.users_api.payloads import account, error_of
from keyturn_providers.onepassword.users_api.settings import UsersApiSettings
from keyturn_providers.onepassword.users_api.surface import UsersSurface
from keyturn_providers.onepassword.users_api.token import AccessTokens
from keyturn_providers.records import Account, AccountState, Unreadable


def around(secret: str = SECRET) -> Surroundings:
    return Surroundings(
        secret=lambda: SecretStr("not this one"),
        secret_of=lambda part: SecretStr({"users_api": secret}[part]),
    )


def settings(url: str) -> UsersApiSettings:
    return UsersApiSettings(account_id=ACCOUNT, client_id=CLIENT, token_env="T", url=url)


@asynccontextmanager
async def surface_of(double: UsersDouble, secret: str = SECRET) -> AsyncIterator[UsersSurface]:
    async with fault_server(double) as server:
        surface = UsersSurface("1p", settings(server.url), around(secret))
        try:
            yield surface
        finally:
            await surface.aclose()


async def listed(surface: UsersSurface) -> list[Page[Account]]:
    return [page async for page in surface.accounts()]


async def test_active_and_suspended_people_are_listed_with_proof() -> None:
    double = UsersDouble(people(5, 2), cap=2)
    async with surface_of(double) as surface:
        pages = await listed(surface)
    found = {one.id: one.state for page in pages for one in page.records}
    assert found == {
        **{f"A{n}": AccountState.ACTIVE for n in range(5)},
        **{f"S{n}": AccountState.SUSPENDED for n in range(2)},
    }
    assert [bool(page.proof) for page in pages] == [False] * 4 + [True]
    assert "5 active and 2 suspended" in pages[-1].proof
    assert double.issued == 1


async def test_a_full_last_page_without_a_token_is_the_end() -> None:
    async with surface_of(UsersDouble(people(1000))) as surface:
        pages = await listed(surface)
    assert sum(len(page.records) for page in pages) == 1000
    assert pages[-1].proof


@pytest.mark.parametrize("change", ["reactivated", "suspended", "added"])
async def test_who_moves_between_the_lists_is_not_taken_for_gone(change: str) -> None:
    double = UsersDouble(people(3, 1))
    asked = 0

    def before_page(request: Request) -> None:
        nonlocal asked
        asked += 1
        if asked != 2:
            return
        if change == "reactivated":
            double.users["S0"]["state"] = "ACTIVE"
        elif change == "suspended":
            double.users["A1"]["state"] = "SUSPENDED"
        else:
            double.users["N"] = user("N")

    double.before_page = before_page
    async with surface_of(double) as surface:
        with pytest.raises(Conflict, match="while the lists were read"):
            await listed(surface)


async def test_one_token_serves_everybody_and_is_renewed_before_its_end() -> None:
    clock = [1000.0]
    async with fault_server(UsersDouble()) as server:
        tokens = AccessTokens("1p", settings(server.url), around(), clock=lambda: clock[0])
        first = await asyncio.gather(*(tokens.current() for _ in range(5)))
        assert {one.get_secret_value() for one in first} == {"opaque-1"}
        clock[0] += 839.0
        assert (await tokens.current()).get_secret_value() == "opaque-1"
        clock[0] += 2.0
        assert (await tokens.current()).get_secret_value() == "opaque-2"
        tokens.refused()
        assert (await tokens.current()).get_secret_value() == "opaque-3"
        await tokens.aclose()


async def test_a_token_revoked_early_is_replaced_by_the_next_read() -> None:
    double = UsersDouble(people(1))
    async with surface_of(double) as surface:
        await surface.read_account("A0")
        double.tokens.clear()
        assert await surface.read_account("A0") is not None
    assert double.issued == 2


async def test_a_wrong_secret_is_named_and_not_shown() -> None:
    async with surface_of(UsersDouble(), secret="wrong-made-up-secret") as surface:
        with pytest.raises(NotAuthenticated, match=r"users_api\.client_id") as caught:
            await surface.look()
    assert "wrong-made-up-secret" not in str(caught.value)


async def test_suspending_twice_is_already_so() -> None:
    double = UsersDouble(people(1))
    async with surface_of(double) as surface:
        assert (await surface.suspend("A0", "op")).outcome is Outcome.APPLIED
        found = await surface.read_account("A0")
        assert found is not None
        assert found.state is AccountState.SUSPENDED
        assert (await surface.suspend("A0", "op")).outcome is Outcome.ALREADY_SO
        assert (await surface.reactivate("A0", "op")).outcome is Outcome.APPLIED
        assert (await surface.reactivate("A0", "op")).outcome is Outcome.ALREADY_SO


@pytest.mark.parametrize("status", [400, 403, 409, 412])
@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("cannot suspend the last remaining owner", "last owner"),
        ("user is externally managed", "another organisation"),
    ],
)
async def test_who_cannot_be_suspended_is_refused_in_words(
    status: int, message: str, words: str
) -> None:
    double = UsersDouble(people(1), refusal=lambda _: grpc(status, "FAILED_PRECONDITION", message))
    async with surface_of(double) as surface:
        with pytest.raises(NotAllowed, match=words) as caught:
            await surface.suspend("A0", "op")
    assert message in str(caught.value)
    assert "Nothing was changed" in str(caught.value)


async def test_a_missing_scope_is_named() -> None:
    double = UsersDouble(
        people(1), refusal=lambda _: json_reply({"code": 7, "message": "denied"}, 403)
    )
    async with surface_of(double) as surface:
        with pytest.raises(NotAllowed, match="lacks the scope"):
            await surface.suspend("A0", "op")


async def test_a_lost_answer_is_unknown() -> None:
    double = UsersDouble(people(1), refusal=lambda _: Reply(drop=True))
    async with surface_of(double) as surface:
        with pytest.raises(OutcomeUnknown):
            await surface.suspend("A0", "op")


async def test_who_is_gone_is_gone() -> None:
    async with surface_of(UsersDouble(people(1))) as surface:
        assert await surface.read_account("NOBODY") is None
        with pytest.raises(Gone):
            await surface.suspend("NOBODY", "op")


@pytest.mark.parametrize(
    "body", [{"users": []}, {"results": {}}, [], {"results": [], "next_page_token": 7}]
)
async def test_a_list_of_another_shape_is_refused(body: object) -> None:
    double = UsersDouble(people(1))
    real = UsersDouble.__call__

    def handler(request: Request) -> Reply:
        told = real(double, request)
        return json_reply(body) if request.path.endswith("/users") else told

    async with fault_server(handler) as server:
        surface = UsersSurface("1p", settings(server.url), around())
        with pytest.raises(BadAnswer):
            await listed(surface)
        await surface.aclose()


def test_an_unknown_state_is_neither_active_nor_gone() -> None:
    for state in ("STATE_UNSPECIFIED", "PAUSED", "", None):
        found = account(user("A", state=state) if state is not None else {"id": "A"})
        assert isinstance(found, Account)
        assert found.state is AccountState.UNKNOWN


@pytest.mark.parametrize("record", [7, {}, {"id": ""}, {"id": 7}, {"id": "a\u202eb"}, {"id": ".."}])
def test_a_record_without_a_usable_id_is_unreadable(record: object) -> None:
    found = account(record)
    assert isinstance(found, Unreadable)
    assert found.id is None


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'{"code":"InvalidArgument","message":"m"}', "InvalidArgument"),
        (b'{"error":{"code":400,"status":"INVALID_ARGUMENT","message":"m"}}', "INVALIDARGUMENT"),
        (b'{"code":9,"message":"m"}', "FailedPrecondition"),
        (b'{"error":"invalid_client","error_description":"m"}', "invalidclient"),
        (b"<html>", None),
        (b"[]", None),
    ],
)
def test_errors_of_any_shape(body: bytes, name: str | None) -> None:
    error = error_of(body)
    assert (error and error.name) == name


@pytest.mark.parametrize(
    "more",
    [
        {"url": "https://other.example"},
        {"region": "us"},
        {"token_command": ["x"]},
        {"client_id": ""},
    ],
)
def test_settings_that_cannot_work(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        UsersApiSettings.model_validate(
            {"account_id": ACCOUNT, "client_id": CLIENT, "token_env": "T", **more}
        )


@pytest.mark.parametrize("region", ["com", "ca", "eu"])
def test_each_region_has_its_host(region: str) -> None:
    told = UsersApiSettings.model_validate(
        {"account_id": ACCOUNT, "client_id": CLIENT, "token_env": "T", "region": region}
    )
    assert told.base_url == f"https://api.1password.{region}"
