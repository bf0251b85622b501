"""The connections themselves: kept, broken while idle, slow to read, through a proxy."""

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from tests.fault.wire import Wire

from keyturn_providers.errors import Unreachable
from keyturn_providers.http import Timeouts

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(serve: Serve) -> AsyncIterator[str]:
    """A server that does with each connection what `serve` does."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


def answer(body: bytes, *headers: str) -> bytes:
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


async def test_a_connection_closed_while_it_was_idle_is_replaced_without_a_retry() -> None:
    connections, closed = 0, asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer(b"{}"))
        writer.close()  # without saying so in the answer
        await writer.wait_closed()
        closed.set()

    async with serving(serve) as url:
        wire = Wire()
        transport = wire.transport(url)
        for _ in range(3):
            await transport.request("GET", "/", what="asking", writes=False)
            await closed.wait()
            closed.clear()
        await transport.aclose()
    assert connections == 3
    assert [seen.status for seen in wire.requests] == [200, 200, 200]


async def test_a_body_longer_than_what_is_read_ahead_comes_whole() -> None:
    body = bytes(range(256)) * 20_000

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer(body))
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer(b"{}"))
        await writer.drain()
        writer.close()

    async with serving(serve) as url:
        transport = Wire().transport(url)
        first = await transport.request("GET", "/", what="asking", writes=False)
        second = await transport.request("GET", "/", what="asking", writes=False)
        await transport.aclose()
    assert first.body == body
    assert second.body == b"{}"


async def test_a_request_longer_than_the_socket_takes_is_sent_whole() -> None:
    taken = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal taken
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split()[0])
        await asyncio.sleep(0.05)
        taken = len(await reader.readexactly(length))
        writer.write(answer(b"{}"))
        await writer.drain()
        writer.close()

    text = "x" * 8_000_000
    async with serving(serve) as url:
        transport = Wire().transport(url)
        await transport.request("POST", "/", what="asking", writes=True, json=text)
        await transport.aclose()
    assert taken == len(text) + 2


async def test_a_server_that_stops_taking_a_request_ends_in_time() -> None:
    over = asyncio.Event()

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    async with serving(serve) as url:
        transport = Wire().transport(url, timeouts=Timeouts(read=0.1))
        with pytest.raises(Unreachable, match="did not come in time"):
            await transport.request("GET", "/", what="asking", writes=False, json="x" * 50_000_000)
        over.set()
        await transport.aclose()


async def test_a_packed_body_is_unpacked_and_a_damaged_one_is_no_answer() -> None:
    packed = gzip.compress(b'{"all": "well"}')
    bodies = [packed, *[packed[:-9] + b"rubbish.."] * 4]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert b"accept-encoding: gzip" in (await reader.readuntil(b"\r\n\r\n")).lower()
        writer.write(answer(bodies.pop(0), "Content-Encoding: gzip", "Connection: close"))
        writer.close()

    async with serving(serve) as url:
        transport = Wire().transport(url)
        whole = await transport.request("GET", "/", what="asking", writes=False)
        assert whole.json() == {"all": "well"}
        with pytest.raises(Unreachable, match="could not be unpacked"):
            await transport.request("GET", "/", what="asking", writes=False)
        await transport.aclose()


async def test_of_a_name_with_two_addresses_it_is_told_that_both_refuse(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    async def two(*_: object, **__: object) -> list[tuple[object, ...]]:
        kind = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*kind, ("127.0.0.1", port)), (*kind, ("127.0.0.2", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", two)
    transport = Wire().transport(f"http://localhost:{port}")
    with pytest.raises(Unreachable, match="refused the connection"):
        await transport.request("GET", "/", what="asking", writes=False)
    await transport.aclose()


async def test_https_goes_through_the_proxy_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with serving(serve) as url:
        monkeypatch.setenv("HTTPS_PROXY", url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        transport = Wire().transport("https://idp.example")
        with pytest.raises(Unreachable):
            await transport.request("GET", "/Users", what="asking", writes=False)
        await transport.aclose()
    assert asked
    assert all(line.startswith(b"CONNECT idp.example:443 ") for line in asked)
