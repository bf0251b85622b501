"""Drift of machines, policy objects and names; and that ids are unique and the order is fixed."""

from dataclasses import replace

from tests.decide.worlds import NOW_MS, SUSPENDED, Org, office

from keyturn.decide.drift import find_drift
from keyturn.decide.groups import link_groups
from keyturn.decide.match import match
from keyturn.decide.rules import MachineRule, Mapping, NamedId
from keyturn.decide.words import DriftKind
from keyturn_providers.records import (
    AccountState,
    Collection,
    Group,
    Level,
    MachineIdentity,
    Side,
    Vault,
)

ORPHAN, LEFT = DriftKind.MACHINE_WITHOUT_OWNER, DriftKind.MACHINE_OWNER_LEFT


def _machine(owner: str | None = None, rule: str | None = None) -> Org:
    org = office()
    org.secrets.machines.append(MachineIdentity("role/ci", "ci", "approle", owner_account_id=owner))
    if rule is not None:
        org.rules = replace(org.rules, machines=(MachineRule("CI", rule, line=40),))
    return org


def test_a_machine_nobody_answers_for() -> None:
    assert "nobody answers" in _machine().one(ORPHAN).words


def test_the_directory_s_machines_are_looked_at_too() -> None:
    org = office()
    org.directory.machines = [
        MachineIdentity("t-1", "sync", "API token", "d1", dies_with_owner=True),
        MachineIdentity("app-1", "reports", "service app"),
        MachineIdentity("t-9", "old", "API token", "d9"),
    ]
    lost = {found.subject.id: found for found in org.drift(ORPHAN)}
    assert set(lost) == {"app-1", "t-9"}
    assert "reports (service app) in idp: nobody answers" in lost["app-1"].words
    assert {found.subject.side for found in lost.values()} == {Side.DIRECTORY}
    org.directory.change("d1", state=SUSPENDED)
    assert "who left. It ends with their account." in org.one(LEFT).words


def test_a_machine_with_an_owner_is_in_order() -> None:
    assert _machine(owner="s1").drift() == ()
    assert _machine(rule="d1.login").drift() == ()


def test_a_machine_whose_owner_left() -> None:
    for org in (_machine(owner="s1"), _machine(rule="d1.login")):
        org.directory.change("d1", state=SUSPENDED)
        org.secrets.change("s1", state=SUSPENDED)
        assert org.one(LEFT).person == "d:d1"


def test_an_owner_in_an_unknown_state_has_not_left() -> None:
    org = _machine(owner="s1")
    org.directory.change("d1", state=AccountState.UNKNOWN)
    assert org.drift(LEFT) == ()


def test_an_owner_nobody_knows() -> None:
    assert "nobody keyturn knows" in _machine(rule="x@y").one(ORPHAN).words
    assert "not there any more" in _machine(owner="s9").one(ORPHAN).words
    org = _machine(rule="x@y")
    org.directory.broken.add((Collection.ACCOUNTS, ""))
    assert org.drift() == ()
    org = _machine(owner="s9")
    org.secrets.broken.add((Collection.ACCOUNTS, ""))
    assert org.drift() == ()


def test_an_owner_without_directory_account_counts_by_the_other() -> None:
    org = _machine(owner="s9")
    org.secrets.accounts.append(replace(org.secrets.accounts[0], id="s9", external_id=None))
    assert org.drift(LEFT) == ()
    org.secrets.change("s9", state=SUSPENDED)
    assert org.drift(LEFT) != ()


def test_policy_objects_gone_or_renamed() -> None:
    org = office()
    org.rules = replace(
        org.rules,
        mappings=(
            *org.rules.mappings,
            Mapping(NamedId("dg-9", "nine"), (), NamedId("sg-9", "nine"), line=50),
            Mapping(NamedId("dg-9", "nine"), (), line=60),
        ),
    )
    org.waive("d1.login", "gone")
    gone = org.drift(DriftKind.POLICY_OBJECT_GONE)
    assert {(f.subject.id, f.policy_line) for f in gone} == {
        ("dg-9", 50),
        ("sg-9", 50),
        ("v-gone", 30),
    }
    org.directory.broken.add((Collection.GROUPS, ""))
    org.secrets.odd.add((Collection.VAULTS, ""))
    assert {f.subject.id for f in org.drift(DriftKind.POLICY_OBJECT_GONE)} == {"sg-9"}
    org.directory.groups[0] = Group("dg-eng", "Engineering")
    org.directory.groups[1] = Group("dg-ops", "OPS")
    assert [f.subject.id for f in org.drift(DriftKind.ID_NAME_DISAGREE)] == ["dg-eng"]


def test_a_renamed_group_is_told() -> None:
    org = office()
    org.secrets.groups[0] = Group("sg-eng", "engineers", external_id="dg-eng")
    assert "linked by external id" in org.one(DriftKind.RENAMED).words


def test_names_with_control_characters_are_told_of_every_kind() -> None:
    org = office()
    org.directory.change("d1", display_name="An␛[31ma")
    org.secrets.change("s1", display_name="An␛[31ma")
    org.secrets.groups.append(Group("sg-h", "bad⟨U+202E⟩"))
    org.secrets.vaults.append(Vault("v-h", "␀"))
    org.secrets.machines.append(MachineIdentity("m", "␇", "x", owner_account_id="s1"))
    found = org.drift(DriftKind.HOSTILE_NAME)
    assert sorted((f.subject.kind.value, f.person) for f in found) == [
        ("account", "d:d1"),
        ("account", "d:d1"),
        ("group", ""),
        ("machine", ""),
        ("vault", ""),
    ]


def test_ids_are_unique_and_the_most_urgent_comes_first() -> None:
    org = office()
    org.directory.change("d1", state=SUSPENDED)
    for vault in ("prod", "pay"):
        for level in (Level.READ, Level.WRITE):
            org.direct_grant(1, vault, level)
    org.secrets.machines.append(MachineIdentity("m", "m", "x"))
    found = org.drift()
    assert len({f.id for f in found}) == len(found) == 6
    ranks = [f.severity.rank for f in found]
    assert ranks == sorted(ranks)
    assert found[0].sign.value == "!"


def test_find_drift_takes_plain_values() -> None:
    org = office()
    org.directory.change("d1", state=SUSPENDED)
    directory, secrets = org.directory.snapshot(), org.secrets.snapshot()
    found = find_drift(
        directory,
        secrets,
        match(directory, secrets, org.rules),
        link_groups(directory, secrets, org.rules),
        org.rules,
        NOW_MS,
    )
    assert found == org.drift()
