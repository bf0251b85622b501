"""A part of both newest snapshots: what one person is in and holds, or who holds one vault.

In the shape of whole snapshots, so that what decides from those decides from these too. Costs what
is asked for, not the size of the organisation; everything is found by id.
"""

import json
from collections import defaultdict
from collections.abc import Collection as Several
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from keyturn_providers.records import (
    Account,
    Collection,
    Grant,
    Group,
    Listing,
    MachineIdentity,
    MemberKind,
    Membership,
    Side,
    Snapshot,
    SourceIdentity,
    Vault,
)
from keyturn_storage import codec
from keyturn_storage.codec import ObjectNo
from keyturn_storage.queries.reader import Reader

_PART = 500
NAMES_SHOWN = 5
GRANTS_SHOWN = 2_000
PUSHES_LOOKED_AT = 200

_UP = """
with recursive up (inner_no, outer_no) as (
    select b.member_no, b.group_no from membership b where b.member_no in (select value from
    json_each(:start)) and b.from_snapshot <= :at and (b.to_snapshot is null or b.to_snapshot > :at)
    union select b.member_no, b.group_no from up u join membership b on b.member_no = u.outer_no
    where b.from_snapshot <= :at and (b.to_snapshot is null or b.to_snapshot > :at)
)
select inner_no, outer_no from up order by outer_no, inner_no
"""
_OBJECTS = """
select o.no, o.kind, o.id, v.body from json_each(:nos) j cross join object o on o.no = j.value
join presence p on p.object_no = o.no
and p.from_snapshot <= :at and (p.to_snapshot is null or p.to_snapshot > :at)
join version v on v.no = p.version_no order by o.no
"""
_IDS = "select o.no, o.kind, o.id from json_each(:nos) j join object o on o.no = j.value"
_GRANTS_OF = """
select g.vault_no, t.id, g.carrier, v.body from json_each(:nos) j
cross join vault_grant g on g.principal_no = j.value
join object t on t.no = g.vault_no join version v on v.no = g.version_no
where g.from_snapshot <= :at and (g.to_snapshot is null or g.to_snapshot > :at)
order by g.vault_no, g.carrier
"""
_GRANTS_ON = """
select g.principal_no, t.no, t.id, g.carrier, v.body from snapshot s
join object t on t.source_no = s.source_no and t.kind = 3 and t.id = :vault
join vault_grant g on g.vault_no = t.no join version v on v.no = g.version_no
where s.id = :at and g.from_snapshot <= :at and (g.to_snapshot is null or g.to_snapshot > :at)
and (:carriers is null or g.carrier in (select value from json_each(:carriers)))
order by g.carrier limit :limit
"""
# A cross join keeps SQLite to the order given: what is asked for leads, and all else is looked up.
_NOS = """
select o.no from snapshot s cross join json_each(:ids) j
cross join object o on o.source_no = s.source_no and o.kind = :kind and o.id = j.value
where s.id = :at
"""
_SNAPSHOT = """
select c.name, c.kind, c.side, c.tenant, s.started_ms, s.complete, s.blind_spots,
s.permission_rules from snapshot s join source c on c.no = s.source_no where s.id = ?
"""
# Findings of one kind are found by their lines; a finding itself has no index on its kind.
_DISPUTED = """
select f.words from finding_line l cross join finding f on f.id = l.id
where l.kind = 'ambiguous match' and instr(f.words, ?) > 0 order by l.position limit 1
"""
# What is wrong with a link is its finding; there is none where nothing is.
_LINKS = """
select key, directory_id, secrets_id, secrets_members, ifnull((
    select f.words from finding f where f.kind = 'ambiguous match' and f.object_ref = ''
    and f.subject_ref = iif(l.directory_id is null, 'secrets/group/' || l.secrets_id,
    'directory/group/' || l.directory_id) limit 1
), '') from group_link l where no in (
    select l.no from json_each(?) j join group_link l on l.directory_no = j.value
    union select l.no from json_each(?) j join group_link l on l.secrets_no = j.value
) order by position
"""
_PUSHES = """
select 1 from (
    select v.body as body from snapshot s join object o on o.source_no = s.source_no and o.kind = 1
    join presence p on p.object_no = o.no and p.to_snapshot is null
    join version v on v.no = p.version_no where s.id = ? limit ?
) where json_extract(body, '$[13]') is not null limit 1
"""


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A group link as decided. `secrets_members` counts accounts, nesting included. `problem` says
    why there is no pair where one could be expected."""

    key: str
    directory_id: str | None
    secrets_id: str | None
    secrets_members: int | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class MatchRow:
    """A person as matched. `disputed` says in words with whom the accounts could be confused."""

    key: str
    directory_id: str | None
    secrets_id: str | None
    matched_by: str
    disputed: str = ""


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Parts of both snapshots with the links of the groups in them and the people of the accounts.

    `pushes`: the directory provisions accounts elsewhere, by a look at some of them.
    """

    directory: Snapshot
    secrets: Snapshot
    links: tuple[LinkRow, ...]
    people: tuple[MatchRow, ...]
    pushes: bool


def around_person(
    reader: Reader,
    person_key: str,
    *,
    group_ids: Several[str] = (),
    vault_id: str = "",
) -> Neighbourhood | None:
    """What a person is in and holds, with these directory groups and the grants on this vault too.
    None for a person who is not in the newest assessment."""
    assessed = reader.assessed()
    row = reader.connection.execute(
        "select key, directory_id, secrets_id, matched_by, directory_no, secrets_no, login "
        "from person where key = ?",
        (person_key,),
    ).fetchone()
    if assessed is None or row is None:
        return None
    directory_at, secrets_at, _ = assessed
    key, directory_id, secrets_id, matched_by, directory_no, secrets_no, login = row
    here = _Part(reader, directory_at, [directory_no], _nos(reader, directory_at, group_ids))
    there = _Part(reader, secrets_at, [secrets_no], _linked(reader, here.groups))
    if vault_id:
        there.also_on(vault_id)
    here.also_groups(_standing_behind(reader, there.groups))
    links = _links(reader, here.groups, there.groups)
    disputed = _disputed(reader, login)
    person = MatchRow(key, directory_id, secrets_id, matched_by, disputed)
    return Neighbourhood(
        here.snapshot(), there.snapshot(), links, (person,), _pushes(reader, directory_at)
    )


def around_vault(
    reader: Reader, vault_id: str, carriers: Several[str] | None = None
) -> Neighbourhood | None:
    """Who holds a grant on a vault, without who is in the groups among them. With `carriers` only
    those grants, at most GRANTS_SHOWN of them. None before the first assessment."""
    assessed = reader.assessed()
    if assessed is None:
        return None
    directory_at, secrets_at, _ = assessed
    there = _Part(reader, secrets_at, [], [])
    there.also_on(vault_id, carriers)
    people = _people(reader, there.accounts)
    links = _links(reader, [], there.groups)
    ids = [one.directory_id for one in people if one.directory_id is not None]
    groups = _standing_behind(reader, there.groups)
    here = _Part(reader, directory_at, [], groups, grants=False)
    here.also(_nos(reader, directory_at, ids, ObjectNo.ACCOUNT))
    return Neighbourhood(
        here.snapshot(), there.snapshot(), links, people, _pushes(reader, directory_at)
    )


def some_members(
    reader: Reader, group_id: str, but: str = "", limit: int = NAMES_SHOWN
) -> tuple[str, ...]:
    """The names of some accounts that are directly in a group of the secret manager, `but` one."""
    assessed = reader.assessed()
    if assessed is None:
        return ()
    found = reader.connection.execute(
        "select v.body from snapshot s join object g on g.source_no = s.source_no and g.kind = 2 "
        "and g.id = :group join membership b on b.group_no = g.no join object m "
        "on m.no = b.member_no and m.kind = 1 and m.id <> :but "
        "join presence p on p.object_no = m.no and p.from_snapshot <= s.id "
        "and (p.to_snapshot is null or p.to_snapshot > s.id) "
        "join version v on v.no = p.version_no where s.id = :at and b.from_snapshot <= s.id "
        "and (b.to_snapshot is null or b.to_snapshot > s.id) limit :limit",
        {"group": group_id, "at": assessed[1], "but": but, "limit": limit},
    )
    return tuple(str(fields[1] or fields[0]) for fields in (json.loads(body) for (body,) in found))


class _Part:
    """A part of one snapshot under construction."""

    def __init__(
        self,
        reader: Reader,
        at: int,
        accounts: Iterable[int | None],
        groups: Iterable[int],
        *,
        grants: bool = True,
    ) -> None:
        self._reader, self._at = reader, at
        self.accounts = [no for no in accounts if no is not None]
        edges = self._rows(_UP, start=json.dumps(self.accounts))
        self._edges = [(int(inner), int(outer)) for inner, outer in edges]
        self.groups = list(dict.fromkeys([*(outer for _, outer in self._edges), *groups]))
        self._grants: dict[tuple[str, str], Grant] = {}
        self._vaults: dict[int, None] = {}
        self._machines: list[int] = []
        if grants:
            for vault_no, vault_id, carrier, body in self._rows(
                _GRANTS_OF, nos=json.dumps([*self.accounts, *self.groups])
            ):
                self._take(int(vault_no), str(vault_id), str(carrier), str(body))

    def also(self, accounts: Iterable[int]) -> None:
        """Takes accounts in, without what they are in."""
        self.accounts = list(dict.fromkeys([*self.accounts, *accounts]))

    def also_groups(self, groups: Iterable[int]) -> None:
        """Takes groups in, without what they hold."""
        self.groups = list(dict.fromkeys([*self.groups, *groups]))

    def also_on(self, vault_id: str, carriers: Several[str] | None = None) -> None:
        """Takes in the grants on a vault (only these, where they are named), and who holds them."""
        self._vaults.update(dict.fromkeys(_nos(self._reader, self._at, [vault_id], ObjectNo.VAULT)))
        holders: dict[int, None] = {}
        only = None if carriers is None else json.dumps(list(carriers))
        for holder_no, vault_no, id_, carrier, body in self._rows(
            _GRANTS_ON, vault=vault_id, carriers=only, limit=GRANTS_SHOWN
        ):
            self._take(int(vault_no), str(id_), str(carrier), str(body))
            holders[int(holder_no)] = None
        by_kind: dict[int, list[int]] = defaultdict(list)
        for no, kind, _id in self._rows(_IDS, nos=json.dumps(list(holders))):
            by_kind[int(kind)].append(int(no))
        self.also(by_kind[ObjectNo.ACCOUNT])
        self.also_groups(by_kind[ObjectNo.GROUP])
        self._machines = list(dict.fromkeys([*self._machines, *by_kind[ObjectNo.MACHINE]]))

    def _take(self, vault_no: int, vault_id: str, carrier: str, body: str) -> None:
        self._vaults[vault_no] = None
        self._grants[(vault_id, carrier)] = codec.grant(vault_id, carrier, body)

    def _rows(self, statement: str, **values: str | int | None) -> Sequence[tuple[str | int, ...]]:
        return self._reader.connection.execute(statement, {**values, "at": self._at}).fetchall()

    def snapshot(self) -> Snapshot:
        """The part, in the shape of the whole. Objects that were never listed have no row."""
        nos = [*self.accounts, *self.groups, *self._vaults, *self._machines]
        accounts: list[Account] = []
        groups: list[Group] = []
        vaults: list[Vault] = []
        machines: list[MachineIdentity] = []
        for _no, kind, id_, body in self._rows(_OBJECTS, nos=json.dumps(nos)):
            match ObjectNo(int(kind)):
                case ObjectNo.ACCOUNT:
                    accounts.append(codec.account(str(id_), str(body)))
                case ObjectNo.GROUP:
                    groups.append(codec.group(str(id_), str(body)))
                case ObjectNo.VAULT:
                    vaults.append(codec.vault(str(id_), str(body)))
                case ObjectNo.MACHINE:
                    machines.append(codec.machine(str(id_), str(body)))
        ids: Mapping[int, tuple[int, str]] = {
            int(no): (int(kind), str(id_))
            for no, kind, id_ in self._rows(_IDS, nos=json.dumps(nos))
        }
        name, source_kind, side, tenant, started_ms, complete, spots, rules = (
            self._reader.connection.execute(_SNAPSHOT, (self._at,)).fetchone()
        )
        return Snapshot(
            id=self._at,
            source=SourceIdentity(name, source_kind, Side(side), tenant),
            taken_ms=started_ms,
            complete=bool(complete),
            listings=self._listings([ids[no][1] for no in self.groups if no in ids],
                                    [ids[no][1] for no in self._vaults if no in ids]),
            accounts=tuple(accounts),
            groups=tuple(groups),
            memberships=tuple(self._memberships(ids)),
            vaults=tuple(vaults),
            grants=tuple(self._grants.values()),
            machines=tuple(machines),
            blind_spots=tuple(json.loads(spots)),
            unreadable_accounts=self._unreadable(ids[no][1] for no in self.accounts if no in ids),
            permission_rules=codec.permission_rules(rules),
        )  # fmt: skip

    def _memberships(self, ids: Mapping[int, tuple[int, str]]) -> Iterable[Membership]:
        for inner, outer in self._edges:
            kind, member_id = ids[inner]
            of_group = kind == ObjectNo.GROUP
            yield Membership(
                ids[outer][1], member_id, MemberKind.GROUP if of_group else MemberKind.ACCOUNT
            )

    def _listings(self, groups: Sequence[str], vaults: Sequence[str]) -> tuple[Listing, ...]:
        wanted = [
            *((one.value, "") for one in Collection),
            *((Collection.MEMBERSHIPS.value, one) for one in groups),
            *((Collection.GRANTS.value, one) for one in vaults),
        ]
        found = self._rows(
            "select l.collection, l.parent_id, l.complete, l.proof, l.error, l.rows, l.unreadable "
            "from json_each(:wanted) j cross join listing l on l.snapshot_id = :at "
            "and l.collection = json_extract(j.value, '$[0]') "
            "and l.parent_id = json_extract(j.value, '$[1]')",
            wanted=json.dumps(wanted),
        )
        return tuple(
            Listing(
                Collection(str(collection)), str(parent), bool(complete), str(proof), str(error),
                int(rows), int(unreadable),
            )
            for collection, parent, complete, proof, error, rows, unreadable in found
        )  # fmt: skip

    def _unreadable(self, ids: Iterable[str]) -> frozenset[str]:
        found = self._rows(
            "select u.id from unreadable u where u.snapshot_id = :at and u.collection = :accounts "
            "and u.id in (select value from json_each(:ids))",
            accounts=Collection.ACCOUNTS.value, ids=json.dumps(list(ids)),
        )  # fmt: skip
        return frozenset(str(row[0]) for row in found)


def _nos(reader: Reader, at: int, ids: Iterable[str], kind: ObjectNo = ObjectNo.GROUP) -> list[int]:
    values = {"ids": json.dumps(list(ids)), "kind": kind.value, "at": at}
    return [int(row[0]) for row in reader.connection.execute(_NOS, values)]


def _linked(reader: Reader, directory_nos: Sequence[int]) -> list[int]:
    """The secrets groups that stand for these directory groups."""
    found = reader.connection.execute(
        "select l.secrets_no from json_each(?) j join group_link l on l.directory_no = j.value "
        "where l.secrets_no is not null",
        (json.dumps(directory_nos),),
    )
    return [int(row[0]) for row in found]


def _standing_behind(reader: Reader, secrets_nos: Sequence[int]) -> list[int]:
    """The directory groups that these secrets groups stand for."""
    found = reader.connection.execute(
        "select l.directory_no from json_each(?) j join group_link l on l.secrets_no = j.value "
        "where l.directory_no is not null",
        (json.dumps(secrets_nos),),
    )
    return [int(row[0]) for row in found]


def _links(
    reader: Reader, directory_nos: Sequence[int], secrets_nos: Sequence[int]
) -> tuple[LinkRow, ...]:
    found = reader.connection.execute(_LINKS, (json.dumps(directory_nos), json.dumps(secrets_nos)))
    return tuple(LinkRow(*row) for row in found)


def _people(reader: Reader, secrets_nos: Sequence[int]) -> tuple[MatchRow, ...]:
    found = reader.connection.execute(
        "select p.key, p.directory_id, p.secrets_id, p.matched_by from json_each(?) j "
        "join person p on p.secrets_no = j.value order by p.position",
        (json.dumps(secrets_nos),),
    )
    return tuple(MatchRow(*row) for row in found)


def _disputed(reader: Reader, login: str) -> str:
    """What an ambiguous match says that names this login; empty where none does."""
    row = reader.connection.execute(_DISPUTED, (f"({login})",)).fetchone()
    return "" if row is None else str(row[0])


def _pushes(reader: Reader, at: int) -> bool:
    found = reader.connection.execute(_PUSHES, (at, PUSHES_LOOKED_AT)).fetchone()
    return found is not None
