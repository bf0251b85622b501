"""Every verb on two real servers, as a script or an operator would call it.

One demo for the module; the offboarding comes last.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from keyturn.cli.app import run
from keyturn.cli.exit_codes import Exit
from keyturn.demo.openbao.config_file import SECRETS_TOKEN
from keyturn.demo.openbao.session import DemoSession, demo_session
from keyturn_storage import leases
from keyturn_storage.journal import open_journal
from keyturn_storage.queries.persons import person_nos, person_rows
from keyturn_storage.queries.reader import Scope, open_reader

pytestmark = pytest.mark.real


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, object]:
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value


@dataclass(frozen=True)
class Shell:
    session: DemoSession
    capsys: pytest.CaptureFixture[str]

    def keyturn(self, *arguments: str, config: Path | None = None, data: Path | None = None) -> Ran:
        places = self.session.places
        code = run(
            [
                "--config", str(config or places.config),
                "--data-dir", str(data or places.data),
                *arguments,
            ]
        )  # fmt: skip
        said = self.capsys.readouterr()
        return Ran(code, said.out, said.err)


@pytest.fixture(scope="module")
def session() -> Iterator[DemoSession]:
    with demo_session() as running:
        yield running


@pytest.fixture
def shell(session: DemoSession, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(session, capsys)


def changed(session: DemoSession, folder: Path, old: str, new: str) -> Path:
    """The demo's configuration with one text replaced."""
    text = session.places.config.read_text(encoding="utf-8")
    assert old in text
    path = folder / "keyturn.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def private(folder: Path) -> Path:
    data = folder / "data"
    data.mkdir(mode=0o700)
    return data


def test_nothing_read_yet_is_said_with_what_to_do(shell: Shell, tmp_path: Path) -> None:
    ran = shell.keyturn("drift", data=private(tmp_path))
    assert ran.code == Exit.INCOMPLETE
    assert "keyturn refresh" in ran.err


def test_refresh_is_complete_and_says_so_in_both_forms(shell: Shell) -> None:
    text = shell.keyturn("refresh")
    assert text.code == Exit.IN_STEP
    assert "both sources complete" in text.out
    document = shell.keyturn("refresh", "--json").document
    assert document["complete"] is True
    assert isinstance(document["findings"], int)
    assert document["findings"] > 20


def test_drift_lists_findings_and_exits_with_one(shell: Shell) -> None:
    shell.keyturn("refresh")
    ran = shell.keyturn("drift", "--json")
    assert ran.code == Exit.DRIFT
    findings = ran.document["findings"]
    assert isinstance(findings, list)
    assert any(one["kind"] == "leaver still active" for one in findings)
    text = shell.keyturn("drift")
    assert "Dana Okafor" in text.out
    assert f"{len(findings)} findings" in text.out


def test_drift_can_refresh_first_and_still_answers_one_document(
    shell: Shell, tmp_path: Path
) -> None:
    ran = shell.keyturn("drift", "--refresh", "--json", data=private(tmp_path))
    assert ran.code == Exit.DRIFT
    assert ran.document["complete"] is True


def test_everybody_whom_an_ambiguity_names_is_marked_unknown(
    shell: Shell, session: DemoSession
) -> None:
    shell.keyturn("refresh")
    with open_reader(session.places.cache) as reader:
        rows = person_rows(reader, person_nos(reader, Scope()))
    assert [row.sign for row in rows if row.name == "O"] == ["?", "?", "?"]


def test_who_answers_the_helpdesk(shell: Shell) -> None:
    shell.keyturn("refresh")
    ran = shell.keyturn("who", "dana.okafor", "--vault", "payments")
    assert ran.code == Exit.IN_STEP
    assert "Dana Okafor can manage payments because of a direct grant" in ran.out
    document = shell.keyturn("who", "dana oka", "--json").document
    assert document["name"] == "Dana Okafor"
    paths = document["paths"]
    assert isinstance(paths, list)
    assert {"payments", "billing-ops"} <= {one["vault"] for one in paths}


def test_who_says_why_not(shell: Shell) -> None:
    shell.keyturn("refresh")
    ran = shell.keyturn("who", "lea baum", "--vault", "legal-archive")
    assert ran.code == Exit.IN_STEP, ran.err
    assert "Lea Baum cannot open legal-archive" in ran.out
    assert "Is an account in openbao matched? NO: none is" in ran.out


def test_who_does_not_guess(shell: Shell) -> None:
    shell.keyturn("refresh")
    ran = shell.keyturn("who", "nobody-of-this-name")
    assert ran.code == Exit.NOT_FOUND
    assert "nobody-of-this-name" in ran.err
    several = shell.keyturn("who", "an", "--json")
    assert several.code == Exit.NOT_FOUND
    assert "Did you mean" in several.err
    assert several.document["exit_code"] == Exit.NOT_FOUND
    no_vault = shell.keyturn("who", "dana.okafor", "--vault", "no-such-vault")
    assert no_vault.code == Exit.NOT_FOUND
    assert "payments" in no_vault.err


def test_policy_check_finds_what_the_sources_do_not_have(shell: Shell) -> None:
    shell.keyturn("refresh")
    ran = shell.keyturn("policy", "check")
    assert "contractors" in ran.out
    assert "keyturn.yaml:" in ran.out


def test_policy_check_names_five_mistakes_at_once(
    shell: Shell, session: DemoSession, tmp_path: Path
) -> None:
    path = tmp_path / "keyturn.yaml"
    path.write_text(
        "version: 1\n"
        "directory: {kind: scim, url: http://127.0.0.1:1/v2, token_env: T}\n"
        "secrets: {kind: openbao, url: http://127.0.0.1:1, token_env: lower case, colour: red}\n"
        "mappings:\n"
        "  - group: {id: g1, name: eng}\n"
        "    grants:\n"
        "      - {vault: {id: v1, name: Prod}, permissions: edti}\n"
        "limits: {removals: {count: many}, snapshot_age: 15x}\n"
        "never_touched: [root@example.org]\n",
        encoding="utf-8",
    )
    ran = shell.keyturn("policy", "check", "--json", config=path, data=private(tmp_path))
    assert ran.code == Exit.USAGE
    problems = ran.document["problems"]
    assert isinstance(problems, list)
    assert len(problems) >= 5
    assert [one["line"] for one in problems] == sorted(one["line"] for one in problems)
    preset = next(one for one in problems if one["code"] == "not-a-preset")
    assert (preset["line"], preset["path"]) == (7, "mappings[0].grants[0].permissions")
    assert 'Did you mean "edit"?' in preset["message"]


def test_a_literal_token_is_refused_and_not_repeated(
    shell: Shell, session: DemoSession, tmp_path: Path
) -> None:
    token = "hvs." + "CAESIJ8sK2m9QpLq0x" * 3
    config = changed(session, tmp_path, f"token_env: {SECRETS_TOKEN}", f"token_env: {token}")
    ran = shell.keyturn("refresh", config=config, data=private(tmp_path))
    assert ran.code == Exit.USAGE
    assert token not in ran.err + ran.out


def test_a_missing_token_names_the_variable(
    shell: Shell, session: DemoSession, tmp_path: Path
) -> None:
    config = changed(session, tmp_path, SECRETS_TOKEN, "KEYTURN_TEST_NOT_SET")
    ran = shell.keyturn("refresh", config=config, data=private(tmp_path))
    assert ran.code == Exit.INCOMPLETE
    assert "KEYTURN_TEST_NOT_SET" in ran.err


def test_a_wrong_token_is_said_and_never_shown(
    shell: Shell, session: DemoSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEYTURN_TEST_WRONG", "s.WrongWrongWrongWrong1234")
    config = changed(session, tmp_path, SECRETS_TOKEN, "KEYTURN_TEST_WRONG")
    ran = shell.keyturn("refresh", config=config, data=private(tmp_path))
    assert ran.code == Exit.INCOMPLETE
    assert "openbao" in ran.err
    assert "WrongWrong" not in ran.err + ran.out


@pytest.mark.parametrize(
    ("url", "code", "words"),
    [
        ("http://bao.example:8200", Exit.USAGE, "https"),
        ("https://keyturn.invalid:8200", Exit.INCOMPLETE, "keyturn.invalid"),
        ("http://127.0.0.1:9", Exit.INCOMPLETE, "refused"),
    ],
)
def test_an_address_that_cannot_work_is_said(
    shell: Shell, session: DemoSession, tmp_path: Path, url: str, code: Exit, words: str
) -> None:
    config = changed(session, tmp_path, session.secrets_url, url)
    ran = shell.keyturn("refresh", config=config, data=private(tmp_path))
    assert ran.code == code
    assert words in ran.err
    assert "Traceback" not in ran.err


def test_no_configuration_says_where_it_was_looked_for(shell: Shell, tmp_path: Path) -> None:
    ran = shell.keyturn("refresh", config=tmp_path / "none.yaml", data=private(tmp_path))
    assert ran.code == Exit.USAGE
    assert str(tmp_path / "none.yaml") in ran.err
    assert "keyturn demo" in ran.err


def test_readable_data_files_are_refused_with_the_fix(shell: Shell, tmp_path: Path) -> None:
    data = private(tmp_path)
    data.chmod(0o755)
    ran = shell.keyturn("refresh", data=data)
    assert ran.code == Exit.STORAGE
    assert "chmod 700" in ran.err


def test_doctor_asks_everything_and_is_well(shell: Shell) -> None:
    shell.keyturn("refresh")
    ran = shell.keyturn("doctor")
    assert ran.code == Exit.IN_STEP, ran.out
    for what in ("keyturn.yaml:", "journal.db:", "cache.db:", "openbao: secrets,"):
        assert f"\n= {what}" in ran.out
    # SCIM cannot tell whose the token is: not known is not well.
    assert "\n? scim: directory," in ran.out
    assert "? unknown  token        SCIM server: " in ran.out
    assert "= well     scope        OpenBao" not in ran.out
    assert "= well     scope        list identity/entity/id: The token may." in ran.out
    assert "not visible" in ran.out
    assert "= nothing is wrong" in ran.out


def test_doctor_goes_on_after_a_failure(shell: Shell, session: DemoSession, tmp_path: Path) -> None:
    config = changed(session, tmp_path, session.directory_url, "http://127.0.0.1:9/v2")
    ran = shell.keyturn("doctor", "--json", config=config, data=private(tmp_path))
    assert ran.code == Exit.INCOMPLETE
    checks = ran.document["checks"]
    assert isinstance(checks, list)
    well = {one["what"]: one["well"] for one in checks}
    assert well["scim"] is False
    assert well["openbao"] is True


def test_a_plan_is_saved_and_refused_once_the_policy_has_changed(
    shell: Shell, session: DemoSession, tmp_path: Path
) -> None:
    shell.keyturn("refresh")
    findings = shell.keyturn("drift", "--json").document["findings"]
    assert isinstance(findings, list)
    missing = next(one["id"] for one in findings if one["kind"] == "missing membership")
    out = tmp_path / "plan.json"
    made = shell.keyturn("plan", "--finding", missing, "--out", str(out), "--json")
    assert made.code == Exit.DRIFT, made.err
    plan = made.document["plan"]
    assert isinstance(plan, dict)
    assert [one["kind"] for one in plan["operations"]] == ["add membership"]
    assert out.stat().st_mode & 0o077 == 0

    config = changed(session, tmp_path, "limits:", "# changed\nlimits:")
    refused = shell.keyturn("apply", str(out), "--confirm", plan["confirm_with"], config=config)
    assert refused.code == Exit.REFUSED
    assert "policy" in refused.err

    edited = out.read_text(encoding="utf-8").replace("add membership", "remove membership")
    (tmp_path / "edited.json").write_text(edited, encoding="utf-8")
    bad = shell.keyturn("apply", str(tmp_path / "edited.json"), "--confirm", "1")
    assert bad.code == Exit.USAGE


def test_a_second_keyturn_is_told_who_holds_the_person(
    shell: Shell, session: DemoSession, tmp_path: Path
) -> None:
    shell.keyturn("refresh")
    planned = shell.keyturn("offboard", "dana.okafor", "--plan-only", "--json")
    assert planned.code == Exit.DRIFT, planned.err
    path = planned.document["file"]
    assert isinstance(path, str)

    from keyturn.decide.planfile import from_json
    from keyturn.run.admission import lease_targets

    plan = from_json(Path(path).read_text(encoding="utf-8"))
    with open_journal(session.places.journal) as journal:
        from keyturn.cli.work import now_ms

        generation = leases.take(
            journal,
            lease_targets(plan),
            holder="r.silva@ops-2",
            operation="Offboard Dana Okafor",
            now_ms=now_ms(),
        )
        try:
            ran = shell.keyturn("apply", path, "--confirm", plan.confirm_with)
        finally:
            leases.release(journal, generation)
    assert ran.code == Exit.LOCKED
    assert "r.silva@ops-2" in ran.err
    assert str(os.getpid()) in ran.err


def test_a_finding_that_is_not_there_is_not_planned(shell: Shell) -> None:
    shell.keyturn("refresh")
    ran = shell.keyturn("plan", "--finding", "000000000000")
    assert ran.code == Exit.NOT_FOUND
    assert "000000000000" in ran.err


def test_drift_after_a_refresh_that_failed_is_not_called_in_step(
    shell: Shell, session: DemoSession, tmp_path: Path
) -> None:
    data = private(tmp_path)
    assert shell.keyturn("refresh", data=data).code == Exit.IN_STEP
    config = changed(session, tmp_path, session.secrets_url, "http://127.0.0.1:9")
    ran = shell.keyturn("drift", "--refresh", "--json", config=config, data=data)
    assert ran.code == Exit.INCOMPLETE
    assert ran.document["complete"] is False


def test_offboarding_needs_the_login_typed(shell: Shell) -> None:
    shell.keyturn("refresh")
    assert shell.keyturn("offboard", "dana oka", "--plan-only").code == Exit.NOT_FOUND
    wrong = shell.keyturn("offboard", "dana.okafor", "--confirm", "dana")
    assert wrong.code == Exit.REFUSED
    unasked = shell.keyturn("offboard", "dana.okafor", "--json")
    assert unasked.code == Exit.REFUSED
    read_only = run(
        [
            "--read-only",
            "--config", str(shell.session.places.config),
            "--data-dir", str(shell.session.places.data),
            "offboard", "dana.okafor", "--confirm", "dana.okafor",
        ]
    )  # fmt: skip
    assert read_only == Exit.REFUSED


def test_offboarding_is_applied_verified_and_leaves_nothing_open(
    shell: Shell, session: DemoSession
) -> None:
    shell.keyturn("refresh")
    planned = shell.keyturn("offboard", "dana.okafor", "--plan-only", "--json").document["plan"]
    assert isinstance(planned, dict)
    ran = shell.keyturn("offboard", "dana.okafor", "--confirm", planned["confirm_with"], "--json")
    assert ran.code == Exit.IN_STEP, ran.err
    document = ran.document["run"]
    assert isinstance(document, dict)
    assert {step["verdict"] for step in document["steps"]} == {"effective and logged"}
    log = session.audit_log.read_text(encoding="utf-8")
    assert all(step["operation"] in log for step in document["steps"])

    shell.keyturn("refresh")
    findings = shell.keyturn("drift", "--json").document["findings"]
    assert isinstance(findings, list)
    assert not [one for one in findings if "Dana Okafor" in one["words"]]
    again = shell.keyturn("resume")
    assert again.code == Exit.IN_STEP
    assert "Nothing is open" in again.out
