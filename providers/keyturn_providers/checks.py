"""The checks that every connector makes alike, from what was seen on the way. Pure.

`subject` is the surface or the server, as a person would call it. Scopes and health are the
connector's own to word.
"""

from collections.abc import Iterator, Mapping

from keyturn_providers.contract import (
    Check,
    Condition,
    OwnIdentity,
    Topic,
)
from keyturn_providers.ratelimit import Window
from keyturn_providers.sightings import Seen

_DAY_MS = 86_400_000
CERTIFICATE_WATCH_MS = 21 * _DAY_MS
CLOCK_WATCH_MS = 5_000
CLOCK_WRONG_MS = 60_000
TOKEN_WATCH_MS = 7 * _DAY_MS
TOKEN_OLD_MS = 365 * _DAY_MS


def server_checks(
    subject: str,
    address: str,
    seen: Seen | None,
    windows: Mapping[str, Window],
    *,
    now_ms: int,
    reserve: float = 0.3,
) -> tuple[Check, ...]:
    """Reachability, certificate, clock and rate limits of one server that answered."""
    return tuple(_server_checks(subject, address, seen, windows, now_ms, reserve))


def _server_checks(
    subject: str,
    address: str,
    seen: Seen | None,
    windows: Mapping[str, Window],
    now_ms: int,
    reserve: float,
) -> Iterator[Check]:
    if seen is None:
        yield Check(Topic.REACH, Condition.UNKNOWN, subject, f"{address} was not asked.")
        return
    words = f"{address} answered in {seen.elapsed_ms:.0f} ms."
    yield Check(Topic.REACH, Condition.WELL, subject, words)
    yield certificate_check(subject, address, seen.certificate_expires_ms, now_ms)
    yield clock_check(subject, seen)
    yield from rate_checks(subject, windows, reserve)


def certificate_check(subject: str, address: str, expires_ms: int | None, now_ms: int) -> Check:
    """How long the certificate still holds."""
    topic = Topic.CERTIFICATE
    if expires_ms is None and address.startswith("http:"):
        words = "Plain http on this machine: there is no certificate."
        return Check(topic, Condition.WELL, subject, words)
    if expires_ms is None:
        return Check(topic, Condition.UNKNOWN, subject, "The certificate's end was not told.")
    left = expires_ms - now_ms
    if left <= 0:
        return Check(topic, Condition.WRONG, subject, f"It ended {span(-left)} ago: renew it.")
    if left < CERTIFICATE_WATCH_MS:
        return Check(topic, Condition.WATCH, subject, f"It ends in {span(left)}: renew it.")
    return Check(topic, Condition.WELL, subject, f"It ends in {span(left)}.")


def clock_check(subject: str, seen: Seen) -> Check:
    """Whether the server's clock and ours agree: audit events are looked for by time."""
    offset, doubt = seen.clock_offset_ms, seen.clock_doubt_ms
    if offset is None:
        return Check(Topic.CLOCK, Condition.UNKNOWN, subject, "The server does not tell the time.")
    beyond = abs(offset) - doubt
    if beyond < CLOCK_WATCH_MS:
        within = max(1, round((abs(offset) + doubt) / 1000))
        words = f"The server's clock and this machine's agree to within {within} s."
        return Check(Topic.CLOCK, Condition.WELL, subject, words)
    way = "ahead of" if offset > 0 else "behind"
    words = (
        f"The server's clock is {span(abs(offset))} {way} this machine's: audit events may be taken"
        " for older or newer than they are. Set this machine's clock by NTP."
    )
    condition = Condition.WRONG if beyond >= CLOCK_WRONG_MS else Condition.WATCH
    return Check(Topic.CLOCK, condition, subject, words)


def token_check(subject: str, own: OwnIdentity, now_ms: int, *, endless: bool = False) -> Check:
    """Age and end of keyturn's own credential. `endless`: the source says that it never ends."""
    age = "" if own.created_ms is None else f"made {span(now_ms - own.created_ms)} ago"
    old = own.created_ms is not None and now_ms - own.created_ms > TOKEN_OLD_MS
    if own.expires_ms is None:
        if not endless and not age:
            words = f"keyturn is {own.name}. The source tells neither age nor end of the token."
            return Check(Topic.TOKEN, Condition.UNKNOWN, subject, words)
        facts = [age] if age else []
        facts += ["never ends"] if endless else ["its end is not told"]
        turn = " It is more than a year old: turn it." if old else ""
        condition = Condition.WATCH if old else Condition.WELL
        words = f"keyturn is {own.name}; the token was {' and '.join(facts)}.{turn}"
        if not age:
            words = f"keyturn is {own.name}; the token never ends."
        return Check(Topic.TOKEN, condition, subject, words)
    left = own.expires_ms - now_ms
    made = f"{age} " if age else ""
    if left <= 0:
        words = f"keyturn is {own.name}; the token {made}ended {span(-left)} ago. Make a new one."
        return Check(Topic.TOKEN, Condition.WRONG, subject, words)
    life = None if own.created_ms is None else own.expires_ms - own.created_ms
    watch = TOKEN_WATCH_MS if life is None else min(TOKEN_WATCH_MS, life // 5)
    words = f"keyturn is {own.name}; the token {made}ends in {span(left)}."
    if left < watch:
        return Check(Topic.TOKEN, Condition.WATCH, subject, f"{words} Renew it.")
    return Check(Topic.TOKEN, Condition.WELL, subject, words)


def rate_checks(subject: str, windows: Mapping[str, Window], reserve: float) -> Iterator[Check]:
    """Each rate limit that was told: what is left, and whether what is left is for others."""
    if not windows:
        words = "The server tells no limit; a refusal would make keyturn wait."
        yield Check(Topic.RATE, Condition.WELL, subject, words)
    for name, window in sorted(windows.items()):
        kept = round(window.limit * reserve)
        words = (
            f"{window.remaining} of {window.limit} requests left, anew in"
            f" {span(round(window.resets_at * 1000))}; {kept} are left to others."
        )
        condition = Condition.WATCH if window.remaining <= kept else Condition.WELL
        yield Check(Topic.RATE, condition, f"{subject}: {name}" if name else subject, words)


def span(milliseconds: int) -> str:
    """A length of time in words: "45 s", "12 min", "3 h", "90 days"."""
    seconds = max(0, milliseconds) / 1000
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.0f} h"
    return f"{seconds / 86400:.0f} days"
