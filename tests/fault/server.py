"""A small HTTP server on loopback that answers as told: it can cut, hold, drop and lie.

Raw asyncio streams, one handler function from request to reply. Every connection is closed when
the context ends.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True, slots=True)
class Request:
    """`path` is decoded, `raw_path` as it came, without the query. Header names in lower case."""

    method: str
    path: str
    raw_path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> object:
        value: object = json.loads(self.body)
        return value


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer. `cut` closes after so many bytes of the body (its length is announced whole);
    `drop` closes without a byte; `hold` waits for that event before it answers."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    drop: bool = False
    hold: asyncio.Event | None = None


def json_reply(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A reply in SCIM's media type."""
    told = {"Content-Type": "application/scim+json", **(headers or {})}
    return Reply(status, json.dumps(value).encode(), told)


Handler = Callable[[Request], Reply]


@dataclass
class FaultServer:
    """`seen` holds every request in the order of arrival. `handler` may be changed at any time."""

    url: str
    handler: Handler
    seen: list[Request] = field(default_factory=list)
    connections: int = 0

    def methods(self) -> list[str]:
        return [f"{r.method} {r.path}" for r in self.seen]


@asynccontextmanager
async def fault_server(
    handler: Handler, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> AsyncIterator[FaultServer]:
    """Serves `handler` on a free port until the block ends."""
    state = FaultServer("", handler)
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        state.connections += 1
        try:
            while await _exchange(state, reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, ssl.SSLError):
            pass
        finally:
            writer.close()
            tasks.discard(task)

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    state.url = f"{'https' if tls else 'http'}://{host}:{port}"
    try:
        yield state
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def _exchange(
    state: FaultServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bool:
    """One request and its reply; False where the connection ends."""
    opening = await reader.readexactly(1)
    if not opening.isalpha():  # a TLS greeting, for one
        writer.write(b"HTTP/1.1 400 Told\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        return False
    head = opening + await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines if line)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    parts = urlsplit(target)
    query = {k: v[0] for k, v in parse_qs(parts.query, keep_blank_values=True).items()}
    request = Request(method, unquote(parts.path), parts.path, query, headers, body)
    state.seen.append(request)
    reply = state.handler(request)
    if reply.hold is not None:
        await reply.hold.wait()
    if reply.drop:
        return False
    told = {"Content-Length": str(len(reply.body)), **reply.headers}
    lines_out = [f"HTTP/1.1 {reply.status} Told", *(f"{k}: {v}" for k, v in told.items())]
    writer.write(("\r\n".join(lines_out) + "\r\n\r\n").encode("latin-1"))
    writer.write(reply.body if reply.cut is None else reply.body[: reply.cut])
    await writer.drain()
    return reply.cut is None
