"""A source's kind and settings are checked with the rest of the file, each at its place."""

import pytest
from pydantic import BaseModel

from keyturn.policy.load import parse_policy, validate_settings
from keyturn.policy.problems import Code, PolicyInvalid, Problem
from keyturn_providers.onepassword.settings import OnePasswordSettings
from keyturn_providers.openbao.settings import OpenBaoSettings
from keyturn_providers.scim.settings import ScimSettings

CONNECTORS: dict[str, type[BaseModel]] = {
    "scim": ScimSettings,
    "openbao": OpenBaoSettings,
    "onepassword": OnePasswordSettings,
}
GOOD = """\
version: 1
directory: {kind: scim, url: https://idp.example/scim/v2, token_env: T}
secrets: {kind: openbao, url: http://127.0.0.1:8200, token_env: B, concurrency: 4}
"""


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(PolicyInvalid) as caught:
        parse_policy(text.encode(), "keyturn.yaml", CONNECTORS)
    return caught.value.problems


def test_good_sources_are_loaded() -> None:
    assert parse_policy(GOOD.encode(), "keyturn.yaml", CONNECTORS).secrets.kind == "openbao"


def test_a_kind_that_is_not_installed_is_named_with_the_near_one() -> None:
    (found,) = problems(GOOD.replace("kind: scim", "kind: scm"))
    assert (found.line, found.column, found.path) == (2, 19, "directory.kind")
    assert found.code is Code.NOT_A_CHOICE
    assert 'Did you mean "scim"?' in found.message


def test_a_kind_like_no_other_is_told_which_there_are() -> None:
    (found,) = problems(GOOD.replace("kind: openbao", "kind: keychain"))
    assert "There are: onepassword, openbao, scim." in found.message


@pytest.mark.parametrize("side", ["scim", "openbao"])
def test_plain_http_to_another_host_is_refused_where_it_stands(side: str) -> None:
    old = "https://idp.example/scim/v2" if side == "scim" else "http://127.0.0.1:8200"
    (found,) = problems(GOOD.replace(old, "http://other.example/v1"))
    assert found.path == ("directory.url" if side == "scim" else "secrets.url")
    assert "only https is used" in found.message
    assert found.line == (2 if side == "scim" else 3)


def test_wrong_sources_do_not_hide_other_mistakes_nor_the_reverse() -> None:
    text = GOOD.replace("kind: scim", "kind: scm").replace("concurrency: 4", "concurency: 4")
    found = problems(f"{text}colour: red\n")
    assert [one.path for one in found] == ["directory.kind", "secrets.concurency", "colour"]


SURFACES = """\
version: 1
directory: {kind: scim, url: https://idp.example/scim/v2, token_env: T}
secrets:
  kind: onepassword
  account: acme.1password.com
  op: {command: [op, --config, /etc/op], pace_writes_s: 2}
  bridge: {url: https://scim.acme.example, token_env: OP_BRIDGE_TOKEN}
  users_api: {region: eu, account_id: ABC, client_id: K2, token_command: [pass, users]}
  events: {token_env: OP_EVENTS_TOKEN}
"""


def test_a_source_whose_parts_have_the_credentials_is_loaded() -> None:
    loaded = parse_policy(SURFACES.encode(), "keyturn.yaml", CONNECTORS)
    assert loaded.secrets.token_env is None
    told = validate_settings(loaded.secrets, OnePasswordSettings, loaded)
    assert told.op.command == ("op", "--config", "/etc/op")
    assert told.op.pace_writes_s == 2
    assert told.users_api is not None
    assert told.users_api.token_command == ("pass", "users")


def test_a_source_without_any_credential_is_loaded() -> None:
    text = f"{GOOD.partition('secrets:')[0]}secrets: {{kind: onepassword, account: acme}}\n"
    loaded = parse_policy(text.encode(), "keyturn.yaml", CONNECTORS)
    assert validate_settings(loaded.secrets, OnePasswordSettings, loaded).account == "acme"


@pytest.mark.parametrize(
    ("old", "new", "path", "words"),
    [
        (", token_env: OP_BRIDGE_TOKEN", "", "secrets.bridge", "token_env or token_command"),
        ("token_env: OP_BRIDGE_TOKEN", "tokn_env: X", "secrets.bridge.tokn_env", "token_env"),
        (
            "OP_EVENTS_TOKEN",
            "abcDEF123abcDEF123abcDEF123",
            "secrets.events.token_env",
            "not the token itself",
        ),
        ("  account:", "  token_env: OP_TOKEN\n  account:", "secrets.token_env", "into the part"),
        ("https://scim.acme", "http://scim.acme", "secrets.bridge.url", "only https is used"),
        ("region: eu", "region: us", "secrets.users_api.region", "eu"),
    ],
)
def test_what_is_wrong_in_a_part_is_told_at_its_place(
    old: str, new: str, path: str, words: str
) -> None:
    found = problems(SURFACES.replace(old, new))
    assert path in [one.path for one in found]
    (told,) = [one for one in found if one.path == path]
    assert words in told.message
    assert "abcDEF123" not in told.message
