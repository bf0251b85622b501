"""The parser of the policy language."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyturn_providers.openbao.policy_text import PolicyUnreadable, Rule, parse


def rules(text: str) -> list[tuple[str, set[str]]]:
    return [(rule.path, set(rule.capabilities)) for rule in parse(text)]


@pytest.mark.parametrize(
    "text",
    [
        'path "a/*" { capabilities = ["read", "list"] }',
        'path "/a/*" { capabilities = ["read", "list",] }',
        'path "a/*" { policy = "read" }',
        'path = { "a/*" = { capabilities = ["list", "read"] } }',
        '# path "x" {}\npath "a/*" { // no\n capabilities /* x */ = ["read" "list"] }',
        '{"path": {"a/*": {"capabilities": ["read", "list"]}}}',
        '{"path": [{"a/*": [{"capabilities": ["read", "list"]}]}]}',
        'name = "n"\npath "a/*" { capabilities = ["read","list"] comment = <<E\n}\nE\n}',
    ],
)
def test_every_spelling_of_one_rule(text: str) -> None:
    assert rules(text) == [("a/*", {"read", "list"})]


def test_conditions_are_kept_by_name() -> None:
    [rule] = parse(
        'path "a" { capabilities = ["read"] allowed_parameters = { "x" = [] }'
        " min_wrapping_ttl = 100 pagination_limit = 10 }"
    )
    assert rule.conditions == ("allowed_parameters", "min_wrapping_ttl", "pagination_limit")


def test_a_path_named_twice_is_two_rules() -> None:
    text = 'path "a" { capabilities = ["read"] } path "a" { capabilities = ["deny"] }'
    assert rules(text) == [("a", {"read"}), ("a", {"deny"})]
    twice = '{"path": {"a": {"policy": "read"}}, "path": {"a": {"policy": "deny"}}}'
    assert rules(twice) == [("a", {"read", "list"}), ("a", {"deny"})]


def test_templated_paths_are_told() -> None:
    [rule] = parse('path "a/{{identity.entity.id}}/*" { capabilities = ["read"] }')
    assert rule.templated
    assert not Rule("a/*", frozenset()).templated


@pytest.mark.parametrize("text", ["", "  \n", "# nothing", "{}"])
def test_nothing_is_a_policy_without_rules(text: str) -> None:
    assert parse(text) == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('path "a" { capabilities = ["read"]', "the text ends"),
        ('path "a" {\n capabilities = [}', "line 2"),
        ('path "a" "b" { capabilities = [] }', "more than one name"),
        ('path "a" { policy = "admin" }', "unknown policy"),
        ('path "a" = "read"', "where a block was expected"),
        ('path "a" { capabilities = { } }', "where a list of words"),
        ("path a $ { }", "not understood"),
        ('{"path": ', "not JSON"),
        ("x = <<E\nnever", "heredoc"),
        ("x = " + "[" * 500, "deep"),
        ("x {" * 500, "deep"),
        ('{"path":' + '{"a":' * 100_000, "not JSON"),
    ],
)
def test_what_is_not_a_policy_says_why(text: str, says: str) -> None:
    with pytest.raises(PolicyUnreadable, match=says):
        parse(text)


PATHS = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1)
WORDS = st.lists(st.sampled_from(["read", "list", "deny", "sudo"]), min_size=1)


@settings(max_examples=100)
@given(wanted=st.lists(st.tuples(PATHS, WORDS), max_size=5))
def test_hcl_and_json_say_the_same(wanted: list[tuple[str, list[str]]]) -> None:
    hcl = "\n".join(
        f"path {json.dumps(path)} {{ capabilities = {json.dumps(words)} }}"
        for path, words in wanted
    )
    as_json = json.dumps({"path": [{path: {"capabilities": words}} for path, words in wanted]})
    assert parse(hcl) == parse(as_json)
    assert [rule.path for rule in parse(hcl)] == [path.removeprefix("/") for path, _ in wanted]


@settings(max_examples=200)
@given(text=st.text(alphabet='path "{}[]=,#/*\n\\ae<E', max_size=60))
def test_any_text_is_rules_or_unreadable(text: str) -> None:
    said = ""
    try:
        found = parse(text)
    except PolicyUnreadable as problem:
        found, said = (), str(problem)
    assert said or all(isinstance(rule, Rule) for rule in found)
