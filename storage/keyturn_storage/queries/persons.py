"""People, as the Users pane shows them: the worst drift first, then by name.

The same two calls for every pane: `person_nos` (ids, filtered and in an order) and `person_rows`
(rows of some ids, in the order of the ids). An id is the person's `no`: it stays with the person
through every refresh.
"""

import sqlite3
from array import array
from collections.abc import Iterable, Sequence

from keyturn_storage.list_rows import PersonRow
from keyturn_storage.queries.conditions import (
    AT,
    Bound,
    accounts_in,
    condition,
    inside,
)
from keyturn_storage.queries.number_list import NumberList
from keyturn_storage.queries.orders import OWN, Listed
from keyturn_storage.queries.people_conditions import PEOPLE, marks_on_vault, people_on_vault
from keyturn_storage.queries.reader import ALL, EVERYTHING, Asked, Reader, Scope

_COLUMNS = (
    "no, key, name, login, directory_id, secrets_id, directory_state, secrets_state, sign, "
    "severity_rank, findings"
)
_PEOPLE = Listed("person", "no")
ORDERS = ("name", "directory", "secrets", "drift")
_ORDERS = {
    "name": "find_name, position",
    # Who has no account there comes last.
    "directory": "directory_state is null, directory_state, position",
    "secrets": "secrets_state is null, secrets_state, position",
    "drift": "findings desc, position",
}
# Members of a group on either side, nesting included, and people with a finding about it.
_IN_GROUP = f"""
with recursive {AT},
link as (select directory_no, secrets_no, directory_id, secrets_id from group_link
         where key = :group),
{inside("d", "select directory_no from link where directory_no is not null")},
{inside("s", "select secrets_no from link where secrets_no is not null")},
ref (ref) as (
    select 'directory/group/' || directory_id from link where directory_id is not null
    union select 'secrets/group/' || secrets_id from link where secrets_id is not null
)
select no from person where directory_no in ({accounts_in("d")})
union select no from person where secrets_no in ({accounts_in("s")})
union select p.no from ref r
join finding f on f.object_ref = r.ref join person p on p.key = f.person_key
union select p.no from ref r
join finding f on f.subject_ref = r.ref join person p on p.key = f.person_key
"""  # noqa: S608 -- constants of this module


def person_count(reader: Reader) -> int:
    """How many people there are, 0 before the first assessment."""
    row = reader.connection.execute("select people from assessment").fetchone()
    return 0 if row is None else int(row[0])


def first_people(reader: Reader, limit: int, *, drift_only: bool = False) -> list[PersonRow]:
    """The first rows of the unnarrowed list: all that a first paint needs."""
    where = "where findings > 0 " if drift_only else ""
    return _rows(
        reader.connection.execute(
            f"select {_COLUMNS} from person {where}order by position limit ?",  # noqa: S608 -- constants of this module
            (limit,),
        )
    )


def person_nos(reader: Reader, scope: Scope = EVERYTHING, asked: Asked = ALL) -> "array[int]":
    """The ids in the order asked for; without one, in display order.

    With a group: its members on either side, nesting included, and who should be or must not be.
    With a vault: who can open it on any path (suspended accounts too), and who should.
    """
    with reader.at_one_moment():
        marks = None
        if scope.vault_id is not None and scope == Scope(vault_id=scope.vault_id) and asked == ALL:
            marks = marks_on_vault(reader, scope.vault_id)
        if marks is not None:
            return reader.orders.marked(_PEOPLE, OWN, marks)
        bound = Bound(reader)
        conditions = [condition(asked.filter, PEOPLE, bound)] if asked.filter.terms else []
        if scope.drift_only:
            conditions.append("findings > 0")
        if scope.person_key is not None:
            conditions.append("key = :person")
        if scope.group_key is not None:
            conditions.append(f"no in ({_IN_GROUP})")
        if scope.vault_id is not None:
            conditions.append(people_on_vault(bound, scope.vault_id))
        return reader.orders.found(
            _PEOPLE,
            _ORDERS.get(asked.order, OWN),
            " and ".join(conditions),
            {
                "person": scope.person_key, "group": scope.group_key, **bound.values,
            },
            backwards=asked.backwards,
        )  # fmt: skip


def person_list(reader: Reader, scope: Scope = EVERYTHING) -> Sequence[int]:
    """As `person_nos` in display order, for who looks at the first ones and how many there are."""
    if scope != Scope(drift_only=scope.drift_only):
        return person_nos(reader, scope)
    where = "where findings > 0 " if scope.drift_only else ""
    listed, count = reader.connection.execute(
        f"select json_group_array(no), count(*) from (select no from person {where}"  # noqa: S608 -- constants of this module
        "order by position)"
    ).fetchone()
    return NumberList(str(listed), int(count))


def departments(reader: Reader, part: str, limit: int) -> list[str]:
    """The casefolded departments that contain `part`, those of most people first."""
    found = reader.connection.execute(
        "select find_department from person where find_department <> '' "
        "and instr(find_department, ?) > 0 group by find_department order by count(*) desc limit ?",
        (part, limit),
    )
    return [str(row[0]) for row in found]


def person_rows(reader: Reader, nos: Sequence[int]) -> list[PersonRow]:
    """The rows of some ids, in the order of `nos`; those that are gone are left out."""
    found: dict[int, PersonRow] = {}
    for start in range(0, len(nos), 500):
        part = list(nos[start : start + 500])
        marks = ", ".join("?" * len(part))
        statement = f"select {_COLUMNS} from person where no in ({marks})"  # noqa: S608 -- marks only
        found |= {row.no: row for row in _rows(reader.connection.execute(statement, part))}
    return [found[no] for no in nos if no in found]


def person_by_key(reader: Reader, key: str) -> PersonRow | None:
    rows = _rows(
        reader.connection.execute(f"select {_COLUMNS} from person where key = ?", (key,))  # noqa: S608 -- constants of this module
    )
    return rows[0] if rows else None


def person_by_text(reader: Reader, text: str, limit: int) -> list[PersonRow]:
    """People that `text` may mean, best first: an exact key, account id, login, e-mail or name;
    then what begins with it; then what contains it. Upper and lower case are the same."""
    wanted = " ".join(text.split())
    if not wanted:
        return []
    if limit == 1 and (exact := person_by_key(reader, wanted)) is not None:
        return [exact]  # nothing is better, and the text of everybody need not be looked through
    found = reader.connection.execute(
        f"select {_COLUMNS} from person "  # noqa: S608 -- constants of this module
        "where key = :exact or directory_id = :exact or secrets_id = :exact "
        "or instr(search, :text) > 0 "
        "order by not (key = :exact or ifnull(directory_id, '') = :exact "
        "or ifnull(secrets_id, '') = :exact), "
        "instr(' ' || search || ' ', ' ' || :text || ' ') = 0, instr(search, :text) <> 1, position "
        "limit :limit",
        {"exact": wanted, "text": wanted.casefold(), "limit": limit},
    )
    return _rows(found)


def _rows(found: Iterable[sqlite3.Row]) -> list[PersonRow]:
    return [PersonRow(*row) for row in found]
