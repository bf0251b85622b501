"""Who could take a vault over: only who stays and is active, with what speaks for them first."""

from dataclasses import replace

from tests.decide.worlds import ACTIVE, SUSPENDED, Org, account, office

from keyturn.decide.successors import Candidate, successors
from keyturn_providers.records import Email, Level, PrincipalKind, Side


def names(org: Org, *leaving: str, vault: str = "v-pay") -> list[tuple[str, str]]:
    found = successors(org.world(), vault, leaving)
    return [(one.name, one.because) for one in found]


def test_who_is_near_comes_first_and_why_is_said() -> None:
    org = office()
    for number in (4, 5, 6):
        org.person(number)
    org.directory.change("d3", manager="boss@acme.example", department="Finance")
    org.directory.change("d5", emails=(Email("Boss@acme.example", True),))
    org.directory.change("d4", department="finance")
    org.direct_grant(2, "pay", Level.READ)
    org.direct_grant(2, "pay", Level.LIST, carrier="less")
    org.direct_grant(1, "pay", Level.WRITE)
    assert names(org, "d:d3") == [
        ("Name 5", "their manager"),
        ("Name 1", "can write to it"),
        ("Name 2", "can read it"),
        ("Name 4", "same department"),
        ("Name 6", ""),
    ]


def test_the_manager_who_can_open_it_already_has_both_reasons() -> None:
    org = office()
    org.secrets.change("s3", manager="d1.login")
    org.direct_grant(1, "pay", Level.WRITE)
    assert names(org, "d:d3")[0] == ("Name 1", "their manager, can write to it")


def test_nobody_who_is_off_leaves_too_or_is_in_doubt_is_named() -> None:
    org = office()
    for number in (4, 5):
        org.person(number)
    org.person(6, secrets=SUSPENDED)
    org.person(7, directory=SUSPENDED)
    org.directory.accounts.append(account("d8"))
    org.secrets.accounts.append(account("s9", state=ACTIVE))
    twice = account("d10", email="twin@acme.example")
    org.directory.accounts += [twice, replace(twice, id="d11")]
    org.secrets.accounts.append(account("s10", email="twin@acme.example"))
    world = org.world()
    assert world.is_ambiguous(Side.SECRETS, "s10")
    assert [one.key for one in successors(world, "v-pay", ("d:d3", "d:d4", "d:nobody"))] == [
        "d:d1", "d:d2", "d:d5", "s:s9",
    ]  # fmt: skip


def test_a_machine_that_can_open_the_vault_is_nobody() -> None:
    org = office()
    org._grant(PrincipalKind.MACHINE, "m1", "pay", Level.MANAGE, "")
    org.secrets.grants[-1] = replace(org.secrets.grants[-1], principal_id="s1")
    assert successors(org.world(), "v-pay", ("d:d3",))[0] == Candidate("d:d1", "Name 1", "d1.login")


def test_whom_the_policy_never_touches_is_not_offered() -> None:
    org = office()
    for number in (4, 5):
        org.person(number)
    org.rules = replace(org.rules, never_touch=("D4.login",))
    assert "Name 4" not in dict(names(org, "d:d3"))
    assert "Name 5" in dict(names(org, "d:d3"))
