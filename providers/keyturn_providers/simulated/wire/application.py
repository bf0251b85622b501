"""The way of one request: who asks, faults, the rate window, the tenant, the log."""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from keyturn_providers.simulated.wire import faults, request_log, windows
from keyturn_providers.simulated.wire.faults import Kind
from keyturn_providers.simulated.wire.state import LATENCY, StateFile, setting
from keyturn_providers.simulated.wire.vendor import Arrival, Headers, Reply, Vendor
from keyturn_providers.simulated.wire.windows import Window

_GARBAGE = b"<!DOCTYPE html><html><body><h1>Sign in to continue</h1></body></html>"
_CARRIED_OUT = frozenset({Kind.LOSE_RESPONSE, Kind.CUT_BODY})


@dataclass(slots=True)
class _Answer:
    """The tenant's answer, kept back until it is known what becomes of it."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = list(message.get("headers", ()))
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")


class Wire:
    """An ASGI application around a tenant's own, with everything the wire adds.

    The tenant finds in `request.state`: `connection` (this thread's SQLite connection), `client`
    (the vendor's tag) and `request_id`. It must commit what it did before it answers.
    """

    def __init__(self, tenant: ASGIApp, path: Path, vendor: Vendor) -> None:
        self._tenant = tenant
        self._vendor = vendor
        self._file = StateFile(path)

    def close(self) -> None:
        """Closes the state file."""
        self._file.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            return
        at = time.time()
        arrival = await _arrival(scope, receive)
        connection = self._file.connection()
        request_id = self._vendor.request_id()
        client = self._vendor.client(connection, arrival)
        hit = faults.take(
            connection, arrival.method, arrival.path, self._vendor.page(arrival), client
        )
        bucket = self._vendor.bucket(arrival)
        charged = windows.charge(connection, bucket, client, at) if bucket else None
        window = charged.window if charged else None
        if hit.delay_s > 0:
            await asyncio.sleep(hit.delay_s)

        answer, kind = _Answer(), hit.fault.kind if hit.fault else None
        if hit.fault is not None and kind not in _CARRIED_OUT:
            window, reply = self._struck(hit.fault, window, at, request_id)
            _put(answer, reply)
        elif charged is not None and not charged.within:
            kind = None
            _put(answer, self._vendor.error(429, "", request_id))
        else:
            scope["state"].update(connection=connection, client=client, request_id=request_id)
            await self._tenant(scope, _again(arrival.body), answer.take)

        lost = kind is Kind.LOSE_RESPONSE or (kind is Kind.CUT_BODY and not answer.body)
        request_log.note(
            connection,
            request_log.Seen(
                at,
                arrival.method,
                arrival.path,
                arrival.query,
                0 if lost else answer.status,
                client,
                request_id,
                kind or ("latency" if hit.delay_s else ""),
            ),
        )
        # What the tenant itself took is part of the latency, as it is of a real server's.
        left = at + hit.delay_s + float(setting(connection, LATENCY) or 0) - time.time()
        if left > 0:
            await asyncio.sleep(left)
        if lost:
            await _hang_up(scope, receive)
            return
        added = self._vendor.headers(request_id, window, answer.status)
        await send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": answer.headers + _raw(added),
            }
        )
        if kind is Kind.CUT_BODY:
            half = answer.body[: len(answer.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
            await _hang_up(scope, receive)
            return
        await send({"type": "http.response.body", "body": answer.body})

    def _struck(
        self, fault: faults.Fault, window: Window | None, at: float, request_id: str
    ) -> tuple[Window | None, Reply]:
        match fault.kind:
            case Kind.THROTTLE:
                told = Window(window.limit if window else 1, 0, at + fault.seconds)
                return told, self._vendor.error(429, fault.detail, request_id)
            case Kind.THROTTLE_CONCURRENCY:
                told = Window(0, 0, at + fault.seconds)
                return told, self._vendor.error(429, fault.detail, request_id)
            case Kind.GARBAGE:
                return window, Reply(200, _GARBAGE, "text/html; charset=utf-8")
            case _:
                return window, self._vendor.error(fault.status, fault.detail, request_id)


def _put(answer: _Answer, reply: Reply) -> None:
    answer.status, answer.body = reply.status, reply.body
    answer.headers = _raw(
        (
            ("content-type", reply.content_type),
            ("content-length", str(len(reply.body))),
            *reply.headers,
        )
    )


def _raw(headers: Headers) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


async def _arrival(scope: Scope, receive: Receive) -> Arrival:
    body = b""
    more = scope["method"] not in ("GET", "HEAD")
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message["type"] == "http.request" and message.get("more_body", False)
    return Arrival(
        scope["method"],
        unquote(scope["path"]),
        scope["query_string"].decode("latin-1"),
        {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        body,
    )


def _again(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _hang_up(scope: Scope, receive: Receive) -> None:
    """Closes the connection once what was sent is out, and waits until it is closed: an ASGI
    server would otherwise complete the answer in the tenant's name."""
    scope["state"]["transport"].close()
    while (await receive())["type"] != "http.disconnect":
        pass
