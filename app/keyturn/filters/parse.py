"""Typed words to a filter: `ana dept:finance -state:active vault:"Payments EU" since:7d`.

Nothing typed is ever an error: a field that does not exist here is looked for as plain text, with
a hint; a value that cannot be meant is a problem with its place, and then nothing is shown.
"""

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from keyturn_storage.filters import ABSENT, OFF_WORDS, PRESENT, STATES, TEXTS, Field, Filter, Term

ALIASES: Mapping[str, Field] = {
    "department": Field.DEPARTMENT, "team": Field.DEPARTMENT, "user": Field.PERSON,
    "who": Field.PERSON, "people": Field.PERSON, "member": Field.PERSON, "groups": Field.GROUP,
    "vaults": Field.VAULT, "status": Field.STATE, "finding": Field.DRIFT, "sev": Field.SEVERITY,
    "level": Field.LEVEL, "can": Field.LEVEL, "permission": Field.LEVEL, "path": Field.VIA,
    "by": Field.VIA,
    "type": Field.KIND, "newer": Field.SINCE, "role": Field.TITLE,
}  # fmt: skip
MAIL_WORDS = frozenset({"email", "e-mail", "mail", "login"})
"""Words for what is no field of its own: it is in the text of a row."""
_QUOTES = str.maketrans("“”„", '"""')
UNITS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "y": 31_557_600}
LONGEST_S = 200 * UNITS["y"]
_WORDS = {"today": 0, "yesterday": 1}
_TERM = re.compile(
    r"""(?P<minus>-?)(?:(?P<field>[^\s:"]+):)?(?P<value>(?:"[^"]*"?|[^\s"])*)""", re.VERBOSE
)
_AGE = re.compile(r"(\d{1,9})([mhdwy]?)")


@dataclass(frozen=True, slots=True)
class Remark:
    """Words about the part of what was typed from `start` to `end`."""

    start: int
    end: int
    words: str

    def __str__(self) -> str:
        return f"at {self.start + 1}: {self.words}"


@dataclass(frozen=True, slots=True)
class Piece:
    """One term as it was typed: where it is, and its parts. `field` is empty for plain text."""

    start: int
    end: int
    negated: bool
    field: str
    value: str
    value_start: int


@dataclass(frozen=True, slots=True)
class Parsed:
    """A filter, what is wrong with it, and what was perhaps meant otherwise."""

    filter: Filter
    problems: tuple[Remark, ...] = ()
    hints: tuple[Remark, ...] = ()


def pieces(typed: str) -> Iterator[Piece]:
    """The terms of what was typed, in order. A quote that is not closed reaches to the end."""
    typed, at = typed.translate(_QUOTES), 0
    while at < len(typed):
        if typed[at].isspace():
            at += 1
            continue
        found = _TERM.match(typed, at)
        if found is None or found.end() == at:  # a lone quotation mark
            at += 1
            continue
        yield Piece(
            at,
            found.end(),
            bool(found["minus"]),
            found["field"] or "",
            found["value"],
            found.start("value"),
        )
        at = found.end()


def parse(
    typed: str,
    fields: Collection[Field],
    now_ms: int,
    aliases: Mapping[str, Field] | None = None,
) -> Parsed:
    """What was typed, for a list that has `fields`. `aliases` are further words for fields, such as
    the names of the sources."""
    named = {**ALIASES, **(aliases or {}), **{field.value: field for field in fields}}
    names = {word: field for word, field in named.items() if field in fields}
    terms: list[Term] = []
    problems: list[Remark] = []
    hints: list[Remark] = []
    for piece in pieces(typed):
        field = names.get(piece.field.casefold())
        if not piece.field:
            value = _plain(piece.value)
            if value:
                terms.append(Term(Field.ANY, (value,), piece.negated))
        elif field is None and piece.field.casefold() in MAIL_WORDS:
            words = f"{piece.field}: looks through all text of a row, the e-mail address too."
            hints.append(Remark(piece.start, piece.end, words))
            if value := _plain(piece.value):
                terms.append(Term(Field.ANY, (value,), piece.negated))
        elif field is None:
            hints.append(Remark(piece.start, piece.end, _no_such(piece.field, names)))
            whole = f"{piece.field}:{piece.value}"
            terms.append(Term(Field.ANY, (_plain(whole),), piece.negated))
        elif field is Field.SINCE:
            if not piece.value:
                continue
            after_ms = moment_of(piece.value.casefold().strip('"'), now_ms)
            if after_ms is None:
                problems.append(Remark(
                    piece.value_start, piece.end,
                    f"{piece.field}: takes 7d, 24h, 2w, today or a date such as 2027-01-31, "
                    f"not “{piece.value}”.",
                ))  # fmt: skip
                continue
            terms.append(Term(field, (), piece.negated, after_ms))
        elif values := tuple(_meant(field, one) for one in _values(piece.value)):
            flat = tuple(dict.fromkeys(word for words in values for word in words))
            terms.append(Term(field, flat, piece.negated))
    return Parsed(Filter(tuple(terms)), tuple(problems), tuple(hints))


def moment_of(value: str, now_ms: int) -> int | None:
    """The moment that "7d", "today" or "2027-01-31" means, in UTC milliseconds; None for none."""
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    if value in _WORDS:
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return _ms(midnight - timedelta(days=_WORDS[value]))
    age = _AGE.fullmatch(value)
    if age is not None:
        # While "7d" is being typed, "7" already means it.
        seconds = int(age[1]) * UNITS[age[2] or "d"]
        return now_ms - min(seconds, LONGEST_S) * 1000
    for form in ("%Y-%m-%d", "%Y-%m"):
        try:
            return _ms(datetime.strptime(value, form).replace(tzinfo=UTC))
        except ValueError:
            continue
    return None


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _plain(value: str) -> str:
    return value.replace('"', "").casefold()


def _values(value: str) -> list[str]:
    """The alternatives between commas; a comma within quotation marks parts nothing."""
    found = re.findall(r'(?:"[^"]*"?|[^,"])+', value)
    return [word for one in found if (word := _plain(one).strip())]


def _meant(field: Field, value: str) -> tuple[str, ...]:
    if field in STATES and value == "off":
        return OFF_WORDS
    if field in STATES and value == "on":
        return ("active",)
    if field in TEXTS:
        return (value,)
    if value in {"no", "nothing", "missing", "–"}:
        return (ABSENT,)
    if value in {"yes", "all", "*"}:
        return (PRESENT,)
    return (value,)


def _no_such(word: str, names: Mapping[str, Field]) -> str:
    near = difflib.get_close_matches(word.casefold(), names, 1)
    if near:
        return f"there is no {word}: here, so it is looked for as text. Did you mean {near[0]}:?"
    known = " ".join(f"{one}:" for one in Field if one in names.values())
    if not known:
        return f"this list has no fields, so {word}: is looked for as text."
    return f"there is no {word}: here, so it is looked for as text. Here are {known}"
