"""Reads again, by id, everything that some changes are about, into the world they are judged in."""

from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from keyturn.decide.findings import Change, ObjectKind, Ref
from keyturn.decide.rules import Rules
from keyturn.run.assess import Assessment, decide
from keyturn.run.connections import Connections
from keyturn_providers.abilities import (
    Ability,
    ReadsAccount,
    ReadsGrant,
    ReadsMembers,
    able,
)
from keyturn_providers.contract import About
from keyturn_providers.errors import Gone, NotAuthenticated, ProviderError, TenantChanged
from keyturn_providers.records import (
    PrincipalKind,
    Side,
    Snapshot,
)

T = TypeVar("T")
Key = tuple[Side, ObjectKind, str]


@dataclass(frozen=True, slots=True)
class Touched:
    """The world with those objects as they are now, the rest as in the snapshots. `unread` says
    which could not be read, and why: of those nobody knows how they are."""

    assessment: Assessment
    unread: Mapping[Key, str]


@dataclass(slots=True)
class _Wanted:
    accounts: dict[str, Ref] = field(default_factory=dict)
    groups: dict[str, Ref] = field(default_factory=dict)
    holders: dict[tuple[PrincipalKind, str], tuple[Ref, set[str]]] = field(default_factory=dict)


@dataclass(slots=True)
class _Reading:
    """One side while it is read. `reader` is asked only for what `about` says it can."""

    side: Side
    reader: object
    about: About
    unread: dict[Key, str]

    async def tried(self, ref: Ref, asked: Awaitable[T], gone: T) -> tuple[T, ...]:
        """The answer alone, `gone` where the source says so; empty where it could not be read.
        Raises only what says that nothing more can be asked there."""
        try:
            return (await asked,)
        except Gone:
            return (gone,)
        except (NotAuthenticated, TenantChanged):
            raise
        except ProviderError as failure:
            self.unread[(self.side, ref.kind, ref.id)] = str(failure)
            return ()


async def read_touched(
    changes: Iterable[Change],
    before: Assessment,
    connections: Connections,
    abouts: Mapping[Side, About],
    rules: Rules,
    now_ms: int,
) -> Touched:
    """Reads every account, group and holder of a grant that `changes` name. What a source cannot be
    asked for stays as in its snapshot. Raises NotAuthenticated or TenantChanged."""
    every = tuple(changes)
    unread: dict[Key, str] = {}
    snapshots = {Side.DIRECTORY: before.directory, Side.SECRETS: before.secrets}
    for side in Side:
        wanted = _wanted(change for change in every if change.side is side)
        reading = _Reading(side, connections.of(side).reader(), abouts[side], unread)
        snapshot = await _accounts(reading, snapshots[side], wanted)
        snapshot = await _groups(reading, snapshot, wanted)
        snapshots[side] = await _grants(reading, snapshot, wanted)
    now = decide(snapshots[Side.DIRECTORY], snapshots[Side.SECRETS], rules, now_ms)
    return Touched(now, unread)


def _wanted(changes: Iterable[Change]) -> _Wanted:
    found = _Wanted()
    for change in changes:
        if change.account is not None:
            found.accounts[change.account.id] = change.account
        if change.group is not None:
            found.groups[change.group.id] = change.group
        if change.principal is not None and change.principal_kind is not None:
            key = (change.principal_kind, change.principal.id)
            _, vaults = found.holders.setdefault(key, (change.principal, set()))
            vaults.update(vault.id for vault in change.vaults)
            if change.principal_kind is PrincipalKind.ACCOUNT:
                found.accounts[change.principal.id] = change.principal
    return found


async def _accounts(reading: _Reading, snapshot: Snapshot, wanted: _Wanted) -> Snapshot:
    # An invitation names the directory's account, which the other side does not know.
    mine = [ref for ref in wanted.accounts.values() if ref.side is reading.side]
    if Ability.READ_ACCOUNT not in reading.about.abilities:
        return snapshot
    accounts = {account.id: account for account in snapshot.accounts}
    unreadable = set(snapshot.unreadable_accounts)
    asked = able(reading.reader, ReadsAccount)
    for ref in mine:
        for account in await reading.tried(ref, asked.read_account(ref.id), None):
            unreadable.discard(ref.id)
            accounts.pop(ref.id, None)
            if account is not None:
                accounts[ref.id] = account
    return replace(
        snapshot, accounts=tuple(accounts.values()), unreadable_accounts=frozenset(unreadable)
    )


async def _groups(reading: _Reading, snapshot: Snapshot, wanted: _Wanted) -> Snapshot:
    if Ability.READ_MEMBERS not in reading.about.abilities:
        return snapshot
    asked = able(reading.reader, ReadsMembers)
    groups, memberships = snapshot.groups, snapshot.memberships
    for ref in wanted.groups.values():
        for members in await reading.tried(ref, asked.read_members(ref.id), None):
            if members is None:
                groups = tuple(group for group in groups if group.id != ref.id)
            others = (one for one in memberships if one.group_id != ref.id)
            memberships = (*others, *(members or ()))
    return replace(snapshot, groups=groups, memberships=memberships)


async def _grants(reading: _Reading, snapshot: Snapshot, wanted: _Wanted) -> Snapshot:
    if Ability.READ_GRANT not in reading.about.abilities:
        return snapshot
    asked = able(reading.reader, ReadsGrant)
    grants = snapshot.grants
    for (kind, holder_id), (ref, vaults) in wanted.holders.items():
        others = tuple(
            one for one in grants if (one.principal_kind, one.principal_id) != (kind, holder_id)
        )
        known = vaults | {one.vault_id for one in grants if one not in others}
        asking = asked.read_grants_of(kind, holder_id, frozenset(known))
        for held in await reading.tried(ref, asking, ()):
            grants = (*others, *held)
    return replace(snapshot, grants=grants)
