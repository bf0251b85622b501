"""The simulated pair itself: that it behaves, and that each fault does what it says."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeVar

import pytest

from keyturn_providers.abilities import (
    READER_PROTOCOLS,
    WRITER_PROTOCOLS,
    Ability,
    EndsSessions,
    ListsAccounts,
    Outcome,
    Page,
    ReadsAccount,
    ReadsAudit,
    Revokes,
    Sought,
    Suspends,
    able,
)
from keyturn_providers.errors import (
    BadAnswer,
    Conflict,
    Gone,
    NotAllowed,
    NotAuthenticated,
    OutcomeUnknown,
    ProviderError,
    ReadOnly,
    TenantChanged,
    Throttled,
    Unreachable,
)
from keyturn_providers.records import AccountState
from keyturn_providers.simulated import Effect, Fault, Pair, load, simulated_pair
from keyturn_providers.text import safe

T = TypeVar("T")


async def _all(pages: AsyncIterator[Page[T]]) -> tuple[list[T], str, int]:
    records: list[T] = []
    unreadable, proof = 0, ""
    async for page in pages:
        records.extend(page.records)
        unreadable += len(page.unreadable)
        proof = page.proof
    return records, proof, unreadable


@pytest.fixture
def pair() -> Pair:
    return simulated_pair(people=8, page_size=3)


@pytest.mark.parametrize("audited", [True, False])
async def test_what_is_declared_is_implemented_and_nothing_else(pair: Pair, audited: bool) -> None:
    for connector in (pair.directory, pair.secrets):
        connector.audited = audited
        abilities = (await connector.about()).abilities
        for ability, protocol in READER_PROTOCOLS.items():
            assert isinstance(connector.reader(), protocol) == (ability in abilities), ability
        for ability, protocol in WRITER_PROTOCOLS.items():
            assert isinstance(connector.writer(), protocol) == (ability in abilities), ability


async def test_every_listing_ends_with_proof_and_all_records(pair: Pair) -> None:
    tenant = pair.secrets.tenant
    records, proof, _ = await _all(able(pair.secrets.reader(), ListsAccounts).accounts())
    assert proof
    assert {one.id for one in records} == set(tenant.accounts)
    assert all(safe(one.display_name) == one.display_name for one in records)


@pytest.mark.parametrize("page", [1, 2, 3, 4])
async def test_a_listing_fails_at_the_page_asked_for(pair: Pair, page: int) -> None:
    pair.secrets.faults.add(Fault(Effect.UNREACHABLE, Ability.LIST_ACCOUNTS, page=page))
    pages = able(pair.secrets.reader(), ListsAccounts).accounts()
    for _ in range(page - 1):
        assert (await anext(pages)).records
    with pytest.raises(Unreachable):
        await anext(pages)


@pytest.mark.parametrize(
    ("effect", "kind"),
    [
        (Effect.UNREACHABLE, Unreachable),
        (Effect.THROTTLED, Throttled),
        (Effect.NOT_AUTHENTICATED, NotAuthenticated),
        (Effect.NOT_ALLOWED, NotAllowed),
        (Effect.GONE, Gone),
        (Effect.CONFLICT, Conflict),
        (Effect.BAD_ANSWER, BadAnswer),
        (Effect.TENANT_CHANGED, TenantChanged),
        (Effect.ANSWER_LOST, OutcomeUnknown),
        (Effect.REQUEST_LOST, OutcomeUnknown),
    ],
)
async def test_every_error_class_can_be_caused_by_a_write(
    pair: Pair, effect: Effect, kind: type[ProviderError]
) -> None:
    pair.secrets.faults.add(Fault(effect, Ability.SUSPEND, "s-001"))
    with pytest.raises(kind) as caught:
        await able(pair.secrets.writer(), Suspends).suspend("s-001", "op-1")
    assert type(caught.value) is kind
    done = effect is Effect.ANSWER_LOST
    state = pair.secrets.tenant.accounts["s-001"].state
    assert state is (AccountState.SUSPENDED if done else AccountState.ACTIVE)
    arrived = effect not in (Effect.UNREACHABLE, Effect.REQUEST_LOST)
    assert pair.secrets.tenant.received("op-1") == int(arrived)
    receipt = await able(pair.secrets.writer(), Suspends).suspend("s-001", "op-1")
    assert receipt.outcome is (Outcome.ALREADY_SO if done else Outcome.APPLIED)


async def test_listing_faults_change_one_page(pair: Pair) -> None:
    reader = able(pair.secrets.reader(), ListsAccounts)
    total = len(pair.secrets.tenant.accounts)
    pair.secrets.faults.add(Fault(Effect.NO_PROOF, Ability.LIST_ACCOUNTS, page=4))
    assert (await _all(reader.accounts()))[1] == ""
    pair.secrets.faults.add(Fault(Effect.DUPLICATES, Ability.LIST_ACCOUNTS, page=2))
    assert len((await _all(reader.accounts()))[0]) == total + 1
    pair.secrets.faults.add(Fault(Effect.ODD_RECORD, Ability.LIST_ACCOUNTS, page=1))
    records, _, unreadable = await _all(reader.accounts())
    assert (len(records), unreadable) == (total - 1, 1)
    assert len((await _all(reader.accounts()))[0]) == total


async def test_stale_reads_end_after_the_count(pair: Pair) -> None:
    pair.secrets.faults.add(Fault(Effect.STALE, Ability.SUSPEND, count=2))
    await able(pair.secrets.writer(), Suspends).suspend("s-001", "op-1")
    reader = able(pair.secrets.reader(), ReadsAccount)
    states = []
    for _ in range(3):
        account = await reader.read_account("s-001")
        assert account is not None
        states.append(account.state.value)
    assert states == ["active", "active", "suspended"]


async def test_audit_events_can_come_late_or_never(pair: Pair) -> None:
    reader = able(pair.secrets.reader(), ReadsAudit)
    since = await reader.audit_checkpoint()
    pair.secrets.faults.add(
        Fault(Effect.AUDIT_LATE, Ability.SUSPEND, count=2),
        Fault(Effect.AUDIT_MISSING, Ability.END_SESSIONS),
    )
    await able(pair.secrets.writer(), Suspends).suspend("s-001", "op-1")
    await able(pair.secrets.writer(), EndsSessions).end_session("t-dana-1", "op-2")
    wanted = (Sought("op-1", Ability.SUSPEND, 0), Sought("op-2", Ability.END_SESSIONS, 0))
    polls = [len(await reader.audit_events(since, wanted)) for _ in range(4)]
    assert polls == [0, 0, 1, 1]
    assert await reader.audit_events(await reader.audit_checkpoint(), wanted) == ()


async def test_read_only_gives_no_writer(pair: Pair) -> None:
    pair.secrets.read_only = True
    with pytest.raises(ReadOnly):
        pair.secrets.writer()


async def test_the_file_holds_every_change_before_the_answer(tmp_path: Path) -> None:
    pair = simulated_pair(people=4, folder=tmp_path)
    pair.secrets.faults.add(Fault(Effect.ANSWER_LOST, Ability.REVOKE))
    carrier = "account/s-001/policy/payments-admin"
    with pytest.raises(OutcomeUnknown):
        await able(pair.secrets.writer(), Revokes).revoke(carrier, "op-1")
    again = load(tmp_path / "secrets.json")
    assert carrier not in again.grants
    assert again.received("op-1") == 1
    assert again == pair.secrets.tenant
