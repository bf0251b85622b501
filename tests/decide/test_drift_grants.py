"""Drift of grants: groups against mappings, people against exceptions, and shared edges."""

from dataclasses import replace

import pytest
from tests.decide.worlds import NOW_MS, Org, account, office

from keyturn.decide.findings import ChangeKind, Finding
from keyturn.decide.rules import GrantRule, Mapping, NamedId, Privilege
from keyturn.decide.words import DriftKind, Severity
from keyturn_providers.records import Collection, Group, Level, Vault

UNWANTED, WIDER, NARROWER, MISSING = (
    DriftKind.GRANT_NOT_IN_POLICY,
    DriftKind.PERMISSIONS_WIDER,
    DriftKind.PERMISSIONS_NARROWER,
    DriftKind.MISSING_GRANT,
)
DIRECT, EXPIRED = DriftKind.DIRECT_GRANT, DriftKind.EXPIRED_EXCEPTION


def _kinds(found: Finding) -> list[ChangeKind]:
    return [change.kind for change in found.remedy]


def test_a_grant_the_policy_does_not_want_is_revoked() -> None:
    org = office()
    org.group_grant("eng", "pay", Level.READ)
    found = org.one(UNWANTED)
    (change,) = found.remedy
    assert (change.kind, change.carrier) == (ChangeKind.REVOKE, "sg-eng/policy/pay-read")
    assert found.severity is Severity.MEDIUM
    assert found.words == "eng may read pay, which the policy does not want."


def test_a_grant_of_a_group_that_is_in_no_mapping() -> None:
    org = office()
    org.secrets.groups.append(Group("sg-old", "old"))
    org.group_grant("old", "prod", Level.WRITE)
    assert _kinds(org.one(UNWANTED)) == [ChangeKind.REVOKE]
    assert org.one(UNWANTED).severity is Severity.HIGH


def test_a_grant_of_a_group_and_on_a_vault_that_are_not_listed() -> None:
    org = office()
    org.group_grant("ghost", "ghost", Level.READ)
    found = org.one(UNWANTED)
    assert (found.subject.name, found.object and found.object.name) == ("sg-ghost", "v-ghost")


def test_a_grant_of_nothing_is_no_grant() -> None:
    org = office()
    org.group_grant("eng", "pay", Level.NONE)
    org.direct_grant(1, "pay", Level.NONE)
    assert org.drift() == ()


def test_wider_gives_the_right_level_before_it_takes_the_wide_one() -> None:
    org = office()
    org.secrets.grants = [g for g in org.secrets.grants if g.vault_id != "v-prod"]
    org.group_grant("eng", "prod", Level.MANAGE)
    found = org.one(WIDER)
    assert _kinds(found) == [ChangeKind.GRANT, ChangeKind.REVOKE]
    assert found.remedy[0].level is Level.WRITE
    assert found.severity is Severity.HIGH
    assert found.policy_line == 8


def test_wider_beside_the_right_one_is_only_taken() -> None:
    org = office()
    org.group_grant("eng", "prod", Level.MANAGE)
    assert _kinds(org.one(WIDER)) == [ChangeKind.REVOKE]


def test_narrower_is_given_what_is_missing() -> None:
    org = office()
    org.secrets.grants = [g for g in org.secrets.grants if g.vault_id != "v-prod"]
    org.group_grant("eng", "prod", Level.LIST)
    org.group_grant("eng", "prod", Level.READ)
    found = org.one(NARROWER)
    assert _kinds(found) == [ChangeKind.GRANT]
    assert "only read" in found.words
    assert org.drift(MISSING) == ()


def test_a_missing_grant_is_given() -> None:
    org = office()
    org.secrets.grants = [g for g in org.secrets.grants if g.vault_id != "v-prod"]
    found = org.one(MISSING)
    (change,) = found.remedy
    assert (change.kind, change.level) == (ChangeKind.GRANT, Level.WRITE)
    assert change.principal is not None
    assert change.principal.id == "sg-eng"


def test_a_missing_grant_needs_a_group() -> None:
    org = office()
    org.directory.groups.append(Group("dg-new", "new"))
    org.mapping("new", ("pay", Level.READ))
    found = org.one(MISSING)
    assert found.remedy == ()
    assert "No group in bao stands for new" in found.remedy_words


def test_a_missing_grant_on_a_vault_that_is_gone_is_told_once() -> None:
    org = office()
    org.mapping("ops", ("gone", Level.READ))
    assert org.drift(MISSING) == ()
    assert len(org.drift(DriftKind.POLICY_OBJECT_GONE)) == 1
    org.secrets.broken.add((Collection.VAULTS, ""))
    assert org.one(MISSING).remedy == ()


def test_two_mappings_of_one_group_want_the_wider_level() -> None:
    org = office()
    org.mapping("eng", ("prod", Level.READ))
    assert org.drift() == ()


def test_what_cannot_be_evaluated_is_unknown_and_never_taken() -> None:
    org = office()
    org.group_grant("eng", "prod", Level.UNKNOWN, note="templated")
    org.group_grant("ops", "prod", Level.UNKNOWN, note="templated")
    org.direct_grant(1, "pay", Level.UNKNOWN, note="templated")
    assert "templated" in org.one(DriftKind.UNKNOWN_STATE).words
    for kind in (UNWANTED, DIRECT):
        assert org.one(kind).remedy == ()
        assert "templated" in org.one(kind).remedy_words


def test_an_edge_shared_by_two_vaults_is_one_change_that_names_both() -> None:
    org = office()
    for vault in ("prod", "pay"):
        org.direct_grant(3, vault, Level.WRITE, "s3/policy/both")
    first, second = org.drift(DIRECT)
    assert first.remedy == second.remedy
    assert [v.name for v in first.remedy[0].vaults] == ["pay", "prod"]
    assert any("also opens" in f.words for f in (first, second))


def test_an_edge_the_policy_needs_elsewhere_is_left() -> None:
    org = office()
    org.secrets.grants = [g for g in org.secrets.grants if g.vault_id != "v-prod"]
    for vault in ("prod", "pay"):
        org.group_grant("eng", vault, Level.WRITE, "sg-eng/policy/both")
    found = org.one(UNWANTED)
    assert found.remedy == ()
    assert "prod" in found.remedy_words


def test_carriers_of_one_token_fall_together() -> None:
    org = office()
    org.direct_grant(3, "prod", Level.READ, "token/ACC/policy/a")
    org.direct_grant(3, "pay", Level.READ, "token/ACC/policy/b")
    org.direct_grant(3, "pay", Level.LIST, "token/OTHER/policy/c")
    by_path = {f.path: f for f in org.drift(DIRECT)}
    assert len(by_path["token/ACC/policy/a"].remedy[0].vaults) == 2
    assert len(by_path["token/OTHER/policy/c"].remedy[0].vaults) == 1


def test_what_cannot_be_revoked_says_so() -> None:
    org = office()
    org.direct_grant(1, "pay", Level.READ, revocable=False, note="the default policy")
    found = org.one(DIRECT)
    assert found.remedy == ()
    assert "the default policy" in found.remedy_words


def test_direct_grants_are_redundant_or_unique() -> None:
    org = office()
    org.direct_grant(1, "prod", Level.READ)
    org.direct_grant(1, "pay", Level.MANAGE)
    org.secrets.groups.append(Group("sg-top", "top"))
    by_vault = {f.object.name: f for f in org.drift(DIRECT) if f.object}
    assert "though eng gives that already" in by_vault["prod"].words
    assert by_vault["prod"].severity is Severity.LOW
    assert "through no group" in by_vault["pay"].words
    assert by_vault["pay"].severity is Severity.HIGH
    assert _kinds(by_vault["pay"]) == [ChangeKind.REVOKE]


def test_a_live_exception_covers_what_it_allows() -> None:
    org = office()
    org.direct_grant(1, "pay", Level.READ)
    org.waive("D1.login", "pay", Level.WRITE)
    assert org.drift() == ()


def test_a_live_exception_does_not_cover_more() -> None:
    org = office()
    org.direct_grant(1, "pay", Level.MANAGE)
    org.waive("d1.login", "pay", Level.READ)
    org.waive("d1.login", "pay", Level.LIST)
    found = org.one(WIDER)
    assert "allows read" in found.words
    assert found.remedy == ()


def test_an_exception_ends_at_its_moment() -> None:
    org = office()
    org.direct_grant(1, "pay", Level.READ)
    org.waive("d1.login", "pay", until_ms=NOW_MS - 5)
    org.waive("d1.login", "pay", until_ms=NOW_MS)
    org.waive("d1.login", "pay", until_ms=NOW_MS - 9)
    org.waive("d1.login", "prod", until_ms=NOW_MS + 5)
    found = org.one(EXPIRED)
    assert _kinds(found) == [ChangeKind.REVOKE]
    assert found.policy_line == 30
    org.waive("d1.login", "pay", until_ms=NOW_MS + 1)
    assert org.drift() == ()


def test_an_exception_that_may_mean_two_people_decides_nothing() -> None:
    org = office()
    org.direct_grant(1, "pay", Level.READ)
    org.secrets.change("s2", name="d1.login")
    org.waive("d1.login", "pay")
    found = org.one(DIRECT)
    assert found.remedy == ()


def test_an_edge_that_carries_an_exception_too_is_left() -> None:
    org = office()
    for vault in ("prod", "pay"):
        org.direct_grant(3, vault, Level.READ, "s3/policy/both")
    org.waive("d3.login", "pay")
    found = org.one(DIRECT)
    assert found.remedy == ()
    assert "split it" in found.remedy_words


def test_a_grant_of_an_account_that_is_not_listed() -> None:
    org = office()
    org.direct_grant("-gone", "pay", Level.READ)
    assert org.one(DIRECT).subject.name == "s-gone"
    assert org.one(DIRECT).person == ""


@pytest.mark.parametrize(
    ("side", "listing"),
    [
        ("secrets", (Collection.GRANTS, "v-prod")),
        ("secrets", (Collection.GRANTS, "v-pay")),
        ("secrets", (Collection.VAULTS, "")),
        ("secrets", (Collection.ACCOUNTS, "")),
        ("directory", (Collection.ACCOUNTS, "")),
    ],
)
def test_no_direct_grant_ends_on_half_a_listing(side: str, listing: tuple[Collection, str]) -> None:
    org = office()
    org.direct_grant(1, "pay", Level.READ)
    (org.directory if side == "directory" else org.secrets).broken.add(listing)
    assert org.one(DIRECT).remedy == ()


@pytest.mark.parametrize(
    ("side", "listing"),
    [
        ("secrets", (Collection.GRANTS, "v-prod")),
        ("secrets", (Collection.VAULTS, "")),
        ("secrets", (Collection.GROUPS, "")),
        ("directory", (Collection.GROUPS, "")),
    ],
)
def test_no_group_grant_ends_on_half_a_listing(side: str, listing: tuple[Collection, str]) -> None:
    org = office()
    org.group_grant("eng", "pay", Level.READ)
    (org.directory if side == "directory" else org.secrets).broken.add(listing)
    assert org.one(UNWANTED).remedy == ()


def test_a_group_whose_pair_is_disputed_keeps_its_grants() -> None:
    org = office()
    org.secrets.groups.append(Group("sg-twin", "twin", external_id="dg-eng"))
    assert [f.remedy for f in org.drift(UNWANTED)] == [()]
    assert [f.remedy for f in org.drift(MISSING)] == [()]
    assert len(org.drift(DriftKind.AMBIGUOUS_MATCH)) == 3


def test_a_vault_with_another_name_is_not_touched() -> None:
    org = office()
    org.secrets.vaults = [Vault("v-prod", "other"), Vault("v-pay", "pay")]
    org.group_grant("ops", "prod", Level.READ)
    assert org.one(UNWANTED).remedy == ()
    assert "calls the vault v-prod prod" in org.one(DriftKind.ID_NAME_DISAGREE).words


def test_privileged_roles_are_named_or_found() -> None:
    org = office()
    org.secrets.change("s1", roles=("root", "ops"))
    org.rules = replace(org.rules, privileges=(Privilege("d1.login", "ROOT"),))
    found = org.one(DriftKind.PRIVILEGED_ROLE)
    assert found.path == "ops"
    assert found.remedy == ()
    org.rules = replace(org.rules, privileges=(Privilege("d2.login", "root"),))
    assert len(org.drift(DriftKind.PRIVILEGED_ROLE)) == 2


def test_a_policy_without_grants_wants_none() -> None:
    org = Org()
    org.person(1)
    org.team("eng", 1)
    org.vault("prod")
    org.rules = replace(
        org.rules,
        mappings=(
            Mapping(NamedId("dg-eng", "eng"), (GrantRule(NamedId("v-prod", ""), Level.READ, 4),)),
        ),
    )
    assert org.one(MISSING).policy_line == 4
    org.secrets.accounts.append(account("s9", external_id="d9"))
    assert len(org.drift()) == 2
