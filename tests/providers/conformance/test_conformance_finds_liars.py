"""The checks of an account's life and of grants can fail: a writer that lies is told what about."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

import pytest
from tests.providers.conformance.around import ANA, Around, run
from tests.providers.conformance.subjects import simulated

from keyturn_providers import abilities
from keyturn_providers.abilities import (
    Ability,
    Page,
    Receipt,
    able,
)
from keyturn_providers.conformance import Mark
from keyturn_providers.records import (
    Account,
    Level,
    PermissionRules,
    Side,
)
from keyturn_providers.simulated import Effect, Fault


@pytest.mark.parametrize(
    ("fault", "side", "name", "said"),
    [
        (
            Fault(Effect.IGNORED, Ability.DEACTIVATE),
            Side.DIRECTORY,
            "deactivate and reactivate",
            "read back as active",
        ),
        (
            Fault(Effect.IGNORED, Ability.REACTIVATE),
            Side.DIRECTORY,
            "deactivate and reactivate",
            "read back as deactivated",
        ),
        (
            Fault(Effect.IGNORED, Ability.END_ALL_SESSIONS),
            Side.DIRECTORY,
            "end all sessions",
            "1 of 2 operations",
        ),
        (
            Fault(Effect.UNREACHABLE, Ability.FIND_ACCOUNT),
            Side.SECRETS,
            "accounts are found by address",
            "Unreachable",
        ),
        (
            Fault(Effect.IGNORED, Ability.PROVISION),
            Side.SECRETS,
            "invite somebody",
            "nobody has that address",
        ),
        (Fault(Effect.IGNORED, Ability.CONFIRM), Side.SECRETS, "let somebody in", "as invited"),
        (
            Fault(Effect.IGNORED, Ability.NARROW),
            Side.SECRETS,
            "narrow a grant and widen it again",
            "read back as write",
        ),
    ],
    ids=lambda value: str(value.ability) if isinstance(value, Fault) else None,
)
async def test_a_fault_of_an_accounts_life_fails_its_check(
    fault: Fault, side: Side, name: str, said: str
) -> None:
    connector, subject = simulated(side, lifecycle=True)
    assert (await run(name, subject)).mark is Mark.PASSED
    connector, subject = simulated(side, lifecycle=True)
    connector.faults.add(fault)
    result = await run(name, subject)
    assert result.mark is Mark.FAILED
    assert said in result.words


@dataclass
class Liar:
    """A writer that does something else than it says; what it does not, the real one does."""

    inner: object

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)


class Suspends(Liar):
    """Ends an account only halfway, and signs people out by switching them off."""

    async def deactivate(self, account_id: str, operation_id: str) -> Receipt:
        return await able(self.inner, abilities.Suspends).suspend(account_id, operation_id)

    async def end_all_sessions(self, account_id: str, operation_id: str) -> Receipt:
        return await able(self.inner, abilities.Suspends).suspend(account_id, operation_id)


class WrongId(Liar):
    """Invites, and tells another id."""

    async def provision(self, email: str, name: str, operation_id: str) -> Receipt:
        writer = able(self.inner, abilities.Provisions)
        return replace(await writer.provision(email, name, operation_id), account_id="other")


class TakesAll(Liar):
    """Narrows by revoking."""

    async def narrow(
        self, carrier: str, level: Level, operation_id: str, permissions: tuple[str, ...] = ()
    ) -> Receipt:
        return await able(self.inner, abilities.Revokes).revoke(carrier, operation_id)


class TakesTooMuch(Liar):
    """Narrows further than it was told, to the same level."""

    async def narrow(
        self, carrier: str, level: Level, operation_id: str, permissions: tuple[str, ...] = ()
    ) -> Receipt:
        return await able(self.inner, abilities.Narrows).narrow(
            carrier, level, operation_id, permissions[:1]
        )


@pytest.mark.parametrize(
    ("liar", "side", "name", "said"),
    [
        (Suspends, Side.DIRECTORY, "deactivate and reactivate", "read back as suspended"),
        (Suspends, Side.DIRECTORY, "end all sessions", "is not as before"),
        (WrongId, Side.SECRETS, "invite somebody", "the receipt says 'other'"),
        (TakesAll, Side.SECRETS, "narrow a grant and widen it again", "read back as nothing"),
        (TakesTooMuch, Side.SECRETS, "narrow a grant and widen it again", "read back as list"),
    ],
)
async def test_a_writer_that_lies_is_found(
    liar: Callable[[object], object], side: Side, name: str, said: str
) -> None:
    inner, subject = simulated(side, lifecycle=True)
    subject = replace(subject, open=lambda _: Around(inner, change_writer=liar))
    result = await run(name, subject)
    assert result.mark is Mark.FAILED
    assert said in result.words


READ, WRITE = Level.READ, Level.WRITE


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (PermissionRules(((READ, ("view",)),), ()), "nothing is said"),
        (PermissionRules((), (("view", ()), ("view", ()))), "told twice"),
        (PermissionRules((), (("a", ("b",)), ("b", ("a",)))), "in a circle"),
        (PermissionRules(((WRITE, ()), (READ, ())), ()), "not in order"),
        (PermissionRules(((READ, ("b",)),), (("a", ()), ("b", ("a",)))), "lacks what its"),
        (
            PermissionRules(((READ, ("a",)), (WRITE, ("b",))), (("a", ()), ("b", ()))),
            "lacks what the level below",
        ),
    ],
)
async def test_rules_that_do_not_hold_together_are_found(rules: PermissionRules, said: str) -> None:
    inner, subject = simulated(Side.SECRETS, lifecycle=True)
    inner.tenant.permission_rules = rules
    result = await run("permission rules are closed", subject)
    assert result.mark is Mark.FAILED
    assert said in result.words


async def test_an_address_that_leads_to_another_is_found() -> None:
    inner, subject = simulated(Side.SECRETS, lifecycle=True)

    class Someone:
        async def find_account(self, email: str) -> Account | None:
            return ANA if email.islower() else None

        def accounts(self) -> AsyncIterator[Page[Account]]:
            return able(inner.reader(), abilities.ListsAccounts).accounts()

    both = frozenset({Ability.FIND_ACCOUNT, Ability.LIST_ACCOUNTS})
    around_it = Around(
        inner,
        change_about=lambda about: replace(about, abilities=both),
        change_reader=lambda _: Someone(),
    )
    result = await run("accounts are found by address", replace(subject, open=lambda _: around_it))
    assert result.mark is Mark.FAILED
    assert "led to a-1" in result.words
