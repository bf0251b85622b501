"""What the transport makes of every way an exchange can go wrong."""

import asyncio
import gc
import socket
from contextlib import closing

import pytest
from pydantic import SecretStr
from tests.fault.remains import whole_text
from tests.fault.server import Reply, Request, fault_server, json_reply
from tests.fault.wire import TOKEN, Wire
from tests.real.ports import free_port

from keyturn_providers.errors import (
    BadAnswer,
    Conflict,
    Gone,
    Misconfigured,
    NotAllowed,
    NotAuthenticated,
    OutcomeUnknown,
    ProviderError,
    Throttled,
    Unreachable,
)
from keyturn_providers.http import AuthHeader, Retries, Timeouts

UNANSWERED = [
    pytest.param(Reply(drop=True), id="dropped"),
    pytest.param(Reply(body=b'{"a":1}', cut=3), id="cut"),
    pytest.param(Reply(status=500, body=b"<html>oops</html>"), id="html-500"),
    pytest.param(Reply(status=502), id="502"),
    pytest.param(Reply(status=503), id="503"),
    pytest.param(Reply(body=b"x" * 64, headers={"Content-Encoding": "gzip"}), id="not-gzip"),
]


async def outcome(
    wire: Wire, reply: Reply, *, writes: bool, ok: tuple[int, ...] = (200,)
) -> ProviderError:
    async with fault_server(lambda _: reply) as server:
        transport = wire.transport(server.url)
        try:
            with pytest.raises(ProviderError) as caught:
                await transport.request(
                    "PATCH" if writes else "GET",
                    "/Users",
                    what="listing users",
                    writes=writes,
                    json={"secret-body": "b0dy"} if writes else None,
                    ok=ok,
                )
        finally:
            await transport.aclose()
        assert len(server.seen) == 1 or not writes
        return caught.value


@pytest.mark.parametrize("reply", UNANSWERED)
async def test_a_write_without_a_whole_answer_is_unknown_and_sent_once(reply: Reply) -> None:
    wire = Wire()
    error = await outcome(wire, reply, writes=True)
    assert type(error) is OutcomeUnknown
    assert "may have been made" in str(error)
    assert len(wire.requests) == 1


@pytest.mark.parametrize("reply", UNANSWERED)
async def test_a_read_is_tried_four_times_and_then_unreachable(reply: Reply) -> None:
    wire = Wire()
    error = await outcome(wire, reply, writes=False)
    assert type(error) is Unreachable
    assert "Nothing was changed" in str(error)
    assert len(wire.requests) == 4
    assert [w.reason for w in wire.waits] == [f"trying again: {error.why}"] * 3


STATUSES = {
    401: NotAuthenticated,
    403: NotAllowed,
    404: Gone,
    409: Conflict,
    410: Gone,
    412: Conflict,
}
# A read answered so is about the server, a write about the one object: others may still be done.
READ_ONLY = {400: BadAnswer, 405: BadAnswer, 418: BadAnswer, 501: BadAnswer, 202: BadAnswer}
WRITTEN = {400: Conflict, 405: NotAllowed, 418: Conflict, 422: Conflict, 501: NotAllowed}


@pytest.mark.parametrize(
    ("status", "kind", "writes"),
    [
        *((status, kind, writes) for status, kind in STATUSES.items() for writes in (False, True)),
        *((status, kind, False) for status, kind in READ_ONLY.items()),
        *((status, kind, True) for status, kind in WRITTEN.items()),
    ],
)
async def test_a_definite_answer_is_not_repeated(
    status: int, kind: type[ProviderError], writes: bool
) -> None:
    wire = Wire()
    error = await outcome(wire, json_reply({}, status), writes=writes)
    assert type(error) is kind
    assert str(error).startswith(f"idp: listing users: It answered {status}")
    assert [r.status for r in wire.requests] == [status]


async def test_a_refused_write_is_not_repeated_and_says_that_nothing_was_done() -> None:
    wire = Wire()
    for reply in (
        Reply(status=429, headers={"Retry-After": "7"}),
        Reply(status=503, headers={"Retry-After": "7"}),
    ):
        error = await outcome(wire, reply, writes=True)
        assert isinstance(error, Throttled)
        assert error.retry_after_s == 7
        assert "Nothing was done." in str(error)
    assert len(wire.requests) == 2


@pytest.mark.parametrize("status", [201, 202, 226, 302, 303])
async def test_of_a_write_answered_otherwise_than_foreseen_nothing_is_promised(status: int) -> None:
    error = await outcome(Wire(), json_reply({}, status), writes=True)
    assert type(error) is (OutcomeUnknown if status < 300 else BadAnswer)
    assert "othing was changed" not in str(error)


async def test_a_write_does_not_wait_out_a_window_for_its_caller() -> None:
    wire = Wire()
    told = {"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "3", "X-RateLimit-Reset": "600"}
    async with fault_server(lambda _: json_reply({}, headers=told)) as server:
        transport = wire.transport(server.url)
        await transport.request("GET", "/", what="asking", writes=False)
        with pytest.raises(Throttled, match="3 of 100 requests left") as caught:
            await transport.request("POST", "/", what="changing", writes=True)
        await transport.aclose()
        assert len(server.seen) == 1
    assert caught.value.retry_after_s == pytest.approx(600)
    assert wire.clock.slept == []


async def test_a_window_reset_beside_a_503_is_no_promise_that_nothing_was_done() -> None:
    reply = Reply(status=503, headers={"X-RateLimit-Reset": "7"})
    assert type(await outcome(Wire(), reply, writes=True)) is OutcomeUnknown


@pytest.mark.parametrize(
    ("headers", "waits"),
    [
        ({"Retry-After": "3"}, [3.0]),
        ({"Retry-After": "soon"}, [1.0]),
        ({"Retry-After": "-5"}, [1.0]),
        ({"Retry-After": ""}, [1.0]),
        ({}, [1.0]),
        ({"X-RateLimit-Reset": "4"}, [4.0]),
        ({"Retry-After": "nan", "X-Rate-Limit-Reset": "nonsense"}, [1.0]),
        (
            {
                "Date": "Mon, 23 Nov 2026 12:00:00 GMT",
                "Retry-After": "Mon, 23 Nov 2026 12:00:05 GMT",
            },
            [5.0],
        ),
    ],
)
async def test_a_throttled_read_waits_as_told_and_says_why(
    headers: dict[str, str], waits: list[float]
) -> None:
    wire = Wire()
    answers = [Reply(status=429, headers=headers), json_reply({"fine": True})]
    async with fault_server(lambda _: answers.pop(0)) as server:
        transport = wire.transport(server.url)
        answer = await transport.request("GET", "/", what="asking", writes=False)
        await transport.aclose()
    assert answer.json() == {"fine": True}
    assert wire.clock.slept == waits
    assert [(w.seconds, w.source) for w in wire.waits] == [(waits[0], "idp")]
    assert "too many requests" in wire.waits[0].reason


async def test_a_read_outlasts_one_spent_window_after_another() -> None:
    wire = Wire()
    refused = Reply(status=429, headers={"Retry-After": "3"})
    answers = [*[refused] * 9, json_reply({"fine": True})]
    async with fault_server(lambda _: answers.pop(0)) as server:
        transport = wire.transport(server.url)
        answer = await transport.request("GET", "/", what="asking", writes=False)
        await transport.aclose()
    assert answer.json() == {"fine": True}
    assert sum(wire.clock.slept) >= 9 * 3


async def test_a_rate_limit_that_refuses_for_ever_is_believed_in_the_end() -> None:
    wire = Wire()
    async with fault_server(lambda _: Reply(status=429, headers={"Retry-After": "3"})) as server:
        transport = wire.transport(server.url, retries=Retries(refusals=5))
        with pytest.raises(Throttled):
            await transport.request("GET", "/", what="asking", writes=False)
        await transport.aclose()
        assert len(server.seen) == 6


async def test_a_wait_that_is_too_long_fails_at_once_and_holds_the_next_request() -> None:
    wire = Wire()
    reply = Reply(status=429, headers={"Retry-After": "7200"})
    async with fault_server(lambda _: reply) as server:
        transport = wire.transport(server.url)
        for _ in range(2):
            with pytest.raises(Throttled, match=r"Wait 2 h before the next request\.") as caught:
                await transport.request("GET", "/", what="asking", writes=False)
            assert caught.value.retry_after_s == 7200
        await transport.aclose()
        assert len(server.seen) == 1
    assert wire.clock.slept == []


async def test_the_server_s_own_words_are_quoted_and_made_safe() -> None:
    async with fault_server(lambda _: Reply(status=403, body=b"no\x1b[2J rights")) as server:
        transport = Wire().transport(server.url, explain=lambda body: body.decode())
        with pytest.raises(NotAllowed, match=r'It answered 403 \("no␛\[2J rights"\)\.'):
            await transport.request("GET", "/", what="asking", writes=False)
        await transport.aclose()


async def test_what_is_not_json_is_a_bad_answer() -> None:
    bodies = [b"<html>sign in</html>", b'{"cut":', b"", b"\xff", b"[" * 200_000]
    async with fault_server(
        lambda _: Reply(body=bodies.pop(), headers={"Content-Type": "text/html"})
    ) as server:
        transport = Wire().transport(server.url)
        while bodies:
            answer = await transport.request("GET", "/", what="asking", writes=False)
            with pytest.raises(BadAnswer, match=r"not JSON \(text/html, \d+ bytes\)"):
                answer.json()
        await transport.aclose()


async def test_an_endless_answer_is_stopped() -> None:
    async with fault_server(lambda _: Reply(body=b"x" * 3_000_000)) as server:
        transport = Wire().transport(server.url, max_body=1024 * 1024)
        with pytest.raises(BadAnswer, match="longer than 1 MiB"):
            await transport.request("GET", "/", what="asking", writes=False)
        with pytest.raises(OutcomeUnknown, match="longer than 1 MiB"):
            await transport.request("POST", "/", what="asking", writes=True)
        await transport.aclose()


@pytest.mark.parametrize("timeouts", [Timeouts(read=0.25), Timeouts(whole=0.25)])
async def test_an_answer_that_never_comes_ends_in_time(timeouts: Timeouts) -> None:
    never = asyncio.Event()
    async with fault_server(lambda _: Reply(hold=never)) as server:
        transport = Wire().transport(server.url, timeouts=timeouts)
        with pytest.raises(OutcomeUnknown, match="did not come in time"):
            await transport.request("POST", "/", what="asking", writes=True)
        with pytest.raises(Unreachable, match="did not come in time"):
            await transport.request("GET", "/", what="asking", writes=False)
        await transport.aclose()
        assert len(server.seen) == 5


async def test_nothing_listens() -> None:
    wire = Wire()
    transport = wire.transport(f"http://127.0.0.1:{free_port()}")
    for writes in (False, True):
        with pytest.raises(Unreachable, match=r"127\.0\.0\.1 refused the connection"):
            await transport.request("GET", "/", what="asking", writes=writes)
    await transport.aclose()
    assert len(wire.requests) == 5


async def test_an_unknown_host(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    wire = Wire()
    transport = wire.transport("https://idp.example.invalid/scim")
    with pytest.raises(
        Unreachable, match=r"The host name idp\.example\.invalid cannot be found\. Check the url"
    ):
        await transport.request("GET", "/", what="asking", writes=False)
    await transport.aclose()
    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://idp.example/scim", "Plain http to idp.example would send the token in the clear"),
        ("http://localhost.example/", "Plain http to localhost.example"),
        ("http://0.0.0.0/", "Plain http to 0.0.0.0"),
        ("https://user:pw@idp.example/", "holds a user name or password"),
        ("ftp://idp.example/", "must look like https://host"),
        ("idp.example/scim", "must look like https://host"),
        ("https://idp example/scim", "holds a space"),
        ("https://idp.example/?tenant=1", "has a query or a fragment"),
        ("https://idp.example:99999/", "not a number up to 65535"),
        ("https://idp.exa\u202emple/", "holds control characters"),
    ],
)
def test_an_address_the_token_may_not_go_to(url: str, words: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        Wire().transport(url)
    assert words in str(caught.value)
    assert "pw" not in str(caught.value)


async def test_a_redirect_is_followed_within_the_origin_only() -> None:
    def handler(request: Request) -> Reply:
        where = {"/a": "/b", "/round": "/round", "/away": "https://evil.example/take"}
        if request.path in where:
            return Reply(status=307, headers={"Location": where[request.path]})
        return json_reply({})

    async with fault_server(handler) as server:
        transport = Wire().transport(server.url)
        assert (await transport.request("GET", "/a", what="asking", writes=False)).status == 200
        with pytest.raises(BadAnswer, match=r"evil\.example/take\), where the token is not sent"):
            await transport.request("GET", "/away", what="asking", writes=False)
        with pytest.raises(BadAnswer, match="round and round"):
            await transport.request("GET", "/round", what="asking", writes=False)
        with pytest.raises(BadAnswer, match="answered 307"):
            await transport.request("POST", "/a", what="asking", writes=True)
        with pytest.raises(BadAnswer, match="leads to another address"):
            await transport.request("GET", "//evil.example/x", what="asking", writes=False)
        with pytest.raises(BadAnswer, match="leads to another address"):
            await transport.request("GET", "http://evil.example/x", what="asking", writes=False)
        await transport.aclose()


@pytest.mark.parametrize("token", ["", "   ", "two words", "line\nbreak", "tökén"])
async def test_a_token_that_no_header_carries(token: str) -> None:
    wire = Wire(token=lambda: SecretStr(token))
    async with fault_server(lambda _: json_reply({})) as server:
        transport = wire.transport(server.url)
        with pytest.raises(NotAuthenticated) as caught:
            await transport.request("GET", "/", what="asking", writes=False)
        await transport.aclose()
        assert server.seen == []
    assert not token.strip() or token not in whole_text(caught.value)


async def test_a_token_is_read_again_after_it_was_refused() -> None:
    tokens = ["old", "new"]
    wire = Wire(token=lambda: SecretStr(tokens.pop(0)))

    def handler(request: Request) -> Reply:
        return json_reply({}, 200 if request.headers["authorization"] == "Bearer new" else 401)

    async with fault_server(handler) as server:
        transport = wire.transport(server.url)
        with pytest.raises(NotAuthenticated, match=r"token is wrong, expired or revoked"):
            await transport.request("GET", "/", what="asking", writes=False)
        assert (await transport.request("GET", "/", what="asking", writes=False)).status == 200
        assert (await transport.request("GET", "/", what="asking", writes=False)).status == 200
        await transport.aclose()


async def test_the_credential_goes_where_the_server_wants_it() -> None:
    async with fault_server(lambda _: json_reply({})) as server:
        transport = Wire().transport(server.url, auth=AuthHeader("X-Vault-Token"))
        await transport.request("LIST", "/v1/x", what="asking", writes=False)
        await transport.aclose()
        assert server.seen[0].headers["x-vault-token"] == TOKEN
        assert "authorization" not in server.seen[0].headers
        assert server.seen[0].method == "LIST"


async def test_cookies_are_not_kept() -> None:
    reply = Reply(body=b"{}", headers={"Set-Cookie": "session=kept; Path=/"})
    async with fault_server(lambda _: reply) as server:
        transport = Wire().transport(server.url)
        for _ in range(2):
            await transport.request("GET", "/", what="asking", writes=False)
        await transport.aclose()
        assert [r.headers.get("cookie") for r in server.seen] == [None, None]


async def test_reads_stop_at_the_reserve_that_the_server_s_headers_show() -> None:
    wire, left = Wire(), [50, 42, 41, 40, 39]

    def counting(_: Request) -> Reply:
        told = {"X-RateLimit-Limit": "100", "X-RateLimit-Reset": "60"}
        return json_reply({}, headers={**told, "X-RateLimit-Remaining": str(left.pop(0))})

    async with fault_server(counting) as server:
        transport = wire.transport(server.url)
        for _ in range(4):
            await transport.request("GET", "/", what="asking", writes=False)
        assert wire.clock.slept == []
        await transport.request("POST", "/", what="changing", writes=True)
        assert wire.clock.slept == []  # a write may use what reads leave
        left.append(99)
        wire.clock.now += 1
        await transport.request("GET", "/", what="asking", writes=False)
        await transport.aclose()
    assert [round(seconds) for seconds in wire.clock.slept] == [59]
    assert "of 100 requests left; the rest is kept for others" in wire.waits[0].reason


async def test_each_write_has_a_connection_of_its_own() -> None:
    async with fault_server(lambda _: json_reply({})) as server:
        transport = Wire().transport(server.url)
        for _ in range(3):
            await transport.request("GET", "/", what="asking", writes=False)
        assert server.connections == 1
        for _ in range(3):
            await transport.request("POST", "/", what="asking", writes=True)
        assert server.connections == 4
        await transport.aclose()


@pytest.mark.parametrize("writes", [False, True])
@pytest.mark.parametrize(
    "reply", [*UNANSWERED, Reply(status=401), Reply(status=400), Reply(status=429)]
)
async def test_no_error_holds_the_token_a_header_or_a_body(reply: Reply, writes: bool) -> None:
    error = await outcome(Wire(), reply, writes=writes)
    assert TOKEN not in whole_text(error)
    assert "b0dy" not in whole_text(error)
    assert error.__context__ is None
    assert error.__cause__ is None
    gc.collect()  # sockets left open would warn here


async def test_an_address_that_no_request_can_have() -> None:
    transport = Wire().transport("https://idp.example/scim")
    assert repr(transport) == "Transport('idp', 'https://idp.example/scim')"
    with pytest.raises(Misconfigured, match="No request can be made from the address https://idp"):
        await transport.request("POST", "/" + "x" * 70_000, what="asking", writes=True)
    await transport.aclose()


async def test_proxies_of_the_environment_never_see_a_plain_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with closing(socket.socket()) as trap:
        trap.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{trap.getsockname()[1]}")
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{trap.getsockname()[1]}")
        async with fault_server(lambda _: json_reply({})) as server:
            transport = Wire().transport(server.url, retries=Retries(attempts=1))
            await transport.request("GET", "/", what="asking", writes=False)
            await transport.aclose()
            assert len(server.seen) == 1
