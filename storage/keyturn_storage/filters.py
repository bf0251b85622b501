"""A filter as a value: terms that must all hold of a row. Nothing here knows how it was typed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Field(StrEnum):
    """What a term looks at; the value is the word it is typed by. `ANY` is all of a row's text."""

    ANY = ""
    NAME = "name"
    DEPARTMENT = "dept"
    TITLE = "title"
    STATE = "state"
    DIRECTORY = "directory"
    SECRETS = "secrets"
    DRIFT = "drift"
    SEVERITY = "severity"
    PERSON = "person"
    GROUP = "group"
    VAULT = "vault"
    VIA = "via"
    LEVEL = "may"
    KIND = "kind"
    SOURCE = "source"
    OWNER = "owner"
    SINCE = "since"


STATES = frozenset({Field.STATE, Field.DIRECTORY, Field.SECRETS})
BEGINS = STATES | {Field.SEVERITY}
"""Fields whose values are words of a short list: the beginning of one is enough, its middle is
not, so that "active" never means "inactive"."""
TEXTS = frozenset({Field.ANY, Field.NAME, Field.TITLE})
"""Fields in which "none" and "any" are text like any other: everybody has a name."""
OFF_WORDS = ("suspended", "deactivated")
ABSENT = "none"
PRESENT = "any"


@dataclass(frozen=True, slots=True)
class Term:
    """Holds where the field has one of `values`, or with `negated` none of them.

    Values are casefolded. For `SINCE` there are none: `after_ms` is the earliest moment.
    """

    field: Field
    values: tuple[str, ...] = ()
    negated: bool = False
    after_ms: int = 0


@dataclass(frozen=True, slots=True)
class Filter:
    """All terms hold. No terms: everything is shown."""

    terms: tuple[Term, ...] = ()


EVERYTHING = Filter()


@dataclass(frozen=True, slots=True)
class Facts:
    """What a filter looks at in one row that is in memory: all its text, and by field. Casefolded.
    `at_ms` is what `SINCE` is held against."""

    text: str
    fields: Mapping[Field, Sequence[str]]
    at_ms: int | None = None


def holds(wanted: Filter, facts: Facts) -> bool:
    """Whether a row in memory is shown."""
    return all(_holds(term, facts) is not term.negated for term in wanted.terms)


def _holds(term: Term, facts: Facts) -> bool:
    if term.field is Field.ANY:
        return any(value in facts.text for value in term.values)
    if term.field is Field.SINCE:
        return facts.at_ms is not None and facts.at_ms >= term.after_ms
    there = [text for text in facts.fields.get(term.field, ()) if text]
    return any(_has(term.field, value, there) for value in term.values)


def _has(field: Field, value: str, there: Sequence[str]) -> bool:
    if value == ABSENT and field not in TEXTS:
        return not there
    if value == PRESENT and field not in TEXTS:
        return bool(there)
    if field in BEGINS:
        return any(text.startswith(value) for text in there)
    return any(value in text for text in there)
