"""What a working process asks of the dashboard's: the configuration, the sources, the clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from inspect import iscoroutinefunction
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from keyturn.policy.loaded import LoadedPolicy
from keyturn.tui.openings import Loaded, Openings, unobserved
from keyturn_providers.abilities import READER_PROTOCOLS, Ability
from keyturn_providers.records import Side

if TYPE_CHECKING:
    from keyturn.decide.rules import Rules
    from keyturn.run.apart import Answer
    from keyturn.run.clock import Clock
    from keyturn.run.connections import Connections
    from keyturn_providers.contract import About


LISTED = {Ability.LIST_GROUPS: "groups", Ability.LIST_MEMBERSHIPS: "memberships"}
"""What is listed while a leaver's plan is waited for, where a source cannot be asked for one
account's groups, and the reader's method. Everything else is read by id."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where the work is done: the data directory, whether nothing may be changed, the past that is
    shown, and whether the time is asked for."""

    data: Path
    read_only: bool
    then: tuple[tuple[int, int], int] | None
    asks_time: bool


@dataclass(frozen=True, slots=True)
class Called:
    """Stands for a function of the dashboard's, which is called there."""

    name: str


@dataclass(frozen=True, slots=True)
class Arguments:
    """What a method is given."""

    given: tuple[object, ...]
    named: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Said:
    """A configuration that is not from a file, as values."""

    rules: "Rules"
    read_only: bool
    organisation: str


class SourcesHere:
    """Answers one working process. Everything it opened is closed by `aclose`."""

    def __init__(self, opened: Openings) -> None:
        self._opened = opened
        self._clock: Clock | None = opened.clock() if opened.clock is not None else None
        self._loaded: Loaded | None = None
        self._numbers = count(1)
        self._connections: dict[int, Connections] = {}
        self._readers: dict[int, object] = {}
        self.answers: dict[str, Answer] = {
            "load": self._load,
            "connect": self._connect,
            "about": self._about,
            "reader": self._reader,
            "read": self._read,
            "list": self._list,
            "close": self._close,
        }
        if self._clock is not None:
            self.answers |= {"now": self._clock.now_ms, "sleep": self._clock.sleep}

    @property
    def around(self) -> Surroundings:
        """What the process is told of where it works."""
        opened = self._opened
        timed = self._clock is not None
        return Surroundings(opened.data.absolute(), opened.read_only, opened.then, timed)

    def sent(self, given: tuple[object, ...], named: Mapping[str, object]) -> Arguments:
        """The arguments as they may cross; functions are called here."""
        return Arguments(
            tuple(self._crossing(f"argument {no}", one) for no, one in enumerate(given)),
            {name: self._crossing(f"argument {name}", one) for name, one in named.items()},
        )

    def _crossing(self, name: str, one: object) -> object:
        if not callable(one):
            return one
        self.answers[name] = one
        return Called(name)

    async def aclose(self) -> None:
        """Closes what the process has left open."""
        while self._connections:
            await self._close(next(iter(self._connections)))

    def _load(self) -> object:
        loaded = self._loaded = self._opened.doors.load()
        if isinstance(loaded, LoadedPolicy):
            return loaded
        return Said(loaded.rules, loaded.read_only, loaded.organisation)

    def _connect(self, watched: str, *, read_only: bool) -> tuple[int, bool]:
        """Both sources, open; what they tell goes to the function that the process was given."""
        loaded = self._loaded or self._opened.doors.load()
        observe = self.answers.get(watched, unobserved)

        def told(event: object) -> None:
            observe(event)

        made = self._opened.doors.connect(loaded, read_only=read_only, observe=told)
        number = next(self._numbers)
        self._connections[number] = made
        return number, made.read_only

    async def _close(self, number: int) -> None:
        await self._connections.pop(number).aclose()

    async def _about(self, number: int, side: Side) -> "About":
        return await self._connections[number].of(side).about()

    def _reader(self, number: int, side: Side) -> tuple[int, frozenset[Ability]]:
        reader, mine = self._connections[number].of(side).reader(), next(self._numbers)
        self._readers[mine] = reader
        able = (one for one, what in READER_PROTOCOLS.items() if isinstance(reader, what))
        return mine, frozenset(able)

    async def _read(
        self, number: int, ability: Ability, name: str, given: tuple[object, ...],
        named: Mapping[str, object],
    ) -> object:  # fmt: skip
        if name not in calls_of(ability):
            raise TypeError(f"{name} is not how to {ability.value}")
        return await getattr(self._readers[number], name)(*given, **named)

    async def _list(
        self, number: int, ability: Ability, given: tuple[object, ...]
    ) -> tuple[object, ...]:
        """All pages of a listing at once."""
        pages = getattr(self._readers[number], LISTED[ability])(*given)
        return tuple([page async for page in pages])


def calls_of(ability: Ability) -> tuple[str, ...]:
    """The coroutines by which a reader does this; a listing, which comes in pages, has none."""
    protocol = READER_PROTOCOLS[ability]
    return tuple(name for name, one in vars(protocol).items() if iscoroutinefunction(one))
