"""Memberships back to what they were before a run."""

from dataclasses import replace

from keyturn.decide.findings import ChangeKind, Ref
from keyturn.decide.names import listed
from keyturn.decide.operations import word
from keyturn.decide.run_done import StepDone
from keyturn.decide.undo.found import Found, another, not_read
from keyturn_providers.records import Side

KINDS = frozenset({ChangeKind.ADD_MEMBERSHIP, ChangeKind.REMOVE_MEMBERSHIP})


def undo_membership(found: Found, step: StepDone) -> None:
    """The one membership that a step gave or took."""
    change = step.operation.change
    account, group = change.account, change.group
    if account is None or group is None:
        found.leave(step.operation.words, "The journal does not say whose membership it was.")
        return
    giving = change.kind is ChangeKind.REMOVE_MEMBERSHIP
    back = replace(
        change, kind=ChangeKind.ADD_MEMBERSHIP if giving else ChangeKind.REMOVE_MEMBERSHIP
    )
    if why := _stays(found, account, group, giving=giving):
        found.leave(word(found.world, back).words, why)
    elif found.add(back, [step]) and giving:
        _not_all(found, step, account, group)


def _stays(found: Found, account: Ref, group: Ref, *, giving: bool) -> str:
    """Why the membership stays as it is; empty where the run's change is to be taken back."""
    indexed = found.world.side(group.side)
    known = indexed.groups.get(group.id)
    inside = account.id in indexed.direct.get(group.id, frozenset())
    if unread := not_read(found, group, account):
        return unread
    if known is None:
        return f"The group {group.name} does not exist any more."
    if inside is giving:
        return f"{account.name} is {'in' if inside else 'not in'} it already, as before."
    if other := another(found.world, account):
        return other
    if known.managed_by:
        return f"{known.managed_by} decides who is in it; keyturn cannot change it."
    off = found.off.get((account.side, account.id), "")
    return f"The account stays off. {off}" if giving and off else ""


def _not_all(found: Found, step: StepDone, account: Ref, group: Ref) -> None:
    """What a member has lost besides, which being put back in does not bring back."""
    if role := step.before.role:
        found.lose(
            f"{account.name} as {role} of {group.name}",
            "They come back as a plain member; make them that again by hand.",
        )
    known = found.world.side(group.side).groups.get(group.id)
    if group.side is Side.DIRECTORY and known is not None and known.rules:
        found.lose(
            f"{account.name} in {group.name} by {listed(known.rules)}",
            f"{found.world.directory.name} made an exception of the rule when they were taken out. "
            "They are put in by hand now; delete the exception there to have the rule decide.",
        )
