"""A hundred thousand numbers out of one query, of which the first are wanted at once.

SQLite gives them as one JSON list without Python's lock; making numbers of all of them keeps it for
a good part of what a first paint may take, and that shows two screens of them at most.
"""

from array import array
from collections.abc import Iterator, Sequence
from typing import overload

from keyturn_storage.queries.reader import numbers

HEAD = 256


class NumberList(Sequence[int]):
    """The numbers of a JSON list of `count`, read when one beyond the first `HEAD` is asked for."""

    def __init__(self, listed: str, count: int) -> None:
        self._listed, self._count = listed, count
        first = listed[1:-1] if count <= HEAD else ",".join(listed[1:].split(",", HEAD)[:HEAD])
        self._head = numbers(f"[{first}]")
        self._every = self._head if count <= HEAD else None

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> int: ...

    @overload
    def __getitem__(self, place: slice) -> "array[int]": ...

    def __getitem__(self, place: int | slice) -> "int | array[int]":
        if isinstance(place, slice):
            start, stop, step = place.indices(self._count)
            if step > 0 and stop <= HEAD:
                return self._head[start:stop:step]
            return self._all()[place]
        return (self._head if 0 <= place < HEAD else self._all())[place]

    def __iter__(self) -> Iterator[int]:
        return iter(self._all())

    def __contains__(self, number: object) -> bool:
        return number in self._head or number in self._all()

    def index(self, value: int, start: int = 0, stop: int | None = None) -> int:
        """As every sequence has it."""
        if start == 0 and stop is None and value in self._head:
            return self._head.index(value)
        return self._all().index(value, start, self._count if stop is None else stop)

    def _all(self) -> "array[int]":
        listed = self._listed  # first: another thread may be about to take it away
        every = self._every
        if every is None:
            every = self._every = numbers(listed)
            self._listed = ""
        return every
