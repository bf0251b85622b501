"""Looking again, later: by name what came back, what cannot be seen, and proof that came late."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.run.conftest import Watch
from tests.run.office import Office, policy_of
from tests.run.plans_by_hand import Loaded

from keyturn.decide.rechecks import DAY_MS, HOUR_MS, MOMENTS, Recheck
from keyturn.decide.rules import Allowed
from keyturn.decide.world import World
from keyturn.run.assess import NothingRead, read_assessment
from keyturn.run.connections import Connections
from keyturn.run.progress import never, unobserved
from keyturn.run.recheck import RECHECK, ask, due_of, offboardings, recheck
from keyturn.run.results import RunResult
from keyturn.run.undo import plan_undo
from keyturn.run.used_after import ITEM_USAGES, SIGN_INS
from keyturn_providers.abilities import Ability
from keyturn_providers.errors import TenantChanged
from keyturn_providers.onepassword.events.streams import STREAMS
from keyturn_providers.records import (
    AccountState,
    Grant,
    Level,
    Membership,
    PrincipalKind,
    Push,
    PushState,
    Session,
)
from keyturn_providers.simulated import ABOUT, Effect, Fault, Pair, simulated_pair
from keyturn_storage import leases
from keyturn_storage.journal import Journal
from keyturn_storage.snapshots import Cache
from keyturn_storage.stream_archive import begin_stream, store_page
from keyturn_storage.stream_rows import EventIn, PageIn

ACTIVE, SUSPENDED = AccountState.ACTIVE, AccountState.SUSPENDED
EDGE = "account/s-001/vault/v-payments"


@pytest.fixture
def pair() -> Pair:
    """Dana is in a group that the directory pushes, and that a rule of it fills."""
    made = simulated_pair(people=8, page_size=3, lifecycle=True)
    tenant = made.directory.tenant
    tenant.add(replace(tenant.accounts["d-001"], state=ACTIVE))
    group = tenant.groups["dg-platform"]
    tenant.groups["dg-platform"] = replace(group, rules=("All engineers",), push=Push(PushState.OK))
    made.secrets.tenant.members["sg-platform"].pop("s-001")
    return made


@pytest.fixture
def office(pair: Pair, cache: Cache, journal: Journal, watch: Watch) -> Office:
    rules = replace(policy_of(pair), allowed=Allowed(deactivate=True))
    connections = Connections(pair.directory, pair.secrets)
    return Office(connections, cache, journal, watch, Loaded(rules))


async def offboarded(office: Office) -> RunResult:
    await office.look()
    return await office.apply(await office.offboarding("Dana Okafor"))


async def look(office: Office, stop: Callable[[], bool] = never) -> Recheck:
    (row, *_) = offboardings(office.journal)
    world: World | None
    try:
        world = read_assessment(office.cache, office.loaded.rules, office.watch.at_ms).world
    except NothingRead:
        world = None
    return await recheck(
        row,
        await ask(office.connections),
        office.connections,
        office.journal,
        world=world,
        observe=unobserved,
        stop=stop,
        clock=office.watch.clock,
        operator="t.ong",
    )


async def test_what_stays_cut_is_said_and_kept(office: Office, journal: Journal) -> None:
    run = await offboarded(office)
    found = await look(office)
    assert (found.came_back, found.not_seen, found.put_back, found.upgraded) == ((), (), (), ())
    # Both accounts, two memberships, the grant, and whether there are sessions.
    assert found.checked == 6
    assert found.words == "Offboard Dana Okafor: nothing came back of 6."
    (note,) = journal.notes(RECHECK, run_id=run.run_id)
    assert json.loads(note)["run_id"] == run.run_id
    assert journal.verify_chain().unbroken


def archive(office: Office, pair: Pair, stream: str, *events: EventIn) -> None:
    state = begin_stream(office.journal, pair.secrets.tenant.source, stream, 0)
    at_ms = max(event.at_ms for event in events)
    store_page(office.journal, state.no, PageIn(events, None, "p1", at_ms, at_ms))


async def test_whoever_was_put_off_and_is_seen_to_be_used_is_named_once(
    office: Office, pair: Pair
) -> None:
    assert {SIGN_INS, ITEM_USAGES} <= STREAMS.keys()
    run = await offboarded(office)
    (row, *_) = offboardings(office.journal)
    assert row.ended_ms is not None
    later = row.ended_ms + HOUR_MS
    archive(
        office,
        pair,
        SIGN_INS,
        EventIn("before", row.ended_ms - 1, "success", "{}", "s-001"),
        EventIn("refused", later, "credentials_failed", "{}", "s-001"),
        EventIn("another", later, "success", "{}", "s-002"),
        EventIn("got in", later, "success", "{}", "s-001"),
    )
    archive(
        office,
        pair,
        ITEM_USAGES,
        EventIn("used", later + 1, "reveal", "{}", "s-001", "v-payments", "i-1"),
    )
    (back,) = (await look(office)).came_back
    assert back.words.startswith(
        "corp-vault: Dana Okafor has 1 sign-in and 1 item use after it was cut, the last at "
    )
    assert (back.operation, back.account) == ("", "secrets/s-001")
    assert (await look(office)).came_back == ()
    assert run.proven


async def test_everything_that_came_back_is_named_with_what_did_it(
    office: Office, pair: Pair
) -> None:
    await offboarded(office)
    mine, theirs = pair.directory.tenant, pair.secrets.tenant
    mine.add(replace(mine.accounts["d-001"], state=ACTIVE, push=Push(PushState.OK)))
    mine.add(Membership("dg-platform", "d-001"))
    theirs.add(replace(theirs.accounts["s-001"], state=ACTIVE))
    theirs.add(Membership("sg-old-billing", "s-001"))
    theirs.add(Session("t-new", "s-001"))
    theirs.add(
        Grant("v-payments", PrincipalKind.ACCOUNT, "s-001", Level.READ, EDGE, permissions=("view",))
    )
    await office.look()
    found = await look(office)
    said = {one.words: one.likely for one in found.came_back}
    assert said["corp-id: Dana Okafor is active again"].startswith("An import into corp-id")
    assert said["corp-id: Dana Okafor is a member of eng-platform again"] == (
        "All engineers puts members in eng-platform by a rule."
    )
    assert said["corp-vault: Dana Okafor is active again"] == (
        "corp-id has them active, and provisions their account (pushed)."
    )
    assert (
        "audit log there tells who"
        in said["corp-vault: Dana Okafor is a member of old-billing again"]
    )
    assert "corp-vault: Dana Okafor holds the grant on Payments again" in said
    assert "corp-vault: Dana Okafor has 1 session live" in said
    assert len(said) == 6


async def test_a_push_that_put_somebody_back_is_named(office: Office, pair: Pair) -> None:
    pair.directory.tenant.groups["dg-platform"] = replace(
        pair.directory.tenant.groups["dg-platform"], push=Push(PushState.PAUSED)
    )
    pair.secrets.tenant.add(Membership("sg-platform", "s-001"))
    await offboarded(office)
    pair.directory.tenant.groups["dg-platform"] = replace(
        pair.directory.tenant.groups["dg-platform"], push=Push(PushState.OK)
    )
    pair.secrets.tenant.add(Membership("sg-platform", "s-001"))
    await office.look()
    (back,) = (await look(office)).came_back
    assert back.words == "corp-vault: Dana Okafor is a member of eng-platform again"
    assert back.likely == "corp-id pushes eng-platform into eng-platform."


async def test_who_is_suspended_where_they_were_deactivated_came_back(
    office: Office, pair: Pair
) -> None:
    await offboarded(office)
    tenant = pair.directory.tenant
    tenant.add(replace(tenant.accounts["d-001"], state=SUSPENDED))
    (back,) = (await look(office)).came_back
    assert back.words == "corp-id: Dana Okafor is suspended again"


async def test_an_account_that_was_off_before_the_run_is_watched_too(
    office: Office, pair: Pair
) -> None:
    office.loaded = Loaded(replace(office.loaded.rules, allowed=Allowed()))
    tenant = pair.directory.tenant
    tenant.add(replace(tenant.accounts["d-001"], state=SUSPENDED))
    await offboarded(office)
    assert not (await look(office)).came_back
    tenant.add(replace(tenant.accounts["d-001"], state=ACTIVE))
    (back,) = (await look(office)).came_back
    assert (back.words, back.operation) == ("corp-id: Dana Okafor is active again", "")


async def test_a_new_name_hides_nothing(office: Office, pair: Pair) -> None:
    await offboarded(office)
    tenant = pair.directory.tenant
    renamed = replace(tenant.accounts["d-001"], display_name="Dana (left)", name="left-1")
    tenant.add(renamed)
    found = await look(office)
    assert found.whole
    assert not found.came_back
    tenant.add(replace(renamed, state=ACTIVE))
    (back,) = (await look(office)).came_back
    assert back.words == "corp-id: Dana (left) is active again"


async def test_what_cannot_be_seen_is_told_apart_and_stays_due(
    office: Office, pair: Pair, watch: Watch
) -> None:
    await offboarded(office)
    (row,) = offboardings(office.journal)
    watch.at_ms += DAY_MS
    assert due_of(office.journal, row, watch.at_ms).now == MOMENTS[1]
    pair.secrets.faults.add(Fault(Effect.NOT_ALLOWED, Ability.READ_MEMBERS, times=None))
    pair.secrets.faults.add(Fault(Effect.NOT_ALLOWED, Ability.READ_SESSIONS, times=None))
    found = await look(office)
    assert not found.whole
    assert [one.words for one in found.not_seen] == [
        "Remove Dana Okafor (p001) from old-billing in corp-vault",
        "sessions of Dana Okafor in corp-vault",
    ]
    assert "2 could not be looked at" in found.words
    assert due_of(office.journal, row, watch.at_ms).now == MOMENTS[1]


async def test_a_source_that_is_down_hides_nothing_of_the_other(office: Office, pair: Pair) -> None:
    await offboarded(office)
    mine = pair.directory.tenant
    mine.add(replace(mine.accounts["d-001"], state=ACTIVE))
    pair.secrets.faults.add(Fault(Effect.UNREACHABLE, ABOUT, times=None))
    found = await look(office)
    assert [one.words for one in found.came_back] == ["corp-id: Dana Okafor is active again"]
    assert {one.reason.split(":")[0] for one in found.not_seen} == {"corp-vault"}


async def test_a_stop_leaves_the_rest_unseen(office: Office) -> None:
    await offboarded(office)
    found = await look(office, stop=lambda: True)
    assert {one.reason for one in found.not_seen} == {"stopped before it was looked at"}


async def test_another_tenant_is_never_looked_at(office: Office, pair: Pair) -> None:
    await offboarded(office)
    pair.directory.tenant.source = replace(pair.directory.tenant.source, tenant="other")
    with pytest.raises(TenantChanged, match="cannot recheck"):
        await look(office)


async def test_what_an_undo_put_back_did_not_come_back(office: Office, watch: Watch) -> None:
    run = await offboarded(office)
    (row,) = offboardings(office.journal)

    async def undone(run_id: str) -> RunResult:
        plan = await plan_undo(
            run_id,
            office.connections,
            office.cache,
            office.journal,
            loaded=office.loaded,
            clock=watch.clock,
        )
        return await office.apply(plan)

    undo = await undone(run.run_id)
    found = await look(office)
    assert not found.came_back
    assert len(found.put_back) == 5
    watch.at_ms += DAY_MS
    assert due_of(office.journal, row, watch.at_ms).now is None
    redo = await undone(undo.run_id)
    assert redo.effective
    assert due_of(office.journal, row, watch.at_ms).now == MOMENTS[1]
    assert not (await look(office)).put_back


async def test_moments_are_counted_from_the_journal(office: Office, watch: Watch) -> None:
    await offboarded(office)
    (row,) = offboardings(office.journal)
    assert due_of(office.journal, row, watch.at_ms).now is None
    watch.at_ms += 25 * HOUR_MS
    due = due_of(office.journal, row, watch.at_ms)
    assert (due.now, due.missed) == (MOMENTS[1], (MOMENTS[0],))
    found = await look(office)
    assert (found.moment, found.missed) == ("T+24 h", ("T+5 min",))
    assert due_of(office.journal, row, watch.at_ms).now is None


async def test_an_event_that_came_late_makes_the_verdict_better(office: Office, pair: Pair) -> None:
    pair.secrets.faults.add(Fault(Effect.AUDIT_LATE, Ability.SUSPEND, count=1))
    run = await offboarded(office)
    before = {step.operation.words: step.verdict for step in run.steps}
    (words,) = [w for w, verdict in before.items() if w.startswith("Suspend") and "vault" in w]
    assert before[words] == "effective, not logged"
    # By now she is back; that it was effective and is logged stays true.
    tenant = pair.secrets.tenant
    tenant.add(replace(tenant.accounts["s-001"], state=ACTIVE))
    found = await look(office)
    (better,) = found.upgraded
    assert (better.words, better.before) == (words, "effective, not logged")
    assert better.verdict == "effective and logged"
    step = next(one for one in office.journal.steps(run.run_id) if one.number == better.number)
    assert (step.state, step.verdict, step.error) == ("verified", "effective and logged", "")
    assert "found later" in step.words
    assert len(found.came_back) == 1
    assert not (await look(office)).upgraded
    assert office.journal.verify_chain().unbroken


async def test_a_run_that_only_waited_for_its_events_ends(office: Office, pair: Pair) -> None:
    pair.secrets.audit_lag_s = 3600
    pair.secrets.faults.add(Fault(Effect.AUDIT_LATE, Ability.REVOKE, count=100))
    pair.secrets.faults.add(Fault(Effect.AUDIT_LATE, Ability.NARROW, count=100))
    run = await offboarded(office)
    assert run.state == "stopped"
    assert [step.verdict for step in run.open] == ["lagging"]
    assert not (await look(office)).upgraded
    pair.secrets.tenant.hidden.clear()
    (better,) = (await look(office)).upgraded
    assert (better.before, better.verdict) == ("lagging", "effective and logged")
    (row,) = offboardings(office.journal)
    assert row.state == "ended"


async def test_nothing_is_written_on_steps_that_somebody_works_on(
    office: Office, pair: Pair, watch: Watch
) -> None:
    pair.secrets.faults.add(Fault(Effect.AUDIT_LATE, Ability.SUSPEND, count=1))
    await offboarded(office)
    targets = "secrets/account/s-001"
    leases.take(
        office.journal, targets, holder="r.silva", operation="something", now_ms=watch.at_ms
    )
    found = await look(office)
    assert not found.upgraded
    assert "r.silva" in found.remarks[0]


async def test_without_snapshots_there_is_no_guess_at_the_cause(office: Office, pair: Pair) -> None:
    await offboarded(office)
    pair.secrets.tenant.add(
        Grant("v-payments", PrincipalKind.ACCOUNT, "s-001", Level.MANAGE, EDGE),
    )
    (row,) = offboardings(office.journal)
    found = await recheck(
        row,
        await ask(office.connections),
        office.connections,
        office.journal,
        world=None,
        observe=unobserved,
        stop=never,
        clock=office.watch.clock,
        operator="t.ong",
    )
    assert [one.likely for one in found.came_back] == [""]
