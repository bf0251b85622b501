"""What the journal has beside a run: the case, later looks, an undo, others who left with it."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.evidence.cases import case_of
from tests.evidence.made import unpacked
from tests.evidence.offices import NOTHING, both_out, left, office, opened_case, put_out, report
from tests.run.office import Office

from keyturn.decide.planfile import sealed
from keyturn.decide.plans import PlanScope
from keyturn.decide.rechecks import CameBack, Recheck
from keyturn.decide.values import to_plain
from keyturn.evidence.chain_lines import read
from keyturn.evidence.gather import Report, report_on, report_on_case
from keyturn.evidence.subject import WhichPerson
from keyturn.evidence.verify_bundle import verify_bundle
from keyturn.run.leavers import Decisions, plan_leavers
from keyturn.run.undo import plan_undo
from keyturn_providers.records import Grant, Level, PrincipalKind, Vault
from keyturn_providers.simulated import Pair, simulated_pair
from keyturn_storage.case_files import note_case
from keyturn_storage.case_rows import Noted, NoteIn
from keyturn_storage.errors import StorageRefused
from keyturn_storage.queries.cases import case


@pytest.fixture
def pair() -> Pair:
    return simulated_pair(people=8, page_size=3)


@pytest.fixture
async def work(pair: Pair, tmp_path: Path) -> AsyncIterator[Office]:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    with office(pair, data) as opened:
        yield opened


def intact(made: Report, folder: Path) -> bool:
    return verify_bundle(unpacked(dict(made.bundle.files), folder)).wrong == ()


async def test_what_the_case_says_is_used_and_named_as_from_it(
    work: Office, tmp_path: Path
) -> None:
    run = await put_out(work)
    case_of(work, run)
    made = report(work, run)
    case = made.pack.case
    assert (case.case, case.type, case.mode) == ("case-001", "involuntary", "emergency")
    assert (case.approver, case.ticket, case.legal_hold) == ("R. Silva", "HR-9", "yes")
    assert (case.left_at, case.left_at_as_stated) == (
        "2027-01-15T07:43:20.000Z",
        "2027-01-15 08:43 +01:00",
    )
    assert case.from_case == ("left_at", "approver", "ticket", "legal_hold")
    assert case.stated == ()
    assert not {one.field for one in made.pack.not_known if one.field.startswith("case.")}
    assert intact(made, tmp_path / "b")


async def test_the_command_line_goes_before_the_case(work: Office) -> None:
    run = await put_out(work)
    case_of(work, run)
    case = report(work, run, replace(left("2027-01-15T09:00+01:00"), approver=None)).pack.case
    assert (case.left_at, case.ticket) == ("2027-01-15T08:00:00.000Z", "HR-2214")
    assert (case.approver, case.from_case) == ("R. Silva", ("approver",))


async def test_decisions_are_told_comments_and_names_of_others_are_not(work: Office) -> None:
    run = await put_out(work)
    case_of(work, run)
    made = report(work, run)
    (decided,) = made.pack.decided
    assert (decided.what, decided.by) == ("successor", "h.lund")
    assert "Payments" in decided.words
    assert "R.M. (" in decided.words
    for content in made.bundle.files.values():
        assert b"furious" not in content
        assert b"Ravi Menon" not in content


async def test_what_came_back_is_said_first(work: Office, tmp_path: Path) -> None:
    run = await put_out(work)
    back = CameBack("Dana Okafor is active in corp-vault again", "an invitation was sent")
    found = Recheck(run, "Offboard Dana Okafor", work.watch.at_ms, 5, "T+24 h", came_back=(back,))
    work.journal.note("recheck", json.dumps(to_plain(found)), found.at_ms, run_id=run)
    made = report(work, run)
    assert made.pack.case.verdict.startswith("CAME BACK, seen at ")
    assert not made.pack.case.proven
    assert any("active in corp-vault again" in one for one in made.pack.residual_risks)
    assert intact(made, tmp_path / "b")
    later = replace(found, at_ms=found.at_ms + 1, came_back=())
    work.journal.note("recheck", json.dumps(to_plain(later)), later.at_ms, run_id=run)
    assert report(work, run).pack.case.proven


async def test_an_undo_is_said_first(work: Office) -> None:
    run = await put_out(work)
    await work.look()
    plan = replace(await work.offboarding("Ravi Menon"), scope=PlanScope.UNDO)
    plan = sealed(replace(plan, subject_key=f"run:{run}"))
    undo = (await work.apply(plan)).run_id
    pack = report(work, run).pack
    assert pack.case.verdict.startswith(f"UNDONE by run {undo} at ")
    assert not pack.case.proven
    assert [one.run for one in pack.undone] == [undo]


async def test_of_several_leavers_each_has_their_own_evidence(
    work: Office, pair: Pair, tmp_path: Path
) -> None:
    run = await both_out(work, pair)
    row = work.journal.run(run)
    assert row is not None
    for key, mine, other in (("d:d-001", "Dana", "Ravi Menon"), ("d:d-002", "Ravi", "Dana Okafor")):
        made = report_on(row, work.journal, work.cache, key=key, stated=NOTHING)
        assert made.pack.person is not None
        assert made.pack.person.name.startswith(mine)
        assert len(made.pack.steps) == (1 if mine == "Dana" else 2)
        for name, content in made.bundle.files.items():
            assert other.encode() not in content, (key, name)
        assert any(one.line is None for one in read(made.bundle.files["journal.jsonl"]))
        assert intact(made, tmp_path / key[-1])
        whole = report_on(row, work.journal, work.cache, key=key, stated=NOTHING, whole_chain=True)
        assert intact(whole, tmp_path / f"{key[-1]}-whole")


async def test_a_vault_that_is_handed_over_is_in_the_evidence_of_its_leaver_alone(
    work: Office, pair: Pair, tmp_path: Path
) -> None:
    tenant = pair.secrets.tenant
    for owner in ("s-001", "s-002"):
        grant = Grant(
            f"v-{owner}", PrincipalKind.ACCOUNT, owner, Level.MANAGE, f"account/x/{owner}"
        )
        tenant.add(Vault(f"v-{owner}", f"Keys of {owner}"), grant)
    await work.look()
    to_lea = {f"v-{owner}": "Lea Baum" for owner in ("s-001", "s-002")}
    planned = await plan_leavers(
        ("Dana Okafor", "Ravi Menon"), work.connections, work.cache, work.journal,
        loaded=work.loaded, clock=work.watch.clock, decisions=Decisions(to_lea),
    )  # fmt: skip
    assert not planned.plan.refused
    row = work.journal.run((await work.apply(planned.plan)).run_id)
    assert row is not None
    for person, mine, other in zip(
        planned.people, ("s-001", "s-002"), ("s-002", "s-001"), strict=True
    ):
        made = report_on(row, work.journal, work.cache, key=person.key, stated=NOTHING)
        words = "\n".join(one.words for one in made.pack.steps)
        assert f"manage on Keys of {mine}" in words
        assert f"Keys of {other}" not in words
        assert made.pack.case.totals.steps == len(made.pack.steps)
        assert intact(made, tmp_path / mine)


async def test_what_goes_back_to_another_is_not_in_the_evidence_of_an_undone_leaver(
    work: Office, pair: Pair, tmp_path: Path
) -> None:
    tenant = pair.secrets.tenant
    for owner in ("s-001", "s-002"):
        vault_id, carrier = f"v-{owner}", f"account/x/{owner}"
        grant = Grant(vault_id, PrincipalKind.ACCOUNT, owner, Level.MANAGE, carrier)
        tenant.add(Vault(vault_id, f"Keys of {owner}"), grant)
    opened_case(work, "case-0001")
    await work.look()
    to_lea = {f"v-{owner}": "Lea Baum" for owner in ("s-001", "s-002")}
    planned = await plan_leavers(
        ("Dana Okafor", "Ravi Menon"), work.connections, work.cache, work.journal,
        loaded=work.loaded, clock=work.watch.clock, decisions=Decisions(to_lea),
    )  # fmt: skip
    run = (await work.apply(planned.plan)).run_id
    await work.look()
    undo = await plan_undo(
        run, work.connections, work.cache, work.journal, loaded=work.loaded, clock=work.watch.clock
    )
    assert not undo.refused
    await work.apply(undo)
    row = case(work.journal, "case-0001")
    assert row is not None
    made = report_on_case(row, work.journal, work.cache, stated=NOTHING, rules=work.loaded.rules)
    words = "\n".join(one.words for one in made.pack.steps)
    assert len(made.pack.runs) == 2
    assert words.count("(opens Keys of s-001)") == 3
    assert "Keys of s-002" not in words
    totals = made.pack.case.totals
    first = [one for one in made.pack.steps if one.run == 1]
    assert totals.changes == len(first)
    assert intact(made, tmp_path / "b")


async def test_leavers_that_nothing_tells_apart_get_no_evidence_without_a_case(
    work: Office, pair: Pair, tmp_path: Path
) -> None:
    run = await both_out(work, pair)
    row = work.journal.run(run)
    assert row is not None
    with pytest.raises(WhichPerson, match=r"d:d-002: cannot be told from the others"):
        report_on(row, work.journal, None, key="d:d-001", stated=NOTHING)
    case_of(work, run)
    case_of(work, run, key="d:d-002")
    made = report_on(row, work.journal, None, key="d:d-001", stated=NOTHING)
    assert [one.number for one in made.pack.steps] == [2]
    assert intact(made, tmp_path / "b")


async def test_a_decision_that_is_not_as_keyturn_writes_it_is_no_evidence(work: Office) -> None:
    run = await put_out(work)
    case_of(work, run)
    note_case(work.journal, "case-001", NoteIn(Noted.WAIVER, "{not json", "x", 1))
    with pytest.raises(StorageRefused, match="cannot read the note 'waiver' of a case"):
        report(work, run)
