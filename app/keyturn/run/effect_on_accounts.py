"""Reads, live and by id, whether a change of an account is in effect."""

from contextlib import suppress

from keyturn.decide.before import Before
from keyturn.decide.findings import Change, ChangeKind, Ref
from keyturn.decide.names import listed
from keyturn.run.seen import Effect, Seen, blind, gone, needed, other, same_name
from keyturn_providers.abilities import (
    FindsAccount,
    ReadsAccount,
    ReadsSessions,
    ReadsTokens,
)
from keyturn_providers.errors import BadAnswer, Gone, OutcomeUnknown, Unreachable
from keyturn_providers.records import Account, AccountState, Session


async def state(change: Change, reader: object) -> Effect:
    """For SUSPEND, REACTIVATE, DEACTIVATE and CONFIRM: whether the account's state is the one that
    is wished for. One that is gone is as good as off."""
    ref = needed(change.account, "account")
    if not isinstance(reader, ReadsAccount):
        return blind("one account")
    account: Account | None = await reader.read_account(ref.id)
    if account is None:
        return Effect(Seen.AS_WANTED if change.kind.removes else Seen.IMPOSSIBLE, gone(ref))
    if not same_name(account, ref):
        return other(account, ref)
    if account.state is AccountState.UNKNOWN:
        return _not_understood(account, ref)
    words = f"{ref.name} is {account.state.value}"
    if change.kind is ChangeKind.CONFIRM and account.state.is_off:
        return Effect(Seen.IMPOSSIBLE, f"{words}: plan again")
    seen = Seen.AS_WANTED if _fits(change.kind, account.state) else Seen.NOT_YET
    return Effect(seen, words, now=Before(state=account.state))


def _fits(kind: ChangeKind, now: AccountState) -> bool:
    match kind:
        case ChangeKind.SUSPEND:
            return now.is_off
        case ChangeKind.DEACTIVATE:
            return now is AccountState.DEACTIVATED
        case ChangeKind.REACTIVATE:
            # Who was deactivated is invited first, and becomes active by themselves.
            return not now.is_off
        case _:
            return now is AccountState.ACTIVE


def _not_understood(account: Account, ref: Ref) -> Effect:
    raw = account.state_raw or "nothing"
    return Effect(Seen.CANNOT_TELL, f"the source says {raw} of {ref.name}'s state")


async def invited(change: Change, reader: object) -> Effect:
    """For PROVISION: whether there is an account, or an invitation new enough, for the address."""
    if not isinstance(reader, FindsAccount):
        return blind("an account by its e-mail")
    account: Account | None = await reader.find_account(change.email)
    if account is None:
        return Effect(Seen.NOT_YET, f"nobody has {change.email} there")
    ref = needed(change.account, "account")
    words = f"{change.email} is {account.state.value} there"
    if account.state is AccountState.UNKNOWN:
        return _not_understood(account, ref)
    if account.state.is_off:
        return Effect(Seen.IMPOSSIBLE, f"{words}: reactivate it instead, and plan again")
    if account.state is AccountState.INVITED and change.after_ms is not None:
        since = account.state_since_ms or account.created_ms
        if since is None or since <= change.after_ms:
            return Effect(Seen.NOT_YET, f"{words}, by the same invitation as before")
    return Effect(Seen.AS_WANTED, words)


async def session(change: Change, reader: object) -> Effect:
    """For END_SESSION: whether the session is among the account's."""
    ref = needed(change.account, "account")
    if not isinstance(reader, ReadsSessions):
        return blind("sessions")
    try:
        sessions: tuple[Session, ...] = await reader.read_sessions(ref.id)
    except Gone:
        return Effect(Seen.AS_WANTED, gone(ref))
    if any(one.id == change.session_id for one in sessions):
        return Effect(Seen.NOT_YET, f"the session of {ref.name} is live")
    return Effect(Seen.AS_WANTED, f"the session of {ref.name} is not there")


async def all_sessions(change: Change, reader: object) -> Effect:
    """For END_ALL_SESSIONS: whose they are, and which applications are left with tokens. Browser
    sessions are in no list of any source, so that without tokens it is so only as far as is seen.
    """
    ref = needed(change.account, "account")
    who = ref.name
    if isinstance(reader, ReadsAccount):
        account: Account | None = await reader.read_account(ref.id)
        if account is None:
            return Effect(Seen.AS_WANTED, gone(ref))
        if not same_name(account, ref):
            return other(account, ref)
        who = f"{ref.name}, who is {account.state.value}"
    holders: tuple[str, ...] | None = None
    if isinstance(reader, ReadsTokens):
        # Sessions are to be ended also where the list of tokens cannot be had.
        with suppress(BadAnswer, OutcomeUnknown, Unreachable):
            holders = await reader.read_token_holders(ref.id)
    if holders is None:
        words = f"whether sessions of {ref.name} are left cannot be read back"
        return Effect(Seen.CANNOT_TELL, words, blind=True)
    if holders:
        holding = "still holds a refresh token" if len(holders) == 1 else "still hold tokens"
        return Effect(Seen.NOT_YET, f"{listed(holders)} {holding} of {who}")
    words = (
        f"read: no OAuth client holds a refresh token of {who}. Not read: browser sessions, which "
        "no list shows, so that they ended is the word of the audit log alone"
    )
    return Effect(Seen.AS_FAR_AS_SEEN, words)
