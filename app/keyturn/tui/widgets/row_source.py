"""What a virtual list is fed by: ids, cells and texts to search, whatever they mean."""

from array import array
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar, runtime_checkable

T = TypeVar("T")


class Row(NamedTuple):
    """One line: a gutter sign, the cells in the order of the columns, a role per cell.

    `roles` name a style ("dim", "add", "remove", "change", "unknown", "urgent", "strong"); a
    shorter tuple leaves the rest plain. `label` is what the row is called in a sentence. `about` is
    whatever the source made the row from; the list never looks at it.
    """

    id: int
    sign: str
    cells: tuple[str, ...]
    roles: tuple[str, ...] = ()
    label: str = ""
    about: object = None


class RowSource(Protocol):
    """Answers from storage. Every method may block, so a list calls them through its `Ask`."""

    def ids(self) -> Sequence[int]:
        """Every row's id, in display order. Ids are unique, and stay with their object."""
        ...

    def rows(self, ids: Sequence[int]) -> Sequence[Row]:
        """The rows with these ids; ids that are gone are left out."""
        ...

    def find(self, wish: "Wish") -> "Found":
        """The ids that a filter leaves, in the order wished for."""
        ...


@dataclass(frozen=True, slots=True)
class Wish:
    """What a list is filtered by, as it was typed, and which column sorts it. No `order` is the
    source's own."""

    needle: str = ""
    order: str = ""
    backwards: bool = False

    @property
    def plain(self) -> bool:
        """Whether everything is wanted, as it comes."""
        return not (self.needle.strip() or self.order or self.backwards)


class Found(NamedTuple):
    """The ids that are shown. `problem` says what is wrong with the filter: then nothing is shown.
    `hint` says what was perhaps meant otherwise."""

    ids: Sequence[int]
    problem: str = ""
    hint: str = ""


class Suggestion(NamedTuple):
    """`typed` is the whole filter if this is taken; `shown` is what it is called in a list."""

    typed: str
    shown: str


@runtime_checkable
class Suggests(Protocol):
    """A source that knows how a filter may go on, and what one that finds nothing was perhaps meant
    to be. May block."""

    def suggest(self, typed: str, limit: int) -> Sequence[Suggestion]: ...

    def meant(self, typed: str, limit: int) -> Sequence[Suggestion]: ...


def suggestions_of(source: RowSource, typed: str, limit: int) -> Sequence[Suggestion]:
    """How a filter may go on; nothing where the source does not know."""
    return source.suggest(typed, limit) if isinstance(source, Suggests) else ()


def meant_by(source: RowSource, typed: str, limit: int) -> Sequence[Suggestion]:
    """What a filter that finds nothing was perhaps meant to be."""
    return source.meant(typed, limit) if isinstance(source, Suggests) else ()


def orders_of(source: RowSource) -> tuple[str, ...]:
    """The keys of the columns a source can be sorted by."""
    found = getattr(source, "orders", ())
    return found if isinstance(found, tuple) else ()


FIRST_ROWS = 64


class Answer(NamedTuple):
    """A source's answer: every id, what a wish leaves of them, and the first rows needed."""

    ids: Sequence[int]
    found: Found
    rows: list[Row]

    @property
    def shown(self) -> Sequence[int]:
        """The ids that are shown."""
        return self.found.ids


def answer_of(source: RowSource, wish: Wish, top: int, height: int, also: int | None) -> Answer:
    """Asks a source for all ids and for `height` rows from `top` on, and the row `also`. Blocks."""
    ids = source.ids()
    found = Found(ids) if wish.plain else source.find(wish)
    first = list(found.ids[top : top + height])
    if also is not None:
        first.append(also)
    return Answer(ids, found, list(source.rows(first)))


class Ask(Protocol):
    """Runs blocking work where it blocks nobody, and gives its answer."""

    def __call__(self, work: Callable[[], T]) -> Awaitable[T]: ...


async def ask_here(work: Callable[[], T]) -> T:
    """An `Ask` for sources that are in memory."""
    return work()


@dataclass(frozen=True, slots=True)
class RowsInMemory:
    """A source for lists that are always short."""

    content: tuple[Row, ...] = ()

    def ids(self) -> Sequence[int]:
        return array("q", [row.id for row in self.content])

    def rows(self, ids: Sequence[int]) -> Sequence[Row]:
        wanted = set(ids)
        return [row for row in self.content if row.id in wanted]

    def find(self, wish: Wish) -> Found:
        words = wish.needle.casefold().split()
        found = [
            row.id for row in self.content
            if all(word in " ".join(row.cells).casefold() for word in words)
        ]  # fmt: skip
        return Found(array("q", reversed(found) if wish.backwards else found))
