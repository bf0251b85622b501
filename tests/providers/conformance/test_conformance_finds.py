"""Each check can fail: a connector with one mistake is told which."""

import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

import pytest
from tests.providers.conformance.subjects import TOKEN, simulated

from keyturn_providers import abilities
from keyturn_providers.abilities import (
    Ability,
    Page,
    Receipt,
    able,
)
from keyturn_providers.conformance import CHECKS, CheckResult, Mark, Subject, run_one
from keyturn_providers.contract import (
    About,
    Connector,
    Surroundings,
)
from keyturn_providers.errors import NotAllowed, ReadOnly
from keyturn_providers.records import (
    Account,
    AccountState,
    Level,
    Membership,
    PermissionRules,
    Side,
)
from keyturn_providers.simulated import Effect, Fault, SimulatedConnector

BARE_TOKEN = TOKEN.get_secret_value()


async def run(name: str, subject: Subject) -> CheckResult:
    (check,) = (one for one in CHECKS if one.name == name)
    return await run_one(check, subject)


@pytest.mark.parametrize(
    ("fault", "name", "said"),
    [
        (Fault(Effect.NO_PROOF, Ability.LIST_GROUPS), "listings end with proof", "without proof"),
        (Fault(Effect.DUPLICATES, Ability.LIST_ACCOUNTS), "listings end with proof", "twice"),
        (Fault(Effect.BAD_ANSWER, Ability.LIST_VAULTS), "references hold", "BadAnswer"),
        (Fault(Effect.IGNORED, Ability.SUSPEND), "suspend and reactivate", "read back as active"),
        (Fault(Effect.IGNORED, Ability.REACTIVATE), "suspend and reactivate", "not as before"),
        (Fault(Effect.IGNORED, Ability.ADD_MEMBERSHIP), "add and remove a member", "not as before"),
        (
            Fault(Effect.IGNORED, Ability.REMOVE_MEMBERSHIP),
            "add and remove a member",
            "not as before",
        ),
        (Fault(Effect.IGNORED, Ability.GRANT), "grant, revoke and restore", "read back as"),
        (Fault(Effect.IGNORED, Ability.REVOKE), "grant, revoke and restore", "not as before"),
        (Fault(Effect.IGNORED, Ability.END_SESSIONS), "end a session", "not as before"),
        (
            Fault(Effect.AUDIT_MISSING, Ability.SUSPEND),
            "operations are found in the audit log",
            "1 of 2 operations",
        ),
        (
            Fault(Effect.GONE, Ability.READ_ACCOUNT),
            "unknown ids read as nothing",
            "Gone",
        ),
        (
            Fault(Effect.UNREACHABLE, Ability.SUSPEND, times=None),
            "unknown targets are refused",
            "Unreachable",
        ),
    ],
    ids=lambda value: value.effect.name if isinstance(value, Fault) else None,
)
async def test_a_fault_fails_its_check(fault: Fault, name: str, said: str) -> None:
    connector, subject = simulated(Side.SECRETS)
    assert (await run(name, subject)).mark is Mark.PASSED
    connector, subject = simulated(Side.SECRETS)
    connector.faults.add(fault)
    result = await run(name, subject)
    assert result.mark is Mark.FAILED
    assert said in result.words


@dataclass
class Around:
    """A connector with one thing changed; the rest is the simulated one."""

    inner: SimulatedConnector
    change_about: Callable[[About], About] = lambda about: about
    change_reader: Callable[[object], object] = lambda reader: reader
    change_writer: Callable[[object], object] = lambda writer: writer

    async def about(self) -> About:
        return self.change_about(await self.inner.about())

    def reader(self) -> object:
        return self.change_reader(self.inner.reader())

    def writer(self) -> object:
        return self.change_writer(self.inner.writer())

    async def aclose(self) -> None:
        await self.inner.aclose()


def around(make: Callable[[SimulatedConnector], Connector], side: Side = Side.SECRETS) -> Subject:
    inner, subject = simulated(side)

    def opened(surroundings: Surroundings) -> Connector:
        return make(replace(inner, read_only=surroundings.read_only))

    return replace(subject, open=opened)


@pytest.mark.parametrize(
    "change",
    [
        lambda about: replace(about, abilities=about.abilities - {Ability.SUSPEND}),
        lambda about: replace(about, abilities=about.abilities | {Ability.LIST_VAULTS}),
        lambda about: replace(about, source=replace(about.source, tenant="")),
    ],
    ids=["undeclared", "not implemented", "no tenant"],
)
async def test_about_that_does_not_fit_is_found(change: Callable[[About], About]) -> None:
    subject = around(lambda inner: Around(inner, change_about=change), Side.DIRECTORY)
    assert (await run("what is declared is implemented", subject)).mark is Mark.FAILED


async def test_a_connector_that_names_another_source_each_time_is_found() -> None:
    tenants = iter(("one", "two", "three"))

    def other(about: About) -> About:
        return replace(about, source=replace(about.source, tenant=next(tenants)))

    subject = around(lambda inner: Around(inner, change_about=other))
    result = await run("what is declared is implemented", subject)
    assert "two different sources" in result.words


@dataclass
class OneListing:
    """A reader whose accounts are these pages, and who reads nobody by id."""

    pages: tuple[Page[Account], ...]

    async def accounts(self) -> AsyncIterator[Page[Account]]:
        for page in self.pages:
            yield page

    async def read_account(self, account_id: str) -> Account | None:
        return None


def reading(*pages: Page[Account]) -> Subject:
    abilities = frozenset({Ability.LIST_ACCOUNTS, Ability.READ_ACCOUNT})
    return around(
        lambda inner: Around(
            inner,
            change_about=lambda about: replace(about, abilities=abilities),
            change_reader=lambda _: OneListing(pages),
        )
    )


ANA = Account("a-1", "ana@acme.example", "Ana", AccountState.ACTIVE)


async def test_a_page_after_the_proof_is_found() -> None:
    result = await run(
        "listings end with proof",
        reading(Page((ANA,), proof="the end"), Page((replace(ANA, id="a-2"),), proof="the end")),
    )
    assert result.mark is Mark.FAILED
    assert "after the one that carried the proof" in result.words


async def test_an_empty_tenant_proves_nothing() -> None:
    result = await run("listings end with proof", reading(Page((), proof="none")))
    assert result.mark is Mark.FAILED
    assert "seed it" in result.words


async def test_a_listing_that_differs_from_the_read_by_id_is_found() -> None:
    result = await run(
        "reads by id agree with the listings", reading(Page((ANA,), proof="the end"))
    )
    assert result.mark is Mark.FAILED
    assert "a-1" in result.words


@pytest.mark.parametrize("name", ["Ana\x1b[31m", "Ana\u202e", "Ana\x00", "a\nb"])
async def test_unsafe_text_is_found(name: str) -> None:
    page = Page((replace(ANA, display_name=name),), proof="the end")
    result = await run("text is safe", reading(page))
    assert result.mark is Mark.FAILED
    assert "display_name" in result.words
    assert result.words.isprintable()


async def test_a_dangling_membership_is_counted() -> None:
    connector, subject = simulated(Side.SECRETS)
    connector.tenant.add(Membership("sg-finance", "s-nobody"))
    assert (await run("references hold", subject)).mark is Mark.FAILED
    assert (await run("references hold", replace(subject, dangling=1))).mark is Mark.PASSED


class LeakingError:
    """A reader that says its token in an error, as HTTP libraries do."""

    def accounts(self) -> AsyncIterator[Page[Account]]:
        raise NotAllowed("corp", "listing", f"The header X-Token: {BARE_TOKEN} was refused.", "")


class LeakingLocal:
    """A reader whose traceback holds its token in a local variable."""

    def accounts(self) -> AsyncIterator[Page[Account]]:
        header = f"Bearer {TOKEN.get_secret_value()}"
        raise NotAllowed("corp", "listing", f"A header of {len(header)} was refused.", "")


class LeakingLog:
    """A reader that writes its token to the log."""

    def accounts(self) -> AsyncIterator[Page[Account]]:
        logging.getLogger("corp.http").debug("sending %s", BARE_TOKEN)
        raise NotAllowed("corp", "listing", "It was refused.", "")


@pytest.mark.parametrize("leak", [LeakingError(), LeakingLocal(), LeakingLog()])
async def test_a_token_that_is_shown_anywhere_is_found(leak: object) -> None:
    abilities = frozenset({Ability.LIST_ACCOUNTS})
    subject = around(
        lambda inner: Around(
            inner,
            change_about=lambda about: replace(about, abilities=abilities),
            change_reader=lambda _: leak,
        )
    )
    result = await run("listings end with proof", subject)
    assert result.mark is Mark.FAILED
    assert "the token is shown in" in result.words
    assert BARE_TOKEN not in str(result)


class Careless:
    """A writer that raises what is no ProviderError."""

    async def suspend(self, account_id: str, operation_id: str) -> None:
        raise KeyError(account_id)


async def test_a_bare_exception_is_found() -> None:
    abilities = frozenset({Ability.SUSPEND})
    subject = around(
        lambda inner: Around(
            inner,
            change_about=lambda about: replace(about, abilities=abilities),
            change_writer=lambda _: Careless(),
        )
    )
    result = await run("unknown targets are refused", subject)
    assert result.mark is Mark.FAILED
    assert "bare KeyError" in result.words


async def test_a_writer_in_read_only_is_found() -> None:
    inner, subject = simulated(Side.SECRETS)
    careless = replace(subject, open=lambda _: inner)
    result = await run("read-only has no writer", careless)
    assert result.mark is Mark.FAILED
    with pytest.raises(ReadOnly):
        replace(inner, read_only=True).writer()


async def test_a_wrong_token_that_is_taken_is_found() -> None:
    _, subject = simulated(Side.SECRETS)
    result = await run("a wrong token is refused", replace(subject, wrong_token=TOKEN))
    assert result.mark is Mark.FAILED
    assert "was taken" in result.words


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
