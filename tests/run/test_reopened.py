"""What came back opens the leaver's case again, by name, with who did it, and no other's."""

import json
from dataclasses import replace
from typing import NamedTuple

import pytest
from tests.run.conftest import Watch
from tests.run.office import Office, policy_of
from tests.run.plans_by_hand import Loaded

from keyturn.decide.case_state import CaseState
from keyturn.decide.rechecks import Recheck
from keyturn.run.assess import read_assessment
from keyturn.run.cases import NoSuchCase, close, cut_ms_of, find_case, open_or_join, standing_of
from keyturn.run.connections import Connections
from keyturn.run.leavers import Decisions, plan_leavers
from keyturn.run.progress import never, unobserved
from keyturn.run.recheck import ask, offboardings, recheck
from keyturn.run.rotation import leaver_of_case
from keyturn.run.undo import plan_undo
from keyturn_providers.abilities import Ability
from keyturn_providers.records import AccountState, AuditEvent, Membership
from keyturn_providers.simulated import Effect, Fault, Pair, simulated_pair
from keyturn_storage.case_files import open_case
from keyturn_storage.case_rows import CaseIn, CaseRow, Noted
from keyturn_storage.journal import Journal
from keyturn_storage.queries.cases import reopened_names
from keyturn_storage.snapshots import Cache
from keyturn_storage.stream_archive import begin_stream, store_page
from keyturn_storage.stream_rows import EventIn, PageIn

DANA, OTHER = "p001@acme.example", "p003@acme.example"
ACTIVE = AccountState.ACTIVE
HOUR_MS = 3_600_000


@pytest.fixture
def pair(request: pytest.FixtureRequest) -> Pair:
    made = simulated_pair(people=8, page_size=3, lifecycle=True)
    secrets = made.secrets.tenant
    secrets.source = replace(secrets.source, kind=getattr(request, "param", secrets.source.kind))
    tenant = made.directory.tenant
    tenant.add(replace(tenant.accounts["d-001"], state=ACTIVE))
    return made


@pytest.fixture
def office(pair: Pair, cache: Cache, journal: Journal, watch: Watch) -> Office:
    connections = Connections(pair.directory, pair.secrets)
    return Office(connections, cache, journal, watch, Loaded(policy_of(pair)))


class Two(NamedTuple):
    """The cases of Dana and of another, who left by one plan."""

    dana: CaseRow
    other: CaseRow


@pytest.fixture
async def two(office: Office) -> Two:
    await office.look()
    planned = await plan_leavers(
        (DANA, OTHER), office.connections, office.cache, office.journal, loaded=office.loaded,
        clock=office.watch.clock, decisions=Decisions(),
    )  # fmt: skip
    for person in planned.people:
        open_or_join(office.journal, planned.world, person, {}, "t.ong", office.watch.at_ms)
    result = await office.apply(planned.plan)
    assert result.effective, result.words
    found = Two(*(find_case(office.journal, name) for name in (DANA, OTHER)))
    assert standing_of(office.journal, found.dana).state is CaseState.VERIFIED
    return found


async def look(office: Office) -> Recheck:
    (row,) = offboardings(office.journal)
    return await recheck(
        row,
        await ask(office.connections),
        office.connections,
        office.journal,
        world=read_assessment(office.cache, office.loaded.rules, office.watch.at_ms).world,
        observe=unobserved,
        stop=never,
        clock=office.watch.clock,
        operator="cron",
    )


def came_back(pair: Pair, minute: int = 2) -> None:
    """Somebody has Dana on again in the secret manager, and its log says who, and when."""
    tenant = pair.secrets.tenant
    tenant.add(replace(tenant.accounts["s-001"], state=ACTIVE))
    for number, (at_ms, actor) in enumerate(((1, "an earlier one"), (minute, "HR import"))):
        tenant.events.append(
            AuditEvent(
                f"E{number}",
                1_800_000_000_000 + at_ms * 60_000,
                actor,
                Ability.REACTIVATE.value,
                "s-001",
                source_address="203.0.113.7",
            )
        )


BACK = (
    "corp-vault: Dana Okafor is active again, since 2027-01-15 08:02:00 UTC by HR import from "
    "203.0.113.7 (E1)"
)


def reasons(journal: Journal, row: CaseRow, what: Noted = Noted.REOPENED) -> list[str]:
    return [json.loads(note.body)["reason"] for note in find_case(journal, row.id).of(what)]


async def test_a_case_is_opened_again_by_name_with_since_when_and_by_whom(
    office: Office, pair: Pair, journal: Journal, two: Two
) -> None:
    close(journal, two.dana, "all done", "t.ong", office.watch.at_ms)
    cut_ms = cut_ms_of(journal, two.dana)
    came_back(pair)
    found = await look(office)
    (back,) = found.came_back
    assert (back.by, back.event, back.account) == ("HR import", "E1", "secrets/s-001")
    assert reasons(journal, two.dana) == [BACK]
    again = standing_of(journal, find_case(journal, two.dana.id))
    assert again.state is CaseState.OPEN
    assert f"opened again: {BACK}" in again.missing
    # It was cut when it was cut, but a change of a secret counts only once nothing is back.
    row = find_case(journal, two.dana.id)
    assert cut_ms_of(journal, row) == cut_ms
    assert leaver_of_case(journal, row, 0).leave.cut_ms is None
    assert leaver_of_case(journal, two.other, 0).leave.cut_ms == cut_ms_of(journal, two.other)
    assert reasons(journal, two.other) == []
    assert reopened_names(journal) == (1, ("Dana Okafor",))
    archived = {event.event_id: event.operation_id for event in journal.events(found.run_id)}
    assert archived["E1"] == ""
    # Whoever closes it as it is takes nobody out.
    close(journal, row, "so be it", "t.ong", office.watch.at_ms)
    row = find_case(journal, two.dana.id)
    assert leaver_of_case(journal, row, 0).leave.cut_ms is None
    assert journal.verify_chain().unbroken


def archived(office: Office, pair: Pair, *, whole_ms: int) -> None:
    """The archive has the event of 1Password's log, as that gives it, and is whole so far."""
    source = pair.secrets.tenant.source
    stream = begin_stream(office.journal, source, "audit events", 1_800_000_000_000 - 1)
    raws = [
        {
            "uuid": uuid, "timestamp": f"2027-01-15T08:0{minute}:00Z", "action": "reactive",
            "object_type": "user", "object_uuid": account, "actor_uuid": "A1",
            "actor_details": {"uuid": "A1", "name": "Ops Admin", "email": "ops@acme.example"},
            "session": {"ip": "203.0.113.9"},
        }
        for uuid, minute, account in (("A-E1", 3, "s-001"), ("A-E2", 4, "s-003"))
    ]  # fmt: skip
    events = tuple(
        EventIn(
            str(raw["uuid"]), 1_800_000_000_000 + 180_000, "reactive user", json.dumps(raw),
            user_id=str(raw["object_uuid"]),
        )
        for raw in raws
    )  # fmt: skip
    page = PageIn(events, None, "p1", whole_ms, whole_ms)
    store_page(office.journal, stream.no, page)


@pytest.mark.parametrize("pair", ["onepassword"], indirect=True)
async def test_who_did_it_is_in_the_archive_where_that_is_whole_and_the_log_is_refused(
    office: Office, pair: Pair, journal: Journal, two: Two
) -> None:
    came_back(pair)
    archived(office, pair, whole_ms=1_800_000_000_000 + HOUR_MS)
    pair.secrets.faults.add(Fault(Effect.NOT_ALLOWED, Ability.READ_AUDIT, times=None))
    (back,) = (await look(office)).came_back
    assert (back.event, back.known_by, back.address) == ("A-E1", "archive", "203.0.113.9")
    (reason,) = reasons(journal, two.dana)
    assert reason.startswith("corp-vault: Dana Okafor is active again, since 2027-01-15 08:03:00")
    assert "by Ops Admin" in reason
    assert reason.endswith(" from 203.0.113.9 (A-E1, from the archive)")


@pytest.mark.parametrize("pair", ["onepassword"], indirect=True)
async def test_an_archive_that_ends_before_it_says_nothing_and_the_log_is_asked(
    office: Office, pair: Pair, two: Two
) -> None:
    came_back(pair)
    archived(office, pair, whole_ms=1_800_000_000_000)
    (back,) = (await look(office)).came_back
    assert (back.event, back.known_by) == ("E1", "audit log")
    assert two.dana.run_ids


@pytest.mark.parametrize("pair", ["onepassword"], indirect=True)
async def test_of_the_archive_and_the_log_the_newer_tells_who_did_it(
    office: Office, pair: Pair, two: Two
) -> None:
    archived(office, pair, whole_ms=1_800_000_000_000 + 200_000)
    came_back(pair, minute=9)
    (back,) = (await look(office)).came_back
    assert (back.event, back.by, back.known_by) == ("E1", "HR import", "audit log")
    assert two.dana.run_ids


async def test_the_same_is_told_once_and_taken_back_when_it_is_no_more(
    office: Office, pair: Pair, journal: Journal, two: Two
) -> None:
    came_back(pair)
    await look(office)
    await look(office)
    assert reasons(journal, two.dana) == [BACK]
    pair.secrets.tenant.add(Membership("sg-old-billing", "s-001"))
    await look(office)
    assert len(reasons(journal, two.dana)) == 2
    tenant = pair.secrets.tenant
    tenant.members["sg-old-billing"].pop("s-001")
    tenant.add(replace(tenant.accounts["s-001"], state=AccountState.SUSPENDED))
    pair.secrets.faults.add(Fault(Effect.NOT_ALLOWED, Ability.READ_MEMBERS))
    await look(office)
    assert reasons(journal, two.dana, Noted.SETTLED) == []
    await look(office)
    assert reasons(journal, two.dana, Noted.SETTLED) == ["nothing that was cut is back any more"]
    assert reopened_names(journal) == (0, ())
    row = find_case(journal, two.dana.id)
    assert standing_of(journal, row).state is CaseState.VERIFIED
    (settled,) = row.of(Noted.SETTLED)
    before = cut_ms_of(journal, row)
    assert before is not None
    assert before < settled.at_ms == leaver_of_case(journal, row, 0).leave.cut_ms


async def test_an_undo_of_the_first_of_two_runs_opens_the_case(
    office: Office, pair: Pair, journal: Journal
) -> None:
    await office.look()
    planned = await plan_leavers(
        (DANA,), office.connections, office.cache, journal, loaded=office.loaded,
        clock=office.watch.clock, decisions=Decisions(),
    )  # fmt: skip
    open_or_join(journal, planned.world, planned.people[0], {}, "t.ong", office.watch.at_ms)
    again = await office.offboarding(DANA)
    first = await office.apply(planned.plan)
    await office.apply(again)
    assert standing_of(journal, find_case(journal, DANA)).state is CaseState.VERIFIED
    back = await plan_undo(
        first.run_id, office.connections, office.cache, journal, loaded=office.loaded,
        clock=office.watch.clock,
    )  # fmt: skip
    await office.apply(back)
    assert pair.secrets.tenant.accounts["s-001"].state is ACTIVE
    row = find_case(journal, DANA)
    assert standing_of(journal, row).state is CaseState.OPEN
    assert cut_ms_of(journal, row) is None


def test_nobody_is_called_nothing(journal: Journal) -> None:
    open_case(journal, CaseIn("c1", "d:d1", "Break glass", "", "", "d1", "", "", "", "", "x", 1))
    for text in ("", "  "):
        with pytest.raises(NoSuchCase):
            find_case(journal, text)


async def test_where_no_log_names_anybody_it_came_back_after_the_last_look(
    office: Office, pair: Pair, journal: Journal, two: Two
) -> None:
    (row,) = offboardings(journal)
    tenant = pair.directory.tenant
    tenant.add(replace(tenant.accounts["d-003"], state=ACTIVE))
    pair.secrets.faults.add(Fault(Effect.NOT_ALLOWED, Ability.READ_AUDIT, times=None))
    (first,) = (await look(office)).came_back
    assert (first.by, first.since_ms, first.after_ms) == ("", None, row.ended_ms)
    (second,) = (await look(office)).came_back
    assert second.after_ms == row.ended_ms
    tenant.add(replace(tenant.accounts["d-003"], state=AccountState.SUSPENDED))
    held = await look(office)
    tenant.add(replace(tenant.accounts["d-003"], state=ACTIVE))
    (third,) = (await look(office)).came_back
    assert third.after_ms == held.at_ms
    assert reasons(journal, two.other)[0].endswith("UTC")


async def test_whoever_of_several_was_off_before_is_looked_at_too(
    office: Office, pair: Pair, journal: Journal
) -> None:
    tenant = pair.directory.tenant
    tenant.add(replace(tenant.accounts["d-003"], state=AccountState.SUSPENDED))
    await office.look()
    planned = await plan_leavers(
        (DANA, OTHER), office.connections, office.cache, office.journal, loaded=office.loaded,
        clock=office.watch.clock, decisions=Decisions(),
    )  # fmt: skip
    for person in planned.people:
        open_or_join(journal, planned.world, person, {}, "t.ong", office.watch.at_ms)
    await office.apply(planned.plan)
    tenant.add(replace(tenant.accounts["d-003"], state=ACTIVE))
    (back,) = (await look(office)).came_back
    assert (back.account, back.operation) == ("directory/d-003", "")
    other = find_case(journal, OTHER)
    assert len(reasons(journal, other)) == 1
