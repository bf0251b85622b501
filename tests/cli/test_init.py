"""`keyturn init`, answered by a script and at a terminal, over made-up servers."""

import io
import json
import os
import pty
import select
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.children import reaped
from tests.cli.served import BAO_VARIABLE, SCIM_VARIABLE, Served, served
from tests.fault.scim_tenant import ScimTenant, people, scim_error
from tests.providers.openbao.fake_vault import small_vault

from keyturn.cli.app import run
from keyturn.cli.exit_codes import Exit
from keyturn.policy.load import load_policy

# Where the tests themselves run in the background, SIGINT is ignored, and that is inherited.
AT_A_TERMINAL = """
import fcntl, signal, termios
signal.signal(signal.SIGINT, signal.default_int_handler)
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from keyturn.cli import main
raise SystemExit(main())
"""
TOKEN = "s.the-token-of-the-test"
PASTED = "hvs.CAESIJsentinelsentinelsentinel"


class Terminal(io.StringIO):
    """What a person types, line by line."""

    def isatty(self) -> bool:
        return True


@dataclass
class Stage:
    """Both servers, a place for the file, and what was said."""

    tenant: ScimTenant
    servers: Served
    config: Path
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    @property
    def answers(self) -> dict[str, str]:
        return {
            "directory.kind": "scim",
            "directory.url": self.servers.directory.url,
            "directory.token_env": SCIM_VARIABLE,
            "secrets.kind": "openbao",
            "secrets.url": self.servers.secrets.url,
            "secrets.token_env": BAO_VARIABLE,
        }

    def init(self, *more: str, answers: dict[str, str] | None = None) -> tuple[int, str, str]:
        given = self.answers if answers is None else answers
        options = [part for key, value in given.items() for part in ("--answer", f"{key}={value}")]
        code = run(["--config", str(self.config), "init", *options, *more])
        said = self.capsys.readouterr()
        return code, said.out, said.err

    def types(self, *lines: str) -> None:
        self.monkeypatch.setattr(sys, "stdin", Terminal("".join(f"{line}\n" for line in lines)))

    def left(self) -> list[str]:
        return sorted(path.name for path in self.config.parent.iterdir())


@pytest.fixture
def stage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Stage]:
    monkeypatch.setenv(SCIM_VARIABLE, TOKEN)
    monkeypatch.setenv(BAO_VARIABLE, TOKEN)
    folder = tmp_path / "config"
    folder.mkdir()
    tenant = ScimTenant(people(2), config={"patch": {"supported": True}})
    with served(tenant, small_vault()) as servers:
        yield Stage(tenant, servers, folder / "keyturn.yaml", capsys, monkeypatch)


# ------------------------------------------------------------------ by a script


def test_a_script_gets_a_file_that_policy_check_takes(stage: Stage, tmp_path: Path) -> None:
    answers = {**stage.answers, "organisation": "Acme: #1"}
    code, out, err = stage.init(answers=answers)
    assert code == Exit.IN_STEP, err
    assert stage.left() == ["keyturn.yaml"]
    assert stage.config.stat().st_mode & 0o777 == 0o666 & ~_umask()
    loaded = load_policy(stage.config)
    assert loaded.organisation == "Acme: #1"
    assert loaded.directory.token_env == SCIM_VARIABLE
    assert TOKEN not in out + err + stage.config.read_text(encoding="utf-8")
    for verb in ("keyturn doctor", "keyturn refresh", "keyturn policy check"):
        assert verb in out
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    assert run(["--config", str(stage.config), "--data-dir", str(data), "policy", "check"]) == 0


def test_it_looks_at_both_sources_and_changes_nothing(stage: Stage) -> None:
    stage.tenant.fault = lambda _n, r: scim_error(403) if r.path == "/Groups" else None
    code, out, _ = stage.init()
    assert code == Exit.IN_STEP
    assert "! wrong    scope        /Groups: " in out
    assert "lost: groups, and who is in them" in out
    assert "= well     scope        list identity/entity/id: The token may." in out
    assert stage.servers.writes() == []


def test_for_programs_there_is_one_document(stage: Stage) -> None:
    code, out, _ = stage.init("--json")
    document = json.loads(out)
    assert code == Exit.IN_STEP
    assert document["config"] == str(stage.config)
    assert [one["kind"] for one in document["sources"]] == ["scim", "openbao"]


def test_everything_that_is_missing_is_named_at_once(stage: Stage) -> None:
    code, _, err = stage.init(answers={"directory.kind": "scim", "secrets.kind": "openbao"})
    assert code == Exit.USAGE
    assert "directory.url is missing: Base address" in err
    assert "secrets.url is missing: Address of the server" in err
    assert "--answer KEY=VALUE" in err
    assert stage.left() == []


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("directory.url", "http://idp.example/v2", "Plain http"),
        ("directory.kind", "okra", "Use one of: "),
        ("directory.colour", "red", 'There is no question "directory.colour" here'),
        ("directory.token_env", PASTED, "looks like a token"),
        ("directory.url", f"https://x:{PASTED}@idp.example", "looks like a token"),
        ("organisation", "a\u202eb", "bidirectional"),
    ],
)
def test_an_answer_that_cannot_be_used_is_named_and_not_repeated(
    stage: Stage, key: str, value: str, words: str
) -> None:
    answers = {**stage.answers, key: value}
    code, out, err = stage.init(answers=answers)
    assert code == Exit.USAGE
    assert words in err
    assert "sentinel" not in out + err
    assert stage.left() == []


def test_an_answer_without_a_value_or_twice_is_refused(stage: Stage) -> None:
    assert stage.init("--answer", "directory.url")[0] == Exit.USAGE
    assert stage.init("--answer", "directory.kind=scim")[0] == Exit.USAGE
    assert stage.left() == []


def test_an_existing_file_is_left_alone_unless_forced(stage: Stage) -> None:
    stage.config.write_text("# mine\n", encoding="utf-8")
    code, _, err = stage.init()
    assert code == Exit.USAGE
    assert "--force" in err
    assert stage.config.read_text(encoding="utf-8") == "# mine\n"
    assert stage.servers.directory.seen == []
    code, _, _ = stage.init("--force")
    assert code == Exit.IN_STEP
    assert "# mine" not in stage.config.read_text(encoding="utf-8")
    assert stage.left() == ["keyturn.yaml"]


def test_a_source_that_cannot_be_asked_ends_it_unless_it_need_not_be(stage: Stage) -> None:
    stage.monkeypatch.delenv(SCIM_VARIABLE)
    code, _, err = stage.init()
    assert code == Exit.INCOMPLETE
    assert f"the environment variable {SCIM_VARIABLE} is not set" in err
    assert "--no-probe" in err
    assert stage.left() == []
    code, _, _ = stage.init("--no-probe")
    assert code == Exit.IN_STEP
    assert load_policy(stage.config).directory.token_env == SCIM_VARIABLE


def test_a_place_that_cannot_be_written_is_said(stage: Stage) -> None:
    stage.config.parent.joinpath("file").write_text("", encoding="utf-8")
    stage.config = stage.config.parent / "file" / "keyturn.yaml"
    code, _, err = stage.init()
    assert code == Exit.USAGE
    assert "cannot be written" in err


# ------------------------------------------------------------------ at a terminal


def test_a_person_is_asked_told_and_corrected(stage: Stage) -> None:
    stage.types(
        "Acme",
        "scim",
        "idp.example",  # no address: asked again
        stage.servers.directory.url,
        PASTED,  # a token: refused, asked again
        SCIM_VARIABLE,
        "",
        "",
        "n",  # not content: asked again, and Enter keeps the answers
        "",
        "",
        "",
        "4711",
        "",
        "y",
        "",  # the only kind of secret manager, or asked again
        *([] if _only_openbao() else ["openbao"]),
        stage.servers.secrets.url,
        BAO_VARIABLE,
        "",
        "",
        "",
        "",
    )
    code, out, err = stage.init(answers={})
    assert code == Exit.IN_STEP, err
    loaded = load_policy(stage.config)
    assert loaded.organisation == "Acme"
    assert loaded.directory.settings["own_account"] == "4711"
    assert loaded.secrets.token_env == BAO_VARIABLE
    assert "must look like https://" in err
    assert "looks like a token" in err
    assert "sentinel" not in out + err
    assert "SCIM cannot tell. With it, keyturn refuses to suspend itself." in err


def test_what_is_given_is_not_asked(stage: Stage) -> None:
    stage.types("", "", "", "", "", "", "", "")
    code, _, err = stage.init()
    assert code == Exit.IN_STEP, err
    assert "Base address of the SCIM server" not in err
    assert "Id of the account that the token belongs to" in err


def _heard(ours: int, said: bytes, words: bytes, again: bytes = b"") -> bytes:
    """What was said until `words` came; `again` is typed where nothing comes for a while."""
    for _ in range(100):
        if words in said:
            return said
        if select.select([ours], [], [], 10)[0]:
            said += os.read(ours, 4096)
        elif again:
            os.write(ours, again)
    raise AssertionError(f"it never came: {said!r}")


def test_ctrl_c_at_a_terminal_leaves_nothing_behind(stage: Stage) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "wb"), reaped(
        subprocess.Popen(
            [sys.executable, "-c", AT_A_TERMINAL, "--config", str(stage.config), "init"],
            stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        )
    ) as running:  # fmt: skip
        os.close(theirs)
        said = _heard(ours, b"", b"Name of the organisation")
        os.write(ours, b"Acme\n")
        said = _heard(ours, said, b"Kind")
        os.write(ours, b"\x03")
        # Python notices a signal that comes between a prompt and the reading of its answer only
        # once something was read: whoever sees nothing happen presses the keys again.
        _heard(ours, said, b"Nothing was written", again=b"\x03")
        assert running.wait(60) == Exit.INTERRUPTED
    assert stage.left() == []


def test_the_end_of_input_is_an_interruption(stage: Stage) -> None:
    stage.types("Acme")
    code, _, err = stage.init(answers={})
    assert code == Exit.INTERRUPTED
    assert "Nothing was written" in err
    assert stage.left() == []


def _only_openbao() -> bool:
    from keyturn_providers.records import Side
    from keyturn_providers.registry import find, kinds

    return [kind for kind in kinds() if find(kind).side is Side.SECRETS] == ["openbao"]


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
