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
    """The condition for people who can open a vault, on any path."""
    marks = bound.reader.sets.found("one vault", vault_id)
    if marks is not None:
        return marked(bound, marks)
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


def _having(about: str, plain: Template) -> Made:
    """People who have a value in one field; without sets, as the plain template asks."""

    def made(bound: Bound, value: str | int | None) -> str:
        marks = bound.reader.sets.found(about, "" if value is None else value)
        return _plain(plain, bound, value) if marks is None else marked(bound, marks)

    return made


def _plain(template: Template, bound: Bound, value: str | int | None) -> str:
    return template.present if value is None else template.value.replace("{}", bound.add(value))


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
_here, _there = (_having(side, _PLAIN[side]) for side in ("here", "there"))


def _in_either(bound: Bound, value: str | int | None) -> str:
    return f"ifnull({_here(bound, value)}, 0) or ifnull({_there(bound, value)}, 0)"


PEOPLE: Mapping[Field, Template] = {
    Field.ANY: contains("search"),
    Field.NAME: contains("find_name"),
    Field.DEPARTMENT: made_by(_having("department", _PLAIN["department"])),
    Field.TITLE: made_by(_having("title", _PLAIN["title"])),
    Field.DIRECTORY: made_by(_here),
    Field.SECRETS: made_by(_there),
    Field.STATE: Template("", "directory_state is null or secrets_state is null", "", _in_either),
    Field.DRIFT: made_by(_people_with("kind", "instr(kind, {}) > 0")),
    Field.SEVERITY: made_by(_people_with("severity", "substr(severity, 1, length({})) = {}")),
    Field.GROUP: made_by(_people_in_groups),
    Field.VAULT: made_by(_people_on_vaults),
    Field.SINCE: made_by(_people_with("since", "since_ms >= {}")),
}


def _of_person(abouts: Sequence[str]) -> Template:
    """The same of the person a finding is about; findings about nobody have none of it."""

    def made(bound: Bound, value: str | int | None) -> str:
        return " or ".join(
            f"ifnull({marked(bound, _people(bound, about, value), 'person_place')}, 0)"
            for about in abouts
        )

    return made_by(made)


def _people(bound: Bound, about: str, value: str | int | None) -> bytes:
    marks = bound.reader.sets.found(about, "" if value is None else value)
    if marks is not None:
        return marks
    asked = Bound(bound.reader)
    return people_where(asked, _plain(_PLAIN[about], asked, value))


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
