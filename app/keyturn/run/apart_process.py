"""The process that `apart` starts: it does one piece of work, tells what came of it, and ends.

It is nobody's without the one that started it: where that has gone, it ends at once.
"""

import asyncio
import gc
import os
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import BinaryIO, NoReturn, cast

from keyturn import __version__
from keyturn.run.crossing import HEAD, Failure, Unpacking, failure_of, frames

ALONE_EXIT_CODE = 3


class OtherVersion(Exception):
    """This program was changed on the disk while it ran, and the two processes would not understand
    each other."""

    who = "keyturn"
    what = "cannot go on"
    why = "another version was installed while this one runs."
    next_step = "Leave, and start keyturn again. Nothing was changed."

    def __init__(self) -> None:
        super().__init__(f"{self.who}: {self.what}: {self.why} {self.next_step}")


@dataclass(frozen=True, slots=True)
class Begun:
    """What is to be done: a function of a module, which both processes know by its name."""

    work: Callable[..., Awaitable[object]]
    given: tuple[object, ...]
    named: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Asked:
    """Something that only the starting process can answer."""

    number: int
    name: str
    given: tuple[object, ...]
    named: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to a question."""

    number: int
    value: object


@dataclass(frozen=True, slots=True)
class Raised:
    """The error that answers a question; without one, that of the whole work."""

    failure: Failure
    number: int = -1


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of the work."""

    value: object


@dataclass(slots=True)
class Home:
    """The way to the process that started this one. Safe to use from any thread."""

    out: BinaryIO
    waiting: dict[int, "Future[object]"] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    _asked: int = 0

    def ask(self, name: str, *given: object, **named: object) -> object:
        """The answer there; raises what was raised there. Waits for it."""
        return self._ask(name, given, named).result()

    async def asked(self, name: str, *given: object, **named: object) -> object:
        """The same, while other tasks go on."""
        return await asyncio.wrap_future(self._ask(name, given, named))

    def send(self, packed: Sequence[bytes]) -> None:
        """All of a message, and nothing in between."""
        with self.lock:
            self.out.writelines(packed)
            self.out.flush()

    def _ask(
        self, name: str, given: tuple[object, ...], named: Mapping[str, object]
    ) -> "Future[object]":
        answer: Future[object] = Future()
        with self.lock:
            self._asked += 1
            number = self._asked
        packed = frames(Asked(number, name, given, named))
        self.waiting[number] = answer
        self.send(packed)
        return answer

    def take(self, message: object) -> None:
        """Gives an answer to whoever waits for it."""
        match message:
            case Answered():
                self.waiting.pop(message.number).set_result(message.value)
            case Raised():
                self.waiting.pop(message.number).set_exception(message.failure.error)


def main() -> NoReturn:
    """Reads what is to be done from the standard input, for a process of the version that is named
    as the one argument. Does not return."""
    # Whatever is printed by the work would be taken for an answer.
    source, out = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    gc.disable()  # looking for garbage among millions of values takes longer than the work leaves
    _let_screens_go_first()
    home = Home(out)
    try:
        if sys.argv[1:] != [__version__]:
            raise OtherVersion  # noqa: TRY301 - before anything of the other's is taken in
        begun = cast("Begun", next(_messages(source)))
        threading.Thread(target=_listen, args=(home, source), daemon=True).start()
        packed = frames(Ended(asyncio.run(_whole(begun, home))))
    except BaseException as error:  # noqa: BLE001 - told to the process that started this one
        packed = frames(Raised(failure_of(error)))
    home.send(packed)
    # Letting go of what was worked on would take a second more, and nobody needs it.
    os._exit(0)


def _let_screens_go_first() -> None:
    if sys.platform == "linux":
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


async def _whole(begun: Begun, home: Home) -> object:
    return await begun.work(home, *begun.given, **begun.named)


def _listen(home: Home, source: BinaryIO) -> None:
    for message in _messages(source):
        home.take(message)
    os._exit(ALONE_EXIT_CODE)


def _messages(source: BinaryIO) -> Iterator[object]:
    unpacking = Unpacking()
    while head := source.read(HEAD):
        yield from unpacking.take(source.read(int.from_bytes(head, "big")))


if __name__ == "__main__":
    # By its own name: what crosses is known by the module that it is of, and this one is __main__.
    from keyturn.run.apart_process import main as begin

    begin()
