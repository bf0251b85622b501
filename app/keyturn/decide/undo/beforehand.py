"""What undoing a plan would not bring back, to be said before the plan is applied."""

from collections.abc import Iterator

from keyturn.decide.findings import ChangeKind
from keyturn.decide.plans import LeftAlone, Operation, Plan, PlanScope
from keyturn.decide.side_effects import NOT_BACK, ON_NOT_SUSPENDED, RULE_EXCEPTION

DIES_WITH_OWNER = "what dies with its owner"
"""The guard that names the machine identities which end with an account."""


def not_undoable(plan: Plan) -> tuple[LeftAlone, ...]:
    """What of this plan cannot be had back, each with the reason; nothing of an undo, which says
    itself what it does not restore."""
    if plan.scope is PlanScope.UNDO:
        return ()
    found = [one for operation in plan.operations for one in _of(operation)]
    for guard in plan.guards:
        if guard.guard == DIES_WITH_OWNER:
            found += [LeftAlone(name, "It ends with its owner's account.") for name in guard.names]
    return tuple(dict.fromkeys(found))


def _of(operation: Operation) -> Iterator[LeftAlone]:
    if operation.irreversible:
        yield LeftAlone(operation.words, operation.irreversible)
    for effect in operation.also:
        if operation.change.kind is ChangeKind.DEACTIVATE and effect == NOT_BACK:
            yield LeftAlone(operation.words, f"{NOT_BACK[:1].upper()}{NOT_BACK[1:]}.")
        elif ON_NOT_SUSPENDED in effect or RULE_EXCEPTION in effect:
            yield LeftAlone(operation.words, f"{effect[:1].upper()}{effect[1:]}.")
