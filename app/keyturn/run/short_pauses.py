"""Keeps Python's garbage collector from holding up the screens while jobs work.

A full collection looks at every object that is alive, and no thread goes on meanwhile: a tenth of a
second with 3,000 people, and longer with more. While jobs work, the collector looks at what is new.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

SELDOM = 10_000
"""A full collection after so many of the younger objects: tens of millions that stay."""


class _Working:
    """How many jobs work now, and how often there was a full collection before the first."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.jobs = 0
        self.usual = gc.get_threshold()


_working = _Working()


@contextmanager
def short_pauses() -> Iterator[None]:
    """Full collections come seldom until the last of those who are in here is out again."""
    with _working.lock:
        if not _working.jobs:
            _working.usual = gc.get_threshold()
            young, middle, _ = _working.usual
            gc.set_threshold(young, middle, SELDOM)
        _working.jobs += 1
    try:
        yield
    finally:
        with _working.lock:
            _working.jobs -= 1
            if not _working.jobs:
                gc.set_threshold(*_working.usual)


def collect_between_jobs() -> None:
    """A full collection now, unless a job works: then there may be much to look at."""
    if not _working.jobs:
        gc.collect()
