"""Drift of memberships: groups that stand for each other, nested ones, local ones."""

from dataclasses import replace

import pytest
from tests.decide.worlds import SUSPENDED, Org, account, office

from keyturn.decide.findings import ChangeKind, Finding
from keyturn.decide.rules import Mapping, NamedId
from keyturn.decide.words import DriftKind
from keyturn_providers.records import AccountKind, AccountState, Collection, Group

SURPLUS, MISSING = DriftKind.MEMBERSHIP_NOT_IN_DIRECTORY, DriftKind.MISSING_MEMBERSHIP


def _change(found: Finding) -> tuple[ChangeKind, str, str]:
    (change,) = found.remedy
    assert change.account is not None
    assert change.group is not None
    return change.kind, change.account.id, change.group.id


def test_who_left_a_team_must_go() -> None:
    org = office()
    org.directory.memberships = [m for m in org.directory.memberships if m.member_id != "d2"]
    found = org.one(SURPLUS)
    assert _change(found) == (ChangeKind.REMOVE_MEMBERSHIP, "s2", "sg-eng")
    assert found.words == "Name 2 is in eng in bao, but not in eng in idp."
    assert found.policy_line == 7


def test_who_joined_a_team_is_missing() -> None:
    org = office()
    org.directory.join("dg-ops", "d1")
    assert _change(org.one(MISSING)) == (ChangeKind.ADD_MEMBERSHIP, "s1", "sg-ops")


@pytest.mark.parametrize("state", [SUSPENDED, AccountState.UNKNOWN, AccountState.INVITED])
def test_who_is_not_active_is_neither_missing_nor_too_much(state: AccountState) -> None:
    org = office()
    org.directory.join("dg-ops", "d1")
    org.directory.change("d1", state=state)
    org.secrets.change("s1", state=SUSPENDED)
    assert org.drift(MISSING) == ()
    assert org.drift(SURPLUS) == ()


@pytest.mark.parametrize(
    ("side", "listing"),
    [
        ("directory", (Collection.MEMBERSHIPS, "dg-eng")),
        ("directory", (Collection.MEMBERSHIPS, "dg-inner")),
        ("directory", (Collection.ACCOUNTS, "")),
        ("directory", (Collection.GROUPS, "")),
        ("secrets", (Collection.MEMBERSHIPS, "sg-eng")),
        ("secrets", (Collection.ACCOUNTS, "")),
        ("secrets", (Collection.GROUPS, "")),
    ],
)
@pytest.mark.parametrize("how", ["broken", "unread"])
def test_no_membership_ends_on_half_a_listing(
    side: str, listing: tuple[Collection, str], how: str
) -> None:
    org = office()
    org.directory.groups.append(Group("dg-inner", "inner"))
    org.directory.nest("dg-eng", "dg-inner")
    org.directory.memberships = [m for m in org.directory.memberships if m.member_id != "d2"]
    assert org.one(SURPLUS).remedy
    getattr(org.directory if side == "directory" else org.secrets, how).add(listing)
    found = org.one(SURPLUS)
    assert found.remedy == ()
    assert "until a refresh is complete" in found.remedy_words


def test_a_directory_known_in_part_takes_nothing_away_anywhere() -> None:
    org = office()
    org.directory.memberships = [m for m in org.directory.memberships if m.member_id != "d2"]
    assert org.one(SURPLUS).remedy
    org.directory.broken.add((Collection.MEMBERSHIPS, "dg-ops"))
    found = org.one(SURPLUS)
    assert found.remedy == ()
    assert "the members of ops in idp could not be read to the end" in found.remedy_words


def test_another_group_of_the_secret_manager_does_not_matter() -> None:
    org = office()
    org.directory.memberships = [m for m in org.directory.memberships if m.member_id != "d2"]
    org.secrets.broken.add((Collection.MEMBERSHIPS, "sg-ops"))
    assert org.one(SURPLUS).remedy


def test_an_unreadable_member_may_be_the_one_who_seems_gone() -> None:
    org = office()
    org.directory.memberships = [m for m in org.directory.memberships if m.member_id != "d2"]
    org.directory.odd.add((Collection.MEMBERSHIPS, "dg-eng"))
    assert org.one(SURPLUS).remedy == ()


def test_an_unreadable_account_spoils_only_what_nobody_stands_behind() -> None:
    org = office()
    org.secrets.accounts.append(account("s9"))
    org.secrets.join("sg-eng", "s9")
    org.directory.memberships = [m for m in org.directory.memberships if m.member_id != "d2"]
    org.directory.odd.add((Collection.ACCOUNTS, ""))
    by_account = {f.subject.id: f for f in org.drift(SURPLUS)}
    assert by_account["s2"].remedy
    assert by_account["s9"].remedy == ()


def test_a_member_the_directory_does_not_list_may_be_the_unmatched_one() -> None:
    org = office()
    org.secrets.accounts.append(account("s9"))
    org.secrets.join("sg-eng", "s9")
    assert _change(org.one(SURPLUS))[1] == "s9"
    org.directory.join("dg-eng", "d-ghost")
    found = org.one(SURPLUS)
    assert found.remedy == ()
    assert "d-ghost" in found.remedy_words


def test_a_service_account_in_a_team_is_left_to_people() -> None:
    org = office()
    org.secrets.accounts.append(account("s9", kind=AccountKind.SERVICE))
    org.secrets.join("sg-eng", "s9")
    assert org.one(SURPLUS).remedy == ()


def test_a_member_that_is_no_listed_account_is_told_and_left() -> None:
    org = office()
    org.secrets.join("sg-eng", "s-gone")
    found = org.one(SURPLUS)
    assert found.subject.id == "s-gone"
    assert found.person == ""
    assert found.remedy == ()


def test_a_group_fed_by_logins_is_not_changed_here() -> None:
    org = office()
    org.secrets.groups = [replace(g, managed_by="login") for g in org.secrets.groups]
    org.directory.join("dg-ops", "d1")
    found = org.one(MISSING)
    assert found.remedy == ()
    assert "login" in found.remedy_words


def test_an_equal_name_is_reported_and_not_acted_on() -> None:
    org = Org()
    org.person(1)
    org.directory.groups.append(Group("dg-x", "x"))
    org.secrets.groups.append(Group("sg-x", "X"))
    org.directory.join("dg-x", "d1")
    found = org.one(MISSING)
    assert found.remedy == ()
    assert "name only" in found.remedy_words
    org.mapping("x")
    assert org.one(MISSING).remedy


def test_a_mapping_with_another_name_holds_back_its_group() -> None:
    org = office()
    org.directory.join("dg-ops", "d1")
    org.rules = replace(org.rules, mappings=(Mapping(NamedId("dg-ops", "operations"), (), line=3),))
    assert "correct the policy" in org.one(MISSING).remedy_words
    assert org.one(MISSING).remedy == ()


def test_nested_members_of_the_directory_count() -> None:
    org = office()
    org.directory.groups.append(Group("dg-inner", "inner"))
    org.directory.nest("dg-ops", "dg-inner")
    org.directory.join("dg-inner", "d1")
    assert _change(org.one(MISSING)) == (ChangeKind.ADD_MEMBERSHIP, "s1", "sg-ops")
    org.secrets.join("sg-ops", "s1")
    assert org.drift() == ()


def test_who_is_in_through_a_nested_group_is_not_missing() -> None:
    org = office()
    org.directory.join("dg-ops", "d1")
    org.secrets.groups.append(Group("sg-inner", "inner"))
    org.secrets.nest("sg-ops", "sg-inner")
    org.secrets.join("sg-inner", "s1")
    assert org.drift(MISSING) == ()


def test_who_is_in_through_a_nested_local_group_is_told_with_the_path() -> None:
    org = office()
    org.secrets.groups.append(Group("sg-inner", "inner"))
    org.secrets.nest("sg-ops", "sg-inner")
    org.secrets.join("sg-inner", "s1")
    found = [f for f in org.drift(SURPLUS) if f.object and f.object.id == "sg-ops"]
    assert [(f.path, f.remedy) for f in found] == [("inner > ops", ())]


def test_a_nested_linked_group_answers_for_its_own_members() -> None:
    org = office()
    org.secrets.nest("sg-ops", "sg-eng")
    assert org.drift(SURPLUS) == ()


def test_a_local_group_is_told_and_left() -> None:
    org = office()
    org.secrets.groups.append(Group("sg-old", "old"))
    org.secrets.join("sg-old", "s1")
    found = org.one(SURPLUS)
    assert found.remedy == ()
    assert "An offboarding removes it" in found.remedy_words


def test_a_group_the_source_fills_itself_is_no_drift() -> None:
    org = office()
    org.secrets.groups.append(Group("sg-all", "Team Members", managed_by="1Password"))
    org.secrets.join("sg-all", "s1")
    assert org.drift(SURPLUS) == ()


def test_who_holds_a_group_as_a_role_is_held_against_the_policy_as_a_role_only() -> None:
    org = office()
    org.secrets.groups.append(Group("sg-own", "Owners"))
    org.secrets.join("sg-own", "s1")
    org.secrets.join("sg-own", "s2")
    org.secrets.change("s1", roles=("Owners",))
    (found,) = org.drift(SURPLUS)
    assert found.subject.id == "s2"
    assert org.one(DriftKind.PRIVILEGED_ROLE).subject.id == "s1"
