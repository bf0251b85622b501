"""Which connectors there are, and whether they can do what they say."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint

import pytest

from keyturn_providers.abilities import (
    Ability,
    Page,
    Receipt,
)
from keyturn_providers.contract import About, Provider
from keyturn_providers.errors import Misconfigured
from keyturn_providers.records import Account, Side, SourceIdentity
from keyturn_providers.registry import GROUP, check, find, kinds
from keyturn_providers.scim import PROVIDER


@dataclass(frozen=True)
class _Distribution:
    name: str


def point(kind: str, value: str, distribution: str = "third") -> EntryPoint:
    made = EntryPoint(kind, value, GROUP)
    vars(made)["dist"] = _Distribution(distribution)
    return made


def test_the_kinds_there_are() -> None:
    assert {"scim", "openbao"} <= set(kinds())
    assert kinds() == tuple(sorted(kinds()))
    assert find("scim") is PROVIDER


def test_an_unknown_kind_names_the_known_ones() -> None:
    with pytest.raises(Misconfigured, match=r"Use one of: .*openbao.*scim"):
        find("okta\x1b")


def test_two_distributions_with_one_kind_are_both_named() -> None:
    both = [
        point("scim", "keyturn_providers.scim:PROVIDER", "keyturn"),
        point("scim", "keyturn_providers.scim:PROVIDER", "other"),
    ]
    with pytest.raises(
        Misconfigured, match="Two installed distributions offer it: keyturn and oth"
    ):
        find("scim", both)
    assert find("scim", both[:1]) is PROVIDER
    assert find("scim", [both[0], both[0]]) is PROVIDER


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("no_such_module_anywhere:PROVIDER", "cannot be loaded (ModuleNotFoundError"),
        ("keyturn_providers.scim:NOTHING", "cannot be loaded (AttributeError"),
        ("keyturn_providers.scim:ScimSettings", "is not a Provider"),
    ],
)
def test_what_cannot_be_loaded_says_so(value: str, words: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        find("odd", [point("odd", value)])
    assert words in str(caught.value)
    assert "from third" in str(caught.value)


def test_another_contract_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    old: Provider = replace(PROVIDER, contract_version=99)
    monkeypatch.setattr("keyturn_providers.scim.PROVIDER", old)
    with pytest.raises(Misconfigured, match=r"third was made for contract version 99"):
        find("scim", [point("scim", "keyturn_providers.scim:PROVIDER")])


class Reads:
    async def accounts(self) -> AsyncIterator[Page[Account]]:
        yield Page(())


class Writes:
    async def suspend(self, account_id: str, operation_id: str) -> Receipt:
        raise AssertionError


def about(*abilities: Ability) -> About:
    identity = SourceIdentity("idp", "made-up", Side.DIRECTORY, "t")
    return About(identity, "https://idp.example", frozenset(abilities))


def test_what_is_declared_and_what_is_there_agree() -> None:
    check(about(Ability.LIST_ACCOUNTS, Ability.SUSPEND), Reads(), Writes())
    check(about(Ability.LIST_ACCOUNTS), Reads(), None)
    check(about(), object(), object())


def test_every_difference_is_named_in_both_directions() -> None:
    with pytest.raises(Misconfigured) as caught:
        check(about(Ability.READ_ACCOUNT, Ability.REVOKE), Reads(), Writes())
    message = str(caught.value)
    assert '"read one account" is declared, but Reads is not a ReadsAccount' in message
    assert 'Reads is a ListsAccounts, but "list accounts" is not declared' in message
    assert '"revoke" is declared, but Writes is not a Revokes' in message
    assert 'Writes is a Suspends, but "suspend" is not declared' in message
