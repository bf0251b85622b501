"""What is changed in an organisation, what each answer means, and what proves it."""

import time
from dataclasses import replace

import pytest
from tests.providers.okta.conftest import Org, add, service
from tests.providers.simulated_okta.acme import (
    ADA,
    ADA_ID,
    DANA,
    DANA_ID,
    ENG,
    IMPORTED,
    LEFT,
    PAY,
)

from keyturn_providers.abilities import (
    Ability,
    AddsMemberships,
    Deactivates,
    EndsAllSessions,
    Outcome,
    Reactivates,
    ReadsAudit,
    ReadsTokens,
    Receipt,
    RemovesMemberships,
    Sought,
    Suspends,
    able,
)
from keyturn_providers.errors import (
    Conflict,
    Gone,
    NotAllowed,
    OutcomeUnknown,
    ReadOnly,
    Throttled,
)
from keyturn_providers.okta.connector import OktaConnector
from keyturn_providers.okta.settings import READ_SCOPES
from keyturn_providers.okta.writer import OktaWriter
from keyturn_providers.records import AccountState, AuditEvent
from keyturn_providers.simulated.okta import behaviour, reading
from keyturn_providers.simulated.okta.seeding import user_id
from keyturn_providers.simulated.wire import faults, request_log
from keyturn_providers.simulated.wire.faults import Fault, Kind

HOUR_S = 3_600.0


async def opened(org: Org) -> tuple[OktaConnector, OktaWriter]:
    connector = org.connect()
    await connector.about()
    writer = connector.writer()
    assert isinstance(writer, OktaWriter)
    return connector, writer


async def test_only_an_active_user_can_be_suspended(org: Org) -> None:
    connector, writer = await opened(org)
    assert (await writer.suspend(ADA_ID, "op1")).outcome is Outcome.APPLIED
    again = await writer.suspend(ADA_ID, "op2")
    assert again.outcome is Outcome.ALREADY_SO
    assert again.request_ids
    with pytest.raises(Conflict, match="who is STAGED"):
        await writer.suspend(user_id("new@acme.example"), "op3")
    gone = await writer.suspend(user_id(LEFT), "op4")
    assert gone.outcome is Outcome.ALREADY_SO
    assert "DEPROVISIONED" in gone.note
    with pytest.raises(Gone):
        await writer.suspend("00unobody", "op5")
    await connector.aclose()


@pytest.mark.parametrize("status", [200, 204])
async def test_deactivation_ends_the_owner_s_tokens_and_can_be_taken_back(
    org: Org, status: int
) -> None:
    behaviour.deactivation_answers(org.state, status)
    connector, writer = await opened(org)
    assert (await writer.deactivate(DANA_ID, "op1")).outcome is Outcome.APPLIED
    assert (await writer.deactivate(DANA_ID, "op2")).outcome is Outcome.ALREADY_SO
    assert "dana's script" not in reading.api_tokens(org.state)
    back = await writer.reactivate(DANA_ID, "op3")
    assert back.outcome is Outcome.APPLIED
    assert "does not come back" in back.note
    account = await connector.reader().read_account(DANA_ID)
    assert account is not None
    assert account.state is AccountState.ACTIVE
    await connector.aclose()


async def test_a_deactivation_that_goes_on_after_its_answer_is_read_and_found_in_the_log(
    org: Org,
) -> None:
    """The job that does it has a transaction of its own: the request's id is in no event."""
    behaviour.deactivates_later(org.state, on=True)
    behaviour.async_polls(org.state, 1)
    connector, writer = await opened(org)
    about = await connector.about()
    assert about.own is not None
    reader = connector.reader()
    since = await able(reader, ReadsAudit).audit_checkpoint()
    receipt = await writer.deactivate(ADA_ID, "op")
    assert receipt.outcome is Outcome.APPLIED
    going = await reader.read_account(ADA_ID)
    assert going is not None
    assert (going.state, going.state_raw) == (
        AccountState.ACTIVE,
        "ACTIVE, becoming DEPROVISIONED",
    )
    by_me = sought("op", Ability.DEACTIVATE, receipt, ADA_ID)
    by_me = replace(by_me, actor_ids=(about.own.account_id or "",))
    assert await proofs(connector, since, by_me) == {}
    done = await reader.read_account(ADA_ID)
    assert done is not None
    assert done.state is AccountState.DEACTIVATED
    (event,) = reading.events(org.state, "user.lifecycle.deactivate")
    assert event.transaction_id not in receipt.request_ids
    found = await proofs(connector, since, by_me)
    assert [one.by_another for one in found.values()] == [False]
    by_somebody = replace(by_me, actor_ids=("somebody else",))
    assert (await proofs(connector, since, by_somebody))["op"].by_another
    assert await proofs(connector, since, replace(by_me, account_id=DANA_ID)) == {}
    await connector.aclose()


async def test_reactivating_who_never_came(org: Org) -> None:
    connector, writer = await opened(org)
    with pytest.raises(Conflict, match="who is STAGED"):
        await writer.reactivate(user_id("new@acme.example"), "op")
    await connector.aclose()


async def test_sessions_end_with_tokens_and_devices(org: Org) -> None:
    connector, writer = await opened(org)
    assert reading.sessions(org.state, DANA)
    holders = able(connector.reader(), ReadsTokens).read_token_holders
    assert await holders(DANA_ID) == ("0oaclient", "Wiki")
    await writer.end_all_sessions(DANA_ID, "op")
    assert not reading.sessions(org.state, DANA)
    assert await holders(DANA_ID) == ()
    (asked,) = request_log.requests(org.state, "DELETE")
    assert "oauthTokens=true" in asked.query
    assert "forgetDevices=true" in asked.query
    await connector.aclose()


async def test_members_come_and_go_where_okta_decides(org: Org) -> None:
    connector, writer = await opened(org)
    assert (await writer.add_membership(PAY, ADA_ID, "op1")).outcome is Outcome.APPLIED
    assert set(reading.members(org.state, "pay")) == {ADA, DANA}
    assert (await writer.add_membership(PAY, ADA_ID, "op2")).outcome is Outcome.ALREADY_SO
    removed = await writer.remove_membership(PAY, ADA_ID, "op3")
    assert (removed.outcome, removed.note) == (Outcome.APPLIED, "")
    assert (await writer.remove_membership(PAY, ADA_ID, "op4")).outcome is Outcome.ALREADY_SO
    ruled = await writer.remove_membership(ENG, DANA_ID, "op5")
    assert "engineers" in ruled.note
    await connector.aclose()


async def test_members_of_an_imported_group_are_left_alone(org: Org) -> None:
    connector, writer = await opened(org)
    before = (
        len(request_log.requests(org.state, "PUT")),
        len(request_log.requests(org.state, "DELETE")),
    )
    with pytest.raises(Conflict, match="decided by the application"):
        await writer.add_membership(IMPORTED, DANA_ID, "op1")
    with pytest.raises(Conflict, match="Change it there"):
        await writer.remove_membership(IMPORTED, ADA_ID, "op2")
    assert before == (0, 0)
    assert not request_log.requests(org.state, "PUT")
    assert not request_log.requests(org.state, "DELETE")
    await connector.aclose()


async def test_a_lost_answer_is_unknown_and_was_done(org: Org) -> None:
    connector, writer = await opened(org)
    faults.put(org.state, Fault(Kind.LOSE_RESPONSE, "POST"))
    with pytest.raises(OutcomeUnknown):
        await writer.suspend(ADA_ID, "op")
    assert reading.user_status(org.state, ADA) == "SUSPENDED"
    assert len(request_log.requests(org.state, "POST", "*suspend")) == 1
    await connector.aclose()


async def test_a_read_only_org_makes_changes_wait(org: Org) -> None:
    connector, writer = await opened(org)
    behaviour.read_only(org.state, True)
    with pytest.raises(Throttled, match="read-only"):
        await writer.suspend(ADA_ID, "op1")
    assert await connector.reader().read_account(ADA_ID) is not None
    behaviour.read_only(org.state, False)
    assert (await writer.suspend(ADA_ID, "op2")).outcome is Outcome.APPLIED
    await connector.aclose()


async def test_without_the_scope_there_is_no_writer_for_it(org: Org) -> None:
    add(
        org,
        service("reads", READ_SCOPES),
        service("groups", (*READ_SCOPES, "okta.groups.manage")),
        service("users", (*READ_SCOPES, "okta.users.manage")),
    )
    for name, users, groups in (
        ("reads", False, False),
        ("groups", False, True),
        ("users", True, False),
    ):
        connector = org.connect_service(name)
        about = await connector.about()
        writer = connector.writer()
        assert (Ability.SUSPEND in about.abilities, isinstance(writer, Suspends)) == (users, users)
        assert (isinstance(writer, Deactivates), isinstance(writer, EndsAllSessions)) == (
            users,
            users,
        )
        assert isinstance(writer, Reactivates) is users
        assert isinstance(writer, AddsMemberships) is groups
        assert isinstance(writer, RemovesMemberships) is groups
        await connector.aclose()


async def test_read_only_has_no_writer(org: Org) -> None:
    connector = org.connect(read_only=True)
    assert Ability.SUSPEND not in (await connector.about()).abilities
    with pytest.raises(ReadOnly):
        connector.writer()
    await connector.aclose()


def sought(
    operation: str,
    ability: Ability,
    receipt: Receipt | None,
    account: str,
    group: str = "",
    since_ms: int | None = None,
) -> Sought:
    return Sought(
        operation,
        ability,
        int(time.time() * 1000) - 2000 if since_ms is None else since_ms,
        account_id=account,
        group_id=group,
        request_ids=receipt.request_ids if receipt else (),
    )


async def proofs(
    connector: OktaConnector, since: str, *wanted: Sought
) -> dict[str | None, AuditEvent]:
    reader = able(connector.reader(), ReadsAudit)
    return {one.operation_id: one for one in await reader.audit_events(since, wanted)}


async def test_every_change_is_found_by_the_id_of_its_request(org: Org) -> None:
    connector, writer = await opened(org)
    since = await able(connector.reader(), ReadsAudit).audit_checkpoint()
    made = (
        (Ability.SUSPEND, await writer.suspend(ADA_ID, "1"), ADA_ID, ""),
        (Ability.REACTIVATE, await writer.reactivate(ADA_ID, "2"), ADA_ID, ""),
        (Ability.END_ALL_SESSIONS, await writer.end_all_sessions(DANA_ID, "3"), DANA_ID, ""),
        (Ability.ADD_MEMBERSHIP, await writer.add_membership(PAY, ADA_ID, "4"), ADA_ID, PAY),
        (Ability.REMOVE_MEMBERSHIP, await writer.remove_membership(PAY, ADA_ID, "5"), ADA_ID, PAY),
        (Ability.DEACTIVATE, await writer.deactivate(ADA_ID, "6"), ADA_ID, ""),
    )
    wanted = [
        sought(str(n), ability, receipt, account, group)
        for n, (ability, receipt, account, group) in enumerate(made, 1)
    ]
    found = await proofs(connector, since, *wanted)
    assert set(found) == {"1", "2", "3", "4", "5", "6"}
    assert all(not event.error for event in found.values())
    later = await able(connector.reader(), ReadsAudit).audit_checkpoint()
    assert await proofs(connector, later, *wanted) == {}
    await connector.aclose()


async def test_a_lost_change_is_found_by_kind_target_and_time(org: Org) -> None:
    connector, writer = await opened(org)
    since = await able(connector.reader(), ReadsAudit).audit_checkpoint()
    faults.put(org.state, Fault(Kind.LOSE_RESPONSE, "POST"))
    with pytest.raises(OutcomeUnknown):
        await writer.suspend(ADA_ID, "lost")
    lost = sought("lost", Ability.SUSPEND, None, ADA_ID)
    others = (
        sought("another person", Ability.SUSPEND, None, DANA_ID),
        sought("another kind", Ability.DEACTIVATE, None, ADA_ID),
        sought("another time", Ability.SUSPEND, None, ADA_ID, since_ms=2**45),
        sought("another request", Ability.SUSPEND, Receipt(Outcome.APPLIED, ("r1",)), ADA_ID),
    )
    assert set(await proofs(connector, since, *others, lost)) == {"lost"}
    about = await connector.about()
    assert about.own is not None
    me, another = (about.own.account_id or "",), ("somebody else",)
    for actors, by_another in ((me, False), (another, True)):
        found = await proofs(connector, since, replace(lost, actor_ids=actors))
        assert [event.by_another for event in found.values()] == [by_another]
    anyone = replace(lost, actor_ids=another, by_anyone=True)
    assert not (await proofs(connector, since, anyone))["lost"].by_another
    await connector.aclose()


async def test_events_that_come_late_are_found_by_asking_again(org: Org) -> None:
    behaviour.event_late(org.state, HOUR_S, type_glob="user.lifecycle.suspend")
    connector, writer = await opened(org)
    since = await able(connector.reader(), ReadsAudit).audit_checkpoint()
    receipt = await writer.suspend(ADA_ID, "late")
    wanted = sought("late", Ability.SUSPEND, receipt, ADA_ID)
    assert await proofs(connector, since, wanted) == {}
    behaviour.settle_log(org.state)
    assert set(await proofs(connector, since, wanted)) == {"late"}
    # Read once, it stays found, though only what is new is asked for.
    assert set(await proofs(connector, since, wanted)) == {"late"}
    await connector.aclose()


async def test_an_operator_without_rights_is_told_so(org: Org) -> None:
    connector = org.connect("of-dana")
    await connector.about()
    faults.put(org.state, Fault(Kind.STATUS, "POST", status=403, detail="E0000006"))
    with pytest.raises(NotAllowed, match="neither its scopes nor its admin role"):
        await able(connector.writer(), Suspends).suspend(ADA_ID, "op")
    await connector.aclose()
