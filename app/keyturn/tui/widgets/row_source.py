"""What a virtual list is fed by: ids, cells and texts to search, whatever they mean."""

from array import array
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Row:
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

    def search(self) -> Sequence[tuple[int, str]]:
        """Each id with the casefolded text it is found by. Asked for on the first filter only."""
        ...


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

    def search(self) -> Sequence[tuple[int, str]]:
        return [(row.id, " ".join(row.cells).casefold()) for row in self.content]
