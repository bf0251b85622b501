"""Reads, live and by id, whether one change is in effect: for precondition, recovery and proof."""

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from keyturn.decide.findings import Change, ChangeKind, Ref
from keyturn.decide.index import TOKEN_PREFIX, edge_of
from keyturn_providers.contract import (
    ReadsAccount,
    ReadsGrant,
    ReadsMembers,
    ReadsSessions,
)
from keyturn_providers.errors import Gone
from keyturn_providers.records import (
    Account,
    AccountState,
    Grant,
    Level,
    Membership,
    PrincipalKind,
    Session,
)


class Seen(StrEnum):
    """What a read says of a change. IMPOSSIBLE: what it is about is not there, or is another.
    UNREADABLE: the read itself failed."""

    AS_WANTED = "as wanted"
    NOT_YET = "not yet"
    IMPOSSIBLE = "impossible"
    CANNOT_TELL = "cannot tell"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Effect:
    """`words` is one plain phrase with names, e.g. "Dana Okafor is suspended". `blind`: the source
    cannot be asked for it at all."""

    seen: Seen
    words: str
    blind: bool = False


async def observe_effect(change: Change, reader: object) -> Effect:
    """Whether `change` is in effect now. Raises the reader's `ProviderError`.

    An account that answers under the id, but by another name than the plan's, is IMPOSSIBLE: ids
    decide, names are checked. CANNOT_TELL where the reader lacks the ability, or the source's
    answer is not understood.
    """
    match change.kind:
        case ChangeKind.SUSPEND | ChangeKind.REACTIVATE:
            return await _state(change, reader)
        case ChangeKind.END_SESSION:
            return await _session(change, reader)
        case ChangeKind.ADD_MEMBERSHIP | ChangeKind.REMOVE_MEMBERSHIP:
            return await _membership(change, reader)
        case ChangeKind.GRANT | ChangeKind.REVOKE | ChangeKind.RESTORE_GRANT:
            return await _grant(change, reader)
        case unreached:
            assert_never(unreached)


async def _state(change: Change, reader: object) -> Effect:
    ref = _needed(change.account, "account")
    if not isinstance(reader, ReadsAccount):
        return _blind("one account")
    account = await reader.read_account(ref.id)
    if account is None:
        if change.kind is ChangeKind.SUSPEND:
            return Effect(Seen.AS_WANTED, f"{ref.name} does not exist any more")
        return Effect(Seen.IMPOSSIBLE, f"{ref.name} does not exist any more")
    if not _same_name(account, ref):
        return _other(account, ref)
    if account.state is AccountState.UNKNOWN:
        raw = account.state_raw or "nothing"
        return Effect(Seen.CANNOT_TELL, f"the source says {raw} of {ref.name}'s state")
    suspending = change.kind is ChangeKind.SUSPEND
    wanted = account.state.is_off if suspending else account.state is AccountState.ACTIVE
    words = f"{ref.name} is {account.state.value}"
    return Effect(Seen.AS_WANTED if wanted else Seen.NOT_YET, words)


async def _session(change: Change, reader: object) -> Effect:
    ref = _needed(change.account, "account")
    if not isinstance(reader, ReadsSessions):
        return _blind("sessions")
    try:
        sessions: tuple[Session, ...] = await reader.read_sessions(ref.id)
    except Gone:
        return Effect(Seen.AS_WANTED, f"{ref.name} does not exist any more")
    if any(session.id == change.session_id for session in sessions):
        return Effect(Seen.NOT_YET, f"the session of {ref.name} is live")
    return Effect(Seen.AS_WANTED, f"the session of {ref.name} is not there")


async def _membership(change: Change, reader: object) -> Effect:
    account, group = _needed(change.account, "account"), _needed(change.group, "group")
    if not isinstance(reader, ReadsMembers):
        return _blind("a group's members")
    members: tuple[Membership, ...] | None = await reader.read_members(group.id)
    adding = change.kind is ChangeKind.ADD_MEMBERSHIP
    if members is None:
        words = f"the group {group.name} does not exist any more"
        return Effect(Seen.IMPOSSIBLE if adding else Seen.AS_WANTED, words)
    inside = any(member.member_id == account.id for member in members)
    words = f"{account.name} is {'' if inside else 'not '}a member of {group.name}"
    if inside is adding:
        return Effect(Seen.AS_WANTED, words)
    return await _if_same_account(change.account, reader, Effect(Seen.NOT_YET, words))


async def _grant(change: Change, reader: object) -> Effect:
    principal = _needed(change.principal, "principal")
    kind = change.principal_kind or PrincipalKind.ACCOUNT
    if not isinstance(reader, ReadsGrant):
        return _blind("grants")
    try:
        held: tuple[Grant, ...] = await reader.read_grants_of(
            kind, principal.id, frozenset(vault.id for vault in change.vaults)
        )
    except Gone:
        words = f"{principal.name} does not exist any more"
        gone = Seen.AS_WANTED if change.kind is ChangeKind.REVOKE else Seen.IMPOSSIBLE
        return Effect(gone, words)
    names = ", ".join(vault.name for vault in change.vaults) or change.carrier
    if change.kind is ChangeKind.GRANT:
        there = _holds(change, held)
    else:
        there = any(grant.carrier == change.carrier for grant in held)
    words = f"{principal.name} holds {'the' if there else 'no such'} grant on {names}"
    if there is not (change.kind is ChangeKind.REVOKE):
        carried = _carried_on(change, held) if change.kind is ChangeKind.REVOKE else 0
        if carried:
            return Effect(
                Seen.IMPOSSIBLE,
                f"the edge {change.carrier} is gone, but {carried} live "
                f"{'session carries' if carried == 1 else 'sessions carry'} it on for "
                f"{principal.name}: refresh and plan again",
            )
        return Effect(Seen.AS_WANTED, words)
    checked = principal if kind is PrincipalKind.ACCOUNT else None
    return await _if_same_account(checked, reader, Effect(Seen.NOT_YET, words))


def _holds(change: Change, held: tuple[Grant, ...]) -> bool:
    """Whether the granted vault is held at exactly the wished level.

    A wider grant does not count: a plan that narrows gives the lower level first and then takes the
    wider one away.
    """
    wanted = change.level or Level.READ
    vaults = {vault.id for vault in change.vaults}
    return any(grant.vault_id in vaults and grant.level is wanted for grant in held)


def _carried_on(change: Change, held: tuple[Grant, ...]) -> int:
    """How many live tokens still give what the revoked edge gave: a token keeps what it was made
    with. Carriers end with what they stand for, a policy above all."""
    if change.carrier.startswith(TOKEN_PREFIX):
        return 0
    policy = change.carrier.rpartition("/")[2]
    vaults = {vault.id for vault in change.vaults}
    return len(
        {
            edge_of(grant.carrier)
            for grant in held
            if grant.vault_id in vaults
            and grant.carrier.startswith(TOKEN_PREFIX)
            and grant.carrier.rpartition("/")[2] == policy
        }
    )


async def _if_same_account(ref: Ref | None, reader: object, effect: Effect) -> Effect:
    """`effect`, unless the account's id leads to nobody or to another name than the plan's."""
    if ref is None or not isinstance(reader, ReadsAccount):
        return effect
    account: Account | None = await reader.read_account(ref.id)
    if account is None:
        return Effect(Seen.IMPOSSIBLE, f"{ref.name} does not exist any more")
    return effect if _same_name(account, ref) else _other(account, ref)


def _same_name(account: Account, ref: Ref) -> bool:
    return ref.name in (account.name, account.display_name, account.id)


def _other(account: Account, ref: Ref) -> Effect:
    now = account.display_name or account.name
    return Effect(
        Seen.IMPOSSIBLE, f"the id {ref.id} is {now} now, the plan says {ref.name}: plan again"
    )


def _blind(what: str) -> Effect:
    return Effect(Seen.CANNOT_TELL, f"this source cannot be asked for {what}", blind=True)


def _needed(ref: Ref | None, what: str) -> Ref:
    if ref is None:
        raise ValueError(f"the change names no {what}")
    return ref
