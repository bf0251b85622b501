"""Filters as SQL conditions. Every value is bound to a parameter; nothing typed is ever spliced.

A field is a template in which `{}` stands for a parameter's name; the templates are constants.
"""

import dataclasses
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from keyturn_storage.filters import ABSENT, PRESENT, TEXTS, Field, Filter, Term
from keyturn_storage.queries.containment import Containment
from keyturn_storage.queries.reader import Reader

Value = str | int | bytes


@dataclass(frozen=True, slots=True)
class Template:
    """How a field is asked: for a value, for there being none, and for there being any."""

    value: str
    absent: str
    present: str
    made: "Callable[[Bound, str | int | None], str] | None" = None
    """Gives the condition for a value, or for any (None), where it takes more than a template. What
    it gives is of use in the transaction only in which it was made."""


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
    # A comparison with what is not there is null, which "not" would leave null.
    return f"{'not ' if term.negated else ''}ifnull(({found}), 0)"


def _value(template: Template, field: Field, value: str, bound: Bound) -> str:
    absent, present = (value == one and field not in TEXTS for one in (ABSENT, PRESENT))
    if template.made is not None:
        if absent:
            return f"not ifnull(({template.made(bound, None)}), 0)"
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


def marked(bound: Bound, marks: bytes, place: str) -> str:
    """The condition for people whose place is marked."""
    if 1 not in marks:
        return "0"
    return f"substr({bound.add(marks)}, {place} + 1, 1) = x'01'"


def _containment(bound: Bound) -> Containment | None:
    assessed = bound.reader.assessed()
    if assessed is None:
        return None
    prefix = f"f{len(bound.values)}_"
    return Containment(bound.reader.connection, assessed[0], assessed[1], prefix)


def _people_in_groups(bound: Bound, value: str | int | None) -> str:
    if value is None:
        return _IN_ANY_GROUP
    marks = bound.reader.sets.found("group", value)
    if marks is not None:
        return marked(bound, marks, "position")
    asked = _containment(bound)
    if asked is None:
        return "0"
    found = asked.in_linked_groups("instr(search, :value) > 0", str(value))
    bound.values |= found.values
    return found.condition


def _people_on_vaults(bound: Bound, value: str | int | None) -> str:
    marks = bound.reader.sets.found("vault", "" if value is None else value)
    if marks is not None:
        return marked(bound, marks, "position")
    named = "1" if value is None else "instr(casefold(name), :value) > 0"
    return _on_vaults(bound, f"select no from vault_line where {named}", value)  # noqa: S608 -- constants of this module


def people_on_vault(bound: Bound, vault_id: str) -> str:
    """The condition for people who can open a vault, on any path."""
    marks = bound.reader.sets.found("one vault", vault_id)
    if marks is not None:
        return marked(bound, marks, "position")
    return _on_vaults(bound, "select no from vault_line where vault_id = :value", vault_id)


def _on_vaults(bound: Bound, vaults: str, value: str | int | None) -> str:
    asked, connection = _containment(bound), bound.reader.connection
    if asked is None:
        return "0"
    wanted = [int(row[0]) for row in connection.execute(vaults, {"value": value})]
    total = int(connection.execute("select count(*) from vault_line").fetchone()[0])
    found = asked.on_vaults(wanted, total)
    bound.values |= found.values
    return found.condition


def _people_with(about: str, otherwise: str) -> "Callable[[Bound, str | int | None], str]":
    """People with a finding that has a value in what it is `about`."""

    def made(bound: Bound, value: str | int | None) -> str:
        if value is None:
            return _DRIFTED
        marks = bound.reader.sets.found(about, value)
        if marks is not None:
            return marked(bound, marks, "position")
        return _FINDING_OF_PERSON.format(otherwise.replace("{}", bound.add(value)))

    return made


def _in_any(side: str, column: str) -> str:
    return (
        f"exists (with {AT} select 1 from at join membership b "  # noqa: S608 -- constants of this module
        f"on b.member_no = person.{column} and {OPEN.format('b', side)})"
    )


_IN_ANY_GROUP = f"({_in_any('d', 'directory_no')} or {_in_any('s', 'secrets_no')})"
_DRIFTED = "findings > 0"
_FINDING_OF_PERSON = "key in (select person_key from finding_line where {0})"


def _made(made: "Callable[[Bound, str | int | None], str]") -> Template:
    return Template("0", "0", "0", made)


PEOPLE: Mapping[Field, Template] = {
    Field.ANY: contains("search"),
    Field.NAME: contains("find_name"),
    Field.DEPARTMENT: contains("find_department"),
    Field.TITLE: contains("find_title"),
    Field.DIRECTORY: begins("directory_state"),
    Field.SECRETS: begins("secrets_state"),
    Field.STATE: Template(
        "substr(directory_state, 1, length({})) = {} or substr(secrets_state, 1, length({})) = {}",
        "directory_state is null or secrets_state is null",
        "directory_state is not null or secrets_state is not null",
    ),
    Field.DRIFT: _made(_people_with("kind", "instr(kind, {}) > 0")),
    Field.SEVERITY: _made(_people_with("severity", "substr(severity, 1, length({})) = {}")),
    Field.GROUP: _made(_people_in_groups),
    Field.VAULT: _made(_people_on_vaults),
    Field.SINCE: _made(_people_with("since", "since_ms >= {}")),
}


def _of_person(template: Template) -> Template:
    """The same of the person a finding is about; findings about nobody have none of it."""

    def made(bound: Bound, value: str | int | None) -> str:
        asked = Bound(bound.reader)
        where = (
            template.present if value is None else template.value.replace("{}", asked.add(value))
        )
        return marked(bound, people_where(asked, where), "person_place")

    return _made(made)


def people_where(bound: Bound, where: str) -> bytes:
    """The people a condition holds of: one byte for each, in the order of their list."""
    listed, people = bound.reader.connection.execute(
        "select json_group_array(position) filter (where ifnull(({where}), 0)), count(*) "
        "from person".replace("{where}", where),
        bound.values,
    ).fetchone()
    found = bytearray(people)
    for place in json.loads(listed):
        found[place] = 1
    return bytes(found)


_LAST = "char(1114111)"
_NAME_OF_PERSON = "substr(by_person, 1, instr(by_person, char(31)) - 1)"
"""What follows is the key, which parts people of one name."""
_NAMED_VAULT = f"by_vault <> {_LAST}"
FINDINGS: Mapping[Field, Template] = {
    Field.ANY: contains("search"),
    Field.DRIFT: contains("kind"),
    Field.SEVERITY: begins("severity"),
    Field.PERSON: Template(
        f"by_person <> {_LAST} "
        f"and (instr(by_subject, {{}}) > 0 or instr({_NAME_OF_PERSON}, {{}}) > 0)",
        f"by_person = {_LAST}",
        f"by_person <> {_LAST}",
    ),
    Field.NAME: contains("by_subject"),
    Field.VAULT: Template(
        f"{_NAMED_VAULT} and instr(by_vault, {{}}) > 0", f"by_vault = {_LAST}", _NAMED_VAULT
    ),
    Field.GROUP: Template(
        "instr(find_groups, {}) > 0", "length(find_groups) = 1", "length(find_groups) > 1"
    ),
    Field.SINCE: Template("since_ms >= {}", "0", "0"),
    **{
        name: _of_person(PEOPLE[name])
        for name in (
            Field.DEPARTMENT, Field.TITLE, Field.STATE, Field.DIRECTORY, Field.SECRETS,
        )
    },
}  # fmt: skip

_REFS = "('directory/group/' || directory_id, 'secrets/group/' || secrets_id)"
_FINDING_OF_GROUP = (
    "findings > 0 and (exists (select 1 from finding f where f.subject_ref in {0} and {1}) "
    "or exists (select 1 from finding f where f.object_ref in {0} and {1}))"
)
_WITH_PERSON = f"""(
with recursive {AT},
up_d (no) as (
    select p.directory_no from person p
    where instr(p.search, {{value}}) > 0 and p.directory_no is not null
    union select b.group_no from up_d u cross join at cross join membership b on b.member_no = u.no
    where {OPEN.format("b", "d")}
),
up_s (no) as (
    select p.secrets_no from person p
    where instr(p.search, {{value}}) > 0 and p.secrets_no is not null
    union select b.group_no from up_s u cross join at cross join membership b on b.member_no = u.no
    where {OPEN.format("b", "s")}
)
select no from group_link where directory_no in (select no from up_d)
or secrets_no in (select no from up_s))
"""  # noqa: S608 -- constants of this module
_MEMBERS = "ifnull(directory_members, 0) + ifnull(secrets_members, 0)"


def _groups_with_people(bound: Bound, value: str | int | None) -> str:
    if value is None:
        return f"{_MEMBERS} > 0"
    asked = Bound(bound.reader)
    marks = people_where(asked, f"instr(search, {asked.add(value)}) > 0")
    groups = bound.reader.sets.groups_with(marks)
    if groups is not None:
        return f"no in (select value from json_each({bound.add(json.dumps(groups))}))"  # noqa: S608 -- a parameter's name
    return f"no in {_WITH_PERSON}".replace("{value}", bound.add(value))


_ON_VAULT = f"""(
with {AT}
select k.no from at cross join vault_line l cross join vault_grant g on g.vault_no = l.no
cross join group_link k on k.secrets_no = g.principal_no
where {{vault}} and g.level > 0 and {OPEN.format("g", "s")})
"""  # noqa: S608 -- constants of this module
_OPENS_SOME = f"no in {_ON_VAULT.replace('{vault}', '1')}"

GROUPS: Mapping[Field, Template] = {
    Field.ANY: Template(
        f"instr(search, {{}}) > 0 or ({_FINDING_OF_GROUP.format(_REFS, 'instr(f.kind, {}) > 0')})",
        "search = ''",
        "search <> ''",
    ),
    Field.NAME: contains("search"),
    Field.DRIFT: Template(
        _FINDING_OF_GROUP.format(_REFS, "instr(f.kind, {}) > 0"), "sign = '='", "sign <> '='"
    ),
    Field.SEVERITY: Template(
        _FINDING_OF_GROUP.format(_REFS, "substr(f.severity, 1, length({})) = {}"),
        "sign = '='",
        "sign <> '='",
    ),
    Field.SINCE: Template(_FINDING_OF_GROUP.format(_REFS, "f.since_ms >= {}"), "0", "0"),
    Field.PERSON: _made(_groups_with_people),
    Field.VAULT: Template(
        f"no in {_ON_VAULT.replace('{vault}', 'instr(casefold(l.name), {}) > 0')}",
        f"not {_OPENS_SOME}",
        _OPENS_SOME,
    ),
}
