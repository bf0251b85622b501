"""Every kind of problem, each produced by the smallest file that has it."""

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field
from tests.policy.conftest import HEAD, Loads, Refuses

from keyturn.policy import Code, PolicyInvalid, Problem
from keyturn.policy.load import MAX_BYTES, load_policy, parse_policy, validate_settings
from keyturn.policy.problems import MEANING
from keyturn_providers.scim.settings import ScimSettings

VAULT = "vault: {id: v1, name: Prod}"
ENG = "group: {id: g1, name: eng}"
OPS = "group: {id: g2, name: ops}"
WAIVER = f"{VAULT}, permissions: read, owner: o@x.example, reason: r"
READ = f"{{{VAULT}, permissions: read}}"

# What follows the seven lines of the head, and the one problem it has: (lines, code, place, path).
ONE_PROBLEM: list[tuple[str, Code, str, str]] = [
    ("mappings: [1, 2\nlimits: {}\n", Code.SYNTAX, "9:7", ""),
    ("mappings: []\n\tx: 1\n", Code.SYNTAX, "9:1", ""),
    ("organisation: 'Acme\n", Code.SYNTAX, "9:1", ""),
    ("organisation: a\x07b\n", Code.HOSTILE_TEXT, "8:16", ""),
    ("---\nversion: 1\n", Code.SECOND_DOCUMENT, "8:1", ""),
    ("organisation: &a Acme\n", Code.ALIAS, "8:15", "organisation"),
    ("organisation: !x Acme\n", Code.TAG, "8:15", "organisation"),
    ("version: 1\n", Code.DUPLICATE_KEY, "8:1", "version"),
    ("organisation: Acme \u202exe.emca\n", Code.HOSTILE_TEXT, "8:15", "organisation"),
    ('organisation: "\\e]52;c;x\\a"\n', Code.HOSTILE_TEXT, "8:15", "organisation"),
    ("mapings: []\n", Code.UNKNOWN_KEY, "8:1", "mapings"),
    ("mapings:\n", Code.UNKNOWN_KEY, "8:1", "mapings"),
    ("never_touch: [ana, ~]\n", Code.MISSING, "8:20", "never_touch[1]"),
    ("never_touch: ['  ']\n", Code.MISSING, "8:15", "never_touch[0]"),
    (f"mappings: [{{grants: [{READ}]}}]\n", Code.MISSING, "8:12", "mappings[0].group"),
    ("mappings: [{group: }]\n", Code.MISSING, "8:13", "mappings[0].group"),
    ("never_touch: ana\n", Code.WRONG_TYPE, "8:14", "never_touch"),
    ("never_touch: [[ana]]\n", Code.WRONG_TYPE, "8:15", "never_touch[0]"),
    ("limits: [5]\n", Code.WRONG_TYPE, "8:9", "limits"),
    ("allow: {grant: no}\n", Code.NOT_A_CHOICE, "8:16", "allow.grant"),
    ("mode: readonly\n", Code.NOT_A_CHOICE, "8:7", "mode"),
    (
        f"mappings: [{{{ENG}, grants: [{{{VAULT}, permissions: [read, view_items]}}]}}]\n",
        Code.NOT_A_PRESET,
        "8:93",
        "mappings[0].grants[0].permissions",
    ),
    (
        f"mappings: [{{{ENG}, grants: [{{{VAULT}, permissions: [read, edti]}}]}}]\n",
        Code.NOT_A_PRESET,
        "8:100",
        "mappings[0].grants[0].permissions[1]",
    ),
    ("limits: {removals: {count: -1}}\n", Code.NOT_A_NUMBER, "8:28", "limits.removals.count"),
    ("limits: {removals: {per_day: ٣}}\n", Code.NOT_A_NUMBER, "8:30", "limits.removals.per_day"),
    ("limits: {rate_reserve: 101%}\n", Code.NOT_A_SHARE, "8:24", "limits.rate_reserve"),
    ("limits: {rate_reserve: 0.3}\n", Code.NOT_A_SHARE, "8:24", "limits.rate_reserve"),
    ("limits: {snapshot_age: 15}\n", Code.NOT_A_DURATION, "8:24", "limits.snapshot_age"),
    ("limits: {snapshot_age: 0m}\n", Code.NOT_A_DURATION, "8:24", "limits.snapshot_age"),
    (
        f"exceptions: [{{person: a, until: 2027-02-30, {WAIVER}}}]\n",
        Code.NOT_A_MOMENT,
        "8:33",
        "exceptions[0].until",
    ),
    (
        f"exceptions: [{{person: a, until: 2027-01-31T17:00, {WAIVER}}}]\n",
        Code.NOT_A_MOMENT,
        "8:33",
        "exceptions[0].until",
    ),
    (
        f"exceptions: [{{person: a, until: 9999-12-31, {WAIVER}}}]\n",
        Code.NOT_A_MOMENT,
        "8:33",
        "exceptions[0].until",
    ),
    (
        f"mappings: [{{{ENG}, grants: [{READ}, {READ}]}}]\n",
        Code.TWICE,
        "8:113",
        "mappings[0].grants[1].vault.id",
    ),
    (
        (
            f"mappings:\n- {{{ENG}, grants: [{READ}]}}\n- {ENG}\n"
            f"  grants: [{{{VAULT}, permissions: manage}}]\n"
        ),
        Code.CONTRADICTION,
        "11:25",
        "mappings[1].grants[0].vault.id",
    ),
    (
        (
            f"mappings:\n- {{{ENG}, secrets_group: {{id: s, name: s}}}}\n"
            f"- {{{OPS}, secrets_group: {{id: s, name: s}}}}\n"
        ),
        Code.CONTRADICTION,
        "10:52",
        "mappings[1].secrets_group.id",
    ),
    (
        (
            f"mappings:\n- {{{ENG}, secrets_group: {{id: s, name: s}}}}\n"
            f"- {{{ENG}, secrets_group: {{id: t, name: t}}}}\n"
        ),
        Code.CONTRADICTION,
        "10:52",
        "mappings[1].secrets_group.id",
    ),
    (
        (
            f"exceptions:\n- {{person: A@x, until: 2027-01-01, {WAIVER}}}\n"
            f"- {{person: a@X, until: 2027-01-01, {WAIVER}}}\n"
        ),
        Code.TWICE,
        "10:12",
        "exceptions[1].person",
    ),
    (
        "aliases: [{directory: a, secrets: b}, {directory: c, secrets: b}]\n",
        Code.TWICE,
        "8:63",
        "aliases[1].secrets",
    ),
    (
        "machines: [{machine: m, owner: a}, {machine: m, owner: b}]\n",
        Code.TWICE,
        "8:46",
        "machines[1].machine",
    ),
    (
        "privileges: [{person: a, role: r}, {person: a, role: r}]\n",
        Code.TWICE,
        "8:45",
        "privileges[1].person",
    ),
    ("? [a]\n: 1\n", Code.WRONG_TYPE, "8:3", ""),
]
# A change to the head: (what, instead, code, place, path).
IN_THE_HEAD: list[tuple[str, str, Code, str, str]] = [
    ("version: 1", "version: 2", Code.VERSION, "1:10", "version"),
    ("version: 1\n", "", Code.MISSING, "1:1", "version"),
    ("{kind: scim, ", "{", Code.MISSING, "2:12", "directory.kind"),
    ("kind: openbao", "kind: scim", Code.SAME_NAME, "4:9", "secrets.kind"),
    ("BAO_TOKEN", "hvs.CAESIJ1234567890", Code.LITERAL_TOKEN, "6:14", "secrets.token_env"),
    ("BAO_TOKEN", "0f8fad5bd9cb469fa165", Code.NOT_A_VARIABLE, "6:14", "secrets.token_env"),
    ("token_env: BAO_TOKEN", "token: abc", Code.LITERAL_TOKEN, "6:10", "secrets.token"),
    (
        "https://bao.example",
        "https://root:pw@bao.example",
        Code.LITERAL_TOKEN,
        "5:8",
        "secrets.url",
    ),
    (
        "token_env: BAO_TOKEN",
        "token_command: op read x",
        Code.WRONG_TYPE,
        "6:18",
        "secrets.token_command",
    ),
    (
        "token_env: BAO_TOKEN",
        "token_command: []",
        Code.MISSING,
        "6:18",
        "secrets.token_command",
    ),
    (
        "  audit_log",
        "  token_command: [pass, bao]\n  audit_log",
        Code.TWO_TOKENS,
        "7:3",
        "secrets.token_command",
    ),
]
WHOLE_FILES: list[tuple[bytes, Code, str]] = [
    (b"", Code.EMPTY, "1:1"),
    (b"# nothing\n", Code.EMPTY, "1:1"),
    (b"- version: 1\n", Code.EMPTY, "1:1"),
    (b"version: 1\nname: \xff\n", Code.NOT_UTF8, "2:7"),
    (b"#" * (MAX_BYTES + 1), Code.TOO_LARGE, "0:0"),
]


def place(problem: Problem) -> str:
    return f"{problem.line}:{problem.column}"


@pytest.mark.parametrize(("lines", "code", "where", "path"), ONE_PROBLEM)
def test_a_mistake_is_named_once_with_its_place(
    refuses: Refuses, lines: str, code: Code, where: str, path: str
) -> None:
    problems = refuses(lines)
    assert [(one.code, place(one), one.path) for one in problems] == [(code, where, path)]


@pytest.mark.parametrize(("what", "instead", "code", "where", "path"), IN_THE_HEAD)
def test_a_mistake_in_a_source_is_named_once_with_its_place(
    what: str, instead: str, code: Code, where: str, path: str
) -> None:
    assert what in HEAD
    with pytest.raises(PolicyInvalid) as caught:
        parse_policy(HEAD.replace(what, instead, 1).encode(), "keyturn.yaml")
    found = [(one.code, place(one), one.path) for one in caught.value.problems]
    assert found == [(code, where, path)]
    if code in {Code.LITERAL_TOKEN, Code.NOT_A_VARIABLE}:
        assert instead.removeprefix("token: ") not in str(caught.value)


@pytest.mark.parametrize(("content", "code", "where"), WHOLE_FILES)
def test_a_file_without_a_policy_is_one_problem(content: bytes, code: Code, where: str) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        parse_policy(content, "keyturn.yaml")
    assert [(one.code, place(one)) for one in caught.value.problems] == [(code, where)]


def test_an_alias_is_refused_and_not_reported_as_missing_too(refuses: Refuses) -> None:
    found = [one.code for one in refuses("organisation: &a Acme\nnever_touch: [*a]\n")]
    assert found == [Code.ALIAS, Code.ALIAS]


def test_deep_nesting_is_refused_wherever_it_is(refuses: Refuses) -> None:
    assert Code.TOO_DEEP in [one.code for one in refuses(f"mappings: {'[' * 90}{']' * 90}\n")]


def test_a_directory_for_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        load_policy(tmp_path)
    assert [one.code for one in caught.value.problems] == [Code.UNREADABLE]


class NestedSettings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    url: str
    size: int = Field(10, ge=1)
    check: bool = True


class OuterSettings(BaseModel):
    bridge: NestedSettings | None = None


def test_settings_become_the_providers_model(loads: Loads) -> None:
    loaded = loads("")
    assert validate_settings(loaded.directory, ScimSettings, loaded) == ScimSettings(
        url="https://idp.example/scim/v2"
    )


def test_numbers_and_switches_of_settings_are_read_from_their_text() -> None:
    text = HEAD.replace(
        "  audit_log: /var/log/openbao/audit.log",
        "  bridge: {url: x, size: 25, check: false}",
    )
    loaded = parse_policy(text.encode(), "keyturn.yaml")
    settings = validate_settings(loaded.secrets, OuterSettings, loaded)
    assert settings.bridge == NestedSettings(url="x", size=25, check=False)


def test_settings_that_do_not_fit_are_named_with_their_places() -> None:
    text = HEAD.replace(
        "  audit_log: /var/log/openbao/audit.log",
        "  bridge:\n    ulr: x\n    size: 0\n    check: perhaps\n",
    )
    loaded = parse_policy(text.encode(), "keyturn.yaml")
    with pytest.raises(PolicyInvalid) as caught:
        validate_settings(loaded.secrets, OuterSettings, loaded)
    assert [(one.code, place(one), one.path) for one in caught.value.problems] == [
        (Code.UNKNOWN_KEY, "8:5", "secrets.bridge.ulr"),
        (Code.MISSING, "8:5", "secrets.bridge.url"),
        (Code.SETTING, "9:11", "secrets.bridge.size"),
        (Code.SETTING, "10:12", "secrets.bridge.check"),
    ]
    assert 'Did you mean "url"?' in str(caught.value)


def test_a_providers_own_sentence_is_shown(loads: Loads) -> None:
    text = HEAD.replace("https://idp.example/scim/v2, ", "http://idp.example/, paging: indx, ")
    loaded = parse_policy(text.encode(), "keyturn.yaml")
    with pytest.raises(PolicyInvalid) as caught:
        validate_settings(loaded.directory, ScimSettings, loaded)
    url, paging = str(caught.value).splitlines()
    assert url.startswith("keyturn.yaml:2:30  directory.url: ")
    assert "Value error" not in url
    assert paging.startswith('keyturn.yaml:2:59  directory.paging: "indx" is not possible here.')


def test_every_code_is_explained_and_tested() -> None:
    """The codes of `check_against` are produced in test_policy_check."""
    assert set(MEANING) == set(Code)
    produced = {code for _, code, _, _ in ONE_PROBLEM}
    produced |= {code for _, _, code, _, _ in IN_THE_HEAD}
    produced |= {code for _, code, _ in WHOLE_FILES}
    produced |= {Code.TOO_DEEP, Code.UNREADABLE, Code.SETTING}
    of_the_check = {
        Code.GONE,
        Code.OTHER_NAME,
        Code.NOT_LINKED,
        Code.EXPIRED,
        Code.NOBODY,
        Code.NO_MANAGER,
        Code.NOT_CHECKED,
        Code.NOT_A_PERMISSION,
    }
    assert produced | of_the_check == set(Code)
