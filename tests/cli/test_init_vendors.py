"""`keyturn init` and `keyturn doctor` against a simulated Okta and a simulated 1Password."""

import json
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.providers.onepassword.events_double import jwt
from tests.providers.onepassword.whole import BRIDGE_TOKEN, Whole, whole
from tests.providers.simulated_okta.acme import ACME, SECRET

from keyturn.cli.app import run
from keyturn.cli.exit_codes import Exit
from keyturn.policy.load import load_policy
from keyturn_providers.onepassword.events.token import OLD_AUDIENCE
from keyturn_providers.simulated.okta.application import app
from keyturn_providers.simulated.okta.seeding import create, seed
from keyturn_providers.simulated.onepassword import inspection
from keyturn_providers.simulated.wire.serving import serve_in_thread


@dataclass
class Vendors:
    """Both tenants served, and where the file is to be written."""

    okta: str
    onepassword: Whole
    config: Path
    data: Path
    capsys: pytest.CaptureFixture[str]

    def answers(self) -> dict[str, str]:
        program = str(inspection.op_program())
        command = [sys.executable, "-S", "-E", program, "--state", str(self.onepassword.path)]
        return {
            "organisation": "acme",
            "directory.kind": "okta",
            "directory.url": self.okta,
            "directory.token_env": "TEST_OKTA_TOKEN",
            "directory.app": "1Password",
            "secrets.kind": "onepassword",
            "secrets.account": "acme.1password.com",
            "secrets.op.command": shlex.join(command),
            "secrets.bridge.url": self.onepassword.bridge,
            "secrets.bridge.token_env": "TEST_BRIDGE_TOKEN",
        }

    def keyturn(self, *arguments: str) -> tuple[int, str, str]:
        code = run(["--config", str(self.config), "--data-dir", str(self.data), *arguments])
        said = self.capsys.readouterr()
        return code, said.out, said.err

    def init(self, answers: dict[str, str], *more: str) -> tuple[int, str, str]:
        given = [part for key, value in answers.items() for part in ("--answer", f"{key}={value}")]
        return self.keyturn("init", *given, *more)


@pytest.fixture
def vendors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Vendors]:
    monkeypatch.setenv("TEST_OKTA_TOKEN", SECRET)
    monkeypatch.setenv("TEST_BRIDGE_TOKEN", BRIDGE_TOKEN)
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    state = tmp_path / "okta.db"
    create(state)
    seed(state, ACME)
    with serve_in_thread([(app(state), 0)]) as (okta,), whole(tmp_path / "1p.db") as onepassword:
        yield Vendors(okta, onepassword, tmp_path / "keyturn.yaml", data, capsys)


def test_what_init_writes_is_what_doctor_finds_well(vendors: Vendors) -> None:
    code, out, err = vendors.init(vendors.answers())
    assert code == Exit.IN_STEP, out + err
    loaded = load_policy(vendors.config)
    assert loaded.directory.settings["app"] == "1Password"
    assert loaded.secrets.settings["bridge"] == {
        "url": vendors.onepassword.bridge,
        "token_env": "TEST_BRIDGE_TOKEN",
    }
    assert "users_api" not in loaded.secrets.settings
    assert "not visible: " in out
    text = vendors.config.read_text(encoding="utf-8")
    assert SECRET not in out + err + text
    assert BRIDGE_TOKEN not in out + err + text

    code, out, _ = vendors.keyturn("doctor", "--json")
    sources = {one["kind"]: one for one in json.loads(out)["sources"]}
    assert sources["okta"]["error"] is None
    assert sources["onepassword"]["error"] is None
    topics = {one["topic"] for one in sources["okta"]["checks"]}
    assert {"reachability", "certificate", "clock", "token", "scope", "rate limit"} <= topics
    wrong = [one for s in sources.values() for one in s["checks"] if one["condition"] == "wrong"]
    assert code == (Exit.INCOMPLETE if wrong else Exit.IN_STEP)


def test_for_an_older_events_token_init_takes_the_address_too(
    vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a token does not name the host it is for: without the address keyturn says so."""
    monkeypatch.setenv("TEST_EVENTS_TOKEN", jwt(aud=[OLD_AUDIENCE]))
    answers = {**vendors.answers(), "secrets.events.token_env": "TEST_EVENTS_TOKEN"}
    code, out, _ = vendors.init(answers)
    assert code == Exit.IN_STEP
    assert "The token does not name the host it is for" in out
    token = inspection.events_token(vendors.onepassword.path, vendors.onepassword.events)
    monkeypatch.setenv("TEST_EVENTS_TOKEN", token)
    answers["secrets.events.url"] = vendors.onepassword.events
    code, out, _ = vendors.init(answers, "--force")
    assert code == Exit.IN_STEP
    assert "The token may read auditevents." in out
    assert load_policy(vendors.config).secrets.settings["events"] == {
        "token_env": "TEST_EVENTS_TOKEN",
        "url": vendors.onepassword.events,
    }


def test_a_token_that_is_refused_ends_init_with_its_reason(
    vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_OKTA_TOKEN", "00wrongWrongWrong")
    code, out, err = vendors.init(vendors.answers())
    assert code == Exit.INCOMPLETE
    assert "401" in err
    assert "00wrongWrongWrong" not in out + err
    assert not vendors.config.exists()


def test_an_account_with_no_surface_at_all_is_refused(vendors: Vendors) -> None:
    answers = {
        key: value
        for key, value in vendors.answers().items()
        if key == "secrets.kind" or key.startswith("directory.")
    }
    code, _, err = vendors.init(answers, "--no-probe")
    assert code == Exit.USAGE
    assert "Name at least one of account (for op), bridge, users_api, events" in err
    assert not vendors.config.exists()


def test_a_part_that_is_begun_has_to_be_whole(vendors: Vendors) -> None:
    answers = {**vendors.answers(), "secrets.users_api.region": "com"}
    code, _, err = vendors.init(answers, "--no-probe")
    assert code == Exit.USAGE
    assert "secrets.users_api.account_id is missing" in err
    assert "secrets.users_api.client_id is missing" in err
