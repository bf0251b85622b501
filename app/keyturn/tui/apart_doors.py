"""In a working process: the configuration, the sources and the clock are the dashboard's."""

from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, NoReturn, cast

from keyturn.run.apart_process import Home
from keyturn.run.clock import Clock
from keyturn.run.connections import Connections
from keyturn.tui.apart_sources import LISTED, Arguments, Called, Surroundings, calls_of
from keyturn.tui.engine import Observe
from keyturn.tui.openings import HERE, Loaded, Openings
from keyturn_providers.abilities import Ability
from keyturn_providers.contract import About
from keyturn_providers.errors import ReadOnly
from keyturn_providers.records import Side


@dataclass(frozen=True, slots=True)
class Calling:
    """A function of the dashboard's; calling it waits until it has returned there."""

    home: Home
    name: str

    def __call__(self, *given: object) -> object:
        return self.home.ask(self.name, *given)


def received(home: Home, sent: Arguments) -> tuple[tuple[object, ...], dict[str, object]]:
    """The arguments, with the functions that they have there."""

    def one(value: object) -> object:
        return Calling(home, value.name) if isinstance(value, Called) else value

    return tuple(map(one, sent.given)), {name: one(value) for name, value in sent.named.items()}


def opened_apart(home: Home, around: Surroundings) -> Openings:
    """The same files, and the dashboard's sources; nothing is handed on to a further process."""
    clock = Clock(
        now_ms=lambda: cast("int", home.ask("now")), sleep=lambda seconds: _sleep(home, seconds)
    )
    return Openings(
        DoorsApart(home), around.data, around.read_only,
        (lambda: clock) if around.asks_time else None, around.then, many=HERE,
    )  # fmt: skip


async def _sleep(home: Home, seconds: float) -> None:
    await home.asked("sleep", seconds)


@dataclass(frozen=True, slots=True)
class DoorsApart:
    """`keyturn.tui.openings.Doors`, as far as what works apart needs them."""

    home: Home

    def load(self) -> Loaded:
        """The configuration as it is now there."""
        return cast("Loaded", self.home.ask("load"))

    def reached(self, loaded: Loaded, side: Side) -> NoReturn:
        """Not from here: what opens a vendor's page decides nothing."""
        raise NotImplementedError

    def connect(self, loaded: Loaded, *, read_only: bool, observe: Observe) -> Connections:
        """Both sources, opened there."""
        watched = observe.name if isinstance(observe, Calling) else ""
        number, without_writers = cast(
            "tuple[int, bool]", self.home.ask("connect", watched, read_only=read_only)
        )
        return Connections(
            SourceApart(self.home, number, Side.DIRECTORY, closes=False),
            SourceApart(self.home, number, Side.SECRETS, closes=True),
            without_writers,
        )


@dataclass(frozen=True, slots=True)
class SourceApart:
    """A source that the dashboard's process has open. Its records come over one read at a time."""

    home: Home
    number: int
    side: Side
    closes: bool
    """Both sources of one opening are closed there together."""

    async def about(self) -> About:
        """As the source says now."""
        return cast("About", await self.home.asked("about", self.number, self.side))

    def reader(self) -> object:
        """Has the reads by id that the source's own reader has, and lists groups and members."""
        number, able = cast(
            "tuple[int, frozenset[Ability]]", self.home.ask("reader", self.number, self.side)
        )
        calls = {name: _call(one, name) for one in able for name in calls_of(one)}
        pages = {LISTED[one]: _pages(one) for one in able if one in LISTED}
        return type("ReaderApart", (_Reading,), {**calls, **pages})(self.home, number)

    def writer(self) -> NoReturn:
        """Nothing is changed from here."""
        raise ReadOnly(
            self.side.value, "cannot write", "a working process only reads.", "Report this."
        )

    async def aclose(self) -> None:
        """Closes both sources of the opening there."""
        if self.closes:
            await self.home.asked("close", self.number)


@dataclass(frozen=True)
class _Reading:
    home: Home
    number: int


def _call(ability: Ability, name: str) -> Callable[..., Coroutine[Any, Any, object]]:
    async def read(reading: _Reading, *given: object, **named: object) -> object:
        return await reading.home.asked("read", reading.number, ability, name, given, named)

    return read


def _pages(ability: Ability) -> Callable[..., AsyncIterator[object]]:
    async def pages(reading: _Reading, *given: object) -> AsyncIterator[object]:
        every = await reading.home.asked("list", reading.number, ability, given)
        for page in cast("tuple[object, ...]", every):
            yield page

    return pages
