"""Why a change is left out of a plan before any guard has to refuse the whole of it."""

from keyturn.decide.context import ABILITY_OF, PlanContext
from keyturn.decide.findings import Change
from keyturn.decide.guards_of_objects import kind_enabled, touches_own, untouchable
from keyturn.decide.names import listed


def why_left_out(context: PlanContext, change: Change) -> str:
    """The reason in words; empty where nothing stands against it."""
    if touches_own(context, change):
        return "It is keyturn's own identity."
    marked = untouchable(context.world, change)
    if marked:
        return f"The policy says never to touch {listed(marked)}."
    return cannot(context, change)


def cannot(context: PlanContext, change: Change) -> str:
    """Why keyturn is not able, or not enabled, to make this kind of change; empty where it is."""
    if not kind_enabled(context.world.rules.allowed, change.kind):
        return f"The policy has this kind of change off: {change.kind.value}."
    if not context.able(change.side, change.kind):
        source = context.world.side(change.side).name
        return f"keyturn cannot {ABILITY_OF[change.kind]} in {source}: do it by hand there."
    return ""
