"""Serves tenants on loopback, several in one process: in a thread for tests, or until a signal."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_HOST = "127.0.0.1"


class _Protocol(HttpToolsProtocol):
    """Hands the connection to the application, which a fault may have to cut."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        # On a busy machine a request outlives the grace that it is given.
        for left in list(self.server_state.connections):
            left.transport.abort()
        await asyncio.sleep(0)


@contextmanager
def serve_in_thread(apps: Sequence[tuple[ASGIApp, int]]) -> Iterator[tuple[str, ...]]:
    """Serves each application on its port (0: a free one) and gives the base URLs, in order.

    All of them answer when the block begins; none does after it.
    """
    sockets = _bound(apps)
    up = threading.Event()
    server = _server(apps, sockets, up.set)
    thread = threading.Thread(target=server.run, args=(sockets,), name="tenants", daemon=True)
    thread.start()
    try:
        if not up.wait(30):
            raise RuntimeError("The simulated tenants did not start; see standard error.")
        yield _urls(sockets)
    finally:
        server.should_exit = True
        thread.join(10)
        _close(apps, sockets)


def serve_forever(
    apps: Sequence[tuple[ASGIApp, int]],
    ready: Callable[[tuple[str, ...]], None] = lambda _: None,
) -> None:
    """Serves until SIGINT or SIGTERM. `ready` is called with the base URLs once all answer."""
    sockets = _bound(apps)
    try:
        _server(apps, sockets, lambda: ready(_urls(sockets))).run(sockets)
    except KeyboardInterrupt:
        pass  # how a server is told to end
    finally:
        _close(apps, sockets)


def _server(
    apps: Sequence[tuple[ASGIApp, int]],
    sockets: list[socket.socket],
    ready: Callable[[], None],
) -> _Server:
    by_port = {bound.getsockname()[1]: app for bound, (app, _) in zip(sockets, apps, strict=True)}

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        await by_port[scope["server"][1]](scope, receive, send)

    config = uvicorn.Config(
        dispatch,
        http=_Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        backlog=512,
    )
    return _Server(config, ready)


def _bound(apps: Sequence[tuple[ASGIApp, int]]) -> list[socket.socket]:
    sockets: list[socket.socket] = []
    try:
        for _, port in apps:
            # With the protocol named, or asyncio leaves Nagle's algorithm on: then the end of an
            # answer waits 40 ms for the client to acknowledge its beginning.
            one = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
            sockets.append(one)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind((_HOST, port))
    except OSError:
        for one in sockets:
            one.close()
        raise
    return sockets


def _urls(sockets: Sequence[socket.socket]) -> tuple[str, ...]:
    return tuple(f"http://{_HOST}:{bound.getsockname()[1]}" for bound in sockets)


def _close(apps: Sequence[tuple[ASGIApp, int]], sockets: Sequence[socket.socket]) -> None:
    for bound in sockets:
        bound.close()
    for app, _ in apps:
        close = getattr(app, "close", None)
        if close is not None:
            close()
