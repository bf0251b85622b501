"""Policies are judged as the server judges them: its own `sys/capabilities` is the oracle."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.real.bao_server import BaoServer, bao_server

from keyturn_providers.openbao.policy import allowed_on, capabilities, read_policy
from keyturn_providers.openbao.policy_text import parse
from keyturn_providers.records import Level

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BaoServer]:
    with bao_server(tmp_path_factory.mktemp("bao")) as server:
        server.must("POST", "sys/mounts/pay", {"type": "kv", "options": {"version": "2"}})
        server.must("POST", "sys/mounts/old/kv", {"type": "kv", "options": {"version": "1"}})
        yield server


def judged_by_server(bao: BaoServer, text: str, paths: list[str]) -> dict[str, frozenset[str]]:
    bao.must("POST", "sys/policies/acl/tried", {"policy": text})
    reply = bao.call(
        "POST", "auth/token/create", {"policies": ["tried"], "no_default_policy": True, "ttl": "1m"}
    )
    token = str(reply.auth["client_token"])
    told = bao.must("POST", "sys/capabilities", {"token": token, "paths": paths})
    found: dict[str, frozenset[str]] = {}
    for path in paths:
        words = told[path]
        assert isinstance(words, list)
        found[path] = frozenset(words) - {"deny"}
    return found


PATHS = [
    "pay/data/a",
    "pay/data/a/b",
    "pay/data/team-x/b/c",
    "pay/data/",
    "pay/metadata/",
    "pay/metadata/a",
    "pay/metadata/a/",
    "pay/config",
    "pay/destroy/a",
    "old/kv/a",
    "old/kv/a/b",
    "old/kv/",
    "sys/mounts/pay",
    "other",
]
TEXTS = [
    'path "pay/data/*" { capabilities = ["read"] }',
    'path "pay/*" { capabilities = ["create", "read", "update", "delete", "list"] }',
    'path "pay/data/a" { capabilities = ["deny"] } path "pay/data/*" { capabilities = ["read"] }',
    'path "+/data/a" { capabilities = ["update"] } path "pay/data/a*" { capabilities = ["read"] }',
    'path "pay/+/a" { capabilities = ["read"] } path "pay/data/+" { capabilities = ["update"] }',
    'path "pay/data/+/b" { capabilities = ["read"] } path "pay/data/*" { capabilities = ["deny"] }',
    'path "pay/data/+/*" { capabilities = ["read"] } path "pay/+/a/b" { capabilities = ["deny"] }',
    'path "pay/data/team-*" { capabilities = ["patch"] }',
    'path "pay/metadata" { capabilities = ["list", "read"] }',
    'path "pay/metadata/" { capabilities = ["list"] }',
    'path "/pay/data/a" { policy = "write" }',
    'path "*" { policy = "sudo" }',
    'path "old/kv/*" { policy = "read" } path "+/kv/a" { capabilities = ["deny"] }',
    'path "pay/data/a" { capabilities = ["read"] } path "pay/data/a" { capabilities = ["update"] }',
    '{"path": {"pay/data/*": {"capabilities": ["read"]}, "pay/config": {"policy": "deny"}}}',
    "",
    """
    # a comment with "quotes" { and braces
    name = "tried"
    path "pay/data/*" {            // another
      capabilities = ["read", "list",]
      allowed_parameters = { "a" = ["x", "y"]  "*" = [] }
    } /* and
    one more */ path "pay/data/a" { capabilities = [ "sudo" , "read" ] }
    """,
]


@pytest.mark.parametrize("text", TEXTS)
def test_capabilities_agree_with_the_server(bao: BaoServer, text: str) -> None:
    if not text:
        # The server refuses to store an empty policy; it can only mean nothing.
        assert all(not capabilities(parse(text), path) for path in PATHS)
        return
    told = judged_by_server(bao, text, PATHS)
    rules = parse(text)
    assert {path: capabilities(rules, path) - {"deny"} for path in PATHS} == told


SEGMENTS = st.sampled_from(["pay", "data", "metadata", "a", "b", "team-x", "+", "old", "kv"])
RULE = st.tuples(
    st.lists(SEGMENTS, min_size=1, max_size=5).map("/".join),
    st.sampled_from(["", "/", "/*", "*"]),
    st.sets(st.sampled_from(["read", "update", "list", "delete", "deny"]), min_size=1, max_size=2),
).filter(lambda rule: not (rule[1] == "*" and rule[0].endswith("+")))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rules=st.lists(RULE, min_size=1, max_size=5))
def test_any_rules_agree_with_the_server(
    bao: BaoServer, rules: list[tuple[str, str, set[str]]]
) -> None:
    text = "\n".join(
        f'path "{path}{end}" {{ capabilities = [{json.dumps(sorted(words))[1:-1]}] }}'
        for path, end, words in rules
    )
    told = judged_by_server(bao, text, PATHS)
    parsed = parse(text)
    assert {path: capabilities(parsed, path) - {"deny"} for path in PATHS} == told


@pytest.mark.parametrize(
    ("text", "may_read", "may_write"),
    [
        ('path "pay/data/*" { capabilities = ["read"] }', True, False),
        ('path "pay/data/*" { capabilities = ["create", "update", "read"] }', True, True),
        ('path "pay/metadata/*" { capabilities = ["list"] }', False, False),
        ('path "pay/*" { capabilities = ["deny"] }', False, False),
    ],
)
def test_levels_are_what_the_token_can_really_do(
    bao: BaoServer, text: str, may_read: bool, may_write: bool
) -> None:
    bao.must("POST", "pay/data/there", {"data": {"k": "v"}})
    bao.must("POST", "sys/policies/acl/real", {"policy": text})
    made = bao.call("POST", "auth/token/create", {"policies": ["real"], "no_default_policy": True})
    token = str(made.auth["client_token"])
    level = allowed_on(read_policy("real", text), "pay", 2).level
    read = bao.call("GET", "pay/data/there", token=token).status
    written = bao.call("POST", "pay/data/there", {"data": {"k": "w"}}, token=token).status
    assert (read, written) == (200 if may_read else 403, 200 if may_write else 403)
    assert (level.rank >= Level.READ.rank, level.rank >= Level.WRITE.rank) == (may_read, may_write)


def test_the_default_policy_gives_nothing_on_a_mount(bao: BaoServer) -> None:
    data = bao.must("GET", "sys/policies/acl/default")
    policy = read_policy("default", str(data["policy"]))
    assert policy.rules
    assert allowed_on(policy, "pay", 2).level is Level.NONE
