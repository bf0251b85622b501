"""Opening the sources a policy names, and the credential at the moment of need."""

import stat
import sys
from pathlib import Path

import pytest

from keyturn.policy.load import parse_policy
from keyturn.policy.loaded import LoadedPolicy, SourceConfig
from keyturn.run.connections import open_connections
from keyturn.run.credentials import secret_of
from keyturn_providers.errors import Misconfigured, NotAuthenticated, ProviderError, ReadOnly

SENTINEL = "s3ntinel-t0ken-value"

POLICY = """\
version: 1
directory: {kind: scim, url: "https://id.example", token_env: DIRECTORY_TOKEN}
secrets: {kind: openbao, url: "https://bao.example", token_env: SECRETS_TOKEN}
"""


def _loaded(text: str = POLICY) -> LoadedPolicy:
    return parse_policy(text.encode(), "keyturn.yaml")


def _config(*, env: str | None = None, command: tuple[str, ...] = ()) -> SourceConfig:
    return SourceConfig("scim", "corp-id", {}, env, command, 7, "directory")


def test_where_only_the_cache_may_be_shown_no_source_is_opened() -> None:
    with pytest.raises(NotAuthenticated, match="serve it --with-credentials"):
        open_connections(_loaded(), environ={"KEYTURN_SHOW_ONLY": "1", "DIRECTORY_TOKEN": "t"})


async def test_both_sources_open_without_a_request_or_a_credential() -> None:
    connections = open_connections(_loaded(), environ={})
    try:
        with pytest.raises(NotAuthenticated, match="DIRECTORY_TOKEN is not set"):
            await connections.directory.about()
    finally:
        await connections.aclose()


@pytest.mark.parametrize("in_file", [True, False])
async def test_read_only_makes_no_writer(in_file: bool) -> None:
    text = f"{POLICY}mode: read-only\n" if in_file else POLICY
    connections = open_connections(_loaded(text), read_only=not in_file, environ={})
    try:
        assert connections.read_only
        for connector in (connections.directory, connections.secrets):
            with pytest.raises(ReadOnly):
                connector.writer()
    finally:
        await connections.aclose()


def test_a_source_on_the_wrong_side_is_named() -> None:
    text = POLICY.replace("kind: scim", "kind: openbao, name: corp-id")
    with pytest.raises(Misconfigured, match="openbao is a secrets source"):
        open_connections(_loaded(text), environ={})


def test_an_unknown_kind_names_the_known_ones() -> None:
    text = POLICY.replace("kind: scim", "kind: nosuch")
    with pytest.raises(Misconfigured, match="scim"):
        open_connections(_loaded(text), environ={})


def test_the_variable_is_read_when_it_is_needed() -> None:
    environ: dict[str, str] = {}
    secret = secret_of(_config(env="T"), environ)
    with pytest.raises(NotAuthenticated, match="variable T is not set"):
        secret()
    environ["T"] = ""
    with pytest.raises(NotAuthenticated, match="variable T is empty"):
        secret()
    environ["T"] = f" {SENTINEL}\n"
    assert secret().get_secret_value() == SENTINEL
    assert SENTINEL not in repr(secret())


def test_no_credential_at_all_is_a_mistake_in_the_file() -> None:
    with pytest.raises(Misconfigured, match="line 7"):
        secret_of(_config(), {})()


def test_a_command_is_run_once_without_a_shell(tmp_path: Path) -> None:
    counter = tmp_path / "ran"
    program = tmp_path / "token program"
    program.write_text(
        f"#!{sys.executable}\nimport sys\n"
        f"open({str(counter)!r}, 'a').write('x')\nprint({SENTINEL!r} + sys.argv[1])\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    secret = secret_of(_config(command=(str(program), "; rm -rf $HOME")), {})
    assert secret().get_secret_value() == f"{SENTINEL}; rm -rf $HOME"
    secret()
    assert counter.read_text() == "x"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (f"import sys; print({SENTINEL!r}); sys.exit(3)", "ended with code 3"),
        ("pass", "did not write one line"),
        (f"print({SENTINEL!r}); print('more')", "did not write one line"),
        (f"import sys; print({SENTINEL!r}, file=sys.stderr); sys.exit(1)", "ended with code 1"),
    ],
)
def test_a_command_that_fails_is_named_and_tells_nothing_it_wrote(script: str, words: str) -> None:
    with pytest.raises(NotAuthenticated, match=words) as caught:
        secret_of(_config(command=(sys.executable, "-c", script)), {})()
    assert SENTINEL not in str(caught.value)
    assert SENTINEL not in repr(caught.value.__context__)


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(NotAuthenticated, match="/nowhere/op of token_command was not found"):
        secret_of(_config(command=("/nowhere/op", "read")), {})()


SURFACES = """\
version: 1
directory: {kind: scim, url: "https://id.example", token_env: DIRECTORY_TOKEN}
secrets:
  kind: onepassword
  bridge: {url: "http://127.0.0.1:9", token_env: BRIDGE_TOKEN}
  events: {token_env: EVENTS_TOKEN}
"""


async def test_each_part_of_a_source_is_given_its_own_credential() -> None:
    connections = open_connections(_loaded(SURFACES), environ={"EVENTS_TOKEN": SENTINEL})
    try:
        with pytest.raises(ProviderError) as caught:
            await connections.secrets.about()
    finally:
        await connections.aclose()
    # The bridge's variable is missing; the events' token was taken and does not name its host.
    assert "BRIDGE_TOKEN is not set" in str(caught.value)
    assert "does not name the host" in str(caught.value)
    assert SENTINEL not in str(caught.value)


async def test_a_source_without_any_credential_opens() -> None:
    text = f"{POLICY.partition('secrets:')[0]}secrets: {{kind: onepassword, account: acme}}\n"
    connections = open_connections(_loaded(text), environ={})
    connections.secrets.reader()
    connections.secrets.writer()
    await connections.aclose()
