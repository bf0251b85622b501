"""What a policy allows on a mount. The server's own verdicts are checked in tests/real."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyturn_providers.openbao.policy import Policy, allowed_on, capabilities, read_policy
from keyturn_providers.openbao.policy_text import Rule
from keyturn_providers.openbao.privileged import privileged_roles, why_privileged
from keyturn_providers.records import Level


def level(text: str, mount: str = "pay", version: int = 2) -> Level:
    return allowed_on(read_policy("p", text), mount, version).level


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('path "pay/data/*" { capabilities = ["read"] }', Level.READ),
        ('path "pay/metadata/*" { capabilities = ["list"] }', Level.LIST),
        ('path "pay/metadata" { capabilities = ["list"] }', Level.LIST),
        ('path "pay/subkeys/*" { capabilities = ["read"] }', Level.LIST),
        ('path "pay/data/*" { capabilities = ["list"] }', Level.NONE),
        ('path "pay/data/*" { capabilities = ["create"] }', Level.WRITE),
        ('path "pay/data/*" { capabilities = ["patch"] }', Level.WRITE),
        ('path "pay/delete/*" { capabilities = ["update"] }', Level.WRITE),
        ('path "pay/destroy/*" { capabilities = ["update"] }', Level.MANAGE),
        ('path "pay/metadata/*" { capabilities = ["delete"] }', Level.MANAGE),
        ('path "pay/config" { capabilities = ["update"] }', Level.MANAGE),
        ('path "pay/*" { policy = "write" }', Level.MANAGE),
        ('path "*" { policy = "read" }', Level.READ),
        ('path "+/data/*" { policy = "read" }', Level.READ),
        ('path "pa*" { policy = "read" }', Level.READ),
        ('path "payroll/data/*" { policy = "read" }', Level.NONE),
        ('path "pay" { policy = "write" }', Level.NONE),
        ('path "pay/data/*" { capabilities = ["read", "deny"] }', Level.NONE),
        ('path "pay/*" { policy = "deny" } path "pay/data/a" { policy = "read" }', Level.READ),
        ('path "pay/data/*" { policy = "deny" } path "+/data/*" { policy = "read" }', Level.NONE),
        ('path "pay/data/a" { policy = "deny" } path "pay/data/*" { policy = "read" }', Level.READ),
        ("", Level.NONE),
        ('path "pay/data/a" {', Level.UNKNOWN),
    ],
)
def test_levels_on_kv2(text: str, wanted: Level) -> None:
    assert level(text) is wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('path "old/*" { capabilities = ["list"] }', Level.LIST),
        ('path "old/*" { capabilities = ["read"] }', Level.READ),
        ('path "old/a/b" { capabilities = ["delete"] }', Level.WRITE),
        ('path "old/*" { policy = "sudo" }', Level.MANAGE),
        ('path "older/*" { policy = "sudo" }', Level.NONE),
    ],
)
def test_levels_on_kv1(text: str, wanted: Level) -> None:
    assert level(text, "old", 1) is wanted


def test_a_mount_of_several_segments() -> None:
    assert level('path "team/pay/data/*" { policy = "read" }', "team/pay") is Level.READ
    assert level('path "team/*" { policy = "read" }', "team/pay") is Level.READ
    assert level('path "team/+/data/*" { policy = "read" }', "team/pay") is Level.READ
    assert level('path "+/data/*" { policy = "read" }', "team/pay") is Level.NONE


def test_a_part_of_the_vault_is_said_to_be_one() -> None:
    part = allowed_on(read_policy("p", 'path "pay/data/team/*" { policy = "read" }'), "pay", 2)
    whole = allowed_on(read_policy("p", 'path "pay/data/*" { policy = "read" }'), "pay", 2)
    assert (part.level, part.note) == (Level.READ, "only on pay/data/team/*")
    assert (whole.level, whole.note) == (Level.READ, "")


def test_conditions_are_named_and_do_not_narrow() -> None:
    text = 'path "pay/data/*" { capabilities = ["update"] allowed_parameters = { "a" = [] } }'
    allowed = allowed_on(read_policy("p", text), "pay", 2)
    assert allowed.level is Level.WRITE
    assert allowed.note == "with conditions: allowed_parameters"


def test_templated_is_unknown_only_where_it_could_give_more() -> None:
    own = 'path "pay/data/{{identity.entity.id}}/*" { capabilities = ["read"] }'
    allowed = allowed_on(read_policy("p", own), "pay", 2)
    assert allowed.level is Level.UNKNOWN
    assert allowed.note.startswith("templated: up to read on pay/data/{{identity.entity.id}}/*")
    assert level(own + ' path "pay/data/*" { policy = "write" }') is Level.WRITE
    assert level(own, "hr") is Level.NONE
    assert (
        level('path "{{identity.entity.name}}/data/*" { policy = "read" }', "hr") is Level.UNKNOWN
    )
    denied = 'path "pay/data/{{identity.entity.id}}/*" { capabilities = ["deny"] }'
    assert level(denied) is Level.NONE


def test_permissions_name_what_means_something() -> None:
    allowed = allowed_on(read_policy("p", 'path "pay/data/*" { policy = "write" }'), "pay", 2)
    assert allowed.permissions == ("data:create", "data:delete", "data:read", "data:update")


def test_root_manages_everything() -> None:
    assert allowed_on(read_policy("root", ""), "pay", 2).level is Level.MANAGE


SEGMENT = st.sampled_from(["pay", "data", "metadata", "a", "b", "+"])
RULES = st.lists(
    st.builds(
        Rule,
        st.tuples(st.lists(SEGMENT, min_size=1, max_size=4), st.sampled_from(["", "/*"])).map(
            lambda parts: "/".join(parts[0]) + parts[1]
        ),
        st.sets(st.sampled_from(["read", "update", "list", "deny"]), min_size=1).map(frozenset),
    ),
    max_size=4,
)
CONCRETE = [
    f"pay/data/{rest}" for rest in ("a", "b", "c", "a/b", "a/c", "c/a", "a/b/a", "c/c", "c/c/c")
]


@settings(max_examples=300)
@given(rules=RULES)
def test_no_readable_path_is_missed_and_none_invented(rules: list[Rule]) -> None:
    """The oracle tries concrete paths one by one."""
    readable = any("read" in capabilities(rules, path) for path in CONCRETE)
    allowed = allowed_on(Policy("p", tuple(rules)), "pay", 2)
    if readable:
        assert "data:read" in allowed.permissions
        assert allowed.level.rank >= Level.READ.rank
    if not any("read" in rule.capabilities for rule in rules):
        assert "data:read" not in allowed.permissions


@settings(max_examples=100)
@given(rules=RULES)
def test_denying_everything_beside_it_leaves_exact_paths_only(rules: list[Rule]) -> None:
    exact = [r for r in rules if "+" not in r.path and not r.path.endswith("*")]
    denied = Policy("p", (*exact, Rule("*", frozenset({"deny"}))))
    alone = Policy("p", tuple(exact))
    assert allowed_on(denied, "pay", 2).level is allowed_on(alone, "pay", 2).level


OWN_PASSWORD = """
path "auth/userpass/users/{{identity.entity.name}}/password" { capabilities = ["update"] }
"""
DEFAULT = """
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }
path "auth/token/revoke-self" { capabilities = ["update"] }
path "sys/capabilities-self" { capabilities = ["update"] }
path "identity/entity/id/{{identity.entity.id}}" { capabilities = ["read"] }
path "sys/leases/renew" { capabilities = ["update"] }
path "cubbyhole/*" { capabilities = ["create", "read", "update", "delete", "list"] }
path "sys/wrapping/wrap" { capabilities = ["update"] }
path "sys/tools/hash/*" { capabilities = ["update"] }
path "identity/oidc/provider/+/authorize" { capabilities = ["read", "update"] }
"""


@pytest.mark.parametrize(
    ("text", "privileged"),
    [
        (DEFAULT, False),
        ('path "pay/*" { policy = "write" }', False),
        ('path "sys/mounts" { capabilities = ["read", "list"] }', False),
        ('path "sys/mounts/*" { capabilities = ["update"] }', True),
        ('path "*" { policy = "write" }', True),
        ('path "+/policies/acl/*" { capabilities = ["create"] }', True),
        ('path "identity/group/id/*" { capabilities = ["update"] }', True),
        ('path "auth/userpass/users/*" { capabilities = ["create"] }', True),
        ('path "auth/token/create" { capabilities = ["update"] }', False),
        ('path "auth/token/create-orphan" { capabilities = ["update", "sudo"] }', True),
        ('path "auth/token/*" { capabilities = ["update"] }', True),
        ('path "auth/userpass/login/*" { capabilities = ["update"] }', False),
        ('path "sys/*" { policy = "deny" }', False),
        ('path "identity/entity/id/{{identity.entity.id}}" { capabilities = ["update"] }', True),
        (OWN_PASSWORD, False),
        ('path "sys/', False),
    ],
)
def test_which_policies_make_an_administrator(text: str, privileged: bool) -> None:
    assert bool(why_privileged(read_policy("p", text))) is privileged


def test_privileged_roles_are_policy_names() -> None:
    policies = {
        "root": read_policy("root", ""),
        "admin": read_policy("admin", 'path "sys/*" { policy = "sudo" }'),
        "reader": read_policy("reader", 'path "pay/*" { policy = "read" }'),
    }
    held = ["reader", "admin", "gone", "admin", "root"]
    assert privileged_roles(held, policies) == ("admin", "root")
    assert privileged_roles(["reader", "gone"], policies) == ()
