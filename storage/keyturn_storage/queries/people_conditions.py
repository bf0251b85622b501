"""What the fields of a filter mean of a person, and of the person that a finding is about.

Most of it is answered from stored sets. Where those are not there yet, because an earlier keyturn
stored what was decided, people are asked one by one.
"""

import json
from collections.abc import Mapping, Sequence

from keyturn_storage.filters import Field
from keyturn_storage.queries.conditions import (
    AT,
    OPEN,
    Bound,
    Made,
    Template,
    begins,
    contains,
    made_by,
    marked,
)
from keyturn_storage.queries.containment import Containment
from keyturn_storage.queries.reader import Reader


def _containment(bound: Bound) -> Containment | None:
    assessed = bound.reader.assessed()
    if assessed is None:
        return None
    prefix = f"f{len(bound.values)}_"
    return Containment(bound.reader.connection, assessed[0], assessed[1], prefix)


def _people_in_groups(bound: Bound, value: str | int | None) -> str:
    sets = bound.reader.sets
    marks = sets.found("any group") if value is None else sets.found("group", value)
    if marks is not None:
        return marked(bound, marks)
    if value is None:
        return _IN_ANY_GROUP
    asked = _containment(bound)
    if asked is None:
        return "0"
    found = asked.in_linked_groups("instr(search, :value) > 0", str(value))
    bound.values |= found.values
    return found.condition


def _people_on_vaults(bound: Bound, value: str | int | None) -> str:
    marks = bound.reader.sets.found("vault", "" if value is None else value)
    if marks is not None:
        return marked(bound, marks)
    named = "1" if value is None else "instr(casefold(name), :value) > 0"
    return _on_vaults(bound, f"select no from vault_line where {named}", value)  # noqa: S608 -- constants of this module


def people_on_vault(bound: Bound, vault_id: str) -> str:
    """The condition for people who can open a vault, on any path, or have a finding about it."""
    marks = marks_on_vault(bound.reader, vault_id)
    if marks is not None:
        return marked(bound, marks)
    opens = _on_vaults(bound, "select no from vault_line where vault_id = :value", vault_id)
    ref = bound.add(f"secrets/vault/{vault_id}")
    return f"({opens} or key in (select person_key from finding where object_ref = {ref}))"  # noqa: S608 -- a parameter's name


def marks_on_vault(reader: Reader, vault_id: str) -> bytes | None:
    """Those people as one byte for each; None without sets."""
    marks = reader.sets.found("one vault", vault_id)
    if marks is None:
        return None
    listed = reader.connection.execute(
        "select json_group_array(p.position) from finding f cross join person p "
        "on p.key = f.person_key where f.object_ref = 'secrets/vault/' || ?",
        (vault_id,),
    ).fetchone()
    also = bytearray(marks)
    for place in json.loads(listed[0]):
        also[place] = 1
    return bytes(also)


def _on_vaults(bound: Bound, vaults: str, value: str | int | None) -> str:
    asked, connection = _containment(bound), bound.reader.connection
    if asked is None:
        return "0"
    wanted = [int(row[0]) for row in connection.execute(vaults, {"value": value})]
    total = int(connection.execute("select count(*) from vault_line").fetchone()[0])
    found = asked.on_vaults(wanted, total)
    bound.values |= found.values
    return found.condition


def _people_with(about: str, otherwise: str) -> Made:
    """People with a finding that has a value in what it is `about`."""

    def made(bound: Bound, value: str | int | None) -> str:
        if value is None:
            return _DRIFTED
        marks = bound.reader.sets.found(about, value)
        if marks is not None:
            return marked(bound, marks)
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


def _plain(abouts: Sequence[str], bound: Bound, value: str | int | None) -> str:
    asked = [
        _PLAIN[about].present
        if value is None
        else _PLAIN[about].value.replace("{}", bound.add(value))
        for about in abouts
    ]
    return " or ".join(f"ifnull({one}, 0)" for one in asked)


_PLAIN = {
    "department": contains("find_department"),
    "title": contains("find_title"),
    "here": begins("directory_state"),
    "there": begins("secrets_state"),
}
_ABOUT: Mapping[Field, Sequence[str]] = {
    Field.DEPARTMENT: ("department",),
    Field.TITLE: ("title",),
    Field.DIRECTORY: ("here",),
    Field.SECRETS: ("there",),
    Field.STATE: ("here", "there"),
}


def _having(field: Field) -> Made:
    """People who have a value in one field; without sets, as the plain templates ask."""
    abouts = _ABOUT[field]

    def made(bound: Bound, value: str | int | None) -> str:
        marks = bound.reader.sets.found_in_any(abouts, "" if value is None else value)
        return _plain(abouts, bound, value) if marks is None else marked(bound, marks)

    return made


PEOPLE: Mapping[Field, Template] = {
    Field.ANY: contains("search"),
    Field.NAME: contains("find_name"),
    **{field: made_by(_having(field)) for field in _ABOUT},
    Field.STATE: Template(
        "", "directory_state is null or secrets_state is null", "", _having(Field.STATE)
    ),
    Field.DRIFT: made_by(_people_with("kind", "instr(kind, {}) > 0")),
    Field.SEVERITY: made_by(_people_with("severity", "substr(severity, 1, length({})) = {}")),
    Field.GROUP: made_by(_people_in_groups),
    Field.VAULT: made_by(_people_on_vaults),
    Field.SINCE: made_by(_people_with("since", "since_ms >= {}")),
}


def _of_person(abouts: Sequence[str]) -> Template:
    """The same of the person a finding is about; findings about nobody have none of it."""

    def made(bound: Bound, value: str | int | None) -> str:
        marks = bound.reader.sets.found_in_any(abouts, "" if value is None else value)
        if marks is None:
            asked = Bound(bound.reader)
            marks = people_where(asked, _plain(abouts, asked, value))
        return marked(bound, marks, "person_place")

    return made_by(made)


def people_where(bound: Bound, where: str) -> bytes:
    """The people a condition holds of: one byte for each, in the order of their list."""
    connection = bound.reader.connection
    (people,) = connection.execute("select ifnull(max(position) + 1, 0) from person").fetchone()
    listed = f"select json_group_array(position) from person where {where}"  # noqa: S608 -- constants of this package
    found = bytearray(people)
    for place in json.loads(connection.execute(listed, bound.values).fetchone()[0]):
        found[place] = 1
    return bytes(found)


OF_THE_PERSON: Mapping[Field, Template] = {
    field: _of_person(abouts) for field, abouts in _ABOUT.items()
}
"""For the list of findings."""
