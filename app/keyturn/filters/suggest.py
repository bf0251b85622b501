"""How a filter may go on: fields by their beginning, then values of the field. Pure."""

import difflib
from collections.abc import Callable, Iterator, Sequence

from keyturn.filters.parse import ALIASES, pieces
from keyturn_storage.filters import STATES, Field

Values = Callable[[Field, str, int], Sequence[str]]
"""Values of a field that contain a text, at most so many."""

STATE_WORDS = ("active", "suspended", "deactivated", "off", "invited", "none")
SINCE_WORDS = ("today", "24h", "7d", "30d")
SEVERITY_WORDS = ("urgent", "high", "medium", "low")
_ONE_SIDE = STATES - {Field.STATE}
SHORTEST = 3
"""Letters below which a word is in too many values to mean one."""


def suggestions(
    typed: str, fields: Sequence[Field], values: Values, limit: int
) -> list[tuple[str, str]]:
    """(the whole filter if taken, what is added as it is shown), best first. What is typed is
    completed at its end."""
    last = list(pieces(typed))[-1:]
    if not last or last[0].end < len(typed):
        return [(f"{typed}{field.value}:", f"{field.value}:") for field in fields[:limit]]
    piece = last[0]
    before = typed[: piece.start] + ("-" if piece.negated else "")
    if not piece.field:
        words = list(_fields(piece.value.casefold(), fields))
        return [(f"{before}{word}:", f"{word}:") for word in words[:limit]]
    field = _named(piece.field.casefold(), fields)
    if field is None:
        return []
    *whole, part = piece.value.split(",") if '"' not in piece.value else [piece.value]
    done = ",".join(whole) + ("," if whole else "")
    part = part.replace('"', "").casefold()
    found = [word for word in _values(field, part, values, limit) if word != part]
    return [
        (f"{before}{piece.field}:{done}{_quoted(word)}", f"{piece.field}:{_quoted(word)}")
        for word in found[:limit]
    ]


def meant(typed: str, fields: Sequence[Field], values: Values, limit: int) -> list[tuple[str, str]]:
    """As `suggestions`, for a filter that finds nothing: what it was perhaps meant to be. A value
    of two words without quotation marks, one that is misspelt, or one without its field."""
    parts = list(pieces(typed))
    if not parts:
        return []
    last = parts[-1]
    before = typed[: last.start] + ("-" if last.negated else "")
    word = last.value.replace('"', "").casefold()
    if last.field:
        fixed = _fixed(_named(last.field.casefold(), fields))
        near = difflib.get_close_matches(word, fixed, 1)
        return [(f"{before}{last.field}:{one}", f"{last.field}:{one}") for one in near]
    named = _named(parts[-2].field.casefold(), fields) if len(parts) > 1 else None
    if named is not None and not last.negated:
        name, both = parts[-2].field, f"{parts[-2].value} {last.value}".replace('"', "").casefold()
        at = typed[: parts[-2].start] + ("-" if parts[-2].negated else "")
        wholes = [f"{name}:{_quoted(one)}" for one in _values(named, both, values, limit)]
        if wholes:
            return [(f"{at}{whole}", whole) for whole in wholes]
    if len(word) < SHORTEST:
        return []
    wholes = [
        f"{field.value}:{_quoted(one)}"
        for field in fields if field not in _ONE_SIDE
        for one in _values(field, word, values, limit)
    ]  # fmt: skip
    return [(f"{before}{whole}", whole) for whole in wholes[:limit]]


def _fields(begin: str, fields: Sequence[Field]) -> Iterator[str]:
    if not begin or '"' in begin:
        return
    seen: set[Field] = set()
    for field in fields:
        if field.value.startswith(begin):
            seen.add(field)
            yield field.value
    for word, field in ALIASES.items():
        if word.startswith(begin) and field in fields and field not in seen:
            seen.add(field)
            yield field.value


def _named(word: str, fields: Sequence[Field]) -> Field | None:
    found = ALIASES.get(word) or next((one for one in fields if one.value == word), None)
    return found if found in fields else None


def _values(field: Field, part: str, values: Values, limit: int) -> list[str]:
    fixed = _fixed(field)
    if fixed:
        return [word for word in fixed if word.startswith(part)]
    return list(values(field, part, limit))


def _fixed(field: Field | None) -> Sequence[str]:
    """The words of a field that has a short list of them."""
    if field in STATES:
        return STATE_WORDS
    if field is Field.SINCE:
        return SINCE_WORDS
    return SEVERITY_WORDS if field is Field.SEVERITY else ()


def _quoted(word: str) -> str:
    plain = word.replace('"', "")
    return f'"{plain}"' if any(char.isspace() or char == "," for char in plain) else plain
