"""Steps, plans and what is not told, rewritten with every digest made to fit."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.evidence.cases import case_of
from tests.evidence.forging import rewritten
from tests.evidence.made import unpacked
from tests.evidence.offices import NOTHING, both_out, office, put_out, report
from tests.evidence.test_beside import pair, work
from tests.run.office import Office

from keyturn.evidence.against_journal import differing
from keyturn.evidence.gather import Report, report_on
from keyturn.evidence.verify_bundle import verify_bundle
from keyturn_providers.simulated import Pair

__all__ = ["office", "pair", "work"]
RAVI = "d:d-002"


async def of_ravi(work: Office, pair: Pair) -> Report:
    """Ravi's evidence of the run in which he left with Dana, so that its plan is minimised."""
    row = work.journal.run(await both_out(work, pair))
    assert row is not None
    return report_on(row, work.journal, work.cache, key=RAVI, stated=NOTHING)


async def test_a_step_that_is_passed_off_as_anothers_is_found(
    work: Office, pair: Pair, tmp_path: Path
) -> None:
    made = await of_ravi(work, pair)
    assert {"plan-minimised.json", "outline.json"} <= set(made.bundle.files)
    assert "Dana" not in made.bundle.files["outline.json"].decode()
    assert rewritten(made.bundle, lambda _: None, tmp_path / "b") == []

    def hidden(plain: dict[str, Any]) -> None:
        gone = plain["steps"].pop()
        plain["journal"]["not_told"].append(gone["operation"])

    told = rewritten(made.bundle, hidden, tmp_path / "b")
    assert any("is about nobody else, and is not told" in one for one in told), told


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        ({"kind": "reactivate"}, "it is not what the plan says"),
        ({"change": "0" * 16}, "it is not what the plan says"),
        ({"about": ["directory account d-009"]}, "it is not what the plan says"),
        ({"depends_on": ["x"]}, "it is not what the plan says"),
    ],
)
async def test_a_step_that_does_something_else_than_was_planned_is_found(
    work: Office, pair: Pair, tmp_path: Path, edit: dict[str, object], told: str
) -> None:
    made = await of_ravi(work, pair)
    found = rewritten(made.bundle, lambda plain: plain["steps"][0].update(edit), tmp_path / "b")
    assert f"leaver.json, step {made.pack.steps[0].label}: {told}" in found


async def test_an_operation_that_no_plan_has_and_another_outline_are_found(
    work: Office, pair: Pair, tmp_path: Path
) -> None:
    made = await of_ravi(work, pair)
    odd = rewritten(
        made.bundle, lambda plain: plain["journal"]["not_told"].append("x"), tmp_path / "b"
    )
    assert any("operations among them that are in no plan" in one for one in odd)
    outline = json.loads(made.bundle.files["outline.json"])
    outline["operations"].pop()
    forged = rewritten(
        made.bundle,
        lambda _: None,
        tmp_path / "b",
        outline_json=json.dumps(outline).encode(),
    )
    assert forged == ["outline.json: it is not the outline that the journal's lines hold"]


async def test_what_no_line_holds_of_a_minimised_plan_is_counted(
    work: Office, pair: Pair, tmp_path: Path
) -> None:
    made = await of_ravi(work, pair)
    notes = verify_bundle(unpacked(dict(made.bundle.files), tmp_path / "b")).notes
    plan = json.loads(made.bundle.files["plan-minimised.json"])
    parts = sum(len(plan[name]) for name in ("operations", "guards", "left_alone"))
    words = f"the words of {parts} parts of the plan of run 1, which was minimised"
    assert f"not held by the chain: {words}" in notes
    withheld = made.pack.journal.withheld
    assert withheld
    assert any(f"whether {withheld} lines of the journal" in one for one in notes)
    assert any("later looks at run 1, in which several left" in one for one in notes)


@pytest.mark.parametrize("part", ["words", "precondition", "object", "title", "guards"])
async def test_words_that_a_plan_has_otherwise_are_found(
    work: Office, tmp_path: Path, part: str
) -> None:
    made = report(work, await put_out(work))
    assert "plan.json" in made.bundle.files

    def edit(plain: dict[str, Any]) -> None:
        if part == "guards":
            plain["runs"][0]["plan"]["guards"].pop()
        elif part == "title":
            plain["runs"][0]["title"] = "Something else"
        else:
            plain["steps"][0][part] = "something else"

    told = rewritten(made.bundle, edit, tmp_path / "b")
    assert len(told) == 1
    assert "of the plan" in told[0]


async def test_the_case_of_one_run_is_held_by_its_lines(work: Office, tmp_path: Path) -> None:
    run = await put_out(work)
    case_of(work, run)
    made = report(work, run)
    assert "stated.json" in made.bundle.files
    assert rewritten(made.bundle, lambda _: None, tmp_path / "b") == []
    told = rewritten(
        made.bundle, lambda plain: plain["case"].update(approver="Nobody"), tmp_path / "b"
    )
    assert told == ["leaver.json, case: what was stated is not what stated.json adds up to"]
    told = rewritten(made.bundle, lambda plain: plain["decided"].clear(), tmp_path / "b")
    assert any("which decides something, is missing" in one for one in told)

    def without(plain: dict[str, Any]) -> None:
        plain["case"].update(case=None, approver=None, from_case=[])
        plain["decided"].clear()

    told = rewritten(made.bundle, without, tmp_path / "b")
    assert told == ["leaver.json, case.case: the journal's lines tie the run to a case"]
    notes = verify_bundle(unpacked(dict(made.bundle.files), tmp_path / "c")).notes
    assert any("the words of 1 decision," in one for one in notes)


async def test_a_line_that_was_withheld_and_is_about_nobody_else_is_found_by_the_journal(
    work: Office, tmp_path: Path
) -> None:
    made = report(work, await put_out(work))
    rows = made.bundle.files["journal.jsonl"].decode().splitlines()
    steps = [at for at, row in enumerate(rows) if '\\"kind\\":\\"step\\"' in row]
    forged = json.loads(rows[steps[-1]])
    forged.pop("line")
    rows[steps[-1]] = json.dumps(forged)
    lines = "".join(f"{row}\n" for row in rows).encode()

    def shorter(plain: dict[str, Any]) -> None:
        (step,) = (
            one for one in plain["steps"] if forged["seq"] in [x["entry"] for x in one["history"]]
        )
        step["history"].pop()

    rewritten(made.bundle, shorter, tmp_path / "b", journal_jsonl=lines)
    found = [str(one) for one in differing(tmp_path / "b", work.journal)]
    place = f"journal.jsonl, line {steps[-1] + 1}, entry {forged['seq']}"
    assert found == [f"{place}: it is withheld, and is about nobody else"]


async def test_what_is_about_others_may_be_withheld(
    work: Office, pair: Pair, tmp_path: Path
) -> None:
    made = await of_ravi(work, pair)
    place = unpacked(dict(made.bundle.files), tmp_path / "b")
    assert made.pack.journal.withheld
    assert list(differing(place, work.journal)) == []
