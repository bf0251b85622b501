"""Frozen dataclasses to plain JSON values and back, strictly: nothing missing, nothing extra."""

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")

Plain = str | int | float | bool | None | list["Plain"] | dict[str, "Plain"]
"""What `json.dumps` takes and `json.loads` gives."""


class NotThatValue(ValueError):
    """The JSON does not hold the value it should; says where and what."""


def to_plain(value: object) -> Plain:
    """A frozen dataclass (or tuple, enum, text, number, None) as plain JSON values."""
    if isinstance(value, StrEnum):
        return value.value
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, tuple):
        return [to_plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} has no plain form")


def from_plain(wanted: type[T], plain: object, where: str = "") -> T:
    """The value of type `wanted` that `to_plain` gave. Raises NotThatValue for anything else:
    a missing or unknown field, another type, a word no enumeration has."""
    return cast("T", _read(wanted, plain, where))


def _read(wanted: object, plain: object, where: str) -> object:
    origin = get_origin(wanted)
    if origin is Union or origin is types.UnionType:
        return _optional(wanted, plain, where)
    if origin is tuple:
        if not isinstance(plain, list):
            raise NotThatValue(f"{where or 'value'}: a list is expected")
        item = get_args(wanted)[0]
        return tuple(_read(item, x, f"{where}[{i}]") for i, x in enumerate(plain))
    if is_dataclass(wanted) and isinstance(wanted, type):
        return _dataclass(wanted, plain, where)
    if isinstance(wanted, type) and issubclass(wanted, StrEnum):
        return _word(wanted, plain, where)
    if type(plain) is wanted or (wanted is float and type(plain) is int):
        return plain
    raise NotThatValue(f"{where or 'value'}: {type(plain).__name__} is not expected here")


def _optional(wanted: object, plain: object, where: str) -> object:
    inner = [x for x in get_args(wanted) if x is not types.NoneType]
    return None if plain is None else _read(inner[0], plain, where)


def _word(wanted: type[StrEnum], plain: object, where: str) -> StrEnum:
    try:
        return wanted(cast("str", plain))
    except ValueError:
        raise NotThatValue(f"{where}: {plain!r} is not a {wanted.__name__}") from None


@cache
def _hints(wanted: type) -> dict[str, object]:
    hints = get_type_hints(wanted)
    return {field.name: hints[field.name] for field in fields(wanted)}


def _dataclass(wanted: type, plain: object, where: str) -> object:
    if not isinstance(plain, Mapping):
        raise NotThatValue(f"{where or 'value'}: an object is expected")
    hints = _hints(wanted)
    names = list(hints)
    odd = sorted({str(x) for x in plain} ^ set(names))
    if odd:
        raise NotThatValue(f"{where or 'value'}: {', '.join(odd)} missing or not known")
    prefix = f"{where}." if where else ""
    return wanted(**{name: _read(hints[name], plain[name], prefix + name) for name in names})
