"""What a run rests on is kept with it and in its evidence; writing evidence is itself noted."""

import hashlib
import json
from pathlib import Path

import pytest
from tests.cli.conftest import CONFIG

from keyturn.cli.app import run
from keyturn.cli.exit_codes import Exit
from keyturn.evidence.exports import exports_of
from keyturn.evidence.verify_bundle import verify_bundle
from keyturn_storage.journal import open_journal


def written(front: list[str], run_id: str, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    assert run([*front, "report", run_id, "--json"]) == Exit.IN_STEP
    told = json.loads(capsys.readouterr().out)
    assert isinstance(told, dict)
    return told


def test_policy_and_sources_are_kept_with_the_run_and_bound_to_its_chain(
    offboarded: str, front: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(str(written(front, offboarded, capsys)["folder"]))
    assert (folder / "policy.yaml").read_text("utf-8") == CONFIG
    digest = hashlib.sha256(CONFIG.encode()).hexdigest()
    assert json.loads((folder / "plan.json").read_text("utf-8"))["policy_digest"] == digest
    asked = json.loads((folder / "sources.json").read_text("utf-8"))["sources"]
    assert [one["side"] for one in asked] == ["directory", "secrets"]
    told = {
        one["field"] for one in json.loads((folder / "leaver.json").read_text("utf-8"))["not_known"]
    }
    assert not told & {"policy text", "clock offsets, page sizes, who keyturn was there"}
    assert verify_bundle(folder).wrong == ()
    for name, words in (
        ("policy.yaml", "it is not the policy that the plan rests on"),
        ("sources.json", "it is not what the journal kept of the sources"),
    ):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole.replace(b"secrets", b"secretz", 1))
        assert f"{name}: {words}" in map(str, verify_bundle(folder).wrong)
        (folder / name).write_bytes(whole)


def test_evidence_is_written_down_and_the_note_changes_no_later_bundle(
    offboarded: str, front: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    first = written(front, offboarded, capsys)
    again = written(front, offboarded, capsys)
    assert first["zip_sha256"] == again["zip_sha256"]
    assert first["written_before"] == []
    with open_journal(Path(front[-1]) / "journal.db") as journal:
        exports = exports_of(journal, offboarded)
        assert journal.verify_chain().unbroken
    assert [one.zip_sha256 for one in exports] == [first["zip_sha256"]] * 2
    assert all("@" in one.by for one in exports)
    run([*front, "report", offboarded])
    said = capsys.readouterr().out
    assert "written 2 times before" in said
    assert said.rstrip().count("the same bytes") == 1


def test_without_the_cache_the_case_tells_what_could_be_reached(
    offboarded: str, front: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (Path(front[-1]) / "cache.db").unlink()
    folder = Path(str(written(front, offboarded, capsys)["folder"]))
    systems = json.loads((folder / "leaver.json").read_text("utf-8"))["systems"]
    assert all("what the case kept before the cut" in one["access_from"] for one in systems)
    rows = {(row["kind"], row["name"]) for one in systems for row in one["access"]}
    assert ("vault", "Payments") in rows
    assert any(kind == "group" for kind, _ in rows)
    taken = [row for one in systems for row in one["access"] if row["name"] == "Payments"]
    assert any(row["after"].startswith("taken, verified") for row in taken)
