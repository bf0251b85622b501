"""Filters as SQL conditions. Every value is bound to a parameter; nothing typed is ever spliced.

A field is a template in which `{}` stands for a parameter's name; the templates are constants.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from keyturn_storage.filters import ABSENT, PRESENT, TEXTS, Field, Filter, Term

Value = str | int


@dataclass(frozen=True, slots=True)
class Template:
    """How a field is asked: for a value, for there being none, and for there being any."""

    value: str
    absent: str
    present: str


@dataclass(slots=True)
class Bound:
    """Parameters, each under a name of its own."""

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
        found = template.value.replace("{}", bound.add(term.after_ms))
    else:
        found = (
            " or ".join(_value(template, term.field, value, bound) for value in term.values) or "0"
        )
    # A comparison with what is not there is null, which "not" would leave null.
    return f"{'not ' if term.negated else ''}ifnull(({found}), 0)"


def _value(template: Template, field: Field, value: str, bound: Bound) -> str:
    if value == ABSENT and field not in TEXTS:
        return template.absent
    if value == PRESENT and field not in TEXTS:
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


_AT = "at as (select directory_snapshot as d, secrets_snapshot as s from assessment)"
_OPEN = "{0}.from_snapshot <= at.{1} and ({0}.to_snapshot is null or {0}.to_snapshot > at.{1})"
_SOURCE_OF_SECRETS = "(select source_no from snapshot where id = (select s from at))"
_MEMBERS_IN = (
    "select b.member_no from inside_{0} i, at join membership b on b.group_no = i.no where "
)

_PEOPLE_IN_GROUP = f"""no in (
with recursive {_AT},
link as (select directory_no, secrets_no from group_link where instr(search, {{}}) > 0),
inside_d (no) as (
    select directory_no from link where directory_no is not null
    union {_MEMBERS_IN.format("d") + _OPEN.format("b", "d")}
),
inside_s (no) as (
    select secrets_no from link where secrets_no is not null
    union {_MEMBERS_IN.format("s") + _OPEN.format("b", "s")}
)
select no from person where directory_no in (select no from inside_d)
union select no from person where secrets_no in (select no from inside_s))
"""  # noqa: S608 -- constants of this module
_PEOPLE_ON_VAULT = f"""no in (
with recursive {_AT},
inside (no) as (
    select g.principal_no from at, vault_line l join vault_grant g on g.vault_no = l.no
    where instr(casefold(l.name), {{}}) > 0 and g.level > 0 and {_OPEN.format("g", "s")}
    union select b.member_no from inside i, at join membership b on b.group_no = i.no
    where {_OPEN.format("b", "s")}
)
select no from person where secrets_no in (select no from inside))
"""  # noqa: S608 -- constants of this module
_IN_ANY_GROUP = f"""exists (with {_AT} select 1 from at join membership b
on (b.member_no = person.directory_no and {_OPEN.format("b", "d")})
or (b.member_no = person.secrets_no and {_OPEN.format("b", "s")}))
"""  # noqa: S608 -- constants of this module
_OPENS_ANY = _PEOPLE_ON_VAULT.replace("instr(casefold(l.name), {}) > 0 and ", "")
_DRIFTED = "findings > 0"
_FINDING_OF_PERSON = "key in (select person_key from finding_line where {0})"

PEOPLE: Mapping[Field, Template] = {
    Field.ANY: contains("search"),
    Field.NAME: contains("find_name"),
    Field.DEPARTMENT: contains("find_department"),
    Field.TITLE: contains("find_title"),
    Field.DIRECTORY: begins("lower(directory_state)"),
    Field.SECRETS: begins("lower(secrets_state)"),
    Field.STATE: Template(
        "substr(lower(directory_state), 1, length({})) = {} "
        "or substr(lower(secrets_state), 1, length({})) = {}",
        "directory_state is null or secrets_state is null",
        "directory_state is not null or secrets_state is not null",
    ),
    Field.DRIFT: Template(
        _FINDING_OF_PERSON.format("instr(kind, {}) > 0"), "findings = 0", _DRIFTED
    ),
    Field.SEVERITY: Template(
        _FINDING_OF_PERSON.format("substr(severity, 1, length({})) = {}"), "findings = 0", _DRIFTED
    ),
    Field.GROUP: Template(_PEOPLE_IN_GROUP, f"not {_IN_ANY_GROUP}", _IN_ANY_GROUP),
    Field.VAULT: Template(_PEOPLE_ON_VAULT, f"not ({_OPENS_ANY})", _OPENS_ANY),
    Field.SINCE: Template(_FINDING_OF_PERSON.format("since_ms >= {}"), "0", "0"),
}


def _of_person(template: Template) -> Template:
    """The same of the person a finding is about; findings about nobody have none of it."""
    inside = "person_key in (select key from person where {0})"
    return Template(
        inside.replace("{0}", template.value),
        f"not {inside.replace('{0}', template.present)}",
        inside.replace("{0}", template.present),
    )


_LAST = "char(1114111)"
_NAMED_VAULT = f"by_vault <> {_LAST}"
FINDINGS: Mapping[Field, Template] = {
    Field.ANY: contains("search"),
    Field.DRIFT: contains("kind"),
    Field.SEVERITY: begins("severity"),
    Field.PERSON: Template(
        f"by_person <> {_LAST} and (instr(by_subject, {{}}) > 0 or instr(by_person, {{}}) > 0)",
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
with recursive {_AT},
up_d (no) as (
    select p.directory_no from person p where {{person}} and p.directory_no is not null
    union select b.group_no from up_d u, at join membership b on b.member_no = u.no
    where {_OPEN.format("b", "d")}
),
up_s (no) as (
    select p.secrets_no from person p where {{person}} and p.secrets_no is not null
    union select b.group_no from up_s u, at join membership b on b.member_no = u.no
    where {_OPEN.format("b", "s")}
)
select no from group_link where directory_no in (select no from up_d)
or secrets_no in (select no from up_s))
"""  # noqa: S608 -- constants of this module
_ON_VAULT = f"""(
with {_AT}
select k.no from at, vault_line l join vault_grant g on g.vault_no = l.no
join group_link k on k.secrets_no = g.principal_no
where {{vault}} and g.level > 0 and {_OPEN.format("g", "s")})
"""  # noqa: S608 -- constants of this module
_MEMBERS = "ifnull(directory_members, 0) + ifnull(secrets_members, 0)"
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
    Field.PERSON: Template(
        f"no in {_WITH_PERSON.replace('{person}', 'instr(p.search, {}) > 0')}",
        f"{_MEMBERS} = 0",
        f"{_MEMBERS} > 0",
    ),
    Field.VAULT: Template(
        f"no in {_ON_VAULT.replace('{vault}', 'instr(casefold(l.name), {}) > 0')}",
        f"not {_OPENS_SOME}",
        _OPENS_SOME,
    ),
}
