"""Reads one person fresh from both sources, by id, into the world that the plan is made from."""

from dataclasses import dataclass, replace

from keyturn.decide.people import Person
from keyturn.decide.rules import Rules
from keyturn.run.assess import Assessment, decide
from keyturn.run.connections import Connections
from keyturn_providers.contract import (
    Ability,
    About,
    ReadsAccount,
    ReadsGrant,
    ReadsMembers,
    ReadsSessions,
    able,
)
from keyturn_providers.errors import Gone
from keyturn_providers.records import (
    Account,
    Grant,
    Membership,
    PrincipalKind,
    Session,
    Side,
    Snapshot,
)


@dataclass(frozen=True, slots=True)
class LeaverNow:
    """The person as both sources have them at this moment, the rest as in the snapshots."""

    assessment: Assessment
    person: Person
    sessions: tuple[Session, ...]


async def read_leaver(
    person: Person,
    before: Assessment,
    connections: Connections,
    abouts: dict[Side, About],
    rules: Rules,
    now_ms: int,
) -> LeaverNow:
    """Reads the person's accounts, sessions, direct grants and known memberships now.

    What a source cannot be asked for stays as in its snapshot. An account that is gone is gone from
    the world, too. Raises the sources' ProviderError.
    """
    directory, secrets = before.directory, before.secrets
    sessions: tuple[Session, ...] = ()
    if person.directory is not None:
        reader = connections.directory.reader()
        about = abouts[Side.DIRECTORY]
        account = await _account(reader, about, person.directory)
        directory = _with_account(directory, about, person.directory.id, account)
        pushed = frozenset(group.id for group in directory.groups if group.push is not None)
        directory = await _with_memberships(directory, reader, about, person.directory.id, pushed)
    if person.secrets is not None:
        reader, about = connections.secrets.reader(), abouts[Side.SECRETS]
        account_id = person.secrets.id
        account = await _account(reader, about, person.secrets)
        secrets = _with_account(secrets, about, account_id, account)
        if account is not None:
            sessions = await _sessions(reader, about, account_id)
        secrets = await _with_grants(secrets, reader, about, account_id, gone=account is None)
        every = frozenset(one.group_id for one in secrets.memberships)
        secrets = await _with_memberships(secrets, reader, about, account_id, every)
    after = decide(directory, secrets, rules, now_ms)
    return LeaverNow(after, _again(after, person), sessions)


def _again(after: Assessment, person: Person) -> Person:
    """The same human in the fresh world, where an account may be gone by now.

    What tied the two accounts may have changed since the snapshots, an address that was archived
    above all. The operator named the person that the snapshots show: both accounts stay theirs.
    """
    mine, theirs = person.directory, person.secrets
    directory = after.world.directory.accounts.get(mine.id) if mine else None
    secrets = after.world.secrets.accounts.get(theirs.id) if theirs else None
    for side, account in ((Side.DIRECTORY, directory), (Side.SECRETS, secrets)):
        found = after.world.person_of.get((side, account.id)) if account else None
        if found is not None and _has(found, directory, secrets):
            return found
    return Person(person.key, directory, secrets, person.matched_by)


def _has(found: Person, directory: Account | None, secrets: Account | None) -> bool:
    """Whether these accounts, as far as they are there, are the person's."""
    return (directory is None or found.directory == directory) and (
        secrets is None or found.secrets == secrets
    )


async def _account(reader: object, about: About, known: Account) -> Account | None:
    if Ability.READ_ACCOUNT not in about.abilities:
        return known
    return await able(reader, ReadsAccount).read_account(known.id)


async def _sessions(reader: object, about: About, account_id: str) -> tuple[Session, ...]:
    if Ability.READ_SESSIONS not in about.abilities:
        return ()
    try:
        return await able(reader, ReadsSessions).read_sessions(account_id)
    except Gone:
        return ()


def _with_account(
    snapshot: Snapshot, about: About, account_id: str, account: Account | None
) -> Snapshot:
    others = tuple(one for one in snapshot.accounts if one.id != account_id)
    unreadable = snapshot.unreadable_accounts
    if Ability.READ_ACCOUNT in about.abilities:
        unreadable -= {account_id}
    return replace(
        snapshot,
        accounts=others if account is None else (*others, account),
        unreadable_accounts=unreadable,
    )


async def _with_grants(
    snapshot: Snapshot, reader: object, about: About, account_id: str, *, gone: bool
) -> Snapshot:
    if Ability.READ_GRANT not in about.abilities:
        return snapshot
    held: tuple[Grant, ...] = ()
    if not gone:
        # A source's own index of somebody's vaults may not have them all: the known ones are looked
        # into in any case.
        known = frozenset(one.vault_id for one in snapshot.grants if _is_of(one, account_id))
        grants = able(reader, ReadsGrant)
        try:
            held = await grants.read_grants_of(PrincipalKind.ACCOUNT, account_id, known)
        except Gone:
            held = ()
    others = tuple(one for one in snapshot.grants if not _is_of(one, account_id))
    return replace(snapshot, grants=(*others, *held))


def _is_of(grant: Grant, account_id: str) -> bool:
    return grant.principal_kind is PrincipalKind.ACCOUNT and grant.principal_id == account_id


async def _with_memberships(
    snapshot: Snapshot, reader: object, about: About, account_id: str, among: frozenset[str]
) -> Snapshot:
    """The groups `among` those the account is known to be in, with their members of now."""
    if Ability.READ_MEMBERS not in about.abilities:
        return snapshot
    groups = among & {one.group_id for one in snapshot.memberships if one.member_id == account_id}
    fresh: list[Membership] = []
    for group_id in sorted(groups):
        members = await able(reader, ReadsMembers).read_members(group_id)
        fresh.extend(members or ())
    others = tuple(one for one in snapshot.memberships if one.group_id not in groups)
    return replace(snapshot, memberships=(*others, *fresh))
