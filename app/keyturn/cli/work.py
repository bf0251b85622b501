"""What the verbs share: opening files and sources, asking to stop, and saying how work goes on."""

import asyncio
import getpass
import signal
import socket
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import TypeVar

from keyturn.cli.invocation import Answer, Invocation
from keyturn.policy.load import Connectors, load_policy
from keyturn.policy.loaded import LoadedPolicy
from keyturn.run.connections import Connections, open_connections
from keyturn.run.progress import Event, SourceDone, StepChanged, StreamDone
from keyturn.settings import require_config
from keyturn_providers.contract import Waiting
from keyturn_providers.registry import find, kinds
from keyturn_storage.files import data_dir
from keyturn_storage.journal import Journal, open_journal
from keyturn_storage.snapshots import Cache, open_cache

T = TypeVar("T")


def loaded_policy(invocation: Invocation) -> LoadedPolicy:
    """keyturn.yaml of this command line, checked against the connectors that are installed.
    Raises ConfigNotFound, PolicyInvalid, or Misconfigured for a connector that cannot be loaded."""
    return load_policy(require_config(invocation.places()), connectors())


def connectors() -> Connectors:
    """The kinds of source that are installed. Raises Misconfigured for one that cannot be
    loaded."""
    return {kind: find(kind).settings for kind in kinds()}


@contextmanager
def cache_of(invocation: Invocation) -> Iterator[Cache]:
    """The cache, created where there is none."""
    found = invocation.places()
    data_dir(found.data)
    with open_cache(found.cache) as cache:
        yield cache


@contextmanager
def journal_of(invocation: Invocation) -> Iterator[Journal]:
    """The journal, created where there is none."""
    found = invocation.places()
    data_dir(found.data)
    with open_journal(found.journal) as journal:
        yield journal


def with_connections(
    invocation: Invocation,
    loaded: LoadedPolicy,
    answer: Answer,
    work: Callable[[Connections], Coroutine[None, None, T]],
    *,
    planning: bool = False,
) -> T:
    """Opens both sources, does `work` with them in an event loop, and closes them.

    `planning` makes no writer, but asks what a writer could do: a plan made in read-only mode says
    what would be done, and is refused only when it is applied.
    """

    async def whole() -> T:
        connections = open_connections(
            replace(loaded, read_only=False) if planning else loaded,
            read_only=invocation.read_only and not planning,
            observe=lambda event: tell(answer, event),
        )
        try:
            return await work(connections)
        finally:
            await connections.aclose()

    return asyncio.run(whole())


@contextmanager
def stoppable(answer: Answer) -> Iterator[Callable[[], bool]]:
    """Gives `stop`: the first Ctrl-C (or SIGTERM) asks to end after the request in flight, the
    second ends at once. Either way the journal is whole."""
    asked = False

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True
        answer.progress("stopping after the request in flight; once more to end at once")

    before = [(number, signal.signal(number, ask)) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield lambda: asked
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def tell(answer: Answer, event: Event) -> None:
    """One line on stderr for what a person waits for; pages and single requests are not told."""
    if isinstance(event, SourceDone):
        answer.progress(f"{event.source}: {event.words}")
    elif isinstance(event, StreamDone):
        answer.progress(f"{event.source}, {event.stream}: {event.words}")
    elif isinstance(event, StepChanged):
        verdict = f" [{event.verdict}]" if event.verdict else ""
        answer.progress(
            f"{event.number:3}. {event.state.replace('_', ' ')}{verdict}: {event.words}"
        )
    elif isinstance(event, Waiting) and event.seconds >= 1:
        answer.progress(f"{event.source}: waiting {event.seconds:.0f} s: {event.reason}")


def operator() -> str:
    """Who runs this, for leases and the journal: user@host."""
    return f"{getpass.getuser()}@{socket.gethostname()}"


def now_ms() -> int:
    """The time, in UTC milliseconds."""
    return time.time_ns() // 1_000_000
