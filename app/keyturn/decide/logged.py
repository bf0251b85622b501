"""An entry of a source's own audit log, in words: what was done is told elsewhere, here by whom and
when."""

from datetime import UTC, datetime

_LOGGED = "logged as "


def moment(at_ms: int) -> str:
    """`2026-11-24 12:03:05 UTC`, or the number where it is no time that a calendar has."""
    try:
        return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return f"{at_ms} ms"


def by_whom(actor: str, at_ms: int, address: str) -> str:
    """`2026-11-24 12:03:05 UTC by Ops Admin from 203.0.113.7`; what is not told is left out."""
    who = f" by {actor}" if actor else ""
    place = f" from {address}" if address else ""
    return f"{moment(at_ms)}{who}{place}"


def entry(event_id: str, actor: str, at_ms: int, address: str) -> str:
    """`A1B2, 2026-11-24 12:03:05 UTC by Ops Admin from 203.0.113.7`."""
    return f"{event_id}, {by_whom(actor, at_ms, address)}"


def logged(event_id: str, actor: str, at_ms: int, address: str) -> str:
    """The entry that proves a step, as the step's words end with it: see `proof_in`."""
    return f"{_LOGGED}{entry(event_id, actor, at_ms, address)}"


def proof_in(words: str) -> str:
    """The id of the entry that a step's words give as its proof; "" where they give none."""
    said = words.rpartition(_LOGGED)[2] if _LOGGED in words else ""
    return said.partition(", ")[0]
