"""Values on their way between two processes of this program, in pieces.

Unpickling keeps Python's lock from the first byte to the last: a plan of ten thousand changes would
stop every other thread for a quarter of a second. What is long is taken in a few hundred at a time.
Only plain values cross, and only between a process and one that it has started itself.
"""

import io
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import cast

PIECE = 200
"""So much of a tuple or list is taken in at once: some milliseconds, whatever is in it."""

HEAD = 8
"""Bytes before each frame that say how long it is."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a long tuple or list, which a later frame refers to by its number."""

    number: int
    items: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception as values, whatever its constructor wants. Where it was raised is not kept."""

    kind: type[BaseException]
    args: tuple[object, ...]
    attributes: dict[str, object]

    @property
    def error(self) -> BaseException:
        """The exception as it was raised."""
        made = self.kind.__new__(self.kind, *self.args)
        made.__dict__.update(self.attributes)
        return made


def failure_of(error: BaseException) -> Failure:
    """The error as it may cross: where something in it cannot, its words alone."""
    try:
        # Not `args`: an OSError keeps the name of the file elsewhere.
        found = Failure(type(error), tuple(error.__reduce__()[1]), dict(error.__dict__))
        pickle.loads(pickle.dumps(found))  # noqa: S301 - made one line above
    except Exception:  # noqa: BLE001 - whatever a value's own pickling raises
        return Failure(RuntimeError, (f"{type(error).__name__}: {error}",), {})
    return found


def frames(value: object) -> list[bytes]:
    """The value as frames to be sent one after the other. Others' threads go on meanwhile. Raises
    what pickling does where something in it is not plain."""
    return [len(body).to_bytes(HEAD, "big") + body for body in _Packing().pack(value)]


class Unpacking:
    """Takes frames in, in the order in which they were sent."""

    def __init__(self) -> None:
        self._parts: dict[int, list[object]] = {}
        self._tuples: dict[int, tuple[object, ...]] = {}

    def take(self, body: bytes) -> tuple[object, ...]:
        """The value that this frame completes, alone in a tuple; an empty one before that."""
        found: object = _Unpickler(io.BytesIO(body), self._whole).load()
        if isinstance(found, _Piece):
            self._parts.setdefault(found.number, []).extend(found.items)
            return ()
        self._parts.clear()
        self._tuples.clear()
        return (found,)

    def _whole(self, is_tuple: bool, number: int) -> object:
        items = self._parts[number]
        if not is_tuple:
            return items
        if number not in self._tuples:
            self._tuples[number] = tuple(items)
        return self._tuples[number]


class _Packing:
    def __init__(self) -> None:
        self._ready: list[bytes] = []
        self._sent: dict[int, tuple[int, object]] = {}
        """By identity, with the thing itself: what has gone gives its identity to another."""

    def pack(self, value: object) -> list[bytes]:
        self._add(value)
        return self._ready

    def _add(self, value: object) -> None:
        out = io.BytesIO()
        _Pickler(out, self).dump(value)
        self._ready.append(out.getvalue())

    def number_of(self, long: "tuple[object, ...] | list[object]") -> int:
        """Sends it ahead of what it is in, unless it went already."""
        if id(long) in self._sent:
            return self._sent[id(long)][0]
        number = len(self._sent)
        self._sent[id(long)] = number, long
        for start in range(0, len(long), PIECE):
            self._add(_Piece(number, tuple(long[start : start + PIECE])))
        return number


class _Pickler(pickle.Pickler):
    def __init__(self, out: io.BytesIO, packing: _Packing) -> None:
        super().__init__(out, pickle.HIGHEST_PROTOCOL)
        self._packing = packing

    def persistent_id(self, obj: object) -> "tuple[bool, int] | None":
        if type(obj) in (tuple, list) and len(obj) > PIECE:  # type: ignore[arg-type]  # both have
            return type(obj) is tuple, self._packing.number_of(obj)  # type: ignore[arg-type]
        return None

    def reducer_override(self, obj: object) -> "tuple[Callable[..., object], tuple[object, ...]]":
        if type(obj) is MappingProxyType:
            return _unchangeable, (dict(obj),)
        return cast("tuple[Callable[..., object], tuple[object, ...]]", NotImplemented)


def _unchangeable(values: dict[object, object]) -> MappingProxyType[object, object]:
    return MappingProxyType(values)


class _Unpickler(pickle.Unpickler):
    def __init__(self, body: io.BytesIO, whole: Callable[[bool, int], object]) -> None:
        super().__init__(body)
        self._whole = whole

    def persistent_load(self, pid: "tuple[bool, int]") -> object:
        return self._whole(*pid)
