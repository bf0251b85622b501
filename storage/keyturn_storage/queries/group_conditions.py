"""What the fields of a filter mean of a group."""

import json
from collections.abc import Mapping
from itertools import compress

from keyturn_storage.filters import Field
from keyturn_storage.queries.conditions import (
    AT,
    OPEN,
    Bound,
    Made,
    Template,
    contains,
    made_by,
    marked,
)
from keyturn_storage.queries.people_conditions import people_where

_REFS = "('directory/group/' || directory_id, 'secrets/group/' || secrets_id)"
_FINDING_OF_GROUP = (
    "findings > 0 and (exists (select 1 from finding f where f.subject_ref in {0} and {1}) "
    "or exists (select 1 from finding f where f.object_ref in {0} and {1}))"
)
_WITH_PEOPLE = f"""(
with recursive {AT},
someone (directory_no, secrets_no) as materialized (
    select p.directory_no, p.secrets_no from json_each({{people}}) j
    cross join person p on p.position = j.value
),
up_d (no) as (
    select directory_no from someone where directory_no is not null
    union select b.group_no from up_d u cross join at cross join membership b on b.member_no = u.no
    where {OPEN.format("b", "d")}
),
up_s (no) as (
    select secrets_no from someone where secrets_no is not null
    union select b.group_no from up_s u cross join at cross join membership b on b.member_no = u.no
    where {OPEN.format("b", "s")}
)
select no from group_link where directory_no in (select no from up_d)
or secrets_no in (select no from up_s))
"""  # noqa: S608 -- constants of this module
FEW = 200
"""People whose groups are looked up one by one."""
_MEMBERS = "ifnull(directory_members, 0) + ifnull(secrets_members, 0)"


def _groups_with_people(bound: Bound, value: str | int | None) -> str:
    if value is None:
        return f"{_MEMBERS} > 0"
    asked = Bound(bound.reader)
    marks = people_where(asked, f"instr(search, {asked.add(value)}) > 0")
    if marks.count(1) > FEW and bound.reader.sets.there():
        return marked(bound, bound.reader.sets.groups_with(marks))
    places = json.dumps(list(compress(range(len(marks)), marks)))
    return f"no in {_WITH_PEOPLE}".replace("{people}", bound.add(places))


def _groups_granted(bound: Bound, value: str | int | None) -> str:
    marks = bound.reader.sets.found("granted", "" if value is None else value)
    if marks is not None:
        return marked(bound, marks)
    return f"no in {_ON_VAULT}".replace("{value}", bound.add("" if value is None else value))


def _groups_found(about: str, otherwise: str) -> Made:
    """Groups with a finding that has a value in what it is `about`."""

    def made(bound: Bound, value: str | int | None) -> str:
        if value is None:
            return "sign <> '='"
        marks = bound.reader.sets.found(f"group {about}", value)
        if marks is not None:
            return marked(bound, marks)
        return _FINDING_OF_GROUP.format(_REFS, otherwise.replace("{}", bound.add(value)))

    return made


_groups_of_kind = _groups_found("kind", "instr(f.kind, {}) > 0")


def _groups_by_text(bound: Bound, value: str | int | None) -> str:
    return f"instr(search, {bound.add(value or '')}) > 0 or ({_groups_of_kind(bound, value or '')})"


_ON_VAULT = f"""(
with {AT}
select k.no from at cross join vault_line l cross join vault_grant g on g.vault_no = l.no
cross join group_link k on k.secrets_no = g.principal_no
where instr(casefold(l.name), {{value}}) > 0 and g.level > 0 and {OPEN.format("g", "s")})
"""  # noqa: S608 -- constants of this module

GROUPS: Mapping[Field, Template] = {
    Field.ANY: made_by(_groups_by_text),
    Field.NAME: contains("search"),
    Field.DRIFT: made_by(_groups_of_kind),
    Field.SEVERITY: made_by(_groups_found("severity", "substr(f.severity, 1, length({})) = {}")),
    Field.SINCE: made_by(_groups_found("since", "f.since_ms >= {}")),
    Field.PERSON: made_by(_groups_with_people),
    Field.VAULT: made_by(_groups_granted),
}
