"""The last look before a request leaves this machine: whether the work is still ours.

Whoever sends may have slept between deciding and sending (a closed lid, a stopped process) while
somebody else took over. So the senders ask once more at the last moment. Reads ask too: who was
taken over spends no more of a source's rate limit, and learns it from the first request.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


def _nobody_asks() -> None:
    return None


_ASK: ContextVar[Callable[[], None]] = ContextVar("last_look", default=_nobody_asks)


@contextmanager
def asking(whether: Callable[[], None]) -> Iterator[None]:
    """Has `whether` called before each request that leaves inside the block, also in tasks begun
    there; of blocks inside one another the innermost's. It raises where nothing may be sent any
    more; that goes through every connector as it is."""
    token = _ASK.set(whether)
    try:
        yield
    finally:
        _ASK.reset(token)


def last_look() -> None:
    """For whoever sends: called directly before a request leaves. What it raises is not caught,
    and then nothing is sent."""
    _ASK.get()()
