"""The texts of the demo's OpenBao policies."""

from keyturn.demo.openbao.organisation import (
    OPERATORS_POLICY,
    SHARED_POLICY,
    SHARED_VAULTS,
    VAULTS,
    policy_name,
)
from keyturn_providers.records import Level

KEYTURN_POLICY = "keyturn"

_ON_VAULT: dict[Level, tuple[tuple[str, str], ...]] = {
    Level.LIST: (("metadata/*", '"list"'),),
    Level.READ: (("data/*", '"read"'), ("metadata/*", '"read", "list"')),
    Level.WRITE: (
        ("data/*", '"create", "read", "update", "patch", "delete"'),
        ("metadata/*", '"read", "list"'),
    ),
    Level.MANAGE: (
        ("data/*", '"create", "read", "update", "patch", "delete"'),
        ("metadata/*", '"create", "read", "update", "delete", "list"'),
        ("delete/*", '"create", "update"'),
        ("undelete/*", '"create", "update"'),
        ("destroy/*", '"create", "update"'),
    ),
}

# What keyturn needs, and no more: no path of any vault, so it can never read what is in them.
_KEYTURN = (
    ("identity/entity/*", '"read", "list", "update"'),
    ("identity/group/*", '"read", "list", "update"'),
    ("auth/token/accessors", '"list", "sudo"'),
    ("auth/token/accessors/", '"list", "sudo"'),
    ("auth/token/lookup-accessor", '"update"'),
    ("auth/token/revoke-accessor", '"update"'),
    ("auth/userpass/users", '"list"'),
    ("auth/userpass/users/*", '"read", "list", "update"'),
    ("auth/approle/role", '"list"'),
    ("auth/approle/role/*", '"read", "list", "update"'),
    ("sys/mounts", '"read"'),
    ("sys/auth", '"read"'),
    ("sys/policies/acl", '"list"'),
    ("sys/policies/acl/*", '"read", "list"'),
    ("sys/policies/detailed/acl", '"list"'),
    ("sys/policies/detailed/acl/", '"list"'),
    ("sys/namespaces", '"list"'),
    ("sys/audit", '"read", "sudo"'),
    ("sys/audit-hash/*", '"update"'),
    ("sys/config/auditing/request-headers/*", '"create", "read", "update", "sudo"'),
    ("sys/capabilities-self", '"update"'),
)
_OPERATORS = (("sys/*", '"create", "read", "update", "delete", "list", "sudo"'),)


def policies() -> dict[str, str]:
    """Name -> text of every policy: one per vault and level, and the few others."""
    found = {
        policy_name(vault, level): _text(_paths(vault, level))
        for vault in VAULTS
        for level in _ON_VAULT
    }
    found[SHARED_POLICY] = _text(
        [rule for vault in SHARED_VAULTS for rule in _paths(vault, Level.MANAGE)]
    )
    found[OPERATORS_POLICY] = _text(_OPERATORS)
    found[KEYTURN_POLICY] = _text(_KEYTURN)
    return found


def _paths(vault: str, level: Level) -> list[tuple[str, str]]:
    return [(f"{vault}/{area}", words) for area, words in _ON_VAULT[level]]


def _text(rules: list[tuple[str, str]] | tuple[tuple[str, str], ...]) -> str:
    return "\n".join(f'path "{path}" {{\n  capabilities = [{words}]\n}}' for path, words in rules)
