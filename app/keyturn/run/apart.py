"""Works in a process of its own where there is much to work on, so that the screens go on.

What holds Python's one lock for long (sorting or letting go of a million rows) stops every thread
of a process; and the memory that deciding takes goes back to the system with the process. What such
work asks of others (a source, a clock, whoever watches) is answered in this process: credentials
and connections stay here.
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from inspect import isawaitable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar, cast

from keyturn import __version__
from keyturn.decide.rules import Rules
from keyturn.run.apart_process import Answered, Asked, Begun, Ended, Home, Raised
from keyturn.run.assess import assess
from keyturn.run.background import GivenUp, Stop
from keyturn.run.crossing import HEAD, Unpacking, failure_of, frames
from keyturn_storage.snapshots import Cache, open_cache

P = ParamSpec("P")
T = TypeVar("T")
Answer = Callable[..., object]

MANY = 5_000
"""Accounts and grants of both sides; below that a process takes longer to start than to decide."""

COMMAND = (sys.executable, "-P", "-m", "keyturn.run.apart_process", __version__)
"""-P: nothing is imported from the folder that keyturn was started in."""

_KILL: int = getattr(signal, "SIGKILL", signal.SIGTERM)
LOOK_S = 0.1
"""How often it is looked whether the operator asked to stop."""


class ProcessLost(Exception):
    """The process ended without an answer. What it had stored by then is stored."""

    who = "keyturn's working process"
    what = "ended before it was done"

    def __init__(self, code: int) -> None:
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        memory = " The system does that where memory runs out." if code == -_KILL else ""
        self.why = f"{how}.{memory} Nothing was changed in a source."
        self.next_step = "Try again, or on a machine with more memory."
        super().__init__(f"{self.who}: {self.what}: {self.why} {self.next_step}")


class NotStarted(Exception):
    """No process could be started."""


def never() -> bool:
    """For work that is not left in the middle."""
    return False


async def work_apart(
    answers: Mapping[str, Answer],
    stop: Stop,
    work: Callable[Concatenate[Home, P], Awaitable[T]],
    *given: P.args,
    **named: P.kwargs,
) -> T:
    """What `work` gives, a function of one of this program's modules, in a process of its own.
    `answers` are what it may ask here, by name. Where `stop` says so it is ended, whatever it is
    at.

    Raises what it raises, NotStarted, ProcessLost where it ended without an answer, and GivenUp
    where it was stopped. The process never outlives the call.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *COMMAND, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, start_new_session=True
        )
    except OSError as problem:
        raise NotStarted from problem
    try:
        talk = asyncio.create_task(_talk(process, answers, Begun(work, given, named)))
        await _until_done(talk, stop)
        return cast("T", talk.result())
    except BaseException:
        if process.returncode is None:
            # Not by the process object: it would take the exit status from who waits for it.
            with suppress(ProcessLookupError):
                os.kill(process.pid, _KILL)
        raise
    finally:
        await _gone(process)


async def _gone(process: Process) -> int:
    """Its exit code, once it has ended."""
    waiting = asyncio.ensure_future(process.wait())
    while not (await asyncio.wait({waiting}, timeout=LOOK_S))[0]:
        if process.returncode is not None:
            # Python 3.11 waits for its pipes too, and what nobody reads stays in them.
            process._transport.close()  # type: ignore[attr-defined]  # there is no public way
    return waiting.result()


async def _until_done(talk: "asyncio.Task[object]", stop: Stop) -> None:
    while not (await asyncio.wait({talk}, timeout=LOOK_S))[0]:
        if stop():
            talk.cancel()
            await asyncio.wait({talk})
            raise GivenUp


async def assess_apart(cache: Cache, rules: Rules, now_ms: int, *, many: int = MANY) -> None:
    """As `assess`, without giving what was decided. Nothing is asked of `cache` meanwhile.

    Where there is no process, or it is lost, it is decided here. Raises as `assess`.
    """
    size = sum(row.accounts + row.grants for row in cache.sources())
    if size >= many:
        with suppress(NotStarted, ProcessLost):
            await work_apart({}, never, _decide, cache.path.absolute(), rules, now_ms)
            return
    assess(cache, rules, now_ms)


async def _decide(_home: Home, path: Path, rules: Rules, now_ms: int) -> None:
    with open_cache(path) as cache:
        assess(cache, rules, now_ms)


async def _talk(process: Process, answers: Mapping[str, Answer], begun: Begun) -> object:
    """Answers what the process asks, each question by itself, until it gives or raises."""
    if process.stdin is None or process.stdout is None:
        raise NotStarted
    to, unpacking, asked = process.stdin, Unpacking(), set[asyncio.Task[None]]()
    sending = asyncio.Lock()

    async def send(packed: Sequence[bytes]) -> None:
        async with sending:
            for frame in packed:
                to.write(frame)
                await to.drain()  # what waits to be sent is moved at each write: little waits

    async def answer(one: Asked) -> None:
        try:
            found = answers[one.name](*one.given, **one.named)
            found = await found if isawaitable(found) else found
            packed = frames(Answered(one.number, found))
        except Exception as error:  # noqa: BLE001 - raised again where it was asked
            packed = frames(Raised(failure_of(error), one.number))
        with suppress(ConnectionError):  # it has gone, which the one who listens tells
            await send(packed)

    try:
        await send(frames(begun))
        while True:
            size = int.from_bytes(await process.stdout.readexactly(HEAD), "big")
            for message in unpacking.take(await process.stdout.readexactly(size)):
                match message:
                    case Asked():
                        task = asyncio.create_task(answer(message))
                        asked.add(task)
                        task.add_done_callback(asked.discard)
                    case Raised():
                        raise message.failure.error
                    case Ended():
                        return message.value
    except (asyncio.IncompleteReadError, ConnectionError):
        raise ProcessLost(await _gone(process)) from None
    finally:
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
        to.close()
