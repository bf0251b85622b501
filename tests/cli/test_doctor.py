"""`keyturn doctor` over made-up servers: all asked, every answer shown, nothing changed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.cli.served import BAO_VARIABLE, SCIM_VARIABLE, Served, served
from tests.fault.scim_tenant import ScimTenant, people, scim_error
from tests.providers.openbao.fake_vault import FakeVault, small_vault, told

from keyturn.cli import work
from keyturn.cli.app import run
from keyturn.cli.exit_codes import Exit
from keyturn_providers.contract import Topic

TOKEN = "s.the-token-of-the-test"


@dataclass
class Stage:
    """Both servers, and a place for the files."""

    tenant: ScimTenant
    vault: FakeVault
    servers: Served
    config: Path
    folder: Path
    capsys: pytest.CaptureFixture[str]

    def doctor(self, *arguments: str) -> tuple[int, str]:
        data = str(self.folder / "data")
        code = run(["--config", str(self.config), "--data-dir", data, *arguments])
        return code, self.capsys.readouterr().out

    def document(self, *before: str) -> tuple[int, dict[str, dict[str, object]]]:
        code, out = self.doctor(*before, "doctor", "--json")
        return code, {one["name"]: one for one in json.loads(out)["sources"]}


@pytest.fixture
def stage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Stage]:
    monkeypatch.setenv(SCIM_VARIABLE, TOKEN)
    monkeypatch.setenv(BAO_VARIABLE, TOKEN)
    (tmp_path / "data").mkdir(mode=0o700)
    tenant = ScimTenant(people(2), config={"patch": {"supported": True}})
    vault = small_vault()
    with served(tenant, vault) as servers:
        yield Stage(tenant, vault, servers, servers.config(tmp_path), tmp_path, capsys)


def test_what_is_well_and_what_is_not_known_are_told_apart(stage: Stage) -> None:
    code, out = stage.doctor("doctor")
    assert code == Exit.IN_STEP, out
    assert "\n? scim: directory, scim at http://127.0.0.1" in out
    assert "  = well     reachability SCIM server: http://127.0.0.1" in out
    assert "  ? unknown  token        SCIM server: SCIM tells neither" in out
    assert "  ~ watch    health       audit log: No audit_log is configured" in out
    assert "lost: whether a change was logged" in out
    assert "  can: add membership, list accounts, " in out
    assert "= nothing is wrong" in out
    assert TOKEN not in out
    assert stage.servers.writes() == []


def test_checks_come_by_topic_and_the_worst_of_a_topic_first(stage: Stage) -> None:
    stage.tenant.fault = lambda _n, r: scim_error(403) if r.path == "/Groups" else None
    code, sources = stage.document()
    assert code == Exit.INCOMPLETE
    checks = sources["scim"]["checks"]
    assert isinstance(checks, list)
    topics = [one["topic"] for one in checks]
    assert topics == sorted(topics, key=[topic.value for topic in Topic].index)
    assert len(set(topics)) > 4
    scopes = [(one["subject"], one["condition"]) for one in checks if one["topic"] == "scope"]
    assert scopes[0] == ("/Groups", "wrong")
    assert sources["scim"]["condition"] == "wrong"
    assert sources["openbao"]["error"] is None
    _, out = stage.doctor("doctor")
    assert "  ! wrong    scope        /Groups: " in out
    assert "lost: groups, and who is in them" in out
    assert "! wrong: scim\n" in out


def test_a_source_that_fails_says_who_what_why_and_what_next(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(SCIM_VARIABLE)
    code, sources = stage.document()
    assert code == Exit.INCOMPLETE
    error = sources["scim"]["error"]
    assert isinstance(error, dict)
    assert error["who"] == "scim"
    assert f"the environment variable {SCIM_VARIABLE} is not set" in error["why"]
    assert error["what"]
    assert error["next"]
    assert sources["openbao"]["error"] is None
    _, out = stage.doctor("doctor")
    assert "! scim: directory, scim\n" in out
    assert "next: Put the token for scim into" in out
    assert "openbao: secrets, openbao at" in out


def test_settings_that_open_no_connector_do_not_hide_the_other_source(stage: Stage) -> None:
    text = stage.config.read_text(encoding="utf-8")
    stage.config.write_text(text.replace("kind: scim,", "kind: scim, ca_file: /none/ca.pem,"))
    stage.config.write_text(
        stage.config.read_text().replace(stage.servers.directory.url, "https://idp.example.invalid")
    )
    code, sources = stage.document()
    assert code == Exit.USAGE
    assert "ca_file /none/ca.pem cannot be used" in str(sources["scim"]["error"])
    assert sources["openbao"]["error"] is None


def test_read_only_says_that_changes_are_off_and_not_that_they_are_missing(stage: Stage) -> None:
    _, out = stage.doctor("--read-only", "doctor")
    assert "(read-only: nothing that changes is opened)" in out
    assert "update identity/group/id" not in out
    _, sources = stage.document("--read-only")
    lacking = sources["openbao"]["lacking"]
    assert isinstance(lacking, list)
    assert "suspend" in lacking


def test_a_directory_is_not_blamed_for_having_no_vaults(stage: Stage) -> None:
    _, sources = stage.document()
    lacking = sources["scim"]["lacking"]
    assert isinstance(lacking, list)
    assert "read audit events" in lacking
    assert not {"list vaults", "grant", "revoke"} & set(lacking)


def test_text_from_a_server_is_made_safe(stage: Stage) -> None:
    stage.vault.before = lambda r: (
        told({"errors": ["no\x1b]52;c;aGk=\x07"]}, 400)
        if r.path == "/v1/sys/capabilities-self"
        else None
    )
    _, out = stage.doctor("doctor")
    assert "\x1b" not in out
    assert "does not tell what the token may do (no␛" in out


def test_a_configuration_that_is_wrong_leaves_the_files_checked(stage: Stage) -> None:
    stage.config.write_text("version: 7\n", encoding="utf-8")
    code, out = stage.doctor("doctor")
    assert code == Exit.USAGE
    assert "! wrong: keyturn.yaml: " in out
    assert "= journal.db: chain of 0 entries is whole" in out


def test_a_source_not_read_whole_for_too_long_is_wrong(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "= silence: limits.silence allows 24 h; nothing was read" in stage.doctor("doctor")[1]
    code, out = stage.doctor("refresh")
    assert code == Exit.IN_STEP, out
    code, out = stage.doctor("doctor")
    assert "allows 24 h; scim and openbao read whole within it" in out
    later_ms = work.now_ms() + 25 * 3_600_000
    monkeypatch.setattr("keyturn.cli.verbs.doctor.now_ms", lambda: later_ms)
    code, out = stage.doctor("doctor")
    assert code == Exit.SILENT
    assert "! wrong: silence: scim was last read whole" in out
    assert "; openbao was last read whole" in out
