"""Okta's filter language, read and turned into a condition for SQLite.

`eq ne co sw ew gt ge lt le pr`, `and`, `or`, `not`, parentheses; values in double quotes, numbers
and true/false. Which names and operators a listing takes is the listing's to say.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from keyturn_providers.simulated.okta.moments import normal

ORDER = frozenset({"gt", "ge", "lt", "le"})
ALL = ORDER | {"eq", "ne", "co", "sw", "ew", "pr"}
_SQL = {"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_WORD = re.compile(r'\s*(\(|\)|"(?:[^"\\]|\\.)*"|[^\s()"]+)')


class NotUnderstood(ValueError):
    """The expression is not one this listing takes."""


class NotPossible(NotUnderstood):
    """The expression is well formed; an operator does not go with its attribute."""


@dataclass(frozen=True, slots=True)
class Field:
    """What a name stands for: an SQL expression, the operators it takes, and whether it is a date.

    `each` wraps a comparison where the name stands for several values: "EXISTS (… {} …)".
    """

    sql: str
    operators: frozenset[str] = ALL
    date: bool = False
    each: str = "{}"


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition and its parameters."""

    sql: str = "1"
    parameters: tuple[str | float, ...] = ()


def condition(text: str, field: Callable[[str], Field], *, negation: bool = False) -> Condition:
    """The condition that `text` means. `field` raises `NotUnderstood` for unknown names."""
    words = _words(text)
    reading = _Reading(words, field, negation)
    made = reading.either()
    if reading.place != len(words):
        raise NotUnderstood(f"unexpected {words[reading.place]}")
    return made


class _Reading:
    def __init__(self, words: list[str], field: Callable[[str], Field], negation: bool) -> None:
        self._words = words
        self._field = field
        self._negation = negation
        self.place = 0

    def either(self) -> Condition:
        return self._joined("or", lambda: self._joined("and", self._one))

    def _joined(self, joint: str, part: Callable[[], Condition]) -> Condition:
        parts = [part()]
        while self._peek().lower() == joint:
            self.place += 1
            parts.append(part())
        if len(parts) == 1:
            return parts[0]
        return Condition(
            "(" + f" {joint} ".join(p.sql for p in parts) + ")",
            tuple(value for p in parts for value in p.parameters),
        )

    def _one(self) -> Condition:
        word = self._next()
        if word == "(":
            inner = self.either()
            if self._next() != ")":
                raise NotUnderstood("a parenthesis is missing")
            return inner
        if word.lower() == "not" and self._negation:
            inner = self._one()
            return Condition(f"NOT ({inner.sql})", inner.parameters)
        found = self._field(word)
        operator = self._next().lower()
        if operator not in found.operators:
            raise NotPossible(f"{operator} is not possible with {word}")
        if operator == "pr":
            return Condition(found.each.format(f"{found.sql} IS NOT NULL"))
        return _compared(found, operator, self._value(found))

    def _value(self, found: Field) -> str | float:
        word = self._next()
        if word.startswith('"'):
            text = re.sub(r"\\(.)", r"\1", word[1:-1])
            if not found.date:
                return text
            try:
                return normal(text)
            except ValueError:
                raise NotUnderstood(f"{text} is not a date") from None
        if word in ("true", "false"):
            return float(word == "true")
        try:
            return float(word)
        except ValueError:
            raise NotUnderstood(f"{word} is not a value") from None

    def _peek(self) -> str:
        return self._words[self.place] if self.place < len(self._words) else ""

    def _next(self) -> str:
        word = self._peek()
        if not word:
            raise NotUnderstood("it ends too early")
        self.place += 1
        return word


def _compared(found: Field, operator: str, value: str | float) -> Condition:
    if operator in _SQL:
        fold = "" if found.date or not isinstance(value, str) else " COLLATE NOCASE"
        return Condition(found.each.format(f"{found.sql} {_SQL[operator]} ?{fold}"), (value,))
    literal = re.sub(r"([\\%_])", r"\\\1", str(value))
    pattern = {"co": f"%{literal}%", "sw": f"{literal}%", "ew": f"%{literal}"}[operator]
    return Condition(found.each.format(f"{found.sql} LIKE ? ESCAPE '\\'"), (pattern,))


def _words(text: str) -> list[str]:
    words, place = [], 0
    while text[place:].strip():
        found = _WORD.match(text, place)
        if found is None:
            raise NotUnderstood("a quotation mark is missing")
        words.append(found.group(1))
        place = found.end()
    if not words:
        raise NotUnderstood("it is empty")
    return words
