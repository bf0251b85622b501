"""Drift of who is on the way in, on the way out, and of what the directory pushes or does not."""

from dataclasses import replace

import pytest
from tests.decide.worlds import ACTIVE, DAY_MS, NOW_MS, SUSPENDED, Org, office

from keyturn.decide.findings import ChangeKind
from keyturn.decide.plan import plan_sync
from keyturn.decide.rules import Allowed
from keyturn.decide.words import DriftKind
from keyturn_providers.records import AccountState, Collection, Email, Group, Push, PushState, Side

INVITED, DEACTIVATED = AccountState.INVITED, AccountState.DEACTIVATED
MAY_INVITE = Allowed(provision=True)


def invited(raw: str = "TRANSFER_PENDING", days: float | None = 6) -> Org:
    org = office()
    since = None if days is None else NOW_MS - int(days * DAY_MS)
    org.secrets.change("s1", state=INVITED, state_raw=raw, state_since_ms=since)
    org.directory.change("d1", emails=(Email("one@acme.example", verified=True),))
    return org


def test_who_accepted_is_let_in() -> None:
    for days, said in ((3, "waits to be let in for 3 days"), (0.5, "a day or less"), (None, "in.")):
        found = invited("TRANSFER_ACCEPTED", days).one(DriftKind.STUCK_INVITE)
        assert said in found.words
        (change,) = found.remedy
        assert (change.kind, change.account and change.account.id) == (ChangeKind.CONFIRM, "s1")


def test_who_accepted_just_now_is_not_stuck_yet() -> None:
    assert invited("TRANSFER_ACCEPTED", 14 / 1440).drift(DriftKind.STUCK_INVITE) == ()
    assert invited("TRANSFER_ACCEPTED", 16 / 1440).drift(DriftKind.STUCK_INVITE) != ()


def test_an_invitation_too_old_is_sent_again_where_keyturn_may() -> None:
    org = invited()
    found = org.one(DriftKind.STUCK_INVITE)
    assert "was invited to bao 6 days ago and has not accepted" in found.words
    assert not found.remedy
    assert "allow.provision" in found.remedy_words
    org.rules = replace(org.rules, allowed=MAY_INVITE)
    found = org.one(DriftKind.STUCK_INVITE)
    (change,) = found.remedy
    assert change.kind is ChangeKind.PROVISION
    assert (change.email, change.after_ms) == ("one@acme.example", NOW_MS - 6 * DAY_MS)
    (operation,) = plan_sync([found], org.context()).operations
    assert operation.words == "Invite Name 1 (one@acme.example) again to bao"


@pytest.mark.parametrize(("days", "state"), [(4, ACTIVE), (None, ACTIVE), (9, SUSPENDED)])
def test_a_fresh_invitation_is_no_drift(days: float | None, state: AccountState) -> None:
    org = invited(days=days)
    org.directory.change("d1", state=state)
    assert org.drift(DriftKind.STUCK_INVITE) == ()


def test_the_age_of_the_account_counts_where_nothing_else_tells() -> None:
    org = invited(days=None)
    org.secrets.change("s1", created_ms=NOW_MS - 7 * DAY_MS)
    assert "was invited to bao 7 days ago" in org.one(DriftKind.STUCK_INVITE).words


def test_who_has_no_account_is_invited_where_keyturn_may() -> None:
    org = office()
    org.secrets.accounts = [one for one in org.secrets.accounts if one.id != "s2"]
    org.secrets.memberships = [m for m in org.secrets.memberships if m.member_id != "s2"]
    assert "allow.provision" in org.one(DriftKind.MISSING_ACCOUNT).remedy_words
    org.rules = replace(org.rules, allowed=MAY_INVITE)
    assert "vouches for no e-mail" in org.one(DriftKind.MISSING_ACCOUNT).remedy_words
    org.directory.change(
        "d2", emails=(Email("x@y.example", verified=False), Email("b@y.example", verified=True))
    )
    (change,) = org.one(DriftKind.MISSING_ACCOUNT).remedy
    assert (change.kind, change.email, change.after_ms) == (
        ChangeKind.PROVISION,
        "b@y.example",
        None,
    )
    assert change.account is not None
    assert (change.account.side, change.account.id) == (Side.DIRECTORY, "d2")
    org.secrets.broken.add((Collection.ACCOUNTS, ""))
    assert "refresh is complete" in org.one(DriftKind.MISSING_ACCOUNT).remedy_words


@pytest.mark.parametrize("state", [PushState.OK, PushState.PENDING])
def test_nobody_is_invited_whom_the_directory_provisions(state: PushState) -> None:
    org = invited()
    org.rules = replace(org.rules, allowed=MAY_INVITE)
    org.directory.change("d1", push=Push(state))
    assert f"itself ({state.value})" in org.one(DriftKind.STUCK_INVITE).remedy_words


@pytest.mark.parametrize(
    ("state", "push", "said"),
    [
        (SUSPENDED, None, "sends bao nothing of who is suspended"),
        (SUSPENDED, Push(PushState.OK), "sends bao nothing of who is suspended"),
        (DEACTIVATED, None, "does not provision this account"),
        (DEACTIVATED, Push(PushState.FAILED, error="403"), "could not tell bao (403)"),
        (DEACTIVATED, Push(PushState.FAILED, "ERROR"), "could not tell bao (ERROR)"),
        (DEACTIVATED, Push(PushState.PAUSED), "could not tell bao (paused)"),
        (DEACTIVATED, Push(PushState.OK), "says that it told bao (pushed)"),
    ],
)
def test_a_leaver_says_whether_the_directory_told_anybody(
    state: AccountState, push: Push | None, said: str
) -> None:
    org = office()
    org.directory.change("d2", push=Push(PushState.OK))
    org.directory.change("d1", state=state, push=push)
    found = org.one(DriftKind.LEAVER_ACTIVE)
    assert f"is {state.value} in idp but still active in bao" in found.words
    assert said in found.words
    assert [change.kind for change in found.remedy] == [ChangeKind.SUSPEND]


def test_a_directory_that_pushes_nothing_is_not_said_to() -> None:
    org = office()
    org.directory.change("d1", state=SUSPENDED)
    assert org.one(DriftKind.LEAVER_ACTIVE).words.endswith("still active in bao.")


@pytest.mark.parametrize("state", [SUSPENDED, DEACTIVATED])
def test_off_although_active_in_the_directory(state: AccountState) -> None:
    org = office()
    org.secrets.change("s1", state=state)
    found = org.one(DriftKind.SUSPENDED_BUT_ACTIVE)
    assert f"active in idp but {state.value} in bao" in found.words


def test_a_failed_push_of_an_account_says_what_it_means() -> None:
    org = office()
    org.directory.change("d1", push=Push(PushState.FAILED, "ERROR", error="Error 403"))
    found = org.one(DriftKind.PUSH_FAILED)
    assert "failed (Error 403)" in found.words
    assert "nor that they leave" in found.words
    assert found.person == "d:d1"
    org.directory.change("d1", state=DEACTIVATED)
    leaver = org.one(DriftKind.PUSH_FAILED)
    assert "that Name 1 is deactivated there does not reach bao" in leaver.words
    org.directory.change("d1", state=ACTIVE)
    org.secrets.accounts = [one for one in org.secrets.accounts if one.id != "s1"]
    assert "gets no account in bao" in org.one(DriftKind.PUSH_FAILED).words


@pytest.mark.parametrize(
    ("push", "said"),
    [
        (Push(PushState.FAILED, "ERROR", error="target is gone"), "failed (target is gone)"),
        (Push(PushState.FAILED, "ERROR"), "failed (ERROR)"),
        (Push(PushState.PAUSED, "INACTIVE"), "is paused (INACTIVE)"),
    ],
)
def test_a_group_that_is_not_pushed_says_whom_it_concerns(push: Push, said: str) -> None:
    org = office()
    org.directory.groups = [
        replace(one, push=push) if one.id == "dg-eng" else one for one in org.directory.groups
    ]
    found = org.one(DriftKind.PUSH_FAILED)
    assert said in found.words
    assert "its 2 members reaches eng in bao" in found.words


def test_a_group_that_nothing_stands_for_is_told_by_its_own_name() -> None:
    org = office()
    org.directory.groups.append(Group("dg-x", "other", push=Push(PushState.FAILED)))
    assert "its 0 members reaches other in bao" in org.one(DriftKind.PUSH_FAILED).words


@pytest.mark.parametrize("state", [PushState.OK, PushState.PENDING, PushState.UNKNOWN])
def test_a_push_that_goes_on_is_no_drift(state: PushState) -> None:
    org = office()
    org.directory.change("d1", push=Push(state))
    assert org.drift() == ()


def unmatched(raw: str = "TRANSFER_PENDING", days: float = 6) -> Org:
    """As without a bridge: nothing but the address, which nobody vouches for yet."""
    org = invited(raw, days)
    org.secrets.change("s1", external_id=None, emails=(Email("One@acme.example", verified=False),))
    org.secrets.memberships = [m for m in org.secrets.memberships if m.member_id != "s1"]
    return org


def test_an_invitation_that_is_not_matched_yet_is_no_stranger() -> None:
    assert unmatched(days=1).drift() == ()
    org = unmatched("TRANSFER_ACCEPTED (type X)", days=1)
    (found,) = org.drift()
    assert (found.kind, found.person) == (DriftKind.STUCK_INVITE, "d:d1")
    assert [change.kind for change in found.remedy] == [ChangeKind.CONFIRM]
    org = unmatched()
    org.rules = replace(org.rules, allowed=MAY_INVITE)
    (found,) = org.drift()
    assert [change.kind for change in found.remedy] == [ChangeKind.PROVISION]


def test_an_invitation_that_could_be_for_two_is_a_stranger() -> None:
    org = unmatched(days=1)
    org.directory.accounts.append(
        replace(org.directory.accounts[0], id="d9", name="other", display_name="Other")
    )
    kinds = {found.kind for found in org.drift()}
    assert kinds == {DriftKind.ACCOUNT_WITHOUT_IDENTITY, DriftKind.MISSING_ACCOUNT}
    org = unmatched(days=1)
    org.secrets.accounts.append(replace(org.secrets.accounts[0], id="s9"))
    strangers = org.drift(DriftKind.ACCOUNT_WITHOUT_IDENTITY)
    assert {found.subject.id for found in strangers} == {"s1", "s9"}


def test_an_invitation_of_nobody_is_a_stranger() -> None:
    org = unmatched()
    org.directory.change("d1", state=SUSPENDED)
    assert org.one(DriftKind.ACCOUNT_WITHOUT_IDENTITY).subject.id == "s1"
    assert org.drift(DriftKind.STUCK_INVITE) == ()
