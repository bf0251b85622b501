"""What a client sees of the wire, over real connections."""

import asyncio
import gc
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from starlette.types import Receive, Scope, Send
from tests.providers.simulated_wire.counter import make

from keyturn_providers.simulated.wire import faults, request_log, windows
from keyturn_providers.simulated.wire.faults import Fault, Kind
from keyturn_providers.simulated.wire.serving import serve_in_thread
from keyturn_providers.simulated.wire.state import set_latency


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "tenant.db"


@pytest.fixture
def client(state: Path) -> Iterator[httpx.Client]:
    with (
        serve_in_thread([(make(state), 0)]) as (url,),
        httpx.Client(base_url=url, verify=False) as client,
    ):
        yield client


def counted(client: httpx.Client) -> int:
    return int(client.get("/free").json()["counted"])


def test_a_request_without_faults_is_answered_and_logged(client: httpx.Client, state: Path) -> None:
    answer = client.post("/things?x=1", content="3", headers={"authorization": "ann"})

    assert answer.json() == {"counted": 3, "asked_by": "ann"}
    (seen,) = request_log.requests(state)
    assert (seen.method, seen.path, seen.query, seen.status, seen.client, seen.fault) == (
        ("POST", "/things", "x=1", 200, "ann", "")
    )
    assert seen.request_id == answer.headers["x-request-id"]


def test_a_lost_response_was_carried_out(client: httpx.Client, state: Path) -> None:
    faults.put(state, Fault(Kind.LOSE_RESPONSE, "POST"))

    with pytest.raises(httpx.RemoteProtocolError):
        client.post("/things")

    assert counted(client) == 1
    assert [(s.status, s.fault) for s in request_log.requests(state, "POST")] == [
        (0, "lose_response")
    ]


def test_a_cut_body_was_carried_out_and_is_not_whole(client: httpx.Client, state: Path) -> None:
    faults.put(state, Fault(Kind.CUT_BODY, "POST"))
    got: list[bytes] = []

    with client.stream("POST", "/things") as answer:
        assert answer.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError):
            got.extend(answer.iter_raw())

    assert got
    with pytest.raises(json.JSONDecodeError):
        json.loads(b"".join(got))
    assert counted(client) == 1


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        (Fault(Kind.STATUS, status=503), 503, '{"error":"503"}'),
        (Fault(Kind.STATUS, status=400, detail="E1"), 400, '{"error":"E1"}'),
        (Fault(Kind.THROTTLE), 429, '{"error":"429"}'),
        (Fault(Kind.THROTTLE_CONCURRENCY), 429, '{"error":"429"}'),
        (Fault(Kind.GARBAGE), 200, "<!DOCTYPE"),
    ],
)
def test_a_refusal_carries_nothing_out(
    client: httpx.Client, state: Path, fault: Fault, status: int, body: str
) -> None:
    faults.put(state, fault)

    answer = client.post("/things")

    assert answer.status_code == status
    assert answer.text.startswith(body)
    assert counted(client) == 0
    assert client.post("/things").status_code == 200


def test_the_two_throttles_tell_different_windows(client: httpx.Client, state: Path) -> None:
    faults.put(state, Fault(Kind.THROTTLE, seconds=30), Fault(Kind.THROTTLE_CONCURRENCY))

    normal, concurrency = client.get("/a").headers, client.get("/a").headers

    assert (normal["x-limit"], normal["x-remaining"]) == ("500", "0")
    assert 25 < float(normal["x-reset"]) - time.time() <= 30
    assert (concurrency["x-limit"], concurrency["x-remaining"]) == ("0", "0")


def test_a_window_is_shared_but_not_all_of_it(client: httpx.Client, state: Path) -> None:
    windows.set_limit(state, "all", 4, share=0.5)
    ann, ben = {"authorization": "ann"}, {"authorization": "ben"}

    of_ann = [client.get("/a", headers=ann) for _ in range(3)]
    windows.spend(state, "all", 1)
    of_ben = [client.get("/a", headers=ben) for _ in range(2)]

    assert [a.status_code for a in of_ann] == [200, 200, 429]
    assert [a.headers["x-remaining"] for a in of_ann] == ["1", "0", "0"]
    assert [a.status_code for a in of_ben] == [200, 429]
    assert len({a.headers["x-reset"] for a in of_ann + of_ben}) == 1


def test_a_window_opens_again(client: httpx.Client, state: Path) -> None:
    windows.set_limit(state, "all", 1, window_s=0.05)
    first = client.get("/a")
    while time.time() < float(first.headers["x-reset"]):
        time.sleep(0.005)

    assert client.get("/a").status_code == 200


def _until_used_up(state: Path) -> None:
    for _ in range(6000):
        if not faults.armed(state):
            return
        time.sleep(0.005)
    raise AssertionError("the request never came")


async def test_a_request_that_waits_does_not_hold_up_the_others(state: Path) -> None:
    with serve_in_thread([(make(state), 0)]) as (url,):
        faults.put(state, Fault(Kind.LATENCY, path="/slow", seconds=1.0))
        async with httpx.AsyncClient(base_url=url, verify=False) as client:
            slow = asyncio.create_task(client.get("/slow"))
            await asyncio.to_thread(_until_used_up, state)
            await client.get("/quick")
            await slow

    assert [seen.path for seen in request_log.requests(state)] == ["/quick", "/slow"]


def test_latency_of_the_whole_tenant_delays_every_answer(client: httpx.Client, state: Path) -> None:
    set_latency(state, 0.05)
    started = time.monotonic()

    client.get("/a")

    assert time.monotonic() - started >= 0.05


def test_two_tenants_in_one_thread_are_told_apart_by_port(tmp_path: Path) -> None:
    one, two = make(tmp_path / "one.db"), make(tmp_path / "two.db")

    with serve_in_thread([(one, 0), (two, 0)]) as (first, second):
        httpx.post(first, content="7")
        told = [httpx.get(url).json()["counted"] for url in (first, second)]

    assert told == [7, 0]
    with pytest.raises(httpx.ConnectError):
        httpx.get(first)


def test_an_answer_in_two_writes_is_not_held_back() -> None:
    """Else its end waits for the client's acknowledgement of its beginning, 40 ms each time."""
    nodelay: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        connection = scope["state"]["transport"].get_extra_info("socket")
        nodelay.append(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    with serve_in_thread([(app, 0)]) as (url,):
        httpx.get(url)

    assert len(nodelay) == 1
    assert nodelay[0] != 0


def test_a_request_that_outlives_the_server_leaves_no_connection_behind() -> None:
    asked = threading.Event()

    async def never(scope: Scope, receive: Receive, send: Send) -> None:
        asked.set()
        await asyncio.sleep(60)

    with serve_in_thread([(never, 0)]) as (url,):
        client = socket.create_connection(("127.0.0.1", httpx.URL(url).port or 0), timeout=5)
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert asked.wait(10)
    with client, suppress(ConnectionResetError):
        assert client.recv(100) == b""
    gc.collect()  # a connection that nobody closed is a warning now, and so an error
