"""Whatever the bytes, loading ends in a policy or in problems, and shows no credential."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.policy.conftest import HEAD, Loads, Refuses

from keyturn.decide.rules import Allowed, Limits
from keyturn.policy import PolicyInvalid
from keyturn.policy.load import parse_policy
from keyturn.policy.problems import Code, Problem
from keyturn.policy.scalars import PRESETS
from keyturn.policy.schema import SCHEMA_FILE, schema_text
from keyturn.policy.tokens import holds_token, is_variable_name, without_tokens
from keyturn_providers.records import Level
from keyturn_providers.text import is_hostile

TOKENS = [
    "hvs.CAESIJlU02LQZqVm3kP1",
    "hvb.AAAAAQJ3Zr9",
    "s.iyNUhq8Ov4hIAx6snw5mB2nL",
    "ops_eyJzaWduSW5BZGRyZXNzIjoi",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
    "ghp_0123456789abcdefghijABCDEFGHIJ",
    "xoxb-123456789012-abcdef",
    "00Xk2b9sLq7vNt4wZp1rYc8mHd5fJg3uEo6iAaBbCc",
    "Bearer abcdef0123456789",
    "SSWS 00abcdefghijklmno",
]
PLACES = [
    "organisation: {}",
    "never_touch: [{}]",
    "mode: {}",
    "allow: {{grant: {}}}",
    "limits: {{snapshot_age: {}}}",
    "limits: {{removals: {{share: {}}}}}",
    "nonsense: {}",
    "{}: 1",
    "machines: [{{machine: m, owner: {}}}]",
    "mappings: [{{group: {{id: {}, name: n}}}}]",
]

line_texts = st.sampled_from(
    [
        "mappings:",
        "  - group: {id: g, name: n}",
        "    grants:",
        "      - {vault: {id: v, name: w}, permissions: edit}",
        "version: 1",
        "directory: {kind: a}",
        "secrets: {kind: b}",
        "limits: {removals: {count: 1}}",
        "never_touch: [a",
        "? x",
        "- - -",
        "&a *a",
        "!!python/object:os.system x",
        "\t",
        "'",
        "]",
        "%YAML 1.2",
        "...",
        "---",
        "null",
    ]
)


def ends_well(content: bytes) -> tuple[Problem, ...]:
    """The problems of a file, none if it is a policy; each of them on one safe line."""
    try:
        parse_policy(content, "keyturn.yaml")
    except PolicyInvalid as error:
        said, problems = str(error).splitlines(), error.problems
    else:
        return ()
    assert problems
    assert len(said) == len(problems)
    assert not any(is_hostile(line) for line in said)
    return problems


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_end_in_problems(content: bytes) -> None:
    assert ends_well(content)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60))
def test_any_text_after_the_head_ends_well(text: str) -> None:
    ends_well((HEAD + text).encode("utf-8", "surrogatepass"))


@settings(max_examples=100, deadline=None)
@given(st.lists(line_texts, max_size=12))
def test_any_order_of_lines_ends_well(lines: list[str]) -> None:
    ends_well("\n".join(lines).encode())


def scalars() -> st.SearchStrategy[object]:
    return st.one_of(
        st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=8),
        st.integers(),
        st.none(),
        st.booleans(),
    )


KEYS = """mappings group grants vault permissions id name limits allow exceptions until person
removals aliases directory secrets kind token_env token_command never_touch x"""


def keys() -> st.SearchStrategy[str]:
    return st.sampled_from(KEYS.split())


@settings(max_examples=150, deadline=None)
@given(
    st.recursive(
        scalars(),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(keys(), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_any_shape_ends_in_problems_with_places_in_the_file(value: object) -> None:
    for problem in ends_well(json.dumps(value, ensure_ascii=False).encode()):
        assert (problem.line, problem.column >= 1) == (1, True)


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("place", PLACES)
def test_a_token_is_refused_wherever_it_stands_and_never_shown(
    refuses: Refuses, token: str, place: str
) -> None:
    problems = refuses(place.format(json.dumps(token)) + "\n")
    assert Code.LITERAL_TOKEN in {one.code for one in problems}
    assert not any(token in one.render("keyturn.yaml") for one in problems)


@pytest.mark.parametrize("token", TOKENS)
def test_what_looks_like_a_token_is_left_out_of_any_text(token: str) -> None:
    assert holds_token(f"see {token}, please")
    assert token not in without_tokens(f"see {token}, please")


@pytest.mark.parametrize(
    "name",
    [
        "q3m5hj2k4l5n6p7q8r9s0t1u2v",
        "0f8fad5b-d9cb-469f-a165-70867728950e",
        "00g1emaKYZTWRYYRRTSK",
        "b7..",
        "approle/ci-deploy",
        "ana.silva@acme.example",
        "kv_8f14e45f",
        "https://bao.example:8200/ui",
        "Ops: basic training",
        "/var/log/openbao/audit.log",
        "s.r",
    ],
)
def test_ids_and_names_are_not_taken_for_tokens(name: str) -> None:
    assert not holds_token(name)


def test_a_variable_has_the_name_of_a_variable() -> None:
    assert is_variable_name("OKTA_TOKEN")
    assert is_variable_name("my_token_2")
    assert not is_variable_name("$OKTA_TOKEN")
    assert not is_variable_name("2TOKENS")
    assert not is_variable_name("abcdef0123456789abcdef01")
    assert not is_variable_name("")


@pytest.mark.parametrize(
    ("until", "moment"),
    [
        ("1970-01-01", 86_400_000),
        ("2024-02-29", 1_709_251_200_000),
        ("1970-01-01T00:00Z", 0),
        ("1970-01-01 01:00:00.5+01:00", 500),
    ],
)
def test_a_day_counts_to_its_end_and_a_time_is_exact(loads: Loads, until: str, moment: int) -> None:
    vault = "vault: {id: v, name: n}"
    rest = f"person: a, {vault}, permissions: read, owner: o, reason: r"
    loaded = loads(f"exceptions: [{{{rest}, until: '{until}'}}]\n")
    assert loaded.rules.exceptions[0].until_ms == moment


@pytest.mark.parametrize(
    ("age", "milliseconds"),
    [("90s", 90_000), ("15m", 900_000), ("2 h", 7_200_000), ("1d", 86_400_000)],
)
def test_durations_have_units(loads: Loads, age: str, milliseconds: int) -> None:
    assert loads(f"limits: {{snapshot_age: {age}}}\n").rules.limits.snapshot_age_ms == milliseconds


@given(st.sets(st.sampled_from(list(PRESETS)), min_size=1).map(sorted))
def test_of_several_presets_the_widest_counts(names: list[str]) -> None:
    grant = f"{{vault: {{id: v, name: w}}, permissions: {json.dumps(names)}}}"
    text = f"mappings: [{{group: {{id: g, name: n}}, grants: [{grant}]}}]\n"
    loaded = parse_policy((HEAD + text).encode(), "keyturn.yaml")
    widest = max((PRESETS[name] for name in names), key=lambda level: level.rank)
    assert loaded.rules.mappings[0].grants[0].level is widest


@given(st.lists(st.sampled_from(["view_items", "edit_items", "vault:read"]), min_size=1))
def test_single_permissions_are_kept_by_name(names: list[str]) -> None:
    grant = f"{{vault: {{id: v, name: w}}, permissions: {json.dumps(names)}}}"
    text = f"mappings: [{{group: {{id: g, name: n}}, grants: [{grant}]}}]\n"
    rule = parse_policy((HEAD + text).encode(), "keyturn.yaml").rules.mappings[0].grants[0]
    assert (rule.level, rule.permissions) == (Level.UNKNOWN, tuple(dict.fromkeys(names)))


@pytest.mark.parametrize("kind", Allowed.__dataclass_fields__)
def test_each_kind_of_change_can_be_turned_off_alone(loads: Loads, kind: str) -> None:
    allowed = loads(f"allow: {{{kind}: false}}\n").rules.allowed
    assert allowed == Allowed(**{kind: False})


def test_the_defaults_are_those_of_the_decisions(loads: Loads) -> None:
    rules = loads("limits: {removals: {}}\nallow: {}\n").rules
    assert (rules.limits, rules.allowed) == (Limits(), Allowed())


def test_the_schema_in_the_package_is_that_of_the_models() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text()


def test_the_digest_changes_with_any_byte(loads: Loads) -> None:
    assert loads("").digest != loads("# a remark\n").digest


@pytest.mark.parametrize("kind", Allowed.__dataclass_fields__)
def test_every_kind_of_change_is_in_the_readme(kind: str) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert f"`{kind}`" in readme
    off = {name for name, on in asdict(Allowed()).items() if not on}
    assert off == {"deactivate", "provision"}
