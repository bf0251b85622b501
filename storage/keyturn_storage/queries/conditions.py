"""Filters as SQL conditions. Every value is bound to a parameter; nothing typed is ever spliced.

A field is a template in which `{}` stands for a parameter's name; the templates are constants.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from keyturn_storage.filters import ABSENT, PRESENT, TEXTS, Field, Filter, Term
from keyturn_storage.queries.reader import Reader

Value = str | int | bytes


Made = Callable[["Bound", str | int | None], str]


@dataclass(frozen=True, slots=True)
class Template:
    """How a field is asked: for a value, for there being none, and for there being any."""

    value: str
    absent: str
    present: str
    made: "Made | None" = None
    """Gives the condition for a value, or for any (None), where it takes more than a template. What
    it gives is of use in the transaction only in which it was made. There is none where there is
    not any, unless `absent` says otherwise."""


@dataclass(slots=True)
class Bound:
    """Parameters, each under a name of its own, and what conditions may be made from."""

    reader: Reader
    values: dict[str, Value] = dataclasses.field(default_factory=dict)

    def add(self, value: Value) -> str:
        """The parameter's place in a statement."""
        name = f"f{len(self.values)}"
        self.values[name] = value
        return f":{name}"


def condition(wanted: Filter, templates: Mapping[Field, Template], bound: Bound) -> str:
    """All terms as one condition; "1" where there are none. A field that the list does not have
    holds of nothing."""
    return " and ".join(_term(term, templates, bound) for term in wanted.terms) or "1"


def _term(term: Term, templates: Mapping[Field, Template], bound: Bound) -> str:
    template = templates.get(term.field)
    if template is None:
        found = "0"
    elif term.field is Field.SINCE:
        found = (
            template.made(bound, term.after_ms)
            if template.made is not None
            else template.value.replace("{}", bound.add(term.after_ms))
        )
    else:
        found = (
            " or ".join(_value(template, term.field, value, bound) for value in term.values) or "0"
        )
    # A comparison with what is not there is null, which "not" would leave null. "case" and not
    # "ifnull": as an argument the whole of a condition is worked out, here its first part decides.
    return f"case when ({found}) then 0 else 1 end" if term.negated else f"({found})"


def _value(template: Template, field: Field, value: str, bound: Bound) -> str:
    absent, present = (value == one and field not in TEXTS for one in (ABSENT, PRESENT))
    if template.made is not None:
        if absent:
            return template.absent or f"not ifnull(({template.made(bound, None)}), 0)"
        return template.made(bound, None if present else value)
    if absent:
        return template.absent
    if present:
        return template.present
    return template.value.replace("{}", bound.add(value))


def contains(column: str) -> Template:
    """The value anywhere in a casefolded column."""
    return Template(f"instr({column}, {{}}) > 0", f"{column} = ''", f"{column} <> ''")


def begins(column: str) -> Template:
    """A column of one word out of a short list, that begins with the value."""
    return Template(
        f"substr({column}, 1, length({{}})) = {{}}", f"{column} is null", f"{column} is not null"
    )


AT = "at as (select directory_snapshot as d, secrets_snapshot as s from assessment)"
OPEN = "{0}.from_snapshot <= at.{1} and ({0}.to_snapshot is null or {0}.to_snapshot > at.{1})"


def nested(side: str) -> str:
    """Groups that are members of groups, on one side: few, so that walking them is quick."""
    return (
        f"nested_{side} as materialized (select b.group_no, b.member_no "  # noqa: S608 -- constants of this module
        f"from at cross join object m cross join membership b on b.member_no = m.no "
        f"where m.kind = 2 and m.source_no = (select source_no from snapshot where id = at.{side}) "
        f"and {OPEN.format('b', side)})"
    )


def inside(side: str, start: str) -> str:
    """`start` (group numbers) with every group inside them, as `inside_d` or `inside_s`."""
    return (
        f"{nested(side)}, inside_{side} (no) as ({start} union select n.member_no "  # noqa: S608 -- constants of this module
        f"from inside_{side} i join nested_{side} n on n.group_no = i.no)"
    )


def accounts_in(side: str) -> str:
    """Everything directly in one of these groups."""
    return (
        f"select b.member_no from at cross join inside_{side} i cross join membership b "  # noqa: S608 -- constants of this module
        f"where b.group_no = i.no and {OPEN.format('b', side)}"
    )


def marked(bound: Bound, marks: bytes, place: str = "position") -> str:
    """The condition for rows whose place is marked."""
    if 1 not in marks:
        return "0"
    return f"substr({bound.add(marks)}, {place} + 1, 1) = x'01'"


def made_by(made: "Made") -> Template:
    """A field that is always asked so."""
    return Template("", "", "", made)
