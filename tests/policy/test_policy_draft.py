"""The file that init writes is read back as what was answered, and its examples are valid."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from keyturn.policy.answers import (
    NotUsable,
    Value,
    credential_of,
    nested,
    settings_problems,
    value_of,
)
from keyturn.policy.draft import EXAMPLES, SourceDraft, draft_text, scalar
from keyturn.policy.load import parse_policy
from keyturn_providers.onepassword.questions import QUESTIONS as ONEPASSWORD
from keyturn_providers.openbao.settings import OpenBaoSettings
from keyturn_providers.questions import AnswerForm, Question
from keyturn_providers.scim.questions import QUESTIONS as SCIM
from keyturn_providers.scim.settings import ScimSettings
from keyturn_providers.text import is_hostile

CONNECTORS: dict[str, type[BaseModel]] = {"scim": ScimSettings, "openbao": OpenBaoSettings}
TOKEN = Question("token", "Where from", "…", form=AnswerForm.CREDENTIAL)
DIRECTORY = SourceDraft(
    "scim", {"url": "https://idp.example/scim/v2", "token_env": "SCIM_TOKEN", "own_account": "4711"}
)
SECRETS = SourceDraft(
    "openbao",
    {
        "url": "https://bao.example:8200",
        "token_command": ("op", "read", "op://Ops Team/bao, main/token: one #2"),
        "audit_log": "/var/log/open bao/audit.log",
    },
)


def test_what_was_answered_is_read_back() -> None:
    text = draft_text(DIRECTORY, SECRETS, "Acme: Research & more #1")
    loaded = parse_policy(text.encode(), "keyturn.yaml", CONNECTORS)
    assert loaded.organisation == "Acme: Research & more #1"
    assert loaded.directory.kind == "scim"
    assert loaded.directory.settings == {
        "url": "https://idp.example/scim/v2",
        "own_account": "4711",
    }
    assert loaded.directory.token_env == "SCIM_TOKEN"
    assert loaded.secrets.token_command == SECRETS.answers["token_command"]
    assert loaded.secrets.settings["audit_log"] == "/var/log/open bao/audit.log"
    assert not loaded.read_only
    assert loaded.rules.mappings == ()


def test_a_part_is_written_as_a_part() -> None:
    answers: dict[str, Value] = {"account": "acme.1password.com", "bridge.url": "https://scim.acme.example",
               "bridge.token_env": "OP_BRIDGE_TOKEN", "op.command": ("op",)}  # fmt: skip
    loaded = parse_policy(
        draft_text(DIRECTORY, SourceDraft("onepassword", answers)).encode(), "keyturn.yaml"
    )
    assert loaded.secrets.settings == {
        "account": "acme.1password.com",
        "bridge": {"url": "https://scim.acme.example", "token_env": "OP_BRIDGE_TOKEN"},
        "op": {"command": ["op"]},
    }
    assert nested(answers) == {**loaded.secrets.settings, "op": {"command": ("op",)}}


def test_the_examples_are_valid_and_stand_in_the_file_as_comments() -> None:
    text = draft_text(DIRECTORY, SECRETS)
    for line in EXAMPLES.splitlines():
        assert f"\n#{line}\n" in text
    uncommented = "\n".join(
        line[1:] if line[1:] in [*EXAMPLES.splitlines(), "mode: read-only"] else line
        for line in text.splitlines()
    )
    loaded = parse_policy(uncommented.encode(), "keyturn.yaml", CONNECTORS)
    assert len(loaded.rules.mappings) == 1
    assert len(loaded.rules.exceptions) == 1
    assert list(loaded.rules.never_touch) == ["breakglass@acme.example"]
    assert loaded.read_only
    assert loaded.rules.limits == parse_policy(text.encode(), "k").rules.limits


@given(st.text(min_size=1, max_size=60).map(lambda t: " ".join(t.split())).filter(bool))
def test_any_text_comes_back_as_it_was(text: str) -> None:
    if is_hostile(text):
        return  # is refused before it is written
    import yaml

    for line in (f"a: {scalar(text)}", f"a: [{scalar(text)}]"):
        document = yaml.load(line, Loader=yaml.BaseLoader)
        assert document == ({"a": text} if "[" not in line[:4] else {"a": [text]})


@pytest.mark.parametrize("text", ["true", "No", "null", "12", "1.5", "2027-01-31", "0x1f", "~", ""])
def test_text_that_looks_like_another_type_is_quoted(text: str) -> None:
    assert scalar(text) == f'"{text}"'


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("SCIM_TOKEN", "token_env", "SCIM_TOKEN"),
        ("pass show bao/keyturn", "token_command", ("pass", "show", "bao/keyturn")),
        ("op read 'op://Ops Team/x/token'", "token_command",
         ("op", "read", "op://Ops Team/x/token")),
        ("op item get q3m5h2k4l6n7p8r9s2t4v6w8x1 --fields token", "token_command",
         ("op", "item", "get", "q3m5h2k4l6n7p8r9s2t4v6w8x1", "--fields", "token")),
        ("/usr/local/bin/scim-token", "token_command", ("/usr/local/bin/scim-token",)),
    ],
)  # fmt: skip
def test_where_a_credential_comes_from(text: str, key: str, value: object) -> None:
    assert credential_of(TOKEN, text) == (key, value)


@pytest.mark.parametrize(
    "text",
    [
        "hvs.CAESIJsentinelsentinelsentinel",
        "00aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789abcd",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
        "Kq83hJzPp20Lm4nVb7Xc",
        "a1b2c3d4e5f6a7b8c9d0e1f2",
        "curl -H 'Authorization: Bearer abcdefghijklmnop' https://idp.example",
        "fetch --with Kq83hJzPp20Lm4nVb7XcAa",
        "echo sentinel",
        "/bin/echo sentinel",
        "sentinel-sentinel",
        "'open",
        "pass\x1b show x",
    ],
)
def test_what_may_be_the_credential_itself_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(NotUsable) as caught:
        credential_of(TOKEN, text)
    said = str(caught.value)
    for word in text.split():
        if len(word) > 7:
            assert word not in said
    assert "sentinel" not in said


@pytest.mark.parametrize(
    ("key", "text", "words"),
    [
        ("url", "http://idp.example/scim", "Plain http to idp.example"),
        ("url", "idp.example", "must look like https://"),
        ("url", "https://ana:secret1@idp.example/", "looks like a token"),
        ("url", "https://idp.example/?x=1", "query"),
        ("own_account", "a\u202eb", "bidirectional"),
    ],
)
def test_an_answer_is_judged_by_the_source_s_own_settings(key: str, text: str, words: str) -> None:
    question = next(one for one in SCIM if one.key == key)
    with pytest.raises(NotUsable, match=words) as caught:
        value_of(ScimSettings, question, text)
    assert "secret1" not in str(caught.value)


def test_a_choice_is_one_of_those_there_are() -> None:
    region = next(one for one in ONEPASSWORD if one.key == "users_api.region")
    with pytest.raises(NotUsable, match=r"Use one of: com, ca, eu"):
        value_of(ScimSettings, region, "mars")


def test_what_is_missing_is_named_by_key() -> None:
    assert list(settings_problems(ScimSettings, {})) != []
    assert all(one.startswith("url: ") for one in settings_problems(ScimSettings, {}))
    assert list(settings_problems(ScimSettings, {"url": "https://idp.example"})) == []
