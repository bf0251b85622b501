"""What happened after the runs, taken out of a bundle with every digest made to fit."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from tests.evidence.cases import case_of
from tests.evidence.forging import rewritten
from tests.evidence.offices import NOTHING, office, put_out, report
from tests.run.office import Office

from keyturn.decide.planfile import sealed
from keyturn.decide.plans import PlanScope
from keyturn.decide.rechecks import CameBack, Recheck
from keyturn.decide.values import to_plain
from keyturn.evidence.gather import Report, report_on_case
from keyturn.evidence.verify_bundle import verify_bundle
from keyturn_providers.simulated import simulated_pair
from keyturn_storage.case_files import note_case
from keyturn_storage.case_rows import Noted, NoteIn
from keyturn_storage.queries.cases import case

Edit = Callable[[dict[str, Any]], object]


@dataclass(frozen=True)
class Since:
    """A leaver who is back, and whose run was then undone, as evidence of the run and of the
    case."""

    work: Office
    run: str
    undo: str
    folder: Path

    def of_run(self, edit: Edit, *, whole_chain: bool = False) -> list[str]:
        made = report(self.work, self.run, whole_chain=whole_chain)
        return rewritten(made.bundle, edit, self.folder)

    def of_case(self) -> Report:
        row = case(self.work.journal, "case-001")
        assert row is not None
        return report_on_case(row, self.work.journal, self.work.cache, stated=NOTHING)


@pytest.fixture
async def since(tmp_path: Path) -> AsyncIterator[Since]:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    with office(simulated_pair(people=8, page_size=3), data) as work:
        run = await put_out(work)
        case_of(work, run)
        note_case(work.journal, "case-001", NoteIn(Noted.CLOSED, '{"reason": "done"}', "x", 1))
        back = CameBack("Dana Okafor is active in corp-vault again", "Ravi Menon invited her")
        found = Recheck(run, "Offboard Dana", work.watch.at_ms, 5, "T+24 h", came_back=(back,))
        work.journal.note("recheck", json.dumps(to_plain(found)), found.at_ms, run_id=run)
        await work.look()
        plan = replace(await work.offboarding("Ravi Menon"), scope=PlanScope.UNDO)
        undo = (await work.apply(sealed(replace(plan, subject_key=f"run:{run}")))).run_id
        yield Since(work, run, undo, tmp_path / "b")


@pytest.mark.parametrize("whole_chain", [False, True])
async def test_as_written_nothing_is_wrong_and_what_is_not_held_is_said(
    since: Since, whole_chain: bool
) -> None:
    assert since.of_run(lambda _: None, whole_chain=whole_chain) == []
    notes = verify_bundle(since.folder).notes
    assert (
        "not held by the chain: what was read from the cache and the archive (7 rows of access "
        "before and after, 2 account states, 4 readings, 2 entries to be changed)"
    ) in notes


async def test_a_later_look_that_was_taken_out_is_found(since: Since) -> None:
    def edit(plain: dict[str, Any]) -> None:
        plain["rechecks"] = []
        undone = plain["case"]["verdict"].partition("CAME BACK")[0]
        plain["case"]["verdict"] = undone + plain["case"]["verdict"].partition(": 1. ")[2]
        plain["residual_risks"] = [x for x in plain["residual_risks"] if "Came back" not in x]

    told = "\n".join(since.of_run(edit))
    assert "rechecks: they are not the later looks that the journal's lines have" in told
    assert "case.verdict: it does not begin with what the journal's lines say happened" in told
    assert "residual_risks: not everything that came back by the journal's lines is" in told


async def test_other_words_of_a_later_look_are_found(since: Since) -> None:
    def edit(plain: dict[str, Any]) -> None:
        plain["rechecks"][0]["words"] = "nothing came back of 5."

    assert since.of_run(edit) == [
        "leaver.json, rechecks: they are not the later looks that the journal's lines have"
    ]


@pytest.mark.parametrize("whole_chain", [False, True])
async def test_an_undo_that_was_taken_out_is_found(since: Since, whole_chain: bool) -> None:
    def edit(plain: dict[str, Any]) -> None:
        plain["undone"] = []
        plain["case"]["verdict"] = plain["case"]["verdict"].partition(". ")[2]

    words = f"leaver.json, undone: run {since.undo}, which took one of these back, is missing"
    assert words in since.of_run(edit, whole_chain=whole_chain)


async def test_another_undo_than_the_lines_have_is_found(since: Since) -> None:
    words = f"leaver.json, undone, run {since.undo}: the journal's lines have no such"
    assert since.of_run(lambda plain: plain["undone"][0].update(state="stopped")) == [words]


async def test_words_that_hide_what_happened_since_are_found(since: Since) -> None:
    def edit(plain: dict[str, Any]) -> None:
        plain["case"]["proven"] = True
        plain["case"]["verdict"] = "Fine. " + plain["case"]["verdict"]

    told = since.of_run(edit)
    assert any("case.verdict: it does not begin" in one for one in told)
    assert any("what was cut was undone or came back" in one for one in told)


async def test_other_blind_spots_than_those_of_the_plan_are_found(since: Since) -> None:
    told = since.of_run(lambda plain: plain.update(blind_spots=["none that matters"]))
    assert told == ["leaver.json, blind_spots: they are not those of the plans"]


async def test_a_decision_that_was_taken_out_or_dated_anew_is_found(since: Since) -> None:
    bundle = since.of_case().bundle
    assert rewritten(bundle, lambda _: None, since.folder) == []
    told = rewritten(bundle, lambda plain: plain["decided"].pop(), since.folder)
    assert len(told) == 1
    assert "which decides something, is missing" in told[0]
    later = {"at": "2027-01-15T08:00:00.000Z"}
    told = rewritten(bundle, lambda plain: plain["decided"][1].update(later), since.folder)
    assert any("the journal's lines have no such" in one for one in told)


@pytest.mark.parametrize(
    "forged",
    [
        {"approver": "Nobody"},
        {"left_at": "2027-01-15T06:00:00.000Z"},
        {"legal_hold": None, "from_case": ["left_at", "approver", "ticket"]},
        {"type": "voluntary"},
    ],
)
async def test_facts_of_the_case_that_were_changed_are_found(
    since: Since, forged: dict[str, object]
) -> None:
    told = rewritten(
        since.of_case().bundle, lambda plain: plain["case"].update(forged), since.folder
    )
    assert "leaver.json, case: what was stated is not what stated.json adds up to" in told


async def test_facts_that_the_lines_do_not_hold_are_found(since: Since) -> None:
    bundle = since.of_case().bundle
    other = bundle.files["stated.json"].replace(b"R. Silva", b"R. Selva")
    assert other != bundle.files["stated.json"]
    told = rewritten(
        bundle,
        lambda plain: plain["case"].update(approver="R. Selva"),
        since.folder,
        stated_json=other,
    )
    assert len(told) == 1
    assert "it is not what the journal's lines say" in told[0]
    told = rewritten(bundle, lambda _: None, since.folder, stated_json=b"[]")
    assert any(one.startswith("stated.json, entry ") for one in told)
