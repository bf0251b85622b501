"""A credential that runs out, a web form as body, and what answers tell of a server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from pydantic import SecretStr
from tests.fault.server import Reply, Request, fault_server, json_reply
from tests.fault.test_tls_faults import tls_for
from tests.fault.wire import Wire

from keyturn_providers.contract import Condition, Topic
from keyturn_providers.errors import NotAuthenticated
from keyturn_providers.http import Transport
from keyturn_providers.server_seen import ServerSeen, checks_of


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


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[tuple[trustme.CA, Path]]:
    ca = trustme.CA()
    with ca.cert_pem.tempfile(dir=str(tmp_path)) as name:
        yield ca, Path(name)


async def test_the_end_of_the_certificate_is_seen(authority: tuple[trustme.CA, Path]) -> None:
    ca, ca_file = authority
    async with fault_server(
        lambda _: json_reply({}), tls=tls_for(ca, "localhost"), host="localhost"
    ) as server:
        transport = Wire().transport(server.url, ca_file=ca_file)
        await transport.request("GET", "/", what="asking", writes=False)
        await transport.aclose()
    expires = transport.seen.certificate_expires_ms
    assert expires is not None
    days = 86_400_000
    (found,) = checks_of(transport.seen, "bridge", expires - 5 * days)
    assert (found.topic, found.condition) == (Topic.CERTIFICATE, Condition.WATCH)
    assert "ends in 5 days" in found.words
    (well,) = checks_of(transport.seen, "bridge", expires - 90 * days)
    assert well.condition is Condition.WELL


@pytest.mark.parametrize(
    ("wall", "condition", "words"),
    [
        (1_000_000_000.0, Condition.WELL, "agree"),
        (1_000_000_090.0, Condition.WATCH, "90 s behind"),
        (999_999_880.0, Condition.WATCH, "120 s ahead of"),
    ],
)
def test_clocks_that_differ_are_told(wall: float, condition: Condition, words: str) -> None:
    seen = ServerSeen().after({"date": "Sun, 09 Sep 2001 01:46:40 GMT"}, None, wall)
    (found,) = checks_of(seen, "events", 0)
    assert (found.topic, found.condition) == (Topic.CLOCK, condition)
    assert words in found.words


@pytest.mark.parametrize("headers", [{}, {"date": "yesterday"}])
def test_a_server_that_tells_no_time_is_not_judged(headers: dict[str, str]) -> None:
    assert checks_of(ServerSeen().after(headers, None, 0.0), "events", 0) == ()
