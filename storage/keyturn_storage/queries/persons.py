"""People, as the Users pane shows them: the worst drift first, then by name.

The same two calls for every pane: `person_nos` (ids, filtered and in an order) and `person_rows`
(rows of some ids, in the order of the ids). An id is the person's `no`: it stays with the person
through every refresh.
"""

import sqlite3
from array import array
from collections.abc import Iterable, Sequence

from keyturn_storage.queries.conditions import PEOPLE, Bound, condition
from keyturn_storage.queries.reader import ALL, EVERYTHING, Asked, Reader, Scope, numbers
from keyturn_storage.rows import PersonRow

_COLUMNS = (
    "no, key, name, login, directory_id, secrets_id, directory_state, secrets_state, sign, "
    "severity_rank, findings"
)
ORDERS = ("name", "directory", "secrets", "drift")
_ORDERS = {
    "name": "find_name, position",
    # Who has no account there comes last.
    "directory": "directory_state is null, directory_state, position",
    "secrets": "secrets_state is null, secrets_state, position",
    "drift": "findings desc, position",
}
# Members of a group on either side, nesting included, and people with a finding about it.
_IN_GROUP = """
with recursive
link as (select directory_no, secrets_no, directory_id, secrets_id from group_link
         where key = :group),
at as (select directory_snapshot as d, secrets_snapshot as s from assessment),
inside_d (no) as (
    select directory_no from link where directory_no is not null
    union select b.member_no from at, inside_d i join membership b on b.group_no = i.no
    where b.from_snapshot <= at.d and (b.to_snapshot is null or b.to_snapshot > at.d)
),
inside_s (no) as (
    select secrets_no from link where secrets_no is not null
    union select b.member_no from at, inside_s i join membership b on b.group_no = i.no
    where b.from_snapshot <= at.s and (b.to_snapshot is null or b.to_snapshot > at.s)
),
ref (ref) as (
    select 'directory/group/' || directory_id from link where directory_id is not null
    union select 'secrets/group/' || secrets_id from link where secrets_id is not null
)
select no from person where directory_no in (select no from inside_d)
union select no from person where secrets_no in (select no from inside_s)
union select p.no from ref r
join finding f on f.object_ref = r.ref join person p on p.key = f.person_key
union select p.no from ref r
join finding f on f.subject_ref = r.ref join person p on p.key = f.person_key
"""
# Accounts with any grant on a vault, themselves or through groups, and people with a finding on it.
_ON_VAULT = """
with recursive
at as (select secrets_snapshot as s from assessment),
vault as (
    select no from object where kind = 3 and id = :vault
    and source_no = (select source_no from snapshot where id = (select s from at))
),
inside (no) as (
    select g.principal_no from at, vault v join vault_grant g on g.vault_no = v.no
    where g.level > 0
    and g.from_snapshot <= at.s and (g.to_snapshot is null or g.to_snapshot > at.s)
    union select b.member_no from at, inside i join membership b on b.group_no = i.no
    where b.from_snapshot <= at.s and (b.to_snapshot is null or b.to_snapshot > at.s)
)
select no from person where secrets_no in (select no from inside)
union select p.no from finding f join person p on p.key = f.person_key
where f.object_ref = 'secrets/vault/' || :vault
"""


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
    bound = Bound()
    conditions = [condition(asked.filter, PEOPLE, bound)] if asked.filter.terms else []
    if scope.drift_only:
        conditions.append("findings > 0")
    if scope.person_key is not None:
        conditions.append("key = :person")
    if scope.group_key is not None:
        conditions.append(f"no in ({_IN_GROUP})")
    if scope.vault_id is not None:
        conditions.append(f"no in ({_ON_VAULT})")
    where = f"where {' and '.join(conditions)} " if conditions else ""
    # One row, not a hundred thousand: each step gives up the interpreter lock, and beside a busy
    # thread each of them would wait to get it back.
    found = reader.connection.execute(
        f"select json_group_array(no) from (select no from person {where}"  # noqa: S608 -- constants of this module
        f"order by {_ORDERS.get(asked.order, 'position')})",
        {
            "person": scope.person_key, "group": scope.group_key, "vault": scope.vault_id,
            **bound.values,
        },
    ).fetchone()  # fmt: skip
    return numbers(found[0], backwards=asked.backwards)


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
