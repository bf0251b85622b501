"""Reads one person fresh from both sources, by id, into the world that the plan is made from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from keyturn.decide.context import PlanContext
from keyturn.decide.half_read import ReadNow, half_read, not_asked
from keyturn.decide.people import Person
from keyturn.decide.rules import Rules
from keyturn.run.all_members import AllMembers, all_members, can_list_all
from keyturn.run.assess import Assessment, decide
from keyturn.run.connections import Connections
from keyturn_providers.abilities import (
    Ability,
    ReadsAccount,
    ReadsGrant,
    ReadsMembers,
    ReadsMemberships,
    ReadsSessions,
    able,
)
from keyturn_providers.contract import About
from keyturn_providers.errors import BadAnswer, Conflict, Gone, NotAllowed, ProviderError
from keyturn_providers.records import (
    Account,
    Collection,
    Grant,
    Listing,
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
    read: ReadNow


@dataclass(slots=True)
class _Told:
    """What was learnt while asking, in the order of asking."""

    listed: dict[Side, AllMembers]
    whole: set[tuple[Side, Collection]] = field(default_factory=set)
    failed: list[str] = field(default_factory=list)


def with_what_was_read(context: PlanContext, leavers: Iterable[LeaverNow]) -> PlanContext:
    """The context with what may have been missed of these leavers: for the guard that asks, and
    among what keyturn cannot see. Each is judged by the world that is planned from."""
    world, every = context.world, tuple(leavers)
    half = _different(half_read(world, one.person, one.read) for one in every)
    spots = _different(not_asked(world, one.person, one.read) for one in every)
    return replace(context, half_read=half, blind_spots=(*context.blind_spots, *half, *spots))


def _different(several: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words for some in several for words in some))


async def read_leaver(
    person: Person,
    before: Assessment,
    connections: Connections,
    abouts: dict[Side, About],
    rules: Rules,
    now_ms: int,
    listed: dict[Side, AllMembers] | None = None,
) -> LeaverNow:
    """Reads the person's accounts, sessions, direct grants and memberships now. `listed` keeps what
    was listed for one leaver, for the next ones of the same plan.

    What a source cannot be asked for stays as in its snapshot, and `LeaverNow.read` lacks it. An
    account that is gone is gone from the world, too. Raises the sources' ProviderError.
    """
    told = _Told({} if listed is None else listed)
    directory, secrets = before.directory, before.secrets
    sessions: tuple[Session, ...] = ()
    if person.directory is not None:
        reader = connections.directory.reader()
        about = abouts[Side.DIRECTORY]
        account = await _account(reader, about, person.directory)
        directory = _with_account(directory, about, person.directory.id, account)
        pushed = frozenset(group.id for group in directory.groups if group.push is not None)
        directory = await _with_memberships(
            directory, reader, about, person.directory.id, told, pushed
        )
    if person.secrets is not None:
        reader, about = connections.secrets.reader(), abouts[Side.SECRETS]
        account_id = person.secrets.id
        account = await _account(reader, about, person.secrets)
        secrets = _with_account(secrets, about, account_id, account)
        if account is not None:
            sessions = await _sessions(reader, about, account_id)
        secrets = await _with_grants(secrets, reader, about, account_id, gone=account is None)
        if Ability.READ_GRANT in about.abilities:
            told.whole.add((Side.SECRETS, Collection.GRANTS))
        secrets = await _with_memberships(secrets, reader, about, account_id, told)
    after = decide(directory, secrets, rules, now_ms)
    read = ReadNow(frozenset(told.whole), tuple(told.failed))
    return LeaverNow(after, _again(after, person), sessions, read)


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
    snapshot: Snapshot,
    reader: object,
    about: About,
    account_id: str,
    told: _Told,
    among: frozenset[str] | None = None,
) -> Snapshot:
    """With the account's memberships of now: those that the source names for it, and the known
    ones. The groups `among` these (all, where it is None) come with all their members of now."""
    if Ability.READ_MEMBERSHIPS in about.abilities:
        named = await _named(reader, about, account_id, told)
    else:
        named = await _found(reader, about, account_id, len(snapshot.groups), told)
    mine = {one.group_id for one in snapshot.memberships if one.member_id == account_id}
    every = mine | {one.group_id for one in named}
    groups = every if among is None else every & among
    fresh: dict[str, tuple[Membership, ...]] = {}
    if Ability.READ_MEMBERS in about.abilities:
        for group_id in sorted(groups):
            try:
                members = await able(reader, ReadsMembers).read_members(group_id)
            except (NotAllowed, BadAnswer, Conflict):
                # One group that cannot be looked into stops nothing: what is known of it stays.
                told.failed.append(
                    f"the members of {_name(snapshot, group_id)} in {snapshot.source.name} could "
                    "not be read now"
                )
            else:
                fresh[group_id] = members or ()
    others = (one for one in snapshot.memberships if one.group_id not in fresh)
    more = (one for one in named if one.group_id not in fresh)
    rows = (*others, *more, *(one for members in fresh.values() for one in members))
    return replace(
        snapshot,
        memberships=tuple(dict.fromkeys(rows)),
        listings=(
            *(one for one in snapshot.listings if not _is_of_group(one, fresh)),
            *(_read_by_id(group_id, len(members)) for group_id, members in fresh.items()),
        ),
    )


async def _named(
    reader: object, about: About, account_id: str, told: _Told
) -> tuple[Membership, ...]:
    """The memberships that the source itself names for the account. None where that fails: who
    leaves is put out of what is known all the same."""
    try:
        named = await able(reader, ReadsMemberships).read_memberships_of(account_id)
    except ProviderError as error:
        told.failed.append(
            f"the groups of {account_id} in {about.source.name} could not be read now ({error.why})"
        )
        return ()
    told.whole.add((about.source.side, Collection.MEMBERSHIPS))
    return named


async def _found(
    reader: object, about: About, account_id: str, groups: int, told: _Told
) -> tuple[Membership, ...]:
    """The account's memberships, looked for in every group; none where there are too many."""
    if not can_list_all(about, groups):
        return ()
    side = about.source.side
    if side not in told.listed:
        told.listed[side] = await all_members(reader, about)
    found = told.listed[side]
    told.failed.extend(found.failed)
    if found.whole:
        told.whole.add((side, Collection.MEMBERSHIPS))
    return found.of(account_id)


def _name(snapshot: Snapshot, group_id: str) -> str:
    return next((one.name for one in snapshot.groups if one.id == group_id), "") or group_id


def _is_of_group(listing: Listing, groups: Iterable[str]) -> bool:
    return listing.collection is Collection.MEMBERSHIPS and listing.parent_id in groups


def _read_by_id(group_id: str, rows: int) -> Listing:
    return Listing(Collection.MEMBERSHIPS, group_id, complete=True, proof="read by id", rows=rows)
