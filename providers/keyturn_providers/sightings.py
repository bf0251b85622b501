"""What a transport saw of a server besides its answers: its certificate, its clock, its windows.

Pure: header names are in lower case, times are given.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from ssl import SSLObject, SSLSocket, cert_time_to_seconds
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest answer of a server, whatever its status.

    `clock_offset_ms` is how far its clock is ahead of ours (behind, where negative), right to
    within `clock_doubt_ms`; None where it did not tell the time. `certificate_expires_ms` is None
    over plain http.
    """

    elapsed_ms: float
    certificate_expires_ms: int | None = None
    clock_offset_ms: int | None = None
    clock_doubt_ms: int = 0


def seen_in(
    headers: Mapping[str, str], started_s: float, ended_s: float, certificate_end: str
) -> Seen:
    """From an answer: when it was asked for and came (seconds since the epoch), and the `notAfter`
    of the certificate as OpenSSL words it, "" without one."""
    expires: int | None = None
    if certificate_end:
        try:
            expires = cert_time_to_seconds(certificate_end) * 1000
        except ValueError:
            expires = None
    offset, doubt = _clock(headers, started_s, ended_s)
    return Seen((ended_s - started_s) * 1000, expires, offset, doubt)


class _Stream(Protocol):
    def get_extra_info(self, info: str) -> object: ...


def certificate_end(stream: _Stream | None) -> str:
    """The `notAfter` of the server's certificate on a connection; "" over plain http."""
    tls = stream.get_extra_info("ssl_object") if stream is not None else None
    if not isinstance(tls, SSLObject | SSLSocket):
        return ""
    end = (tls.getpeercert() or {}).get("notAfter")
    return end if isinstance(end, str) else ""


@lru_cache(maxsize=16)  # all answers of one second have the same date, and reading it is slow
def _seconds(date: str) -> float | None:
    try:
        told = parsedate_to_datetime(date)
        return told.replace(tzinfo=told.tzinfo or UTC).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _clock(headers: Mapping[str, str], started_s: float, ended_s: float) -> tuple[int | None, int]:
    if "age" in headers or "date" not in headers:
        return None, 0  # a cache in between kept the time of another answer
    server_s = _seconds(headers["date"])
    if server_s is None:
        return None, 0
    # The header has whole seconds, and was written somewhere between question and answer.
    took = max(0.0, ended_s - started_s)
    offset = server_s + 0.5 - (started_s + took / 2)
    return round(offset * 1000), round((0.5 + took / 2) * 1000)
