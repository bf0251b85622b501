"""Which existing policy gives exactly one level on one vault, and nothing else. Pure."""

from collections.abc import Iterable

from keyturn_providers.openbao.grants import Judge
from keyturn_providers.openbao.policy import Policy
from keyturn_providers.openbao.state import KvMount
from keyturn_providers.records import Level


def fitting_policy(
    policies: Iterable[Policy], mount: KvMount, level: Level, judge: Judge
) -> str | None:
    """The name of the policy to attach, None where there is none.

    It gives `level` on the whole mount without conditions, and every path in it lies in the mount,
    so that it can give nothing anywhere else. Of several the one with fewest permissions is taken,
    then the first by name.
    """
    fitting = []
    for policy in policies:
        allowed = judge.allowed(policy.name, mount)
        if allowed.level is level and not allowed.note and _only_in(policy, mount):
            fitting.append((len(allowed.permissions), policy.name))
    return min(fitting)[1] if fitting else None


def _only_in(policy: Policy, mount: KvMount) -> bool:
    rules = policy.rules or ()
    return bool(rules) and all(
        rule.path.startswith(f"{mount.path}/") and not rule.templated for rule in rules
    )
