"""What answers tell of a server beside their content: its certificate and its clock."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime

from keyturn_providers.contract import Check, Condition, Topic

CERTIFICATE_WATCH_DAYS = 21
CLOCK_WATCH_S = 30.0
"""A difference of clocks from here on is told: tokens with a time in them begin to be refused."""
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class ServerSeen:
    """Facts from the last answers. `clock_ahead_s` is how far the server's clock is before ours, to
    a second. None where nothing told."""

    certificate_expires_ms: int | None = None
    clock_ahead_s: float | None = None

    def after(
        self, headers: Mapping[str, str], certificate: Mapping[str, object] | None, wall: float
    ) -> "ServerSeen":
        """With what one more answer told, which came at `wall` (seconds since the epoch)."""
        seen = self
        if certificate is not None and isinstance(until := certificate.get("notAfter"), str):
            seen = replace(seen, certificate_expires_ms=ssl.cert_time_to_seconds(until) * 1000)
        try:
            told = parsedate_to_datetime(headers["date"]).timestamp()
        except (KeyError, ValueError, TypeError, OverflowError):
            return seen
        # The header has whole seconds, so half a second is added: right on average.
        return replace(seen, clock_ahead_s=told + 0.5 - wall)


def checks_of(seen: ServerSeen, subject: str, now_ms: int) -> tuple[Check, ...]:
    """The checks of certificate and clock that the facts allow; none for what nobody told."""
    found = []
    if seen.certificate_expires_ms is not None:
        days = (seen.certificate_expires_ms - now_ms) // _DAY_MS
        soon = days < CERTIFICATE_WATCH_DAYS
        words = f"The certificate is good for {days} more days."
        if soon:
            words = f"The certificate ends in {max(0, days)} days: have it renewed."
        condition = Condition.WATCH if soon else Condition.WELL
        found.append(Check(Topic.CERTIFICATE, condition, subject, words))
    if seen.clock_ahead_s is not None:
        off = abs(seen.clock_ahead_s)
        far = off >= CLOCK_WATCH_S
        words = "Its clock and this computer's agree."
        if far:
            side = "ahead of" if seen.clock_ahead_s > 0 else "behind"
            words = f"Its clock is {round(off)} s {side} this computer's: set this one by NTP."
        condition = Condition.WATCH if far else Condition.WELL
        found.append(Check(Topic.CLOCK, condition, subject, words))
    return tuple(found)
