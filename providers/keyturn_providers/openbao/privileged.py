"""Which policies make their holder an administrator: sudo, or writing where access is decided."""

from collections.abc import Iterable

from keyturn_providers.openbao.policy import ROOT_POLICY, Policy, capabilities, sample_paths
from keyturn_providers.openbao.policy_text import Rule

_AREAS = ("sys/", "identity/", "auth/")
_POWERFUL = frozenset({"create", "update", "patch", "delete", "sudo"})
# Writes on these change nothing of anybody else: what the default policy gives, look-ups that are
# made with POST, and logging in.
_HARMLESS = (
    "auth/token/create",
    "auth/token/lookup",
    "auth/token/lookup-accessor",
    "auth/token/lookup-self",
    "auth/token/renew-self",
    "auth/token/revoke-self",
    "sys/capabilities",
    "sys/capabilities-accessor",
    "sys/capabilities-self",
    "sys/leases/lookup",
    "sys/leases/renew",
    "sys/renew",
)
_HARMLESS_BELOW = (
    "sys/audit-hash/",
    "sys/tools/",
    "sys/wrapping/",
    "sys/internal/",
    "sys/leases/renew/",
    "sys/renew/",
    "identity/lookup/",
    "identity/oidc/provider/",
)


def why_privileged(policy: Policy) -> str:
    """One phrase saying what makes the policy privileged, empty where nothing does.

    Privileged are the root policy, `sudo` on any path, and writing on `sys/`, `identity/` or
    `auth/` beyond what every token may do for itself. A policy whose text is not understood is
    not called privileged: its grants are already unknown.
    """
    if policy.name == ROOT_POLICY:
        return "the root policy"
    rules = policy.rules or ()
    for rule in rules:
        for area in _AREAS:
            words = _power_in(rule, rules, area)
            if words:
                return f"{' and '.join(sorted(words))} on {rule.path}"
    return ""


def privileged_roles(names: Iterable[str], policies: dict[str, Policy]) -> tuple[str, ...]:
    """Those of the named policies that are privileged, sorted; names without a policy are not."""
    return tuple(
        sorted({n for n in names if (policy := policies.get(n)) and why_privileged(policy)})
    )


def _power_in(rule: Rule, rules: Iterable[Rule], area: str) -> frozenset[str]:
    if rule.templated:
        return _templated_power(rule, area)
    paths = [p for p in sample_paths(rule.path, area, 3) if not _harmless(p)]
    found = frozenset(word for path in paths for word in capabilities(tuple(rules), path))
    return found & rule.capabilities & _POWERFUL


def _templated_power(rule: Rule, area: str) -> frozenset[str]:
    # One's own password is one's own; one's own entity is not, for it names one's policies.
    if not rule.path.startswith(area) or "deny" in rule.capabilities:
        return frozenset()
    if rule.path.endswith("/password") or _harmless(rule.path):
        return frozenset()
    return rule.capabilities & _POWERFUL


def _harmless(path: str) -> bool:
    return (
        path in _HARMLESS
        or path.startswith(_HARMLESS_BELOW)
        or (path.startswith("auth/") and "/login" in path)
    )
