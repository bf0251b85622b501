"""Turns what went wrong on the wire into the errors of `keyturn_providers.errors`, in words.

Two questions decide which error: did the request surely not arrive, and was it a write? Only
then is it safe to say that nothing was done. Knows nothing of the HTTP library.
"""

import errno
import socket
import ssl
from collections.abc import Iterator

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
from keyturn_providers.text import safe

READ_IT_BACK = "Read the target before anything else; keyturn does so by itself (keyturn resume)."
CHECK_URL = "Check the url in keyturn.yaml."
_SAID_LIMIT = 200


def not_connected(
    source: str, what: str, host: str, cause: BaseException
) -> tuple[Unreachable, bool]:
    """The request surely never arrived: the error, and whether trying again may help."""
    for error in _chain(cause):
        if isinstance(error, ssl.SSLCertVerificationError):
            reason = safe(error.verify_message or "it cannot be verified", _SAID_LIMIT)
            return Unreachable(
                source,
                what,
                f"The certificate of {host} is not trusted: {reason}.",
                "If the company has its own CA, name its file with ca_file or SSL_CERT_FILE; if the"
                " certificate expired or is for another name, ask who runs the server.",
            ), False
        if isinstance(error, ssl.SSLError):
            reason = safe((error.reason or "handshake failed").replace("_", " ").lower(), 80)
            return Unreachable(
                source,
                what,
                f"{host} does not complete a TLS handshake ({reason}).",
                f"Check that the port speaks https. {CHECK_URL}",
            ), False
        if isinstance(error, socket.gaierror):
            return Unreachable(
                source,
                what,
                f"The host name {host} cannot be found.",
                f"{CHECK_URL} If it is right, check DNS and the VPN.",
            ), error.errno == socket.EAI_AGAIN
        if isinstance(error, ConnectionRefusedError) or (
            isinstance(error, OSError) and error.errno == errno.ECONNREFUSED
        ):
            return Unreachable(
                source,
                what,
                f"{host} refused the connection: nothing listens there.",
                f"Start the server, or correct its address. {CHECK_URL}",
            ), True
    return Unreachable(
        source,
        what,
        f"No connection to {host} came about ({type(cause).__name__}).",
        "Check the network, a proxy in between, and that the server runs; then try again.",
    ), True


def cut_short(source: str, what: str, why: str, *, writes: bool) -> ProviderError:
    """The request was sent and no whole answer came: nothing is known of a write."""
    if writes:
        return OutcomeUnknown(source, what, f"{why} The change may have been made.", READ_IT_BACK)
    return Unreachable(
        source, what, why, "Nothing was changed; try again when the server or network is well."
    )


def too_long(source: str, what: str, limit: int, *, writes: bool) -> ProviderError:
    """The answer was longer than `limit` bytes, and the rest of it was not read."""
    why = f"Its answer is longer than {limit // (1024 * 1024)} MiB."
    if writes:
        return cut_short(source, what, why, writes=True)
    return BadAnswer(source, what, why, "Lower page_size, or ask who runs the server.")


def not_sendable(source: str, what: str, url: str) -> Misconfigured:
    """No request can be made from this address."""
    shown = safe(url.partition("?")[0], 120)
    return Misconfigured(
        source, what, f"No request can be made from the address {shown}.", CHECK_URL
    )


def refused(
    source: str,
    what: str,
    status: int,
    said: str,
    *,
    writes: bool,
    retry_after_s: float | None,
) -> ProviderError:
    """The error for an answer with a status that was not wanted. `said` is the server's own word,
    not yet made safe."""
    quoted = safe(" ".join(said.split()), _SAID_LIMIT)
    why = f"It answered {status}" + (f' ("{quoted}").' if quoted else ".")
    match status:
        case 401:
            return NotAuthenticated(
                source,
                what,
                f"{why} The token is wrong, expired or revoked.",
                "Put a valid token where token_env or token_command points to.",
            )
        case 403:
            return NotAllowed(
                source,
                what,
                f"{why} The token is good, but this is not allowed with it.",
                "Give keyturn's token the right to do this, or leave this kind of change off.",
            )
        case 404 | 410:
            return Gone(
                source,
                what,
                f"{why} It does not exist (any more).",
                "Refresh to see what is there.",
            )
        case 409 | 412:
            return Conflict(
                source,
                what,
                f"{why} The object changed in between or exists already.",
                "Refresh and plan again.",
            )
        case 429:
            return throttled(source, what, why, retry_after_s or 0.0)
        case 503 if retry_after_s is not None:
            return throttled(source, what, why, retry_after_s)
        case 408 | 425 | 500 | 502 | 503 | 504:
            return cut_short(source, what, why, writes=writes)
        case _ if writes and (status < 300 or status > 501):
            return cut_short(source, what, why, writes=True)
        case _ if writes and status < 400:
            return BadAnswer(
                source,
                what,
                f"{why} A change is not sent on to another address.",
                f"Whether it was made is not known; it is read again. {CHECK_URL}",
            )
        case 405 | 501 if writes:
            return NotAllowed(
                source,
                what,
                f"{why} The server does not know this kind of change; nothing was changed.",
                "Make the change there by hand, or leave this kind of change off.",
            )
        case _ if writes:
            # Of this one object: the server may well take the next change.
            return Conflict(
                source,
                what,
                f"{why} The server does not accept this change; nothing was changed.",
                "Its own words say why; else make the change there by hand.",
            )
        case _:
            return BadAnswer(
                source,
                what,
                f"{why} That is not an answer the documented interface gives here.",
                f"{CHECK_URL} If it is right, this server differs from what keyturn knows; nothing"
                " was taken from this answer.",
            )


def throttled(source: str, what: str, why: str, seconds: float) -> Throttled:
    """Too many requests: nothing was done."""
    return Throttled(
        source,
        what,
        f"{why} Nothing was done.",
        f"Wait {_duration(seconds)} before the next request.",
        retry_after_s=seconds,
    )


def may_heal(status: int) -> bool:
    """Whether a read answered so may be sent again."""
    return status in {408, 425, 429, 500, 502, 503, 504}


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{round(seconds / 3600)} h"


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, what caused it, and the members of groups among those; each once."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        this = waiting.pop(0)
        if this is None or id(this) in seen:
            continue
        seen.add(id(this))
        yield this
        if isinstance(this, BaseExceptionGroup):
            waiting.extend(this.exceptions)
        waiting.extend((this.__cause__, this.__context__))
