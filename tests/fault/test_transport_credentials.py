"""A credential that is fetched and runs out, and a web form as body."""

import pytest
from pydantic import SecretStr
from tests.fault.server import Reply, Request, fault_server, json_reply
from tests.fault.wire import Wire

from keyturn_providers.errors import NotAuthenticated
from keyturn_providers.http import Transport


class Counted:
    """Gives t1, and after each refusal the next."""

    def __init__(self) -> None:
        self.number = 1

    async def current(self) -> SecretStr:
        return SecretStr(f"t{self.number}")

    def refused(self) -> None:
        self.number += 1


async def test_a_renewed_credential_is_asked_for_again_after_a_refusal() -> None:
    def handler(request: Request) -> Reply:
        return json_reply({}, 200 if request.headers["authorization"] == "Bearer t2" else 401)

    async with fault_server(handler) as server:
        transport = Transport("x", server.url, Wire().surroundings(), renewed=Counted())
        with pytest.raises(NotAuthenticated):
            await transport.request("GET", "/a", what="asking", writes=False)
        answer = await transport.request("GET", "/a", what="asking", writes=False)
        await transport.aclose()
    assert answer.status == 200
    assert [one.headers["authorization"] for one in server.seen] == ["Bearer t1", "Bearer t2"]


async def test_a_form_is_sent_as_one() -> None:
    async with fault_server(lambda _: json_reply({})) as server:
        transport = Wire().transport(server.url)
        await transport.request(
            "POST", "/t", what="asking", writes=False, form={"grant_type": "a b", "scope": "x&y"}
        )
        await transport.aclose()
    (request,) = server.seen
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.body == b"grant_type=a+b&scope=x%26y"
