"""Sync on the command line: a plan that reads like a diff, rows skipped with a reason, staleness,
and the alarm when nothing is read any more."""

import json
from pathlib import Path

import pytest

from keyturn.cli import work
from keyturn.cli.app import run
from keyturn.cli.exit_codes import Exit
from keyturn.decide.planfile import recorded
from keyturn.decide.skipping import skipped
from keyturn_providers.abilities import Ability
from keyturn_providers.simulated import Effect, Fault, Pair
from keyturn_storage.journal import open_journal

HOUR_MS = 3_600_000
LIMITS = "limits: {removals: {count: 50, share: 100%, per_day: 50}}\n"


@pytest.fixture
def read(pair: Pair, front: list[str], capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The command line's front after both sources were read."""
    assert pair.directory is not pair.secrets
    config = Path(front[1])
    config.write_text(config.read_text("utf-8") + LIMITS, "utf-8")
    assert run([*front, "refresh"]) == Exit.IN_STEP
    capsys.readouterr()
    return front


def planned(
    front: list[str], capsys: pytest.CaptureFixture[str], *more: str, code: Exit = Exit.DRIFT
) -> dict[str, object]:
    assert run([*front, "plan", "--json", *more]) == code, capsys.readouterr().err
    told = json.loads(capsys.readouterr().out)
    assert isinstance(told, dict)
    return told


def rows(told: dict[str, object]) -> list[dict[str, str]]:
    found = told["rows"]
    assert isinstance(found, list)
    return found


def test_the_plan_reads_like_a_diff_in_groups_with_counts(
    read: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    told = planned(read, capsys)
    assert run([*read, "plan"]) == Exit.DRIFT
    by_person = capsys.readouterr().out.splitlines()
    assert run([*read, "plan", "--by", "vault"]) == Exit.DRIFT
    by_vault = capsys.readouterr().out.splitlines()
    counts = told["counts"]
    assert isinstance(counts, dict)
    total = (
        f"+ {counts['add']} to add, ~ {counts['change']} to change, "
        f"- {counts['remove']} to remove; = {counts['left_alone']} left alone, 0 skipped"
    )
    assert total in by_person
    assert total in by_vault
    assert counts["add"] + counts["change"] + counts["remove"] == len(rows(told))
    for row in rows(told):
        start = f"{row['sign']} {row['row']} "
        for lines in (by_person, by_vault):
            (at,) = [n for n, line in enumerate(lines) if line.startswith(start)]
            heading = next(line for line in reversed(lines[:at]) if line and line[0] not in "+-~ ")
            wanted = row["person"] if lines is by_person else (row["vaults"] or [None])[0]
            assert heading.startswith(wanted or "accounts and groups, no vault")


def test_a_skipped_row_stays_in_file_journal_and_evidence_with_its_reason(
    read: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = planned(read, capsys)
    first, *others = rows(whole)
    assert others
    out = tmp_path / "plan.json"
    told = planned(
        read, capsys, "--skip", first["row"], "--reason", "year-end close", "--out", str(out)
    )
    assert first["row"] not in {row["row"] for row in rows(told)}
    by = work.operator()
    assert {"words": first["words"], "reason": f"year-end close ({by})"} in told["skipped"]  # type: ignore[operator]
    saved = recorded(out.read_text("utf-8"))
    assert next(one.words for one in skipped(saved)) == first["words"]
    code = run([*read, "apply", str(out), "--confirm", saved.confirm_with])
    assert code in {Exit.IN_STEP, Exit.NOT_VERIFIED}, capsys.readouterr().err
    with open_journal(Path(read[-1]) / "journal.db") as journal:
        (row,) = journal.runs()
    assert skipped(recorded(row.plan_json)) == skipped(saved)
    capsys.readouterr()
    run([*read, "report", row.id, "--json"])
    folder = Path(json.loads(capsys.readouterr().out)["folder"])
    pack = json.loads((folder / "leaver.json").read_text("utf-8"))
    reasons = {one["words"]: one["reason"] for one in pack["runs"][0]["plan"]["left_alone"]}
    assert "year-end close" in reasons[first["words"]]
    assert "year-end close" in (folder / "leaver.html").read_text("utf-8")
    # The row is drift as before, and the next plan has it again under the same id.
    assert first["row"] in {row["row"] for row in rows(planned(read, capsys))}


def test_a_row_is_not_skipped_without_a_reason_or_under_a_wrong_id(
    read: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (row, *_) = [one["row"] for one in rows(planned(read, capsys))]
    assert run([*read, "plan", "--skip", row]) == Exit.USAGE
    assert "say why, with --reason" in capsys.readouterr().err
    assert run([*read, "plan", "--skip", "00000000=never"]) == Exit.NOT_FOUND
    assert "00000000: the plan has no such row now" in capsys.readouterr().err
    assert run([*read, "plan", "--ask"]) == Exit.USAGE
    assert "asks at a terminal" in capsys.readouterr().err


def test_skipping_every_row_is_no_way_to_be_in_step(
    read: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    every = [f"--skip={one['row']}=not now" for one in rows(planned(read, capsys))]
    told = planned(read, capsys, *every)
    assert told["rows"] == []
    assert told["file"] is None


def test_rows_are_asked_one_by_one(
    read: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    number = len(rows(planned(read, capsys)))
    answers = iter(["s", "  ", "Ana decides", "a", "r"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("click.prompt", lambda *_, **__: next(answers))
    assert run([*read, "plan", "--ask"]) == Exit.DRIFT
    said = capsys.readouterr().out
    assert "1 skipped" in said
    assert f"(Ana decides ({work.operator()}))" in said
    assert next(answers, None) is None
    assert number > 3
    monkeypatch.setattr("click.prompt", lambda *_, **__: "q")
    assert run([*read, "plan", "--ask"]) == Exit.INTERRUPTED


def test_a_saved_plan_is_refused_once_the_policy_changed(
    read: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    told = planned(read, capsys)
    plan = told["plan"]
    assert isinstance(plan, dict)
    config = Path(read[1])
    config.write_text(config.read_text("utf-8") + "# another\n", "utf-8")
    code = run([*read, "apply", str(told["file"]), "--confirm", str(plan["confirm_with"])])
    assert code == Exit.REFUSED
    assert "The policy was changed since this was planned" in capsys.readouterr().err
    with open_journal(Path(read[-1]) / "journal.db") as journal:
        assert journal.runs() == ()


def test_a_saved_plan_is_refused_once_what_it_rests_on_is_old(
    read: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = planned(read, capsys)
    plan = told["plan"]
    assert isinstance(plan, dict)
    now_ms = work.now_ms() + HOUR_MS
    monkeypatch.setattr("keyturn.run.clock.time.time_ns", lambda: now_ms * 1_000_000)
    code = run([*read, "apply", str(told["file"]), "--confirm", str(plan["confirm_with"])])
    assert code == Exit.REFUSED
    assert "limits.snapshot_age" in capsys.readouterr().err


def test_silence_is_an_alarm_and_not_a_quiet_day(
    read: list[str], pair: Pair, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*read, "drift"]) == Exit.DRIFT
    assert "was last read whole" not in capsys.readouterr().out
    # One source is still read, the other is not: a refresh that fails does not end the silence.
    now_ms = work.now_ms() + 25 * HOUR_MS
    monkeypatch.setattr("keyturn.cli.verbs.drift.now_ms", lambda: now_ms)
    pair.secrets.faults.add(Fault(Effect.UNREACHABLE, Ability.LIST_GRANTS))
    assert run([*read, "drift", "--refresh"]) == Exit.SILENT
    said = capsys.readouterr().out
    assert "! corp-vault was last read whole" in said
    assert "25 h ago; limits.silence allows 24 h" in said
    config = Path(read[1])
    longer = config.read_text("utf-8").replace("limits: {", "limits: {silence: 2d, ")
    config.write_text(longer, "utf-8")
    pair.secrets.faults.clear()
    assert run([*read, "drift", "--json"]) in {Exit.DRIFT, Exit.INCOMPLETE}
    assert json.loads(capsys.readouterr().out)["silent"] == []
