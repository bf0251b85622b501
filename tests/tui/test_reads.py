"""The reading thread: in turn, and no longer than somebody waits for it."""

import asyncio
import threading

import pytest

from keyturn.tui.reads import Reads

LONG_S = 20


class Interruptible:
    """Something that is read from, and knows when it was interrupted."""

    def __init__(self) -> None:
        self.interrupted = threading.Event()

    def close(self) -> None: ...

    def interrupt(self) -> None:
        self.interrupted.set()


async def test_what_nobody_waits_for_any_more_is_broken_off_and_only_that() -> None:
    reader, begun, done = Interruptible(), threading.Event(), list[str]()
    reads: Reads[Interruptible] = Reads(lambda: reader)

    def long() -> None:
        there = reads.reader()
        begun.set()
        if there.interrupted.wait(LONG_S):
            done.append("broken off")
            raise RuntimeError("interrupted")

    asked = asyncio.create_task(reads.ask(long))
    waiting = asyncio.create_task(reads.ask(lambda: done.append("never")))
    after = asyncio.create_task(reads.ask(lambda: done.append("after")))
    await asyncio.to_thread(begun.wait, LONG_S)

    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not reader.interrupted.is_set()

    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    await after
    reads.close()

    assert done == ["broken off", "after"]
