"""Machine identities of both sources, with who owns them and what was found about them.

A machine's number is the object's own: it stays with the machine through every refresh.
"""

import json
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from keyturn_providers.records import MachineIdentity
from keyturn_storage import codec
from keyturn_storage.filters import Facts, Field, holds
from keyturn_storage.queries.reader import Asked, Reader

_PART = 500
_HERE = """
with at as (
    select directory_snapshot as snapshot, 'directory' as side from assessment
    union all select secrets_snapshot, 'secrets' from assessment
),
machine as (
    select o.no as no, o.id as id, at.side as side, c.name as source, c.no as source_no,
    v.body as body,
    -- "+": of the few about a machine the first, not of all in their order the first about it.
    (select f.id from finding f where f.subject_ref = at.side || '/machine/' || o.id
     order by +f.position limit 1) as finding_id
    -- Cross: from the few machines, never from all that is present.
    from at cross join snapshot s on s.id = at.snapshot cross join source c on c.no = s.source_no
    cross join object o on o.source_no = c.no and o.kind = 4
    cross join presence p on p.object_no = o.no and p.from_snapshot <= at.snapshot
    and (p.to_snapshot is null or p.to_snapshot > at.snapshot)
    cross join version v on v.no = p.version_no
)
"""
_ROW = (
    _HERE
    + """
select m.no, m.id, m.side, m.source, m.body,
ifnull(f.id, ''), ifnull(f.kind, ''), ifnull(f.sign, '='), ifnull(f.words, ''),
ifnull(f.since_ms, 0), ifnull(f.body, ''),
coalesce(q.key, d.key, e.key, ''), coalesce(q.name, d.name, e.name, ''),
case when q.key is not null then coalesce(q.directory_state, q.secrets_state, '')
when d.key is not null then coalesce(d.directory_state, d.secrets_state, '')
else coalesce(e.directory_state, e.secrets_state, '') end
from machine m
left join finding f on f.id = m.finding_id
left join person q on q.key = f.person_key and f.person_key <> ''
left join object a on a.source_no = m.source_no and a.kind = 1
and a.id = json_extract(m.body, '$[2]')
left join person d on m.side = 'directory' and d.directory_no = a.no
left join person e on m.side = 'secrets' and e.secrets_no = a.no
"""
)


@dataclass(frozen=True, slots=True)
class MachineRow:
    """One machine identity. `finding_*` are of the worst finding about it, empty where none is;
    `sign` is then "=". The owner is the person the finding names, else the one whose account the
    source names; empty where there is none that keyturn knows. `owner_state` is the owner's state
    in the directory, or where they have no account there, in the secret manager."""

    no: int
    side: str
    source: str
    machine: MachineIdentity
    finding_id: str
    finding_kind: str
    sign: str
    words: str
    since_ms: int
    finding_body: str
    owner_key: str
    owner_name: str
    owner_state: str


def machine_nos(reader: Reader) -> "array[int]":
    """Every machine's number: those something was found about first, then by name."""
    found = reader.connection.execute(
        f"{_HERE} select json_group_array(no) from (select m.no as no from machine m "  # noqa: S608 -- constants of this module
        "left join finding f on f.id = m.finding_id order by f.position is null, f.severity_rank, "
        "json_extract(m.body, '$[0]') collate nocase, m.no)"
    ).fetchone()
    return array("q", json.loads(found[0]))


def machine_rows(reader: Reader, nos: Sequence[int]) -> list[MachineRow]:
    """The rows of some numbers, in the order of `nos`; those that are gone are left out."""
    found: dict[int, MachineRow] = {}
    for start in range(0, len(nos), _PART):
        part = list(nos[start : start + _PART])
        marks = ", ".join("?" * len(part))
        statement = f"{_ROW} where m.no in ({marks})"
        found |= {row.no: row for row in map(_row, reader.connection.execute(statement, part))}
    return [found[no] for no in nos if no in found]


def machine_nos_asked(reader: Reader, asked: Asked) -> "array[int]":
    """The numbers a filter leaves, in the order asked for."""
    with reader.at_one_moment():
        every = reader.kept("machines", lambda: _every(reader))
    rows = [row for row, facts in every if holds(asked.filter, facts)]
    if asked.order in _ORDERS:
        rows.sort(key=_ORDERS[asked.order])
        found = array("q", [row.no for row in rows])
    else:
        shown = {row.no for row in rows}
        own = reader.kept("machines in order", lambda: machine_nos(reader))
        found = array("q", [no for no in own if no in shown])
    if asked.backwards:
        found.reverse()
    return found


def _every(reader: Reader) -> list[tuple[MachineRow, Facts]]:
    found = map(_row, reader.connection.execute(_ROW))
    return [(row, _facts(row)) for row in found]


def _facts(row: MachineRow) -> Facts:
    machine = row.machine
    words = (
        machine.name, machine.kind, row.source, row.owner_name or "nobody", row.owner_state,
        machine.note, *machine.scopes, row.finding_kind,
    )  # fmt: skip
    return Facts(
        " ".join(words).casefold(),
        {
            Field.NAME: (machine.name.casefold(),),
            Field.KIND: (machine.kind.casefold(),),
            Field.SOURCE: (row.source.casefold(), row.side),
            Field.OWNER: (row.owner_name.casefold(),),
            Field.STATE: (row.owner_state,),
            Field.LEVEL: tuple(scope.casefold() for scope in machine.scopes),
            Field.DRIFT: (row.finding_kind,),
        },
        row.since_ms if row.finding_id else None,
    )


_NEVER = 1 << 62
FIELDS = (
    Field.NAME, Field.KIND, Field.SOURCE, Field.OWNER, Field.STATE, Field.LEVEL, Field.DRIFT,
    Field.SINCE,
)  # fmt: skip
ORDERS = ("name", "kind", "source", "owner", "owner is", "last used", "expires", "scopes")
_ORDERS: Mapping[str, Callable[[MachineRow], tuple[str | int, ...]]] = {
    "name": lambda row: (row.machine.name.casefold(), row.no),
    "kind": lambda row: (row.machine.kind.casefold(), row.machine.name.casefold(), row.no),
    "source": lambda row: (row.source, row.machine.name.casefold(), row.no),
    "owner": lambda row: (not row.owner_name, row.owner_name.casefold(), row.no),
    "owner is": lambda row: (row.owner_state, row.owner_name.casefold(), row.no),
    "last used": lambda row: (-(row.machine.last_used_ms or 0), row.no),
    "expires": lambda row: (row.machine.expires_ms or _NEVER, row.no),
    "scopes": lambda row: (-len(row.machine.scopes), row.no),
}


def _row(row: Sequence[object]) -> MachineRow:
    no, id_, side, source, body, *rest = row
    finding_id, kind, sign, words, since_ms, finding_body, key, name, state = rest
    return MachineRow(
        int(str(no)), str(side), str(source), codec.machine(str(id_), str(body)), str(finding_id),
        str(kind), str(sign), str(words), int(str(since_ms)), str(finding_body), str(key),
        str(name), str(state),
    )  # fmt: skip
