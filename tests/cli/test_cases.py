"""`keyturn offboard`, `cases` and `case`: what was stated and decided stays with the leaver."""

import json
from pathlib import Path

import pytest

from keyturn.cli.app import run
from keyturn.cli.exit_codes import Exit
from keyturn.run.connections import Connections
from keyturn_providers.records import Grant, Level, PrincipalKind, Side, SourceIdentity
from keyturn_providers.simulated import Pair, simulated_pair
from keyturn_storage.case_files import note_case
from keyturn_storage.case_rows import Noted, NoteIn
from keyturn_storage.journal import open_journal
from keyturn_storage.queries.cases import cases
from keyturn_storage.stream_archive import begin_stream, store_page
from keyturn_storage.stream_rows import EventIn, PageIn

CONFIG = (
    "version: 1\n"
    "directory: {kind: scim, url: 'https://directory.example', token_env: A}\n"
    "secrets: {kind: openbao, url: 'https://bao.example', token_env: B}\n"
    "limits: {removals: {share: 90%}}\n"
)
DANA, LEA = "p001@acme.example", "p003@acme.example"
ASKED = 4_000_000_000_000


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Pair:
    """Simulated tenants, where Dana alone manages Payments."""
    made = simulated_pair(people=8)
    tenant = made.secrets.tenant
    for carrier, grants in list(tenant.grants.items()):
        if any(grant.level is Level.MANAGE for grant in grants.values()):
            del tenant.grants[carrier]
    tenant.add(
        Grant("v-payments", PrincipalKind.ACCOUNT, "s-001", Level.MANAGE, "entity/s-001/policy/m")
    )

    def opened(*_: object, **__: object) -> Connections:
        return Connections(made.directory, made.secrets)

    monkeypatch.setattr("keyturn.cli.work.open_connections", opened)
    return made


@pytest.fixture
def front(tmp_path: Path, pair: Pair) -> list[str]:
    config = tmp_path / "keyturn.yaml"
    config.write_text(CONFIG, "utf-8")
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    before = ["--config", str(config), "--data-dir", str(data)]
    assert run([*before, "refresh"]) in {Exit.IN_STEP, Exit.DRIFT}
    return before


def test_a_vault_without_another_manager_blocks_until_it_is_decided(
    pair: Pair, front: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run([*front, "offboard", DANA, "--confirm", DANA]) == Exit.REFUSED
    assert "Nobody could manage Payments any more" in capsys.readouterr().out
    assert not pair.secrets.tenant.accounts["s-001"].state.is_off
    taken_over = [*front, "offboard", DANA, "--successor", f"Payments={LEA}", "--confirm", DANA]
    assert run(taken_over) == Exit.IN_STEP
    held = [
        grant
        for grants in pair.secrets.tenant.grants.values()
        for grant in grants.values()
        if grant.principal_id == "s-003"
    ]
    assert any(g.vault_id == "v-payments" and g.level is Level.MANAGE for g in held)
    assert pair.secrets.tenant.accounts["s-001"].state.is_off
    capsys.readouterr()
    assert run([*front, "case", DANA]) == Exit.IN_STEP
    told = capsys.readouterr().out
    assert "verified" in told.splitlines()[0]
    assert "successor  Payments: Lea Baum" in told


def test_a_waiver_is_kept_with_who_said_it(
    pair: Pair, front: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["offboard", DANA, "--waive", "Payments=closed on Friday", "--confirm", DANA]
    assert run([*front, *arguments]) == Exit.IN_STEP
    capsys.readouterr()
    assert run([*front, "case", DANA, "--json"]) == Exit.IN_STEP
    (decision,) = json.loads(capsys.readouterr().out)["case"]["decisions"]
    assert (decision["what"], decision["reason"]) == ("waiver", "closed on Friday")
    assert "@" in decision["by"]


def test_what_was_stated_stays_and_what_was_not_is_said(
    pair: Pair, front: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    plan = [*front, "offboard", DANA, "--waive", "v-payments=none left", "--plan-only"]
    assert run([*plan, "--left-at", "2027-01-15T17:30+01:00", "--type", "voluntary"]) == Exit.DRIFT
    told = capsys.readouterr().out
    assert "! 1 vault that nobody else manages" in told
    assert "! items used in 90 days: not known" in told
    assert run([*front, "cases", "--json"]) == Exit.DRIFT
    (first,) = json.loads(capsys.readouterr().out)["cases"]
    assert (first["state"], first["left_at"]) == ("open", "2027-01-15 17:30 +01:00")
    assert first["missing"] == ["no plan was applied yet", "not said: approver and legal hold"]
    assert run([*plan, "--approver", "r.silva", "--legal-hold", "no"]) == Exit.DRIFT
    capsys.readouterr()
    assert run([*front, "cases"]) == Exit.DRIFT
    told = capsys.readouterr().out
    assert "1 of 1 cases" in told
    assert "left 2027-01-15 17:30 +01:00" in told
    with open_journal(Path(front[-1]) / "journal.db") as journal:
        (row,) = cases(journal)
        assert (row.facts.kind, row.facts.approver) == ("voluntary", "r.silva")
        assert [note.what for note in row.notes] == ["facts", "held", "waiver", "facts"]
        assert journal.verify_chain().unbroken


def test_an_applied_plan_file_is_tied_to_the_case_and_an_undo_opens_it(
    pair: Pair, front: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    saved = tmp_path / "plan.json"
    arguments = ["offboard", DANA, "--waive", "Payments=x", "--plan-only", "--out", str(saved)]
    assert run([*front, *arguments]) == Exit.DRIFT
    assert run([*front, "apply", str(saved), "--confirm", DANA]) == Exit.IN_STEP
    capsys.readouterr()
    assert run([*front, "cases", "--json"]) == Exit.IN_STEP
    (case,) = json.loads(capsys.readouterr().out)["cases"]
    assert case["state"] == "verified"
    (run_id,) = case["runs"]
    assert run([*front, "undo", run_id, "--confirm", DANA]) == Exit.IN_STEP
    capsys.readouterr()
    assert run([*front, "case", case["id"][:6], "--json"]) == Exit.DRIFT
    after = json.loads(capsys.readouterr().out)["case"]
    assert after["state"] == "open"
    assert "took the cut back" in after["missing"][0]


def test_several_leave_by_one_plan_and_each_has_a_case(
    pair: Pair, front: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    people = ["offboard", DANA, LEA, DANA, "--waive", "Payments=x"]
    assert run([*front, *people, "--confirm", DANA]) == Exit.REFUSED
    capsys.readouterr()
    assert run([*front, *people, "--confirm", "2", "--json"]) == Exit.IN_STEP
    assert [case["name"] for case in json.loads(capsys.readouterr().out)["cases"]] == [
        "Dana Okafor",
        "Lea Baum",
    ]
    assert run([*front, "cases", "--json"]) == Exit.IN_STEP
    found = json.loads(capsys.readouterr().out)["cases"]
    assert {case["state"] for case in found} == {"verified"}
    assert len({case["runs"][0] for case in found}) == 1
    assert run([*front, "case", LEA, "--json"]) == Exit.IN_STEP
    (applied,) = json.loads(capsys.readouterr().out)["case"]["applied"]
    assert all("Dana" not in step["words"] for step in applied["steps"])


def test_a_case_is_closed_with_a_reason_once_and_the_next_leave_opens_another(
    pair: Pair, front: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    go = [*front, "offboard", DANA, "--waive", "Payments=x", "--confirm", DANA]
    assert run(go) == Exit.IN_STEP
    assert run([*front, "case", DANA, "--close", "  "]) == Exit.USAGE
    assert run([*front, "case", DANA, "--note", "laptop is back"]) == Exit.IN_STEP
    assert run([*front, "case", DANA, "--close", "all done"]) == Exit.IN_STEP
    assert run([*front, "case", DANA, "--close", "again"]) == Exit.REFUSED
    capsys.readouterr()
    assert run([*front, "cases", "--open"]) == Exit.IN_STEP
    assert capsys.readouterr().out == "0 of 1 cases\n"
    assert run([*front, "offboard", DANA, "--plan-only"]) == Exit.IN_STEP
    capsys.readouterr()
    assert run([*front, "cases", "--json"]) == Exit.DRIFT
    found = json.loads(capsys.readouterr().out)["cases"]
    assert [case["state"] for case in found] == ["open", "closed"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--left-at", "2027-01-15T17:30"], Exit.USAGE, "has no time zone"),
        (["--successor", "Payments"], Exit.USAGE, "write it as VAULT=PERSON"),
        (["--successor", f"Nowhere={LEA}"], Exit.USAGE, "no vault in corp-vault"),
        (["--successor", f"Payments={DANA}"], Exit.USAGE, "leaves too"),
        (["--successor", "Payments=nobody"], Exit.NOT_FOUND, "cannot tell who that is"),
        (["--waive", "Billing Ops=x"], Exit.USAGE, "needs no waiver"),
        (["--waive", "Payments=x", "--waive", "Payments=y"], Exit.USAGE, "named twice"),
        (
            ["--waive", "Payments=x", "--successor", f"Payments={LEA}"],
            Exit.USAGE,
            "a successor and a waiver",
        ),
    ],
)
def test_a_wrong_decision_is_refused_before_anything(
    pair: Pair,
    front: list[str],
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: Exit,
    words: str,
) -> None:
    capsys.readouterr()
    assert run([*front, "offboard", DANA, *arguments]) == code
    assert words in capsys.readouterr().err
    with open_journal(Path(front[-1]) / "journal.db") as journal:
        assert cases(journal) == ()


def test_the_rotation_list_of_a_case_and_of_somebody_without_one(
    pair: Pair, front: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert run([*front, "rotation", DANA]) == Exit.DRIFT
    told = capsys.readouterr().out
    assert "? what was used is not known: no usage events" in told
    assert "as if the person left now" in told
    cut = ["offboard", DANA, "--waive", "Payments=x", "--confirm", DANA, "--emergency"]
    assert run([*front, *cut, "--left-at", "2026-01-15T23:30+01:00"]) == Exit.IN_STEP
    source = SourceIdentity("corp-vault", "simulated", Side.SECRETS, "tenant-secrets")
    left_ms = 1_768_516_200_000
    used = EventIn("u1", left_ms - 1_000, "reveal", "{}", "s-001", "v-payments", "card")
    with open_journal(Path(front[-1]) / "journal.db") as journal:
        begin_stream(journal, source, "item usages", 0)
        store_page(journal, 1, PageIn((used,), None, "p1", ASKED, ASKED))
    capsys.readouterr()
    assert run([*front, "rotation", DANA, "--json"]) == Exit.DRIFT
    found = json.loads(capsys.readouterr().out)["rotation"]
    assert (found["left_ms"], found["usage_known"], found["usage_missing"]) == (left_ms, True, [])
    first = found["entries"][0]
    assert (first["item_id"], first["vault"], first["class"]) == ("card", "Payments", "same day")
    assert first["due_ms"] == left_ms + 1_800_000
    assert first["change_is_seen"] is False
    assert "Payments" in found["changes_not_seen_in"]
    assert run([*front, "rotation", DANA, "--limit", "1"]) == Exit.DRIFT
    told = capsys.readouterr().out
    assert "revealed or copied, and this is an emergency" in told
    assert "more: --limit shows them" in told
    assert run([*front, "rotation", "nobody"]) == Exit.NOT_FOUND


def test_a_mover_loses_what_nothing_justifies_and_stays(
    pair: Pair, front: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    carrier = "entity/s-003/policy/x"
    extra = Grant("v-payments", PrincipalKind.ACCOUNT, "s-003", Level.READ, carrier)
    pair.secrets.tenant.add(extra)
    assert run([*front, "refresh"]) in {Exit.IN_STEP, Exit.DRIFT}
    assert run([*front, "move", LEA, "--approver", "r.silva", "--confirm", LEA]) == Exit.IN_STEP
    assert carrier not in pair.secrets.tenant.grants
    assert not pair.secrets.tenant.accounts["s-003"].state.is_off
    capsys.readouterr()
    assert run([*front, "case", LEA, "--json"]) == Exit.IN_STEP
    case = json.loads(capsys.readouterr().out)["case"]
    assert (case["type"], case["state"]) == ("mover", "verified")
    assert case["missing"] == ["not said: leave time"]
    assert run([*front, "move", LEA]) == Exit.IN_STEP


def test_a_second_run_hides_nothing_and_the_case_has_the_evidence_of_both(
    pair: Pair, front: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    saved = [tmp_path / "1.json", tmp_path / "2.json"]
    for one in saved:
        arguments = ["offboard", DANA, "--waive", "Payments=x", "--plan-only", "--out", str(one)]
        assert run([*front, *arguments]) == Exit.DRIFT
    for one in saved:
        assert run([*front, "apply", str(one), "--confirm", DANA]) == Exit.IN_STEP
    capsys.readouterr()
    assert run([*front, "case", DANA, "--json"]) == Exit.IN_STEP
    found = json.loads(capsys.readouterr().out)["case"]
    assert [words for words in found["missing"] if "in no log" in words] == []
    first, second = found["runs"]
    for meant in (DANA, found["id"], found["id"][:8]):
        assert run([*front, "report", meant, "--json"]) == Exit.IN_STEP
        told = json.loads(capsys.readouterr().out)
        assert (told["case"], told["runs"]) == (found["id"], [first, second])
        assert told["proven"]
        assert told["verdict"].endswith("over 2 runs.")
        assert run([*front, "verify", told["zip"]]) == Exit.IN_STEP
        assert capsys.readouterr().out
    assert run([*front, "report", second, "--json"]) == Exit.IN_STEP
    told = json.loads(capsys.readouterr().out)
    assert (told["case"], told["runs"], told["run"]) == (None, [second], second)
    page = (Path(told["folder"]) / "leaver.json").read_text("utf-8")
    assert f"Run {first} of the same case is not in this evidence" in page


def test_a_note_that_is_no_json_is_a_broken_journal_and_a_crash_is_told_where_the_data_are(
    pair: Pair,
    front: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run([*front, "offboard", DANA, "--waive", "Payments=x", "--plan-only"])
    data = Path(front[-1])
    with open_journal(data / "journal.db") as journal:
        (row,) = cases(journal)
        note_case(journal, row.id, NoteIn(Noted.HELD, "{not json", "x", 1))
    capsys.readouterr()
    assert run([*front, "case", DANA]) == Exit.STORAGE
    assert "cannot read the note 'held' of a case" in capsys.readouterr().err
    monkeypatch.setattr("keyturn.cli.verbs.case.find_case", lambda *_: 1 / 0)
    assert run([*front, "case", DANA]) == Exit.CRASH
    assert len(list(data.glob("crash-*.txt"))) == 1


def test_whoever_is_never_touched_gets_no_case(
    pair: Pair, front: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path(front[1]).write_text(f"{CONFIG}never_touch: [{LEA}]\n", "utf-8")
    capsys.readouterr()
    assert run([*front, "offboard", LEA, "--plan-only"]) == Exit.REFUSED
    assert "no case is opened" in capsys.readouterr().out
    with open_journal(Path(front[-1]) / "journal.db") as journal:
        assert cases(journal) == ()


def test_read_only_opens_no_case(
    pair: Pair, front: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["offboard", DANA, "--waive", "Payments=x", "--plan-only"]
    assert run([*front, "--read-only", *arguments]) == Exit.DRIFT
    assert "read-only: no case is opened" in capsys.readouterr().out
    assert run([*front, "case", DANA]) == Exit.NOT_FOUND
    assert "no case has this id" in capsys.readouterr().err
    assert run([*front, "--read-only", "offboard", DANA, "--confirm", DANA]) == Exit.REFUSED
    refused = capsys.readouterr()
    assert "nothing was read or planned" in refused.err
    assert "Plan" not in refused.out


def test_one_rotation_list_of_several_and_of_all_who_left_in_a_run(
    pair: Pair, front: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    both = [DANA, "p003@acme.example"]
    cut = ["offboard", *both, "--waive", "Payments=x", "--confirm", "2"]
    assert run([*front, *cut]) in {Exit.IN_STEP, Exit.NOT_VERIFIED}
    capsys.readouterr()
    assert run([*front, "rotation", *both, DANA, "--json"]) == Exit.DRIFT
    found = json.loads(capsys.readouterr().out)["rotation"]
    assert [one["person"] for one in found["people"]] == ["Dana Okafor", "Lea Baum"]
    keys = [(one["vault_id"], one["item_id"]) for one in found["entries"]]
    assert len(keys) == len(set(keys)) == found["open"]
    shared = next(one for one in found["entries"] if one["vault"] == "Platform Prod")
    assert [one["person"] for one in shared["of"]] == ["Dana Okafor", "Lea Baum"]
    with open_journal(Path(front[-1]) / "journal.db") as journal:
        (run_id,) = {run_id for one in cases(journal) for run_id in one.run_ids}
    assert run([*front, "rotation", run_id[:12], "--limit", "1"]) == Exit.DRIFT
    told = capsys.readouterr().out
    assert told.startswith("Dana Okafor and Lea Baum: ")
    assert "more: --limit shows them" in told
