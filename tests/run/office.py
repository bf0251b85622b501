"""One organisation with both files of storage: what tests do to it, in one line each."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.run.conftest import Watch
from tests.run.plans_by_hand import Loaded

from keyturn.decide.plans import Plan
from keyturn.decide.rules import GrantRule, Limits, Mapping, NamedId, Rules
from keyturn.run.apply import apply
from keyturn.run.assess import Assessment, assess
from keyturn.run.connections import Connections
from keyturn.run.planning import plan_offboard, plan_sync
from keyturn.run.progress import never, unobserved
from keyturn.run.refresh import refresh
from keyturn.run.results import RunResult
from keyturn_providers.simulated import Pair
from keyturn_storage.journal import Journal
from keyturn_storage.snapshots import Cache


def policy_of(pair: Pair) -> Rules:
    """The policy that the pair was made for, with room for the removals of a test."""
    mappings = tuple(
        Mapping(NamedId(group, name), (GrantRule(NamedId(vault, vault_name), level),))
        for group, name, vault, vault_name, level in pair.mappings
    )
    return Rules(mappings=mappings, digest="policy-1", limits=Limits(removals_share=0.5))


@dataclass(slots=True)
class Office:
    """Refresh, plan and apply over one pair."""

    connections: Connections
    cache: Cache
    journal: Journal
    watch: Watch
    loaded: Loaded

    async def look(self) -> Assessment:
        """Refreshes and decides."""
        await refresh(
            self.connections,
            self.cache,
            observe=unobserved,
            stop=never,
            clock=self.watch.clock,
        )
        return assess(self.cache, self.loaded.rules, self.watch.at_ms)

    async def offboarding(self, who: str) -> Plan:
        """Plans one person out."""
        return await plan_offboard(
            who,
            self.connections,
            self.cache,
            self.journal,
            loaded=self.loaded,
            clock=self.watch.clock,
        )

    async def sync(self, chosen: frozenset[str] | None = None) -> Plan:
        """Plans to mend what was found."""
        return await plan_sync(
            self.connections,
            self.cache,
            self.journal,
            loaded=self.loaded,
            clock=self.watch.clock,
            chosen=chosen,
        )

    async def apply(self, plan: Plan, stop: Callable[[], bool] = never) -> RunResult:
        """Applies a plan, confirmed."""
        return await apply(
            plan,
            self.connections,
            self.journal,
            loaded=self.loaded,
            observe=unobserved,
            stop=stop,
            clock=self.watch.clock,
            operator="t.ong",
            confirmed=plan.confirm_with,
        )
