"""The plan for leavers of an office, and what tests look for in it."""

from tests.decide.worlds import Org

from keyturn.decide.findings import ChangeKind
from keyturn.decide.leaving import Leaver
from keyturn.decide.plan import plan_leavers
from keyturn.decide.plans import GuardVerdict, Operation, Plan
from keyturn_providers.records import Session, Side


def plan(org: Org, *keys: str, to: dict[str, str] | None = None, **more: object) -> Plan:
    """Everybody in `keys` leaves with one session each; `to` says who takes which vault over."""
    world = org.world()
    leavers = [Leaver(world.people[key], (Session(f"T-{key}", f"s{key[-1]}"),)) for key in keys]
    successors = {vault: world.people[key] for vault, key in (to or {}).items()}
    return plan_leavers(leavers, org.context(**more), successors)


def guard(found: Plan, name: str = "last manager") -> GuardVerdict:
    """What one guard said."""
    (one,) = (verdict for verdict in found.guards if verdict.guard == name)
    return one


def of(found: Plan, kind: ChangeKind, side: Side = Side.SECRETS) -> list[Operation]:
    """The operations of one kind on one side."""
    return [o for o in found.operations if o.change.kind is kind and o.change.side is side]
