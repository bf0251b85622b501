"""What `op` means by what it writes to stderr.

Exit codes say little (1 for most of it, 4 for a server's answer, 2 for a panic), so the text is
matched, by the part that stays the same from version to version.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from keyturn_providers.text import safe

RATE_LIMITED_S = 600.0
"""How long to leave `op` alone after it said that a person's session is rate-limited."""
_SAID_LIMIT = 240


class Trouble(StrEnum):
    """What went wrong, in one phrase."""

    NOT_SIGNED_IN = "nobody is signed in"
    SESSION_EXPIRED = "the session has expired"
    NO_ACCOUNT = "no such account is configured"
    APP_REFUSED = "the desktop app did not authorise it"
    SERVICE_ACCOUNT_UNUSED = "the service account has not authenticated yet"
    SERVICE_ACCOUNT_GONE = "the service account was deleted"
    CONNECT = "it talks to a Connect server"
    FIREWALL = "a firewall rule of the account blocks this address"
    FORBIDDEN = "it is not allowed"
    NOT_FOUND = "it does not exist"
    AMBIGUOUS = "the name fits several"
    RATE_LIMITED = "too many requests"
    NOT_HELD = "nothing is held there directly"
    DEPENDENT = "other permissions depend on it"
    ALREADY_MEMBER = "is a member already"
    REFUSED = "the server refuses it"
    BAD_CALL = "op does not know this call"
    PANIC = "op crashed"
    NO_NETWORK = "1Password's server cannot be reached"
    CUT_SHORT = "the connection broke"
    SERVER_FAILED = "1Password's server failed"
    UNCLEAR = "it is not clear why"


@dataclass(frozen=True, slots=True)
class Said:
    """What a failed call said. `words` is op's own message, made safe and cut short."""

    trouble: Trouble
    words: str
    retry_after_s: float = 0.0


_T = Trouble
_RULES: tuple[tuple[Trouble, re.Pattern[str]], ...] = tuple(
    (trouble, re.compile(pattern, re.IGNORECASE))
    for trouble, pattern in (
        (_T.PANIC, r"^panic:|^goroutine \d+ \[|^fatal error:"),
        (_T.SERVICE_ACCOUNT_GONE, r"Service Account Deleted"),
        (_T.SERVICE_ACCOUNT_UNUSED, r"service account token set, but not authenticated"),
        (_T.FIREWALL, r"Firewall Rule|blocked by a 1Password firewall"),
        (_T.RATE_LIMITED, r"\(429\)|rate[- ]limited|Too Many Requests"),
        (_T.SESSION_EXPIRED, r"session (has )?expired|\(401\)|invalid session token"),
        (_T.NOT_SIGNED_IN, r"not (currently )?signed in|sign ?in to (an|your) account"),
        (_T.NO_ACCOUNT, r"no account found for filter|no accounts configured"),
        (
            _T.APP_REFUSED,
            r"authorization (prompt|timeout)|connect(ing)? to (the )?(1Password|desktop) app",
        ),
        (_T.CONNECT, r"OP_CONNECT_|Connect server|not supported (by|with|when using) Connect"),
        (_T.NOT_HELD, r"the accessor doesn't have any permissions"),
        (_T.DEPENDENT, r"dependent on the permission\(?s"),
        (_T.ALREADY_MEMBER, r"already a member"),
        (_T.AMBIGUOUS, r"More than one \w+ matches"),
        (_T.NOT_FOUND, r"isn't an? (user|group|vault|item|server)\b|\(404\)"),
        (_T.FORBIDDEN, r"\(403\)"),
        (_T.REFUSED, r"\((400|402|405|406|409|410|412|413|415|422)\)|Resource Invalid"),
        (_T.SERVER_FAILED, r"\(5\d\d\)"),
        (
            _T.BAD_CALL,
            (
                r"unknown (command|flag|shorthand)|invalid argument|required flag"
                r"|valid permission|expected (at most|exactly|at least) \d+ argument"
            ),
        ),
        (
            _T.NO_NETWORK,
            (
                r"no such host|connection refused|network is unreachable|no route to host"
                r"|proxyconnect|dial tcp|TLS handshake|x509:|certificate"
            ),
        ),
        (_T.CUT_SHORT, r"connection reset|unexpected EOF|\bEOF\b|timeout|deadline exceeded"),
    )
)
_STAMP = re.compile(r"^\[ERROR\] \d{4}/\d\d/\d\d \d\d:\d\d:\d\d ")
_RETRY = re.compile(r"retry in (\d+) (second|minute|hour|day)", re.IGNORECASE)
_SECONDS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86_400.0}
_TOKENS = re.compile(r"ops_[A-Za-z0-9_\-=.]+|eyJ[A-Za-z0-9_\-=.]{8,}|--session[= ]\S+")


def understand(stderr: bytes) -> Said:
    """What the stderr of a failed call means. Never raises; UNCLEAR where nothing fits."""
    text = stderr.decode("utf-8", "replace").strip()
    lines = [line for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("[ERROR]")] or lines
    # Candidates of an ambiguous name follow on lines of their own; they are not the reason.
    said = "\n".join(errors)
    trouble = next((name for name, pattern in _RULES if pattern.search(said)), Trouble.UNCLEAR)
    words = _STAMP.sub("", errors[0]) if errors else ""
    words = safe(_TOKENS.sub("(removed)", " ".join(words.split())), _SAID_LIMIT)
    wait = _wait(said) if trouble is Trouble.RATE_LIMITED else 0.0
    return Said(trouble, words, wait)


def _wait(said: str) -> float:
    told = _RETRY.search(said)
    if told is None:
        return RATE_LIMITED_S
    return max(1.0, float(told.group(1)) * _SECONDS[told.group(2).lower()])
