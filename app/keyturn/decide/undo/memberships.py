"""Memberships back to what they were before a run."""

from dataclasses import replace

from keyturn.decide.findings import ChangeKind
from keyturn.decide.names import listed
from keyturn.decide.operations import word
from keyturn.decide.run_done import StepDone
from keyturn.decide.undo.found import Found, another, not_read
from keyturn_providers.records import Side

KINDS = frozenset({ChangeKind.ADD_MEMBERSHIP, ChangeKind.REMOVE_MEMBERSHIP})


def undo_membership(found: Found, step: StepDone) -> None:
    """The one membership that a step gave or took."""
    change = step.operation.change
    giving = change.kind is ChangeKind.REMOVE_MEMBERSHIP
    back = replace(
        change, kind=ChangeKind.ADD_MEMBERSHIP if giving else ChangeKind.REMOVE_MEMBERSHIP
    )
    words = word(found.world, back).words
    why = _stays(found, step)
    if why:
        found.leave(words, why)
        return
    if not found.add(back, [step]):
        return
    if giving:
        _not_all(found, step)


def _stays(found: Found, step: StepDone) -> str:
    """Why the membership stays as it is; empty where the run's change is to be taken back."""
    change, world = step.operation.change, found.world
    if change.account is None or change.group is None:
        return "The journal does not say whose membership it was."
    indexed = world.side(change.side)
    group = indexed.groups.get(change.group.id)
    giving = change.kind is ChangeKind.REMOVE_MEMBERSHIP
    unread = not_read(found, change.group, change.account)
    inside = change.account.id in indexed.direct.get(change.group.id, frozenset())
    if unread:
        return unread
    if group is None:
        return f"The group {change.group.name} does not exist any more."
    if inside is giving:
        return f"{change.account.name} is {'in' if inside else 'not in'} it already, as before."
    if other := another(world, change.account):
        return other
    if group.managed_by:
        return f"{group.managed_by} decides who is in it; keyturn cannot change it."
    off = found.off.get((change.side, change.account.id), "")
    return f"The account stays off. {off}" if giving and off else ""


def _not_all(found: Found, step: StepDone) -> None:
    """What a member has lost besides, which being put back in does not bring back."""
    change = step.operation.change
    if change.account is None or change.group is None:
        return
    if role := step.before.role:
        found.lose(
            f"{change.account.name} as {role} of {change.group.name}",
            "They come back as a plain member; make them that again by hand.",
        )
    group = found.world.side(change.side).groups.get(change.group.id)
    if change.side is Side.DIRECTORY and group is not None and group.rules:
        found.lose(
            f"{change.account.name} in {change.group.name} by {listed(group.rules)}",
            f"{found.world.directory.name} made an exception of the rule when they were taken out. "
            "They are put in by hand now; delete the exception there to have the rule decide.",
        )
