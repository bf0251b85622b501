"""Every way from an account or a group to a vault, as of a snapshot."""

import hashlib
import json
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from keyturn_storage.codec import LEVELS, ObjectNo
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
_GRANTS = """
select g.vault_no, g.carrier, g.principal_no, g.level, v.body from vault_grant g
join version v on v.no = g.version_no
where g.principal_no = ?2
and g.from_snapshot <= ?1 and (g.to_snapshot is null or g.to_snapshot > ?1)
order by g.vault_no, g.carrier
"""
_GRANTS_ON = """
select g.vault_no, g.carrier, g.principal_no, g.level, v.body from object t
join vault_grant g on g.vault_no = t.no
join version v on v.no = g.version_no
where t.source_no = (select source_no from snapshot where id = :snapshot)
and t.kind = 3 and t.id = :vault
and g.from_snapshot <= :snapshot and (g.to_snapshot is null or g.to_snapshot > :snapshot)
order by g.carrier
"""
_OBJECT = """
select o.kind, o.id, (
    select v.body from presence p join version v on v.no = p.version_no where p.object_no = o.no
    and p.from_snapshot <= :snapshot and (p.to_snapshot is null or p.to_snapshot > :snapshot)
) from object o where o.no = :no
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
    names = _Names(reader, snapshot_id)
    outer = _outer(reader, start_no, snapshot_id)
    found = [
        _path(names, grant, (), more=False) for grant in _grants_of(reader, start_no, snapshot_id)
    ]
    reached = sorted({no for outers in outer.values() for no in outers} - {start_no})
    for group_no in reached:
        grants = _grants_of(reader, group_no, snapshot_id)
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
    names = _Names(reader, snapshot_id)
    reached = {no for outers in _outer(reader, start_no, snapshot_id).values() for no in outers}
    return [names[no] for no in sorted(reached - {start_no})]


def of_vault(reader: Reader, vault_id: str, snapshot_id: int) -> list[Path]:
    """Every grant on a vault, without the chains behind it."""
    names = _Names(reader, snapshot_id)
    found = reader.connection.execute(_GRANTS_ON, {"vault": vault_id, "snapshot": snapshot_id})
    return [_path(names, grant, (), more=False) for grant in found.fetchall()]


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
    """Objects by number, each read once."""

    def __init__(self, reader: Reader, snapshot_id: int) -> None:
        self._reader = reader
        self._snapshot = snapshot_id
        self._known: dict[int, Thing] = {}

    def __getitem__(self, no: int) -> Thing:
        if no not in self._known:
            kind, id_, body = self._reader.connection.execute(
                _OBJECT, {"no": no, "snapshot": self._snapshot}
            ).fetchone()
            name = id_
            if body is not None:
                fields = json.loads(body)
                name = (fields[1] or fields[0]) if kind == ObjectNo.ACCOUNT else fields[0]
            self._known[no] = Thing(no, _KIND_WORD[kind], id_, name or id_)
        return self._known[no]


_StoredGrant = tuple[int, str, int, int, str]


def _grants_of(reader: Reader, principal_no: int, snapshot_id: int) -> Sequence[_StoredGrant]:
    found: list[_StoredGrant] = reader.connection.execute(
        _GRANTS, (snapshot_id, principal_no)
    ).fetchall()
    return found


def _path(names: _Names, grant: _StoredGrant, chain: tuple[Thing, ...], *, more: bool) -> Path:
    vault_no, carrier, principal_no, level, body = grant
    return Path(
        vault=names[vault_no],
        carrier=carrier,
        principal=names[principal_no],
        level=str(LEVELS[level]),
        permissions=", ".join(json.loads(body)[3]),
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
