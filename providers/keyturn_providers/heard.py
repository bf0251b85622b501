"""What was asked and answered while one thing was done: for whoever has to find out why it failed.

Kept per task, so that calls made side by side are not mixed up. No header, no credential and no
sent body is ever in it; of an answer only that of a failure, shortened, without e-mail addresses.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from keyturn_providers.text import safe

EXCERPT_MOST = 300
EXCHANGES_MOST = 4
_ADDRESS = re.compile(r"[^\s@\"'<>]+@[^\s@\"'<>]+")
_CODE_KEYS = ("errorCode", "code", "scimType", "error")
_CODE_MOST = 60


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and how it was answered. `status` is an HTTP status, or how a command ended; None
    where no answer came. `code` is the vendor's own word for the failure, where it gave one."""

    source: str
    method: str
    path: str
    status: int | None
    request_id: str = ""
    code: str = ""
    excerpt: str = ""


_LISTENER: ContextVar[list[Exchange] | None] = ContextVar("keyturn exchanges", default=None)


@contextmanager
def listening() -> Iterator[list[Exchange]]:
    """The exchanges of this task while the block lasts, the last few of them."""
    heard: list[Exchange] = []
    before = _LISTENER.set(heard)
    try:
        yield heard
    finally:
        _LISTENER.reset(before)


def tell(exchange: Exchange, answered: bytes = b"") -> None:
    """Adds one to what this task listens to. `answered` is the body of a failure, from which what
    was sent as a credential is taken out already."""
    heard = _LISTENER.get()
    if heard is None:
        return
    text = answered.decode("utf-8", "replace")
    heard.append(
        Exchange(
            exchange.source,
            exchange.method,
            exchange.path,
            exchange.status,
            exchange.request_id,
            code_in(text),
            safe(_ADDRESS.sub("…@…", text), EXCERPT_MOST),
        )
    )
    del heard[:-EXCHANGES_MOST]


def code_in(text: str) -> str:
    """The vendor's code in an answer: Okta's errorCode, Graph's and 1Password's code, SCIM's
    scimType."""
    try:
        found = json.loads(text)
    except ValueError:
        return ""
    if not isinstance(found, dict):
        return ""
    inner = found.get("error")
    if isinstance(inner, dict):
        found = inner
    for key in _CODE_KEYS:
        value = found.get(key)
        if isinstance(value, str | int) and not isinstance(value, bool):
            return safe(str(value), _CODE_MOST)
    return ""
