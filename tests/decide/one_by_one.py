"""The office with a secret manager that grants permissions one by one."""

from dataclasses import replace

from tests.decide.worlds import Org, office

from keyturn.decide.rules import GrantRule, NamedId
from keyturn_providers.records import Grant, Level, PermissionRules, PrincipalKind

RULES = PermissionRules(
    levels=(
        (Level.READ, ("view", "reveal")),
        (Level.WRITE, ("view", "reveal", "edit", "export")),
        (Level.MANAGE, ("view", "reveal", "edit", "export", "manage")),
    ),
    needs=(
        ("view", ()),
        ("reveal", ("view",)),
        ("edit", ("view", "reveal")),
        ("export", ("edit",)),
        ("manage", ()),
    ),
)


def one_by_one() -> Org:
    """In step: eng may write prod, ops may manage pay, each with the whole set of its level."""
    org = office()
    org.secrets.permission_rules = RULES
    sets = dict(RULES.levels)
    org.secrets.grants = [
        replace(grant, permissions=sets[grant.level]) for grant in org.secrets.grants
    ]
    return org


def hold(org: Org, kind: PrincipalKind, holder: str, vault: str, *permissions: str) -> None:
    """The principal's one grant on the vault, instead of any it had."""
    org.secrets.grants = [
        grant
        for grant in org.secrets.grants
        if (grant.principal_id, grant.vault_id) != (holder, f"v-{vault}")
    ]
    carrier = f"{kind.value}/{holder}/vault/v-{vault}"
    org.secrets.grants.append(
        Grant(f"v-{vault}", kind, holder, Level.UNKNOWN, carrier, permissions)
    )


def want(org: Org, *permissions: str) -> None:
    """The policy lists these for eng on prod."""
    rule = GrantRule(NamedId("v-prod", "prod"), Level.UNKNOWN, line=8, permissions=permissions)
    first, *others = org.rules.mappings
    org.rules = replace(org.rules, mappings=(replace(first, grants=(rule,)), *others))
