"""Keeps Python from holding up the screens while jobs work: its garbage collector, and its lock.

A full collection looks at every object that is alive, and no thread goes on meanwhile: a tenth of a
second with 3,000 people, and longer with more. While jobs work, the collector looks at what is new.

A key that is drawn gives Python's lock away and waits for it again many times; a job that works
keeps it for 5 ms each time. While jobs work, threads take turns more often. Where none does, that
would only cost: what a list reads and the loop that draws it would take the lock from each other.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

SELDOM = 10_000
"""A full collection after so many of the younger objects: tens of millions that stay."""

SWITCH_S = 0.0005
"""How long a thread that works keeps Python's lock while another waits for it."""


class _Working:
    """How many jobs work now, and how often there was a full collection and how long a turn was
    before the first."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.jobs = 0
        self.usual = gc.get_threshold()
        self.usual_turn_s = sys.getswitchinterval()


_working = _Working()


@contextmanager
def short_pauses() -> Iterator[None]:
    """Full collections come seldom, and turns are short, until the last of those who are in here is
    out again."""
    with _working.lock:
        if not _working.jobs:
            _working.usual = gc.get_threshold()
            young, middle, _ = _working.usual
            gc.set_threshold(young, middle, SELDOM)
            _working.usual_turn_s = sys.getswitchinterval()
            sys.setswitchinterval(SWITCH_S)
        _working.jobs += 1
    try:
        yield
    finally:
        with _working.lock:
            _working.jobs -= 1
            if not _working.jobs:
                gc.set_threshold(*_working.usual)
                sys.setswitchinterval(_working.usual_turn_s)


def collect_between_jobs() -> None:
    """A full collection now, unless a job works: then there may be much to look at."""
    if not _working.jobs:
        gc.collect()
