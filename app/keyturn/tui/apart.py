"""What is decided about many people is decided in a process of its own.

A method that is marked `apart` works there, over the same two files. The configuration, the sources
with their credentials, the clock and whoever watches stay here and are asked from there; what
crosses are plain values.
"""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, Self, TypeVar, cast

from keyturn.tui.openings import HERE, Openings

if TYPE_CHECKING:
    from keyturn.run.apart_process import Home
    from keyturn.tui.apart_sources import Arguments, Surroundings


class Opens(Protocol):
    """Works over the two sources and the two files, and holds nothing else."""

    @property
    def opened(self) -> Openings: ...

    @classmethod
    def over(cls, opened: Openings) -> Self: ...


W = TypeVar("W", bound=Opens)
P = ParamSpec("P")
T = TypeVar("T")


def apart(
    method: Callable[Concatenate[W, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[W, P], Coroutine[Any, Any, T]]:
    """The method, in a process of its own where there is much to decide from.

    There it raises ProcessLost where that process ends. Where the job is asked to stop, it raises
    GivenUp; a method that is given `stop` is left to end by itself.
    """

    @wraps(method)
    async def done(worker: W, /, *given: P.args, **named: P.kwargs) -> T:
        if not _large(worker.opened):
            return await method(worker, *given, **named)
        from keyturn.run.apart import NotStarted, never, work_apart
        from keyturn.run.background import asked_to_stop
        from keyturn.tui.apart_sources import SourcesHere

        here = SourcesHere(worker.opened)
        sent = here.sent(given, named)
        ends_itself = "stop" in method.__annotations__
        stop = never if ends_itself else asked_to_stop
        try:
            found = await work_apart(
                here.answers, stop, _there, type(worker), method.__name__, here.around, sent
            )
        except NotStarted:
            return await method(worker, *given, **named)
        finally:
            await here.aclose()
        return cast("T", found)

    return done


async def _there(
    home: "Home", kind: type[Opens], name: str, around: "Surroundings", sent: "Arguments"
) -> object:
    """In the other process: the same method of the same class."""
    from keyturn.tui.apart_doors import opened_apart, received

    given, named = received(home, sent)
    worker = kind.over(opened_apart(home, around))
    return await getattr(worker, name)(*given, **named)


def _large(opened: Openings) -> bool:
    """Whether there is much to decide from."""
    from keyturn.run.apart import MANY
    from keyturn_storage.queries.reader import open_reader
    from keyturn_storage.queries.sources import source_rows

    path = opened.cache_path
    if opened.many == HERE or not path.exists():
        return False
    with open_reader(path) as reader:
        size = sum(row.accounts + row.grants for row in source_rows(reader))
    return size >= (MANY if opened.many is None else opened.many)
