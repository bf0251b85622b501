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


FIRST_ROWS = 64


@dataclass(frozen=True, slots=True)
class Answer:
    """A source's answer: every id, the ids a filter leaves, and the first rows that are needed.

    `texts` is what was searched, None where nothing was.
    """

    ids: Sequence[int]
    shown: Sequence[int]
    rows: list[Row]
    texts: Sequence[tuple[int, str]] | None


def answer_of(source: RowSource, needle: str, top: int, height: int, also: int | None) -> Answer:
    """Asks a source for all ids and for `height` rows from `top` on, and the row `also`. Blocks."""
    ids = source.ids()
    texts = source.search() if needle.strip() else None
    shown = matching(ids, texts, needle) if texts is not None else ids
    first = list(shown[top : top + height])
    if also is not None:
        first.append(also)
    return Answer(ids, shown, list(source.rows(first)), texts)


def matching(ids: Sequence[int], texts: Sequence[tuple[int, str]], needle: str) -> Sequence[int]:
    """The ids whose text contains every word of `needle`, in the order of `ids`."""
    words = needle.casefold().split()
    if not words:
        return ids
    found = {number for number, text in texts if all(word in text for word in words)}
    return array("q", [number for number in ids if number in found])


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
