"""The last look before a change leaves this machine: whether it is still ours to make.

Whoever sends a change may have slept between deciding and sending (a closed lid, a stopped process)
while somebody else took over. So the senders ask once more at the last moment.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


def _nobody_asks() -> None:
    return None


_ASK: ContextVar[Callable[[], None]] = ContextVar("last_look", default=_nobody_asks)


@contextmanager
def asking(whether: Callable[[], None]) -> Iterator[None]:
    """Has `whether` called before each change that leaves inside the block, also in tasks begun
    there. It raises where nothing may be sent any more; that goes through every connector as it
    is."""
    token = _ASK.set(whether)
    try:
        yield
    finally:
        _ASK.reset(token)


def last_look() -> None:
    """For whoever sends: called directly before a change leaves. What it raises is not caught, and
    then nothing is sent."""
    _ASK.get()()
