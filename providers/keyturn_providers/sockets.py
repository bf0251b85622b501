"""Connections for the HTTP library straight on asyncio, TLS included.

Its own way to the network serves several event loops, and pays for that at every request: of the
2.7 ms of processor time that a small request took, 1.1 ms went there. What is done here is what
asyncio's own streams do, without a second task or lock.
"""

import asyncio
import errno
import os
import select
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

import httpcore

# An address that does not answer holds the next one up for this long only (RFC 8305).
_NEXT_ADDRESS_S = 0.25
_READ_AHEAD = 256 * 1024


class Sockets(httpcore.AsyncNetworkBackend):
    """Opens TCP connections from the running asyncio loop."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's signature, here and below
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Raises `httpcore.ConnectError` or `ConnectTimeout`, with the cause."""
        if local_address is not None or socket_options:
            raise NotImplementedError("Nobody here asks for an address or options of the socket.")
        loop = asyncio.get_running_loop()
        with _connecting():
            async with asyncio.timeout(timeout):
                transport, received = await loop.create_connection(
                    _Received, host, port, happy_eyeballs_delay=_apart(host)
                )
        return _Stream(transport, received)


class _Received(asyncio.Protocol):
    """What came of one connection and was not read yet, and whether there can be more."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.ended = False
        self.lost: Exception | None = None
        self.full = False
        self._waiter: asyncio.Future[None] | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what TCP has
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.data += data
        if len(self.data) > _READ_AHEAD and self.transport is not None:
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        self.ended = True
        self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended = True
        self.lost = exc
        self._wake()

    def pause_writing(self) -> None:
        self.full = True

    def resume_writing(self) -> None:
        self.full = False
        self._wake()

    def take(self, most: int) -> bytes:
        """The next bytes; reading goes on where it was held up."""
        taken = bytes(self.data[:most])
        del self.data[:most]
        if self.transport is not None and len(self.data) <= _READ_AHEAD:
            self.transport.resume_reading()
        return taken

    async def changed(self, seconds: float | None) -> None:
        """Waits until something came, the connection ended, or there is room to write."""
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(seconds):
                await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class _Stream(httpcore.AsyncNetworkStream):
    """One connection. It is read or written by one task at a time, as HTTP/1.1 does."""

    def __init__(self, transport: asyncio.Transport, received: _Received) -> None:
        self._transport = transport
        self._received = received

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """Raises `httpcore.ReadError` or `ReadTimeout`; b"" at the end."""
        received = self._received
        if not received.data and not received.ended:
            try:
                await received.changed(timeout)
            except TimeoutError as error:
                raise httpcore.ReadTimeout(str(error)) from error
        if received.data:
            return received.take(max_bytes)
        if received.lost is not None:
            raise httpcore.ReadError(str(received.lost)) from received.lost
        return b""

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Raises `httpcore.WriteError` or `WriteTimeout`."""
        received = self._received
        if self._transport.is_closing():
            raise httpcore.WriteError("The connection is closed.") from received.lost
        self._transport.write(buffer)
        while received.full and not received.ended:
            try:
                await received.changed(timeout)
            except TimeoutError as error:
                raise httpcore.WriteTimeout(str(error)) from error

    async def aclose(self) -> None:
        # Not `close`, which over TLS waits for the other side's farewell.
        self._transport.abort()
        await asyncio.sleep(0)

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore.AsyncNetworkStream:
        """Raises `httpcore.ConnectError` or `ConnectTimeout`, with the cause; the connection is
        closed then."""
        loop = asyncio.get_running_loop()
        try:
            with _connecting():
                async with asyncio.timeout(timeout):
                    secured = await loop.start_tls(
                        self._transport,
                        self._received,
                        ssl_context,
                        server_hostname=server_hostname,
                    )
        except BaseException:
            await self.aclose()
            raise
        if secured is None:
            await self.aclose()
            raise httpcore.ConnectError("The connection ended during the TLS handshake.")
        self._received.transport = secured
        return _Stream(secured, self._received)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - the library's signature
        """`is_readable`: of an idle connection, that it was closed or is out of step."""
        match info:
            case "is_readable":
                received = self._received
                return received.ended or bool(received.data) or self._is_readable()
            case "client_addr":
                return self._transport.get_extra_info("sockname")
            case "server_addr":
                return self._transport.get_extra_info("peername")
            case _:
                return self._transport.get_extra_info(info)

    def _is_readable(self) -> bool:
        """What the kernel has and the loop did not fetch yet: a loop that was busy does not know
        that the server has closed."""
        socket = self._transport.get_extra_info("socket")
        number = -1 if socket is None else socket.fileno()
        if number < 0:
            return True
        if not hasattr(select, "poll"):  # Windows, whose select knows no highest number
            return bool(select.select([number], [], [], 0)[0])
        poll = select.poll()
        poll.register(number, select.POLLIN)
        return bool(poll.poll(0))


def _apart(host: str) -> float | None:
    """Addresses are raced for a name only: of a race that is called off, Python forgets to close
    the socket that had just won it, and leaves that to the garbage collector."""
    try:
        ip_address(host)
    except ValueError:
        return _NEXT_ADDRESS_S
    return None


@contextmanager
def _connecting() -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise httpcore.ConnectTimeout(str(error)) from error
    except OSError as error:
        refused = f"[Errno {errno.ECONNREFUSED}]"
        if error.errno is None and refused in str(error):
            # Of a name with several addresses that all refuse, Python tells only this text.
            cause = ConnectionRefusedError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
            raise httpcore.ConnectError(str(error)) from cause
        raise httpcore.ConnectError(str(error)) from error
