"""Every refresh looks again at what waits for its audit event, and adds what is known by then."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.run.conftest import Watch
from tests.run.office import Office, policy_of
from tests.run.plans_by_hand import Loaded

from keyturn.run.apply import apply
from keyturn.run.connections import Connections
from keyturn.run.late_verdicts import LOOKED_AT_MS, LaterVerdicts, later_verdicts
from keyturn.run.progress import StepChanged, never, unobserved
from keyturn.run.results import RunResult
from keyturn_providers.abilities import Ability
from keyturn_providers.records import AccountState
from keyturn_providers.simulated import ABOUT, Effect, Fault, Pair, simulated_pair
from keyturn_storage import leases
from keyturn_storage.journal import Journal
from keyturn_storage.rows import StepRow
from keyturn_storage.snapshots import Cache

LAGGING, LOGGED, UNLOGGED = "lagging", "effective and logged", "effective, not logged"
LAG_S = 3_600


@pytest.fixture
def pair() -> Pair:
    made = simulated_pair(people=8, page_size=3, lifecycle=True)
    tenant = made.directory.tenant
    tenant.add(replace(tenant.accounts["d-001"], state=AccountState.ACTIVE))
    made.secrets.audit_lag_s = LAG_S
    made.secrets.faults.add(Fault(Effect.AUDIT_LATE, Ability.SUSPEND, count=1_000))
    return made


@pytest.fixture
def office(pair: Pair, cache: Cache, journal: Journal, watch: Watch) -> Office:
    connections = Connections(pair.directory, pair.secrets)
    return Office(connections, cache, journal, watch, Loaded(policy_of(pair)))


async def offboarded(office: Office) -> RunResult:
    await office.look()
    result = await office.apply(await office.offboarding("Dana Okafor"))
    assert [step.verdict for step in result.open] == [LAGGING]
    return result


async def again(office: Office) -> tuple[LaterVerdicts, ...]:
    return await later_verdicts(
        office.connections,
        office.journal.path,
        observe=unobserved,
        stop=never,
        clock=office.watch.clock,
        operator="cron",
    )


def suspension(office: Office, run: RunResult) -> StepRow:
    number = run.open[0].operation.number
    return next(one for one in office.journal.steps(run.run_id) if one.number == number)


async def test_an_event_that_has_come_ends_the_waiting_and_the_run(
    office: Office, pair: Pair, journal: Journal, watch: Watch
) -> None:
    run = await offboarded(office)
    before, lines = suspension(office, run), journal.lines()
    assert "may until" in before.words
    assert await again(office) == ()
    assert journal.lines() == lines
    pair.secrets.tenant.hidden.clear()
    watch.at_ms += 60_000
    (later,) = await again(office)
    assert [one.verdict for one in later.upgraded] == [LOGGED]
    assert later.words[0].startswith("Offboard Dana Okafor: step ")
    after = suspension(office, run)
    assert (after.verdict, after.done_ms) == (LOGGED, before.done_ms)
    assert after.at_ms > before.at_ms
    assert journal.lines()[: len(lines)] == lines
    (row,) = journal.runs()
    assert row.state == "ended"
    assert await again(office) == ()
    assert journal.verify_chain().unbroken


async def test_when_its_time_is_up_it_is_not_logged_and_may_still_get_better(
    office: Office, pair: Pair, journal: Journal, watch: Watch
) -> None:
    run = await offboarded(office)
    watch.at_ms += (LAG_S + 60) * 1_000
    pair.secrets.faults.add(Fault(Effect.UNREACHABLE, Ability.READ_AUDIT))
    assert await again(office) == ()
    (later,) = await again(office)
    assert [(one.before, one.verdict) for one in later.upgraded] == [(LAGGING, UNLOGGED)]
    step = suspension(office, run)
    assert "does not have it; its time was up at 20" in step.error
    (row,) = journal.runs()
    assert row.state == "ended"
    pair.secrets.tenant.hidden.clear()
    (last,) = await again(office)
    assert [(one.before, one.verdict) for one in last.upgraded] == [(UNLOGGED, LOGGED)]
    assert suspension(office, run).error == ""


def put_back(office: Office, pair: Pair) -> None:
    """Somebody else switches the account on again."""
    accounts = pair.secrets.tenant.accounts
    pair.secrets.tenant.add(replace(accounts["s-001"], state=AccountState.ACTIVE))


async def test_the_words_are_those_of_the_read_that_the_verdict_rests_on(
    office: Office, pair: Pair, journal: Journal, watch: Watch
) -> None:
    await office.look()
    plan = await office.offboarding("Dana Okafor")

    def switched_on(event: object) -> None:
        if isinstance(event, StepChanged) and event.state == "applied" and not event.verdict:
            put_back(office, pair)

    run = await apply(
        plan,
        office.connections,
        journal,
        loaded=office.loaded,
        observe=switched_on,
        stop=never,
        clock=watch.clock,
        operator="tester",
        confirmed=plan.confirm_with,
    )
    (waiting,) = run.open
    assert waiting.words.startswith("Dana Okafor is active; ")
    tenant = pair.secrets.tenant
    tenant.add(replace(tenant.accounts["s-001"], state=AccountState.SUSPENDED))
    tenant.hidden.clear()
    watch.at_ms += 60_000
    await again(office)
    step = suspension(office, run)
    assert step.verdict == LOGGED
    assert step.words.startswith("Dana Okafor is suspended; logged as ")


async def test_what_is_logged_and_was_taken_back_has_its_verdict_when_its_time_is_up(
    office: Office, pair: Pair, journal: Journal, watch: Watch
) -> None:
    run = await offboarded(office)
    put_back(office, pair)
    pair.secrets.tenant.hidden.clear()
    watch.at_ms += 60_000
    assert await again(office) == ()
    assert suspension(office, run).verdict == LAGGING
    watch.at_ms += LAG_S * 1_000
    (later,) = await again(office)
    assert [one.verdict for one in later.upgraded] == ["logged, not effective"]
    step = suspension(office, run)
    assert step.state == "not_seen"
    assert step.words.startswith("Dana Okafor is active; logged as ")
    (row,) = journal.runs()
    assert row.state == "ended"


async def test_where_nothing_waits_no_source_is_asked(
    office: Office, pair: Pair, watch: Watch, tmp_path: Path
) -> None:
    await offboarded(office)
    pair.secrets.faults.add(Fault(Effect.UNREACHABLE, ABOUT, times=None))
    watch.at_ms += LOOKED_AT_MS + 1
    pair.secrets.tenant.hidden.clear()
    assert await again(office) == ()
    office.journal.path.exists()
    none = await later_verdicts(
        office.connections,
        tmp_path / "none.db",
        observe=unobserved,
        stop=never,
        clock=watch.clock,
        operator="cron",
    )
    assert none == ()
    assert not (tmp_path / "none.db").exists()


async def test_what_somebody_works_on_or_is_of_another_tenant_is_left_alone(
    office: Office, pair: Pair, journal: Journal, watch: Watch
) -> None:
    await offboarded(office)
    pair.secrets.tenant.hidden.clear()
    held = leases.take(
        journal, "secrets/account/s-001", holder="r.silva", operation="x", now_ms=watch.at_ms
    )
    (busy,) = await again(office)
    assert busy.upgraded == ()
    assert "r.silva" in busy.remarks[0]
    leases.release(journal, held)
    tenant = pair.secrets.tenant
    tenant.source = replace(tenant.source, tenant="another")
    (other,) = await again(office)
    assert "look again at Offboard Dana Okafor" in other.remarks[0]
