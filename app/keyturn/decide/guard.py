"""Guards: each allows, asks or refuses, and says which names and what would pass.

Every guard speaks on every plan, so that a reader sees what was checked. More removals, older or
less complete listings never make a verdict milder.
"""

from collections.abc import Callable, Iterable

from keyturn.decide.context import PlanContext
from keyturn.decide.guards_of_amount import count, per_day, share
from keyturn.decide.guards_of_evidence import complete, fresh, not_empty, not_shrunken
from keyturn.decide.guards_of_leaving import dying_machines, last_owner
from keyturn.decide.guards_of_managers import last_manager
from keyturn.decide.guards_of_objects import (
    abilities,
    ambiguous,
    enabled,
    keyturn_itself,
    never_touch,
    policy_agrees,
)
from keyturn.decide.guards_of_return import comes_back
from keyturn.decide.plans import GuardVerdict, Operation, PlanScope

Guard = Callable[[tuple[Operation, ...], PlanContext, PlanScope], GuardVerdict]

GUARDS: tuple[Guard, ...] = (
    complete,
    fresh,
    not_empty,
    not_shrunken,
    count,
    share,
    per_day,
    last_manager,
    last_owner,
    keyturn_itself,
    dying_machines,
    never_touch,
    ambiguous,
    policy_agrees,
    enabled,
    abilities,
)


def judge(
    operations: Iterable[Operation], context: PlanContext, scope: PlanScope = PlanScope.SYNC
) -> tuple[GuardVerdict, ...]:
    """What every guard says of these operations, in the order of `GUARDS`; of an undo also the one
    of what comes back."""
    every = tuple(operations)
    guards = (*GUARDS, comes_back) if scope is PlanScope.UNDO else GUARDS
    return tuple(guard(every, context, scope) for guard in guards)
