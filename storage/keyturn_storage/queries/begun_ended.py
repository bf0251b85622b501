"""When somebody's memberships and grants began and ended, by the snapshots there are."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from keyturn_storage.codec import LEVELS
from keyturn_storage.queries.reader import Reader

ROWS_SHOWN = 100

# What was there at the first reading of its source began at a time nobody knows.
_BEGAN = (
    "exists (select 1 from snapshot p where p.source_no = f.source_no and p.state = 'sealed' "
    "and p.id < f.id)"
)
_MEMBERSHIPS = f"""
select b.group_no, f.started_ms, {_BEGAN}, t.started_ms, 0 from membership b
join snapshot f on f.id = b.from_snapshot left join snapshot t on t.id = b.to_snapshot
where b.member_no = :no and (b.to_snapshot is not null or {_BEGAN})
order by max(f.started_ms, ifnull(t.started_ms, 0)) desc limit :limit
"""  # noqa: S608 -- constants of this module
_GRANTS = f"""
select g.vault_no, f.started_ms, {_BEGAN}, t.started_ms, g.level from vault_grant g
join snapshot f on f.id = g.from_snapshot left join snapshot t on t.id = g.to_snapshot
where g.principal_no = :no and g.level > 0 and (g.to_snapshot is not null or {_BEGAN})
order by max(f.started_ms, ifnull(t.started_ms, 0)) desc limit :limit
"""  # noqa: S608 -- constants of this module
_NAME = """
select o.id, v.body from object o left join presence p on p.object_no = o.no
left join version v on v.no = p.version_no where o.no = ? order by p.from_snapshot desc limit 1
"""


@dataclass(frozen=True, slots=True)
class Turn:
    """That something began or ended, as it was first seen at `at_ms`. `level` is of a grant, empty
    for a membership."""

    at_ms: int
    began: bool
    name: str
    level: str = ""


def turns_of_person(reader: Reader, person_key: str, until_ms: int) -> tuple[Turn, ...]:
    """The newest turns of a person's accounts up to a moment, newest first; at most ROWS_SHOWN."""
    row = reader.connection.execute(
        "select directory_no, secrets_no from person where key = ?", (person_key,)
    ).fetchone()
    return () if row is None else _turns(reader, row, until_ms)


def _turns(reader: Reader, account_nos: Iterable[int | None], until_ms: int) -> tuple[Turn, ...]:
    found: list[Turn] = []
    for no in account_nos:
        if no is None:
            continue
        for statement in (_MEMBERSHIPS, _GRANTS):
            rows = reader.connection.execute(statement, {"no": no, "limit": ROWS_SHOWN})
            for target_no, first_ms, began, last_ms, level in rows.fetchall():
                name = _name(reader, target_no)
                said = str(LEVELS[level]) if level else ""
                if began:
                    found.append(Turn(first_ms, True, name, said))
                if last_ms is not None:
                    found.append(Turn(last_ms, False, name, said))
    found = [turn for turn in found if turn.at_ms <= until_ms]
    found.sort(key=lambda turn: (-turn.at_ms, turn.began, turn.name))
    return tuple(found[:ROWS_SHOWN])


def _name(reader: Reader, no: int) -> str:
    id_, body = reader.connection.execute(_NAME, (no,)).fetchone()
    fields = json.loads(body) if body is not None else [""]
    return str(fields[0] or id_)
