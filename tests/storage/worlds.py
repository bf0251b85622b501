"""What a source may hold, and a plain-Python oracle of what storage must make of its listings."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from hypothesis import strategies as st

from keyturn_providers.records import (
    Account,
    AccountState,
    Collection,
    Email,
    Grant,
    Group,
    Level,
    Listing,
    MachineIdentity,
    MemberKind,
    Membership,
    PrincipalKind,
    Side,
    Snapshot,
    SourceIdentity,
    Unreadable,
    Vault,
)
from keyturn_storage.rows import SnapshotInfo
from keyturn_storage.snapshots import Cache
from keyturn_storage.staging import StagedRecord

DIRECTORY = SourceIdentity("people", "scim", Side.DIRECTORY, "tenant-d")
SECRETS = SourceIdentity("bao", "openbao", Side.SECRETS, "tenant-s")

T = TypeVar("T", Account, Group, Vault, MachineIdentity)
R = TypeVar("R", bound="Record")
Record = Account | Group | Vault | MachineIdentity | Membership | Grant


@dataclass(frozen=True, slots=True)
class Read:
    """One listing as it came."""

    collection: Collection
    parent_id: str = ""
    complete: bool = True
    records: tuple[Record, ...] = ()
    unreadable: tuple[str | None, ...] = ()

    @property
    def proven(self) -> bool:
        return self.complete and None not in self.unreadable


@dataclass(slots=True)
class Oracle:
    """What is held to be true after each refresh, with sets and no SQL."""

    accounts: dict[str, Account] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    vaults: dict[str, Vault] = field(default_factory=dict)
    machines: dict[str, MachineIdentity] = field(default_factory=dict)
    memberships: set[Membership] = field(default_factory=set)
    grants: dict[tuple[str, str], Grant] = field(default_factory=dict)

    def take(self, reads: tuple[Read, ...]) -> "Oracle":
        after = Oracle(
            _objects(self.accounts, reads, Collection.ACCOUNTS, Account),
            _objects(self.groups, reads, Collection.GROUPS, Group),
            _objects(self.vaults, reads, Collection.VAULTS, Vault),
            _objects(self.machines, reads, Collection.MACHINES, MachineIdentity),
            set(),
            {},
        )
        after.memberships = {m for m in self.memberships if m.group_id in after.groups}
        after.grants = {k: g for k, g in self.grants.items() if g.vault_id in after.vaults}
        for read in reads:
            if read.collection is Collection.MEMBERSHIPS and read.parent_id in after.groups:
                came = {r for r in read.records if isinstance(r, Membership)}
                if read.proven:
                    after.memberships = {
                        m
                        for m in after.memberships
                        if m.group_id != read.parent_id
                        or m in came
                        or m.member_id in read.unreadable
                    }
                after.memberships |= came
            if read.collection is Collection.GRANTS and read.parent_id in after.vaults:
                granted = {(r.vault_id, r.carrier): r for r in read.records if isinstance(r, Grant)}
                if read.proven:
                    after.grants = {
                        key: g
                        for key, g in after.grants.items()
                        if g.vault_id != read.parent_id
                        or key in granted
                        or g.carrier in read.unreadable
                        or g.principal_id in read.unreadable
                    }
                after.grants |= granted
        return after

    def differs_from(self, found: Snapshot) -> str:
        """Empty if the snapshot holds exactly this, each once; else what does not agree."""
        for name, mine, stored in (
            ("accounts", set(self.accounts.values()), found.accounts),
            ("groups", set(self.groups.values()), found.groups),
            ("vaults", set(self.vaults.values()), found.vaults),
            ("machines", set(self.machines.values()), found.machines),
            ("memberships", self.memberships, found.memberships),
            ("grants", set(self.grants.values()), found.grants),
        ):
            if mine != set(stored) or len(stored) != len(mine):
                return f"{name}: expected {mine}, stored {stored}"
        return ""


def _objects(
    before: Mapping[str, T], reads: tuple[Read, ...], collection: Collection, kind: type[T]
) -> dict[str, T]:
    after = dict(before)
    for read in reads:
        if read.collection is collection:
            came = {r.id: r for r in read.records if isinstance(r, kind)}
            if read.proven:
                after = {k: v for k, v in after.items() if k in came or k in read.unreadable}
            after |= came
    return after


def refresh(
    cache: Cache,
    reads: tuple[Read, ...],
    *,
    source: SourceIdentity = SECRETS,
    at_ms: int = 1_000,
    page: int = 2,
) -> SnapshotInfo:
    """Stages and seals a snapshot, in pages, as a refresh would."""
    snapshot_id = cache.begin(source, at_ms - 1)
    for read in reads:
        records: list[StagedRecord] = list(read.records)
        records += [Unreadable(id_, "odd") for id_ in read.unreadable]
        for start in range(0, len(records), page):
            cache.stage(
                snapshot_id,
                records[start : start + page],
                collection=read.collection,
                parent_id=read.parent_id,
            )
        cache.end_listing(
            snapshot_id,
            Listing(
                read.collection,
                read.parent_id,
                complete=read.complete,
                proof="all came" if read.complete else "",
                error="" if read.complete else "cut at page 2",
                rows=len(set(read.records)),
                unreadable=len(read.unreadable),
            ),
        )
    return cache.seal(snapshot_id, at_ms, ("no audit log",))


def account(id_: str, state: AccountState = AccountState.ACTIVE, **other: object) -> Account:
    made = Account(id_, f"{id_}.login", f"{id_.upper()} Name", state)
    return replace(made, **other)  # type: ignore[arg-type]  # the test names fields of Account


def whole(
    accounts: tuple[Account, ...] = (),
    groups: Mapping[str, tuple[str, ...]] | None = None,
    vaults: Mapping[str, tuple[Grant, ...]] | None = None,
    machines: tuple[MachineIdentity, ...] = (),
) -> tuple[Read, ...]:
    """A complete read. A member that is itself a key of `groups` is a nested group."""
    groups = groups or {}
    vaults = vaults or {}
    reads = [
        Read(Collection.ACCOUNTS, records=accounts),
        Read(Collection.GROUPS, records=tuple(Group(g, f"{g} name") for g in groups)),
        Read(Collection.VAULTS, records=tuple(Vault(v, f"{v} name") for v in vaults)),
        Read(Collection.MACHINES, records=machines),
    ]
    for group_id, members in groups.items():
        reads.append(
            Read(
                Collection.MEMBERSHIPS,
                group_id,
                records=tuple(
                    Membership(group_id, m, MemberKind.GROUP if m in groups else MemberKind.ACCOUNT)
                    for m in members
                ),
            )
        )
    reads.extend(Read(Collection.GRANTS, v, records=grants) for v, grants in vaults.items())
    return tuple(reads)


_A = ("a0", "a1", "a2", "a3")
_G = ("g0", "g1", "g2")
_V = ("v0", "v1")
_M = ("m0", "m1")
_C = ("c0", "c1", "c2")

_accounts = st.builds(
    Account,
    id=st.sampled_from(_A),
    name=st.sampled_from(("x", "y")),
    display_name=st.just("N"),
    state=st.sampled_from(tuple(AccountState)),
    emails=st.sampled_from(((), (Email("a@b", True),))),
)
_groups = st.builds(Group, id=st.sampled_from(_G), name=st.sampled_from(("p", "q")))
_vaults = st.builds(Vault, id=st.sampled_from(_V), name=st.sampled_from(("p", "q")))
_machines = st.builds(
    MachineIdentity, id=st.sampled_from(_M), name=st.just("m"), kind=st.sampled_from(("k", "l"))
)
_odd = st.lists(st.sampled_from((*_A, *_G, *_V, *_C, None)), max_size=1).map(tuple)


def _one_each(records: st.SearchStrategy[R], size: int) -> st.SearchStrategy[tuple[R, ...]]:
    def key(record: R) -> object:
        return getattr(record, "id", None) or getattr(record, "carrier", record)

    return st.lists(records, max_size=size, unique_by=key).map(tuple)


def _listing(
    collection: Collection, parent_id: str, records: st.SearchStrategy[tuple[Record, ...]]
) -> st.SearchStrategy[Read]:
    return st.builds(Read, st.just(collection), st.just(parent_id), st.booleans(), records, _odd)


def _members(group_id: str) -> st.SearchStrategy[tuple[Record, ...]]:
    return _one_each(
        st.one_of(
            st.builds(Membership, st.just(group_id), st.sampled_from(_A)),
            st.builds(
                Membership, st.just(group_id), st.sampled_from(_G), st.just(MemberKind.GROUP)
            ),
        ),
        4,
    )


def _grants(vault_id: str) -> st.SearchStrategy[tuple[Record, ...]]:
    def to(kind: PrincipalKind, ids: tuple[str, ...]) -> st.SearchStrategy[Grant]:
        return st.builds(
            Grant,
            st.just(vault_id),
            st.just(kind),
            st.sampled_from(ids),
            st.sampled_from((Level.READ, Level.MANAGE, Level.NONE)),
            st.sampled_from(_C),
        )

    return _one_each(st.one_of(to(PrincipalKind.ACCOUNT, _A), to(PrincipalKind.GROUP, _G)), 3)


reads = st.tuples(
    _listing(Collection.ACCOUNTS, "", _one_each(_accounts, 4)),
    _listing(Collection.GROUPS, "", _one_each(_groups, 3)),
    _listing(Collection.VAULTS, "", _one_each(_vaults, 2)),
    _listing(Collection.MACHINES, "", _one_each(_machines, 2)),
    *(_listing(Collection.MEMBERSHIPS, g, _members(g)) for g in _G),
    *(_listing(Collection.GRANTS, v, _grants(v)) for v in _V),
).flatmap(
    # Any listing may not have been read at all.
    lambda every: st.sets(st.sampled_from(range(len(every))), max_size=3).map(
        lambda left_out: tuple(r for n, r in enumerate(every) if n not in left_out)
    )
)
"""Everything that one refresh read: complete or not, with odd records, or not read at all."""
