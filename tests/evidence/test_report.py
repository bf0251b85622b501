"""What a report says of a run: every step with its proof, nothing made up, the same each time."""

import json
from collections.abc import AsyncIterator
from dataclasses import fields, is_dataclass, replace
from html import escape
from pathlib import Path

import pytest
from tests.evidence.made import by_script, unpacked
from tests.evidence.offices import LEAVER, left, office, put_out, report
from tests.run.conftest import START_MS
from tests.run.office import Office
from tests.run.plans_by_hand import Loaded

from keyturn.decide.rules import NamedId, Waiver
from keyturn.evidence.chain_lines import read
from keyturn.evidence.gather import report_on
from keyturn.evidence.moments import utc
from keyturn.evidence.pack import Pack
from keyturn.evidence.pack_runs import StepTold
from keyturn.evidence.readings import before, told
from keyturn.evidence.run_record import JournalBroken, recorded_runs
from keyturn.evidence.stated import Stated
from keyturn.evidence.verify_bundle import verify_bundle
from keyturn.run.progress import never, unobserved
from keyturn.run.recover import resume
from keyturn_providers.abilities import Ability
from keyturn_providers.records import Collection, Level
from keyturn_providers.simulated import Effect, Fault, Pair, simulated_pair
from keyturn_storage.purging import purge


@pytest.fixture
def pair() -> Pair:
    return simulated_pair(people=8, page_size=3)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
async def work(pair: Pair, data: Path) -> AsyncIterator[Office]:
    with office(pair, data) as opened:
        yield opened


async def test_a_report_is_as_written_to_both_checkers(work: Office, tmp_path: Path) -> None:
    made = report(work, await put_out(work))
    place = unpacked(dict(made.bundle.files), tmp_path / "b")
    checked = verify_bundle(place)
    assert checked.wrong == ()
    assert checked.withheld == 0
    assert by_script(place, tmp_path).returncode == 0
    packed = tmp_path / "b.zip"
    packed.write_bytes(made.bundle.zip())
    assert verify_bundle(packed).wrong == ()
    assert by_script(packed, tmp_path).returncode == 0


async def test_every_step_has_its_course_and_its_event(work: Office) -> None:
    run = await put_out(work)
    pack = report(work, run).pack
    kinds = [one.kind for one in pack.steps]
    assert {"suspend", "end session", "revoke", "remove membership"} <= set(kinds)
    assert pack.case.proven
    assert pack.case.verdict.startswith(f"All {len(kinds)} steps proven")
    events = {one.event_id: one for one in work.journal.events(run)}
    logged = [one for one in pack.steps if one.event is not None]
    assert {one.source for one in logged} == {"corp-vault"}
    for step in logged:
        assert step.event is not None
        kept = events[step.event.id]
        assert kept.operation_id == step.operation
        assert (step.event.actor, step.event.at) == (kept.actor, utc(kept.at_ms))
        assert step.event.source_address == (kept.source_address or None)
        assert step.no_event is None
    for step in pack.steps:
        assert step.intended is not None
        assert step.answered is not None
        assert step.observed is not None
        assert step.intended <= step.answered <= step.observed
        assert [one.state for one in step.history] == [
            "planned", "intended", "applied", "verified",
        ]  # fmt: skip


async def test_where_no_log_can_be_read_it_is_said(work: Office) -> None:
    pack = report(work, await put_out(work, "Ravi Menon")).pack
    directory = [one for one in pack.steps if one.source == "corp-id"]
    assert directory
    for step in directory:
        assert step.verdict == "effective, not logged"
        assert step.event is None
        assert "there is no audit log to read" in (step.no_event or "")


async def test_a_step_without_its_event_is_not_proven_and_says_until_when(
    pair: Pair, work: Office
) -> None:
    pair.secrets.faults.add(Fault(Effect.AUDIT_MISSING, Ability.REVOKE))
    pack = report(work, await put_out(work), left(utc(START_MS))).pack
    (step,) = [one for one in pack.steps if one.kind == "revoke"]
    assert (step.verdict, step.proven) == ("effective, not logged", False)
    assert step.no_event is not None
    assert step.no_event.startswith(
        f"None found until {step.observed}: the audit log does not have"
    )
    assert not pack.case.proven
    assert pack.case.verdict == f"NOT PROVEN: 1 of {len(pack.steps)} steps ({step.number})."
    assert any(f"Step {step.number} is not proven" in one for one in pack.residual_risks)


async def test_a_change_that_was_not_made_leaves_the_window_open(pair: Pair, work: Office) -> None:
    pair.secrets.faults.add(Fault(Effect.IGNORED, Ability.SUSPEND))
    pack = report(work, await put_out(work), left(utc(START_MS - 600_000))).pack
    there = {one.source: one.exposure for one in pack.systems}
    assert there["corp-vault"].open
    assert there["corp-vault"].minutes is None
    assert any("corp-vault: Open" in one for one in pack.residual_risks)
    page = report(work, pack.case.runs[0]).bundle.files["leaver.html"].decode()
    assert "! open" in page
    assert "NOT PROVEN" in page


async def test_what_was_there_before_and_after_is_told(work: Office) -> None:
    run = await put_out(work)
    rows = {
        (row.name, row.via): row
        for system in report(work, run).pack.systems
        for row in system.access
        if system.side == "secrets"
    }
    taken = rows[("Payments", "direct")]
    assert taken.step is not None
    assert taken.after.startswith("taken, verified ")
    assert taken.seen_later is None
    await work.look()
    later = {
        (row.name, row.via): row.seen_later or ""
        for system in report(work, run).pack.systems
        for row in system.access
    }
    assert later[("Payments", "direct")].startswith("not there at ")
    assert later[("old-billing", "direct")].startswith("not there at ")


async def test_a_later_reading_that_is_not_whole_proves_no_absence(
    pair: Pair, work: Office
) -> None:
    run = await put_out(work)
    pair.secrets.faults.add(Fault(Effect.UNREACHABLE, Ability.LIST_GRANTS, target="v-payments"))
    await work.look()
    rows = [row for one in report(work, run).pack.systems for row in one.access]
    (payments,) = [one for one in rows if one.name == "Payments" and one.via == "direct"]
    assert "not known" in (payments.seen_later or "") or "there at" in (payments.seen_later or "")
    assert not (payments.seen_later or "").startswith("not there")


async def test_the_same_run_gives_the_same_bytes(work: Office) -> None:
    run = await put_out(work)
    said = left("2027-01-15T09:00+01:00")
    first = report(work, run, said).bundle
    await work.apply(await work.offboarding("Ravi Menon"))
    second = report(work, run, said).bundle
    assert first.files == second.files
    assert first.zip() == second.zip()


async def test_lines_of_other_runs_are_withheld_and_still_bound(
    work: Office, tmp_path: Path
) -> None:
    await work.look()
    plan = await work.offboarding(LEAVER)
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 8

    first = await work.apply(plan, stop)
    assert first.open
    await put_out(work, "Ravi Menon")
    between_ms = work.watch.at_ms + 1
    work.watch.at_ms += 1_000
    await resume(
        work.journal, work.connections, loaded=work.loaded, observe=unobserved, stop=never,
        clock=work.watch.clock, operator="t.ong",
    )  # fmt: skip
    made = report(work, first.run_id)
    lines = list(read(made.bundle.files["journal.jsonl"]))
    withheld = [one for one in lines if one.line is None]
    assert withheld
    assert made.pack.journal.withheld == len(withheld)
    assert b"Ravi" not in made.bundle.files["journal.jsonl"]
    place = unpacked(dict(made.bundle.files), tmp_path / "b")
    assert verify_bundle(place).wrong == ()
    whole = report(work, first.run_id, whole_chain=True)
    assert all(one.line for one in read(whole.bundle.files["journal.jsonl"]))
    # Once the other run was purged, its lines are known by their hash alone to everybody.
    (gone,) = purge(work.journal, before_ms=between_ms, days=1, by="h.lund", at_ms=between_ms)
    assert (gone.runs, gone.lines > 0) == (1, True)
    again = report(work, first.run_id, whole_chain=True)
    lines = list(read(again.bundle.files["journal.jsonl"]))
    assert sum(one.line is None for one in lines) == gone.lines
    assert verify_bundle(unpacked(dict(again.bundle.files), place)).wrong == ()


async def test_exceptions_are_told_with_who_answers_for_them(pair: Pair, work: Office) -> None:
    (dana,) = [one for one in pair.secrets.tenant.accounts.values() if one.display_name == LEAVER]
    waiver = Waiver(
        dana.emails[0].address, NamedId("v-payments", "Payments"), Level.READ, START_MS + 1_000,
        "r.silva@acme.example", "year-end close", "FIN-812",
    )  # fmt: skip
    work.loaded = Loaded(replace(work.loaded.rules, exceptions=(waiver,)))
    run = await put_out(work)
    made = report(work, run)
    (told,) = made.pack.exceptions
    assert (told.vault, told.until, told.owner, told.ticket) == (
        "Payments", utc(START_MS + 1_000), "r.silva@acme.example", "FIN-812",
    )  # fmt: skip
    assert "year-end close · FIN-812" in made.bundle.files["leaver.html"].decode()
    assert "exceptions of the policy" not in {one.field for one in made.pack.not_known}
    work.loaded = Loaded()
    row = work.journal.run(run)
    assert row is not None
    later = report_on(row, work.journal, None, key="d:d-001", stated=Stated()).pack
    assert later.exceptions == ()
    assert "exceptions of the policy" in {one.field for one in later.not_known}


async def test_a_journal_that_was_edited_gives_no_evidence(work: Office) -> None:
    run = await put_out(work)
    connection = work.journal.connection
    connection.execute("drop trigger entry_no_update")
    (seq,) = connection.execute(
        "select min(seq) from entry where json_extract(line, '$.state') = 'applied'"
    ).fetchone()
    connection.execute(
        "update entry set line = replace(line, 'applied', 'refused') where seq = ?", (seq,)
    )
    connection.commit()
    with pytest.raises(JournalBroken, match=rf"no evidence can be made from it.*entry {seq}"):
        report(work, run)


async def test_without_the_snapshot_the_plan_tells_and_the_rest_is_not_known(
    work: Office, data: Path
) -> None:
    run = await put_out(work)
    row = work.journal.run(run)
    assert row is not None
    pack = report_on(row, work.journal, None, key="d:d-001", stated=Stated()).pack
    assert pack.person is not None
    assert pack.person.name == "Dana Okafor"
    assert not any(one.kept for one in pack.completeness)
    assert any(row.name == "Payments" for one in pack.systems for row in one.access)
    told = {one.field for one in pack.not_known}
    assert {
        "corp-vault: access before, listings",
        "corp-id: access before, listings",
    } <= told


async def test_a_cache_made_anew_is_not_taken_for_the_plans(
    work: Office, pair: Pair, tmp_path: Path
) -> None:
    run = await put_out(work)
    row = work.journal.run(run)
    assert row is not None
    other = tmp_path / "other"
    other.mkdir(mode=0o700)
    with office(pair, other) as anew:
        anew.watch.at_ms = work.watch.at_ms + 1000
        await anew.look()
        pack = report_on(row, work.journal, anew.cache, key="d:d-001", stated=Stated()).pack
    before = [one for one in pack.completeness if one.role == "the plan rests on it"]
    assert {one.snapshot for one in before} == {1, 2}
    assert not any(one.kept for one in before)


async def test_whatever_is_none_in_case_and_person_is_named_as_not_known(work: Office) -> None:
    pack = report(work, await put_out(work)).pack
    named = {one.field for one in pack.not_known}
    for field in ("left_at", "approver", "ticket", "legal_hold"):
        assert getattr(pack.case, field) is None
        assert f"case.{field}" in named
    assert all(one.why for one in pack.not_known)
    full = report(work, pack.case.runs[0], left("2027-01-15T09:00+01:00")).pack
    assert full.case.stated == ("left_at", "approver", "ticket", "legal_hold")
    unknown = {one.field for one in full.not_known if one.field.startswith("case.")}
    assert unknown == {"case.case", "case.type", "case.mode"}
    assert full.case.left_at == "2027-01-15T08:00:00.000Z"


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [text for one in value for text in _texts(one)]
    if is_dataclass(value) and not isinstance(value, type):
        return [text for one in fields(value) for text in _texts(getattr(value, one.name))]
    return []


async def test_the_data_and_the_page_say_the_same(work: Office) -> None:
    made = report(work, await put_out(work), left("2027-01-15T09:00+01:00"))
    loaded = json.loads(made.bundle.files["leaver.json"])
    page = made.bundle.files["leaver.html"].decode()
    assert loaded["case"]["runs"] == list(made.pack.case.runs)
    pack: Pack = made.pack
    steps: tuple[StepTold, ...] = pack.steps
    for text in _texts((pack.person, pack.residual_risks, pack.blind_spots, pack.not_known)):
        if text not in ("verified e-mail", "external id") and not text.startswith("d:"):
            assert escape(text) in page, text
    for step in steps:
        assert escape(step.words) in page
        assert step.event is None or escape(step.event.id) in page


async def test_nobody_else_is_named(pair: Pair, work: Office) -> None:
    made = report(work, await put_out(work))
    others = [
        one
        for tenant in (pair.directory.tenant, pair.secrets.tenant)
        for one in tenant.accounts.values()
        if one.display_name not in ("Dana Okafor", "keyturn")
    ]
    assert len(others) > 10
    for name, content in made.bundle.files.items():
        text = content.decode()
        for one in others:
            assert one.display_name not in text, (name, one.display_name)
            assert all(mail.address not in text for mail in one.emails), (name, one.emails)


async def test_each_reading_tells_in_how_many_pages_it_came_where_that_was_kept(
    work: Office,
) -> None:
    row = work.journal.run(await put_out(work))
    assert row is not None
    reading = before(work.cache, recorded_runs(work.journal, [row]).runs[0].plan.snapshots)[0]
    assert reading.info is not None
    for shown, kept in zip(
        told(reading, "before").listings,
        (Collection.ACCOUNTS, Collection.GROUPS, Collection.MEMBERSHIPS),
        strict=False,
    ):
        pages = [one.pages or 0 for one in reading.info.listings if one.collection is kept]
        assert (shown.collection, shown.pages) == (kept.value, sum(pages))
        assert sum(pages) >= shown.listings
    first, *others = reading.info.listings
    of_old = replace(reading.info, listings=(replace(first, pages=None), *others))
    assert told(replace(reading, info=of_old), "before").listings[0].pages is None
