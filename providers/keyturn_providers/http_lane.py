"""One connection to one server, on which one request follows another.

Requests and answers are httpx's. Its client, with a pool of connections, cookies, redirects and
authentication that a `Transport` does not use, took 2.7 ms of processor time for a small request; a
bare connection takes 0.7 ms, which over the 581 requests of a refresh is a good second. The client
is still used where the environment names a proxy.
"""

import logging
import os
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Protocol
from urllib.request import getproxies

import httpcore
import httpx

from keyturn_providers.errors import Misconfigured
from keyturn_providers.exchange import Timeouts
from keyturn_providers.sockets import Sockets
from keyturn_providers.text import safe

# At its finest level it logs the headers of every answer, where a server may repeat a credential.
logging.getLogger("httpcore").setLevel(logging.WARNING)

# An idle connection is not used again after this, as servers and what is between forget it.
_IDLE_S = 5.0

_ERRORS: dict[type[Exception], type[httpx.TransportError]] = {
    httpcore.ConnectError: httpx.ConnectError,
    httpcore.ConnectTimeout: httpx.ConnectTimeout,
    httpcore.ReadError: httpx.ReadError,
    httpcore.ReadTimeout: httpx.ReadTimeout,
    httpcore.WriteError: httpx.WriteError,
    httpcore.WriteTimeout: httpx.WriteTimeout,
    httpcore.LocalProtocolError: httpx.LocalProtocolError,
    httpcore.RemoteProtocolError: httpx.RemoteProtocolError,
    httpcore.UnsupportedProtocol: httpx.UnsupportedProtocol,
}


class Lane(Protocol):
    """Carries one request at a time."""

    async def send(self, request: httpx.Request) -> httpx.Response:
        """The answer, of which the body is not read yet. It must be closed before the next request.
        Raises `httpx.RequestError`."""

    async def aclose(self) -> None:
        """Closes the connection."""


def lane(tls: ssl.SSLContext | None, timeouts: Timeouts, *, kept: bool) -> Lane:
    """A lane with this TLS policy, None for plain http on loopback. `kept` False: each request has
    a connection of its own. Proxies are taken from the environment, for https only."""
    if tls is not None and any(getproxies().get(scheme) for scheme in ("https", "all")):
        return _Client(tls, timeouts, kept=kept)
    return _Connection(tls, timeouts, kept=kept)


def tls_context(source: str, ca_file: Path | None) -> ssl.SSLContext:
    """The authorities that are trusted: the system's and certifi's, or those that SSL_CERT_FILE and
    SSL_CERT_DIR name, and `ca_file` besides. Raises `Misconfigured` for a file that is none."""
    variables = [name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name)]
    named, problem = " or ".join(variables), ""
    context: ssl.SSLContext | None = None
    try:
        context = httpx.create_ssl_context()
        if not variables:
            context.load_default_certs()
        if ca_file is not None:
            named = f"ca_file {safe(str(ca_file), 200)}"
            context.load_verify_locations(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        reason = safe(error.strerror or "not a certificate", 80)
        problem = f"The file of authorities named by {named} cannot be used ({reason})."
    if problem or context is None:
        raise Misconfigured(
            source, "reading the settings", problem, "Name a PEM file with the CA's certificate."
        )
    return context


class _Connection:
    """Straight to the server."""

    def __init__(self, tls: ssl.SSLContext | None, timeouts: Timeouts, *, kept: bool) -> None:
        # Over plain http nothing is verified; should https be met there, nobody is trusted.
        self._tls = tls or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._kept = kept
        self._timeouts = {
            "connect": timeouts.connect,
            "read": timeouts.read,
            "write": timeouts.read,
        }
        self._open: httpcore.AsyncHTTPConnection | None = None

    async def send(self, request: httpx.Request) -> httpx.Response:
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        connection = await self._usable(url.origin)
        with _as_httpx():
            answer = await connection.handle_async_request(
                httpcore.Request(
                    request.method,
                    url,
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions={"timeout": self._timeouts},
                )
            )
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer, None if self._kept else self),
            extensions=dict(answer.extensions),
        )

    async def aclose(self) -> None:
        if self._open is not None:
            connection, self._open = self._open, None
            await connection.aclose()

    async def _usable(self, origin: httpcore.Origin) -> httpcore.AsyncHTTPConnection:
        known = self._open
        if (
            known is not None
            and known.is_idle()
            and not known.has_expired()
            and known.can_handle_request(origin)
        ):
            return known
        await self.aclose()
        self._open = httpcore.AsyncHTTPConnection(
            origin, self._tls, keepalive_expiry=_IDLE_S, network_backend=Sockets()
        )
        return self._open


class _Body(httpx.AsyncByteStream):
    """The body of an answer. Closing it ends the request, and the connection of `single`."""

    def __init__(self, answer: httpcore.Response, single: _Connection | None) -> None:
        self._answer = answer
        self._single = single

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx():
            async for chunk in self._answer.aiter_stream():
                yield chunk

    async def aclose(self) -> None:
        with _as_httpx():
            await self._answer.aclose()
        if self._single is not None:
            await self._single.aclose()


class _Client:
    """Through httpx's own client, which knows proxies and who is spared them."""

    def __init__(self, tls: ssl.SSLContext, timeouts: Timeouts, *, kept: bool) -> None:
        self._client = httpx.AsyncClient(
            verify=tls,
            trust_env=True,
            follow_redirects=False,
            timeout=httpx.Timeout(timeouts.read, connect=timeouts.connect, pool=60.0),
            # A session cookie would keep a revoked token alive and mix up whose answer this is.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            limits=httpx.Limits(max_connections=2, max_keepalive_connections=int(kept)),
        )
        self._timeouts = self._client.timeout.as_dict()

    async def send(self, request: httpx.Request) -> httpx.Response:
        request.extensions["timeout"] = self._timeouts
        return await self._client.send(request, stream=True)

    async def aclose(self) -> None:
        await self._client.aclose()


@contextmanager
def _as_httpx() -> Iterator[None]:
    try:
        yield
    except tuple(_ERRORS) as error:
        raise _ERRORS[type(error)](str(error)) from error
