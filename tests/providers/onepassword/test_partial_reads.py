"""A listing that dies at any of its requests is never called whole, and closes nothing."""

from collections.abc import AsyncIterator
from typing import TypeVar

import pytest
from pydantic import SecretStr
from tests.fault.server import Handler, Reply, Request, fault_server
from tests.providers.onepassword.bridge_double import TOKEN as BRIDGE_TOKEN
from tests.providers.onepassword.bridge_double import BridgeDouble, bridge_group, bridge_user
from tests.providers.onepassword.users_double import ACCOUNT, CLIENT, SECRET, UsersDouble
from tests.providers.onepassword.users_double import people as users

from keyturn_providers.abilities import (
    ListsAccounts,
    ListsGroups,
    ListsMemberships,
    Page,
    able,
)
from keyturn_providers.contract import Surroundings
from keyturn_providers.errors import ProviderError
from keyturn_providers.onepassword import PROVIDER, OnePasswordSettings

T = TypeVar("T")
BROKEN = {
    "html": Reply(200, b"<html>sign in</html>", {"Content-Type": "text/html"}),
    "empty": Reply(200, b"{}"),
    "no list": Reply(200, b'{"results": null, "Resources": null, "totalResults": 3}'),
    "refused": Reply(403, b"{}"),
    "gone": Reply(404, b"{}"),
}


def dying(handler: Handler, at: int, reply: Reply) -> tuple[Handler, list[int]]:
    """`handler`, whose request number `at` is answered by `reply`; and how many came."""
    count = [0]

    def answer(request: Request) -> Reply:
        count[0] += 1
        return reply if count[0] == at else handler(request)

    return answer, count


async def whole(pages: AsyncIterator[Page[T]]) -> bool:
    """Whether the listing ended with proof."""
    proof = ""
    try:
        async for page in pages:
            proof = page.proof
    except ProviderError:
        return False
    return bool(proof)


async def read(handler: Handler, surface: str) -> list[bool]:
    """Whether each listing of one surface was whole."""
    async with fault_server(handler) as server:
        users_api = {"account_id": ACCOUNT, "client_id": CLIENT, "token_env": "U"}
        told = {
            "users_api": {**users_api, "url": server.url},
            "bridge": {"url": server.url, "token_env": "B"},
        }
        secrets = {"users_api": SECRET, "bridge": BRIDGE_TOKEN}
        around = Surroundings(
            secret=lambda: SecretStr(""), secret_of=lambda part: SecretStr(secrets[part])
        )
        settings = OnePasswordSettings.model_validate({surface: told[surface]})
        connector = PROVIDER.open("1p", settings, around)
        reader = connector.reader()
        found = [await whole(able(reader, ListsAccounts).accounts())]
        if surface == "bridge":
            found.append(await whole(able(reader, ListsGroups).groups()))
            found.append(await whole(able(reader, ListsMemberships).memberships("g1")))
        await connector.aclose()
        return found


@pytest.mark.parametrize("how", BROKEN)
async def test_users_api(how: str) -> None:
    """Four pages of active people, one of suspended ones, four again; before them the token."""
    handler, count = dying(UsersDouble(users(7, 1), cap=2), 0, BROKEN[how])
    assert await read(handler, "users_api") == [True]
    for at in range(1, count[0] + 1):
        handler, _ = dying(UsersDouble(users(7, 1), cap=2), at, BROKEN[how])
        assert await read(handler, "users_api") == [False], at


@pytest.mark.parametrize("how", BROKEN)
async def test_bridge(how: str) -> None:
    def double() -> BridgeDouble:
        everybody = {f"U{n}": bridge_user(f"U{n}") for n in range(5)}
        return BridgeDouble(everybody, {"g1": bridge_group("g1", "U1")}, shuffled=False, cap=2)

    handler, count = dying(double(), 0, BROKEN[how])
    assert await read(handler, "bridge") == [True, True, True]
    for at in range(1, count[0] + 1):
        handler, _ = dying(double(), at, BROKEN[how])
        found = await read(handler, "bridge")
        assert found.count(False) == 1, at
