"""`keyturn report` and `keyturn verify` as an operator and an auditor call them."""

import asyncio
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.children import LIMIT_S
from tests.evidence.conftest import new_key
from tests.evidence.offices import both_out, office, put_out

from keyturn.cli.app import run
from keyturn.cli.exit_codes import Exit
from keyturn_providers.abilities import Ability
from keyturn_providers.simulated import Effect, Fault, Pair, simulated_pair
from keyturn_storage.journal import open_journal

TOKEN = "tok-1f0e9d8c7b6a5f4e3d2c1b0a"
CONFIG = (
    "version: 1\n"
    "directory: {kind: scim, url: 'https://directory.example', token_env: KT_DIRECTORY}\n"
    "secrets: {kind: openbao, url: 'https://bao.example', token_env: KT_SECRETS}\n"
)


@dataclass
class Shell:
    folder: Path
    capsys: pytest.CaptureFixture[str]
    out: str = ""
    err: str = ""

    @property
    def config(self) -> Path:
        return self.folder / "keyturn.yaml"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def keyturn(self, *arguments: str) -> int:
        code = run(
            ["--config", str(self.config), "--data-dir", str(self.data), *map(str, arguments)]
        )
        said = self.capsys.readouterr()
        self.out, self.err = said.out, said.err
        return code

    def document(self, *arguments: str, code: Exit = Exit.IN_STEP) -> dict[str, object]:
        assert self.keyturn(*arguments, "--json") == code, self.err
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value

    def offboard(self, *people: str, pair: Pair | None = None) -> list[str]:
        """Puts people out of a simulated pair, and gives the ids of the runs."""
        made = pair or simulated_pair(people=8, page_size=3)

        async def work() -> list[str]:
            with office(made, self.data) as opened:
                return [await put_out(opened, who) for who in people]

        return asyncio.run(work())

    def bundle(self, *arguments: str) -> Path:
        """Writes a report, and gives its folder."""
        folder = self.document("report", *arguments)["folder"]
        return Path(str(folder))


@pytest.fixture
def shell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    made = Shell(tmp_path, capsys)
    made.data.mkdir(mode=0o700)
    made.config.write_text(CONFIG, "utf-8")
    monkeypatch.setenv("KT_DIRECTORY", TOKEN)
    monkeypatch.setenv("KT_SECRETS", TOKEN + "-too")
    return made


def test_a_person_or_the_beginning_of_a_run_is_enough(shell: Shell) -> None:
    dana, ravi = shell.offboard("Dana Okafor", "Ravi Menon")
    for said, meant in (
        ("Dana Okafor", dana),
        ("d-001", dana),
        ("p002@acme.example", ravi),
        (dana, dana),
        (ravi[:8], ravi),
    ):
        assert shell.document("report", said)["run"] == meant, said


def test_who_is_not_known_is_told_with_what_there_is(shell: Shell) -> None:
    (dana,) = shell.offboard("Dana Okafor")
    assert shell.keyturn("report", "Nobody Here") == Exit.NOT_FOUND
    assert "Nobody Here: cannot tell which run that is: no run has this id" in shell.err
    assert dana in shell.err


def test_of_several_who_left_one_is_named(shell: Shell) -> None:
    pair = simulated_pair(people=8, page_size=3)

    async def work() -> str:
        with office(pair, shell.data) as opened:
            return await both_out(opened, pair)

    run_id = asyncio.run(work())
    assert shell.keyturn("report", run_id) == Exit.USAGE
    assert "2 people left in this run (d:d-001, d:d-002)" in shell.err
    folders = set()
    for name in ("d:d-001", "Ravi Menon"):
        said = shell.document("report", run_id, "--person", name, code=Exit.IN_STEP)
        folders.add(said["folder"])
    assert len(folders) == 2
    assert shell.document("report", "Ravi Menon")["run"] == run_id


def test_without_a_journal_it_is_said(shell: Shell) -> None:
    assert shell.keyturn("report", "Dana Okafor") == Exit.STORAGE
    assert "there is no journal yet" in shell.err


def test_what_was_stated_is_in_it_and_what_was_not_is_listed(shell: Shell) -> None:
    shell.offboard("Dana Okafor")
    said = shell.document(
        "report", "Dana Okafor", "--left-at", "2027-01-15T08:50+01:00", "--ticket", "HR-2214"
    )
    assert said["stated"] == ["left_at", "ticket"]
    pack = json.loads(Path(str(said["folder"]), "leaver.json").read_bytes())
    assert pack["case"]["left_at"] == "2027-01-15T07:50:00.000Z"
    assert pack["case"]["approver"] is None
    unknown = {one["field"] for one in pack["not_known"]}
    assert {"case.approver", "case.legal_hold"} <= unknown
    (vault,) = [one for one in pack["systems"] if one["source"] == "corp-vault"]
    assert vault["exposure"]["minutes"] is not None
    assert vault["exposure"]["minutes"] >= 10


def test_a_leave_time_without_zone_is_refused(shell: Shell) -> None:
    shell.offboard("Dana Okafor")
    assert shell.keyturn("report", "Dana Okafor", "--left-at", "2027-01-15T08:50") == Exit.USAGE
    assert "has no time zone" in shell.err
    assert not (shell.data / "evidence").exists()


def test_what_is_not_proven_ends_with_5_and_is_written_all_the_same(shell: Shell) -> None:
    pair = simulated_pair(people=8, page_size=3)
    pair.secrets.faults.add(Fault(Effect.AUDIT_MISSING, Ability.REVOKE))
    shell.offboard("Dana Okafor", pair=pair)
    said = shell.document("report", "Dana Okafor", code=Exit.NOT_VERIFIED)
    assert said["proven"] is False
    assert shell.keyturn("verify", str(said["zip"])) == Exit.IN_STEP


def test_verify_says_what_is_wrong_and_where(shell: Shell) -> None:
    shell.offboard("Dana Okafor")
    folder = shell.bundle("Dana Okafor")
    assert shell.keyturn("verify", str(folder)) == Exit.IN_STEP
    assert "is as it was written" in shell.out
    path = folder / "journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b"applied", b"refused", 1))
    assert shell.keyturn("verify", str(folder)) == Exit.ALTERED
    assert "! journal.jsonl, line 18" in shell.out or "! journal.jsonl, line " in shell.out
    assert "NOT as it was written" in shell.out
    told = shell.document("verify", str(folder), code=Exit.ALTERED)
    assert told["as_written"] is False
    wrong = told["wrong"]
    assert isinstance(wrong, list)
    assert {one["file"] for one in wrong} == {"journal.jsonl", "leaver.json"}


def test_verify_of_nothing_says_what_to_name(shell: Shell) -> None:
    assert shell.keyturn("verify", str(shell.folder / "nowhere")) == Exit.NOT_FOUND
    assert "keyturn report wrote" in shell.err
    assert shell.keyturn("verify", str(shell.config)) == Exit.ALTERED
    assert "is damaged, or no zip at all" in shell.out


def test_a_bundle_is_held_against_the_journal_it_came_from(shell: Shell) -> None:
    shell.offboard("Dana Okafor")
    folder = shell.bundle("Dana Okafor")
    assert shell.keyturn("verify", str(folder), "--journal") == Exit.IN_STEP
    shell.data.rename(shell.folder / "elsewhere")
    shell.data.mkdir(mode=0o700)
    shell.offboard("Dana Okafor")
    folder = shell.folder / "elsewhere" / "evidence" / folder.name
    assert shell.keyturn("verify", str(folder)) == Exit.IN_STEP
    assert shell.keyturn("verify", str(folder), "--journal") == Exit.ALTERED
    assert "the journal has another one there" in shell.out


def test_it_is_signed_with_the_key_the_configuration_names(shell: Shell) -> None:
    key = new_key(shell.folder / "evidence_key")
    shell.config.write_text(CONFIG + "evidence: {signing_key: evidence_key}\n", "utf-8")
    shell.offboard("Dana Okafor")
    said = shell.document("report", "Dana Okafor")
    assert str(said["signing_key"]).startswith("SHA256:")
    signers = shell.folder / "signers"
    signers.write_text(f"a.ruiz@acme.example {Path(f'{key}.pub').read_text('utf-8')}", "utf-8")
    assert shell.keyturn("verify", str(said["zip"]), "--signers", str(signers)) == Exit.IN_STEP
    assert "signed by a.ruiz@acme.example" in shell.out
    signers.write_text("", "utf-8")
    assert shell.keyturn("verify", str(said["zip"]), "--signers", str(signers)) == Exit.ALTERED
    assert shell.keyturn("verify", str(said["zip"]), "--signers", "nowhere") == Exit.USAGE
    assert "there is no such file" in shell.err


def test_a_key_itself_is_refused_in_the_configuration(shell: Shell) -> None:
    shell.offboard("Dana Okafor")
    key = "-----BEGIN OPENSSH PRIVATE KEY----- b3BlbnNzaC1rZXk="
    shell.config.write_text(CONFIG + f"evidence: {{signing_key: '{key}'}}\n", "utf-8")
    assert shell.keyturn("report", "Dana Okafor") == Exit.USAGE
    assert "b3BlbnNzaC1rZXk" not in shell.err
    shell.config.write_text(CONFIG + "evidence: {signing_key: nowhere}\n", "utf-8")
    assert shell.keyturn("report", "Dana Okafor") == Exit.USAGE
    assert "cannot sign the evidence" in shell.err
    assert not (shell.data / "evidence").exists()


def test_no_token_is_in_it_and_one_that_would_be_stops_it(shell: Shell) -> None:
    (run_id,) = shell.offboard("Dana Okafor")
    folder = shell.bundle(run_id)
    for path in folder.iterdir():
        assert TOKEN.encode() not in path.read_bytes(), path.name
    with open_journal(shell.data / "journal.db") as journal:
        # As if a source had written the token into its own log.
        at_ms = max(one.at_ms for one in journal.steps(run_id))
        journal.note("remark", json.dumps({"said": TOKEN}), at_ms, run_id=run_id)
    assert shell.keyturn("report", run_id, "--out", str(shell.folder / "more")) == Exit.USAGE
    assert "would hold the value of a token" in shell.err
    assert TOKEN not in shell.err + shell.out
    assert not (shell.folder / "more").exists()


def test_what_is_no_bundle_is_never_replaced(shell: Shell) -> None:
    (run_id,) = shell.offboard("Dana Okafor")
    taken = shell.folder / "out" / f"keyturn-evidence-{run_id}"
    taken.mkdir(parents=True)
    (taken / "thesis.txt").write_text("five years of work", "utf-8")
    assert shell.keyturn("report", run_id, "--out", str(taken.parent)) == Exit.USAGE
    assert "will not be replaced" in shell.err
    assert (taken / "thesis.txt").read_text("utf-8") == "five years of work"


def test_files_are_for_the_operator_alone_and_are_the_same_again(shell: Shell) -> None:
    shell.offboard("Dana Okafor")
    first = shell.document("report", "Dana Okafor")
    again = shell.document("report", "Dana Okafor")
    assert first["zip_sha256"] == again["zip_sha256"]
    folder = Path(str(again["folder"]))
    assert folder.stat().st_mode & 0o077 == 0
    assert all(one.stat().st_mode & 0o077 == 0 for one in folder.iterdir())
    assert [one.name for one in folder.parent.iterdir() if one.name.startswith(".")] == []


def test_the_bundle_checks_itself_in_its_own_folder(shell: Shell) -> None:
    shell.offboard("Dana Okafor")
    folder = shell.bundle("Dana Okafor")
    done = subprocess.run(
        [sys.executable, "-I", "verify.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )
    assert (done.returncode, done.stderr) == (0, "")
    sums = subprocess.run(
        ["sha256sum", "-c", "manifest.sha256"], cwd=folder, capture_output=True, check=False
    )
    assert sums.returncode == 0


def test_no_configuration_is_needed(shell: Shell) -> None:
    shell.offboard("Dana Okafor")
    shell.config.unlink()
    assert shell.document("report", "Dana Okafor")["signing_key"] is None
