"""Every way from an account or a group to a vault, as of a snapshot."""

import hashlib
import json
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import cast

from keyturn_storage.object_numbers import LEVELS, ObjectNo
from keyturn_storage.queries.reader import Reader

CHAINS_PER_GROUP = 20
"""How many chains of groups to one granted group are shown; one more says that there are more."""
MORE = "… and more ways"
DIRECT = "direct"

_KIND_WORD = {
    ObjectNo.ACCOUNT.value: "account",
    ObjectNo.GROUP.value: "group",
    ObjectNo.VAULT.value: "vault",
    ObjectNo.MACHINE.value: "machine",
}
_UP = """
with recursive up (inner_no, outer_no) as (
    select b.member_no, b.group_no from membership b where b.member_no = :start
    and b.from_snapshot <= :snapshot and (b.to_snapshot is null or b.to_snapshot > :snapshot)
    union select b.member_no, b.group_no from up u join membership b on b.member_no = u.outer_no
    where b.from_snapshot <= :snapshot and (b.to_snapshot is null or b.to_snapshot > :snapshot)
)
select inner_no, outer_no from up order by outer_no
"""
# One row for all of them: at each row another thread that works may take Python's lock for itself.
_GRANTS = """
select json_group_array(json_array(vault_no, carrier, principal_no, level, json(body))) from (
    select g.vault_no, g.carrier, g.principal_no, g.level, v.body from json_each(:principals) j
    cross join vault_grant g on g.principal_no = j.value
    cross join version v on v.no = g.version_no
    where g.from_snapshot <= :snapshot and (g.to_snapshot is null or g.to_snapshot > :snapshot)
    order by g.vault_no, g.carrier
)
"""
_GRANTS_ON = """
select json_group_array(json_array(vault_no, carrier, principal_no, level, json(body))) from (
    select g.vault_no, g.carrier, g.principal_no, g.level, v.body from object t
    cross join vault_grant g on g.vault_no = t.no
    cross join version v on v.no = g.version_no
    where t.source_no = (select source_no from snapshot where id = :snapshot)
    and t.kind = 3 and t.id = :vault
    and g.from_snapshot <= :snapshot and (g.to_snapshot is null or g.to_snapshot > :snapshot)
    order by g.carrier
)
"""
_OBJECTS = """
select json_group_array(json_array(no, kind, id, json(body))) from (
    select o.no, o.kind, o.id, (
        select v.body from presence p join version v on v.no = p.version_no
        where p.object_no = o.no
        and p.from_snapshot <= :snapshot and (p.to_snapshot is null or p.to_snapshot > :snapshot)
    ) as body from json_each(:nos) j cross join object o on o.no = j.value
)
"""


@dataclass(frozen=True, slots=True)
class Thing:
    """An object of the secrets side. `name` is the id where it was never listed."""

    no: int
    kind: str
    id: str
    name: str

    @property
    def ref(self) -> str:
        return f"secrets/{self.kind}/{self.id}"


@dataclass(frozen=True, slots=True)
class Path:
    """One grant and the chain of groups that leads to it, innermost first; empty if direct.

    `more` marks the last chain shown where there are more than CHAINS_PER_GROUP."""

    vault: Thing
    carrier: str
    principal: Thing
    level: str
    permissions: str
    chain: tuple[Thing, ...] = ()
    more: bool = False

    @property
    def via(self) -> str:
        if not self.chain:
            return DIRECT
        names = " > ".join(group.name for group in self.chain)
        return f"{names} {MORE}" if self.more else names


def of_principal(reader: Reader, start_no: int | None, snapshot_id: int) -> list[Path]:
    """Every path from an account or group to a vault. A cycle of groups is walked once."""
    if start_no is None:
        return []
    outer = _outer(reader, start_no, snapshot_id)
    reached = sorted({no for outers in outer.values() for no in outers} - {start_no})
    by_holder: dict[int, list[_StoredGrant]] = defaultdict(list)
    principals = json.dumps([start_no, *reached])
    for grant in _stored(reader, _GRANTS, {"principals": principals, "snapshot": snapshot_id}):
        by_holder[grant[2]].append(grant)
    vaults = {grant[0] for grants in by_holder.values() for grant in grants}
    names = _Names(reader, snapshot_id, [start_no, *reached, *vaults])
    found = [_path(names, grant, (), more=False) for grant in by_holder.get(start_no, ())]
    for group_no in reached:
        grants = by_holder.get(group_no)
        if not grants:
            continue
        chains = list(islice(_chains(start_no, group_no, outer), CHAINS_PER_GROUP + 1))
        shown = chains[:CHAINS_PER_GROUP]
        for number, chain in enumerate(shown, start=1):
            more = number == len(shown) < len(chains)
            things = tuple(names[no] for no in chain)
            found.extend(_path(names, grant, things, more=more) for grant in grants)
    return found


def groups_over(reader: Reader, start_no: int | None, snapshot_id: int) -> list[Thing]:
    """The groups that an account or group is in, nesting included; not itself."""
    if start_no is None:
        return []
    reached = {no for outers in _outer(reader, start_no, snapshot_id).values() for no in outers}
    over = sorted(reached - {start_no})
    names = _Names(reader, snapshot_id, over)
    return [names[no] for no in over]


def of_vault(reader: Reader, vault_id: str, snapshot_id: int) -> list[Path]:
    """Every grant on a vault, without the chains behind it."""
    found = _stored(reader, _GRANTS_ON, {"vault": vault_id, "snapshot": snapshot_id})
    names = _Names(reader, snapshot_id, {no for grant in found for no in (grant[0], grant[2])})
    return [_path(names, grant, (), more=False) for grant in found]


def row_no(*parts: str) -> int:
    """A number that stands for these texts and no others (63 bits of BLAKE2b)."""
    text = json.dumps(parts).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 1


def _outer(reader: Reader, start_no: int, snapshot_id: int) -> Mapping[int, Sequence[int]]:
    outer: dict[int, list[int]] = defaultdict(list)
    edges = reader.connection.execute(_UP, {"start": start_no, "snapshot": snapshot_id})
    for inner_no, outer_no in edges:
        outer[inner_no].append(outer_no)
    return outer


class _Names:
    """Objects by number, read in one go."""

    def __init__(self, reader: Reader, snapshot_id: int, nos: Iterable[int]) -> None:
        values = {"nos": json.dumps(list(nos)), "snapshot": snapshot_id}
        (listed,) = reader.connection.execute(_OBJECTS, values).fetchone()
        self._known: dict[int, Thing] = {}
        for no, kind, id_, fields in json.loads(listed):
            name = id_
            if fields is not None:
                name = (fields[1] or fields[0]) if kind == ObjectNo.ACCOUNT else fields[0]
            self._known[no] = Thing(no, _KIND_WORD[kind], id_, name or id_)

    def __getitem__(self, no: int) -> Thing:
        return self._known[no]


_StoredGrant = tuple[int, str, int, int, Sequence[object]]


def _stored(
    reader: Reader, statement: str, values: Mapping[str, str | int]
) -> Sequence[_StoredGrant]:
    (listed,) = reader.connection.execute(statement, values).fetchone()
    found: list[_StoredGrant] = json.loads(listed)
    return found


def _path(names: _Names, grant: _StoredGrant, chain: tuple[Thing, ...], *, more: bool) -> Path:
    vault_no, carrier, principal_no, level, fields = grant
    return Path(
        vault=names[vault_no],
        carrier=carrier,
        principal=names[principal_no],
        level=str(LEVELS[level]),
        permissions=", ".join(cast("Sequence[str]", fields[3])),
        chain=chain,
        more=more,
    )


def _chains(
    start_no: int, goal_no: int, outer: Mapping[int, Sequence[int]]
) -> Iterator[tuple[int, ...]]:
    """Chains of groups from the start (not included) to the goal, the short ways first, none twice
    through the same group. Groups that do not lead to the goal are never walked into."""
    steps = _steps_to(goal_no, outer)
    waiting: list[tuple[int, ...]] = [(start_no,)]
    while waiting:
        way = waiting.pop()
        if way[-1] == goal_no:
            yield way[1:]
            continue
        onward = [no for no in outer.get(way[-1], ()) if no in steps and no not in way]
        onward.sort(key=lambda no: (steps[no], no), reverse=True)
        waiting.extend((*way, no) for no in onward)


def _steps_to(goal_no: int, outer: Mapping[int, Sequence[int]]) -> dict[int, int]:
    inner: dict[int, list[int]] = defaultdict(list)
    for no, outers in outer.items():
        for outer_no in outers:
            inner[outer_no].append(no)
    steps = {goal_no: 0}
    waiting = deque([goal_no])
    while waiting:
        no = waiting.popleft()
        for inner_no in inner[no]:
            if inner_no not in steps:
                steps[inner_no] = steps[no] + 1
                waiting.append(inner_no)
    return steps
