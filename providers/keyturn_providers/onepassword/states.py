"""1Password's states of a person, as the states keyturn decides by.

`op` and the other surfaces use different words; everything not listed stays UNKNOWN, with the word
kept. Nothing here asks a clock: how old an invitation is depends on when it is looked at.
"""

from dataclasses import dataclass
from enum import StrEnum

from keyturn_providers.records import Account, AccountState
from keyturn_providers.text import safe

INVITE_LASTS_MS = 5 * 24 * 3600 * 1000
"""An e-mail invitation expires after five days and can be sent again."""
CONFIRM_DELAY_MS = 15 * 60 * 1000
"""Where a SCIM bridge confirms people it does so within five minutes; three times that is stuck."""

_STATES = {
    "ACTIVE": AccountState.ACTIVE,
    # A person in recovery still counts as let in: the old devices work until they finish.
    "RECOVERY_STARTED": AccountState.ACTIVE,
    "RECOVERY_ACCEPTED": AccountState.ACTIVE,
    "PENDING": AccountState.INVITED,
    "TRANSFER_PENDING": AccountState.INVITED,
    "TRANSFER_STARTED": AccountState.INVITED,
    "TRANSFER_ACCEPTED": AccountState.INVITED,
    "EMAIL_VERIFIED_BUT_REGISTRATION_INCOMPLETE": AccountState.INVITED,
    "TEAM_REGISTRATION_INITIATED": AccountState.INVITED,
    "SUSPENDED": AccountState.SUSPENDED,
    "TRANSFER_SUSPENDED": AccountState.SUSPENDED,
    "DELETED": AccountState.DEACTIVATED,
}
_AWAITS_CONFIRMATION = frozenset({"TRANSFER_ACCEPTED"})


def state_of(raw: str) -> tuple[AccountState, str]:
    """The state, and 1Password's own word for it, made safe."""
    word = raw.strip().upper()
    return _STATES.get(word, AccountState.UNKNOWN), safe(raw.strip(), 60) or "nothing"


class Invitation(StrEnum):
    """Where an invitation stands."""

    WAITING = "not accepted yet"
    EXPIRED = "expired: it was not accepted within five days"
    TO_CONFIRM = "accepted, waiting for confirmation"
    STUCK = "accepted, but nobody has confirmed it"


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation and its age. `age_ms` is None where 1Password does not tell when it began."""

    standing: Invitation
    age_ms: int | None


def invitation(account: Account, now_ms: int) -> Invited | None:
    """How the account's invitation stands at `now_ms`; None for an account that is not invited.

    The age counts from the last change of the account, else from when it was made: a resent
    invitation is not told apart.
    """
    if account.state is not AccountState.INVITED:
        return None
    began = account.state_since_ms if account.state_since_ms is not None else account.created_ms
    age = None if began is None else max(0, now_ms - began)
    if account.state_raw.upper() in _AWAITS_CONFIRMATION:
        stuck = age is not None and age > CONFIRM_DELAY_MS
        return Invited(Invitation.STUCK if stuck else Invitation.TO_CONFIRM, age)
    expired = age is not None and age > INVITE_LASTS_MS
    return Invited(Invitation.EXPIRED if expired else Invitation.WAITING, age)
