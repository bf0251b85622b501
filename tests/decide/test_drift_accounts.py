"""Drift of accounts, in both directions, and what is never concluded from absence."""

from dataclasses import replace

import pytest
from tests.decide.worlds import ACTIVE, SUSPENDED, Org, account, office

from keyturn.decide.findings import ChangeKind
from keyturn.decide.rules import Alias, MachineRule
from keyturn.decide.words import DriftKind, Severity
from keyturn_providers.records import AccountKind, AccountState, Collection, Email

ACCOUNTS = (Collection.ACCOUNTS, "")
UNKNOWN, INVITED = AccountState.UNKNOWN, AccountState.INVITED


def test_an_office_in_step_has_no_drift() -> None:
    assert office().drift() == ()


@pytest.mark.parametrize("secrets", [ACTIVE, INVITED])
def test_a_leaver_is_found_and_can_be_suspended(secrets: AccountState) -> None:
    org = office()
    org.directory.change("d1", state=SUSPENDED)
    org.secrets.change("s1", state=secrets)
    found = org.one(DriftKind.LEAVER_ACTIVE)
    assert found.severity is Severity.URGENT
    assert found.person == "d:d1"
    assert [(c.kind, c.account and c.account.id) for c in found.remedy] == [
        (ChangeKind.SUSPEND, "s1")
    ]
    assert found.words == f"Name 1 is suspended in idp but still {secrets.value} in bao."


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (SUSPENDED, SUSPENDED),
        (ACTIVE, ACTIVE),
        (INVITED, ACTIVE),
        (UNKNOWN, ACTIVE),
        (SUSPENDED, UNKNOWN),
    ],
)
def test_nobody_else_is_a_leaver(mine: AccountState, theirs: AccountState) -> None:
    org = office()
    org.directory.change("d1", state=mine)
    org.secrets.change("s1", state=theirs)
    assert org.drift(DriftKind.LEAVER_ACTIVE) == ()
    assert org.drift(DriftKind.SUSPENDED_BUT_ACTIVE) == ()


@pytest.mark.parametrize("side", ["directory", "secrets"])
def test_a_leaver_stays_a_finding_but_nothing_is_done_from_half_a_listing(side: str) -> None:
    org = office()
    org.directory.change("d1", state=SUSPENDED)
    (org.directory if side == "directory" else org.secrets).broken.add(ACCOUNTS)
    found = org.one(DriftKind.LEAVER_ACTIVE)
    assert found.remedy == ()
    assert "until a refresh is complete" in found.remedy_words
    assert "accounts" in found.remedy_words


def test_suspended_although_active() -> None:
    org = office()
    org.secrets.change("s2", state=SUSPENDED)
    found = org.one(DriftKind.SUSPENDED_BUT_ACTIVE)
    assert [c.kind for c in found.remedy] == [ChangeKind.REACTIVATE]


def test_an_account_that_never_had_an_identity() -> None:
    org = office()
    org.secrets.accounts.append(account("s9"))
    found = org.one(DriftKind.ACCOUNT_WITHOUT_IDENTITY)
    assert found.severity is Severity.HIGH
    assert [c.kind for c in found.remedy] == [ChangeKind.SUSPEND]
    assert "idp has no such person" in found.words
    assert found.person == "s:s9"


def test_an_account_that_came_from_the_directory_left() -> None:
    org = office()
    org.secrets.accounts.append(account("s9", external_id="d9"))
    found = org.one(DriftKind.LEAVER_ACTIVE)
    assert "d9" in found.words
    assert [c.kind for c in found.remedy] == [ChangeKind.SUSPEND]


@pytest.mark.parametrize("how", ["broken", "odd", "unread"])
def test_a_missing_identity_is_no_evidence_in_half_a_listing(how: str) -> None:
    org = office()
    org.secrets.accounts.append(account("s9", external_id="d9"))
    getattr(org.directory, how).add(ACCOUNTS)
    assert org.drift(DriftKind.LEAVER_ACTIVE) == ()
    found = org.one(DriftKind.ACCOUNT_WITHOUT_IDENTITY)
    assert found.remedy == ()
    assert ("unreadable record" in found.remedy_words) == (how == "odd")


@pytest.mark.parametrize("state", [SUSPENDED, UNKNOWN])
def test_an_account_without_identity_that_is_off_or_unclear_is_none(state: AccountState) -> None:
    org = office()
    org.secrets.accounts.append(account("s9", state=state))
    assert org.drift(DriftKind.ACCOUNT_WITHOUT_IDENTITY) == ()
    assert len(org.drift(DriftKind.UNKNOWN_STATE)) == (state is UNKNOWN)


def test_guests_and_service_accounts_are_told_apart() -> None:
    org = office()
    org.secrets.accounts += [
        account("s8", kind=AccountKind.GUEST),
        account("s9", kind=AccountKind.SERVICE),
    ]
    guest, service = org.drift(DriftKind.ACCOUNT_WITHOUT_IDENTITY)
    assert (guest.severity, service.severity) == (Severity.MEDIUM, Severity.LOW)
    assert "guest" in guest.words
    assert "service account" in service.words
    assert guest.remedy == service.remedy == ()


def test_a_service_account_that_somebody_answers_for_is_in_order() -> None:
    org = office()
    org.secrets.accounts.append(account("s9", kind=AccountKind.SERVICE, name="CI"))
    org.rules = replace(org.rules, machines=(MachineRule("ci", "d1.login"),))
    assert org.drift() == ()


def test_unknown_states_of_both_sides() -> None:
    org = office()
    org.directory.change("d1", state=UNKNOWN, state_raw="PENDING?")
    org.secrets.change("s1", state=UNKNOWN, state_raw="")
    mine, theirs = sorted(org.drift(DriftKind.UNKNOWN_STATE), key=lambda f: f.subject.side)
    assert "'PENDING?'" in mine.words
    assert "'nothing'" in theirs.words
    assert mine.remedy == theirs.remedy == ()


def test_renamed_only_where_the_source_has_names_of_its_own() -> None:
    org = office()
    org.secrets.change("s1", display_name="Old Name")
    assert "Old Name" in org.one(DriftKind.RENAMED).words
    org.secrets.change("s1", display_name="s1.login")
    assert org.drift() == ()
    org.secrets.change("s1", display_name="")
    assert org.drift() == ()
    org.secrets.change("s1", display_name="NAME 1")
    assert org.drift() == ()


def test_email_changed() -> None:
    org = office()
    org.directory.change("d1", emails=(Email("new@x", True),))
    org.secrets.change("s1", emails=(Email("old@x", True), Email("new@x", False)))
    found = org.one(DriftKind.EMAIL_CHANGED)
    assert "new@x" in found.words
    assert "old@x" in found.words
    org.secrets.change("s1", emails=(Email("old@x", True), Email("NEW@x", True)))
    assert org.drift() == ()


def test_an_ambiguous_account_has_no_remedy_anywhere() -> None:
    org = office()
    org.directory.change("d1", emails=(Email("o@x", True),), state=SUSPENDED)
    org.secrets.change("s1", emails=(Email("o@x", True),))
    org.secrets.accounts.append(account("s9", email="o@x"))
    org.direct_grant(9, "prod", org.rules.mappings[0].grants[0].level)
    assert org.drift(DriftKind.LEAVER_ACTIVE) == ()
    assert org.drift(DriftKind.ACCOUNT_WITHOUT_IDENTITY) == ()
    found = org.one(DriftKind.AMBIGUOUS_MATCH)
    assert "alias" in found.remedy_words
    about = [f for f in org.drift() if f.subject.id in {"s1", "s9", "d1"}]
    assert len(about) > 1
    assert all(f.remedy == () for f in about)
    org.rules = replace(org.rules, aliases=(Alias("d1", "s1"),))
    assert org.drift(DriftKind.AMBIGUOUS_MATCH) == ()
    assert org.one(DriftKind.LEAVER_ACTIVE).remedy


def test_a_missing_account_is_told_once_with_all_its_groups() -> None:
    org = office()
    org.directory.accounts.append(account("d9"))
    org.directory.join("dg-eng", "d9")
    org.directory.join("dg-ops", "d9")
    found = org.one(DriftKind.MISSING_ACCOUNT)
    assert found.words == "Name 9 is in eng and ops but has no account in bao."
    assert found.remedy == ()
    org.secrets.broken.add(ACCOUNTS)
    assert "refresh" in org.one(DriftKind.MISSING_ACCOUNT).remedy_words


@pytest.mark.parametrize(
    "newcomer",
    [
        account("d9", state=SUSPENDED),
        account("d9", state=UNKNOWN),
        account("d9", kind=AccountKind.SERVICE),
    ],
)
def test_who_needs_no_account(newcomer: object) -> None:
    org = Org()
    org.team("eng")
    org.mapping("eng")
    assert isinstance(newcomer, type(account("x")))
    org.directory.accounts.append(newcomer)
    org.directory.join("dg-eng", "d9")
    assert org.drift(DriftKind.MISSING_ACCOUNT) == ()


def test_nobody_in_an_unmapped_group_misses_an_account() -> None:
    org = office()
    org.team("chess")
    org.directory.accounts.append(account("d9"))
    org.directory.join("dg-chess", "d9")
    assert org.drift() == ()


def test_ids_are_stable_and_do_not_hold_names() -> None:
    org = office()
    org.directory.change("d1", state=SUSPENDED)
    before = org.one(DriftKind.LEAVER_ACTIVE)
    org.secrets.change("s1", display_name="", name="renamed")
    after = org.one(DriftKind.LEAVER_ACTIVE)
    assert before.id == after.id
    assert len(before.id) == 12
    org.directory.change("d2", state=SUSPENDED)
    assert len({f.id for f in org.drift(DriftKind.LEAVER_ACTIVE)}) == 2


@pytest.mark.parametrize("side", ["directory", "secrets"])
def test_an_unreadable_record_may_have_the_same_email_but_not_the_same_id(side: str) -> None:
    org = office()
    org.directory.change("d1", state=SUSPENDED)
    org.directory.change("d2", state=SUSPENDED, emails=(Email("two@x", True),))
    org.secrets.change("s2", emails=(Email("two@x", True),), external_id=None)
    (org.directory if side == "directory" else org.secrets).odd.add(ACCOUNTS)
    found = {f.subject.id: f for f in org.drift(DriftKind.LEAVER_ACTIVE)}
    assert found["s1"].remedy
    assert found["s2"].remedy == ()
    assert "unreadable record" in found["s2"].remedy_words
