"""Each check can fail: a connector with one mistake is told which."""

import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

import pytest
from tests.providers.conformance.around import ANA, Around, around, run
from tests.providers.conformance.subjects import TOKEN, simulated

from keyturn_providers.abilities import (
    Ability,
    Page,
)
from keyturn_providers.conformance import Mark, Subject
from keyturn_providers.contract import (
    About,
)
from keyturn_providers.errors import NotAllowed, ReadOnly
from keyturn_providers.records import (
    Account,
    Membership,
    Side,
)
from keyturn_providers.simulated import Effect, Fault

BARE_TOKEN = TOKEN.get_secret_value()


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
