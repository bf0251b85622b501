"""How a step ends that is proven, and that nobody was told anything twice."""

from keyturn.decide.plans import Plan
from keyturn_providers.simulated import Pair

LOGGED = "effective and logged"
UNLOGGED = "effective, not logged"


def only_once(pair: Pair, plan: Plan) -> None:
    for operation in plan.operations:
        tenants = (pair.directory.tenant, pair.secrets.tenant)
        assert sum(tenant.done(operation.id) for tenant in tenants) <= 1, operation.words
