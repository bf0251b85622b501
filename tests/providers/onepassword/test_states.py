"""What 1Password's words for a person's state mean."""

from dataclasses import replace

import pytest

from keyturn_providers.onepassword.states import (
    CONFIRM_DELAY_MS,
    INVITE_LASTS_MS,
    Invitation,
    invitation,
    state_of,
)
from keyturn_providers.records import Account, AccountState

NOW = 1_800_000_000_000


@pytest.mark.parametrize(
    ("raw", "state"),
    [
        ("ACTIVE", AccountState.ACTIVE),
        ("active", AccountState.ACTIVE),
        ("RECOVERY_STARTED", AccountState.ACTIVE),
        ("RECOVERY_ACCEPTED", AccountState.ACTIVE),
        ("PENDING", AccountState.INVITED),
        ("TRANSFER_PENDING", AccountState.INVITED),
        ("TRANSFER_STARTED", AccountState.INVITED),
        ("TRANSFER_ACCEPTED", AccountState.INVITED),
        ("SUSPENDED", AccountState.SUSPENDED),
        ("TRANSFER_SUSPENDED", AccountState.SUSPENDED),
        ("DELETED", AccountState.DEACTIVATED),
        ("INACTIVE", AccountState.UNKNOWN),
        ("ON_HOLIDAY", AccountState.UNKNOWN),
        ("", AccountState.UNKNOWN),
    ],
)
def test_states(raw: str, state: AccountState) -> None:
    assert state_of(raw)[0] is state


def test_the_vendors_word_is_kept_and_safe() -> None:
    assert state_of("ON_HOLIDAY")[1] == "ON_HOLIDAY"
    assert "\x1b" not in state_of("\x1b[31m")[1]
    assert state_of("")[1] == "nothing"


def invited(raw: str, *, created: int | None, since: int | None = None) -> Account:
    return Account(
        "A" * 26,
        "ana@acme.example",
        "Ana",
        AccountState.INVITED,
        raw,
        created_ms=created,
        state_since_ms=since,
    )


def test_an_invitation_expires_after_five_days() -> None:
    fresh = invited("TRANSFER_PENDING", created=NOW - INVITE_LASTS_MS)
    assert invitation(fresh, NOW) is not None
    assert getattr(invitation(fresh, NOW), "standing", None) is Invitation.WAITING
    old = invitation(replace(fresh, created_ms=NOW - INVITE_LASTS_MS - 1), NOW)
    assert old is not None
    assert (old.standing, old.age_ms) == (Invitation.EXPIRED, INVITE_LASTS_MS + 1)


def test_who_has_accepted_is_stuck_only_some_time_after_that() -> None:
    just = invited("TRANSFER_ACCEPTED", created=NOW - 10 * INVITE_LASTS_MS, since=NOW - 1)
    waiting = invitation(just, NOW)
    assert waiting is not None
    assert waiting.standing is Invitation.TO_CONFIRM
    stuck = invitation(replace(just, state_since_ms=NOW - CONFIRM_DELAY_MS - 1), NOW)
    assert stuck is not None
    assert stuck.standing is Invitation.STUCK


def test_an_unknown_age_is_no_expiry() -> None:
    found = invitation(invited("PENDING", created=None), NOW)
    assert found is not None
    assert (found.standing, found.age_ms) == (Invitation.WAITING, None)


def test_who_is_not_invited_has_no_invitation() -> None:
    active = replace(invited("ACTIVE", created=0), state=AccountState.ACTIVE)
    assert invitation(active, NOW) is None
