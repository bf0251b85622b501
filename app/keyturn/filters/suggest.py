"""How a filter may go on: fields by their beginning, then values of the field. Pure."""

from collections.abc import Callable, Iterator, Sequence

from keyturn.filters.parse import ALIASES, pieces
from keyturn_storage.filters import STATES, Field

Values = Callable[[Field, str, int], Sequence[str]]
"""Values of a field that contain a text, at most so many."""

STATE_WORDS = ("active", "suspended", "deactivated", "off", "invited", "none")
SINCE_WORDS = ("today", "24h", "7d", "30d")
SEVERITY_WORDS = ("urgent", "high", "medium", "low")


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
    fixed: Sequence[str] = ()
    if field in STATES:
        fixed = STATE_WORDS
    elif field is Field.SINCE:
        fixed = SINCE_WORDS
    elif field is Field.SEVERITY:
        fixed = SEVERITY_WORDS
    if fixed:
        return [word for word in fixed if word.startswith(part)]
    return list(values(field, part, limit))


def _quoted(word: str) -> str:
    plain = word.replace('"', "")
    return f'"{plain}"' if any(char.isspace() or char == "," for char in plain) else plain
