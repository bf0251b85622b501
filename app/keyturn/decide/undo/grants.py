"""Grants back to what they were before a run: the same edges with exactly the same permissions."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from keyturn.decide.desired import permitted
from keyturn.decide.drift.revoking import one_by_one, take
from keyturn.decide.findings import Change, ChangeKind, Ref
from keyturn.decide.names import listed
from keyturn.decide.operations import word
from keyturn.decide.permissions import in_order, left_of, level_of
from keyturn.decide.run_done import StepDone
from keyturn.decide.undo.found import Found, another, not_read
from keyturn_providers.records import Grant, PermissionRules, PrincipalKind, Side

KINDS = frozenset(
    {ChangeKind.GRANT, ChangeKind.RESTORE_GRANT, ChangeKind.REVOKE, ChangeKind.NARROW}
)


def undo_grant(found: Found, step: StepDone) -> None:
    """The one grant that a step gave, took or made less. Of several steps on one edge the last is
    undone, and the others with it."""
    change = step.operation.change
    holder = change.principal
    together = _on_one_edge(found, step)
    if step is not together[-1]:
        return
    if holder is None:
        found.leave(step.operation.words, "The journal does not say whose grant it was.")
    elif step.operation.inverse is None and change.kind is ChangeKind.REVOKE:
        found.lose(step.operation.words, step.operation.irreversible)
    elif why := not_read(found, holder) or _gone(found, change, holder):
        found.leave(step.operation.words, why)
    elif len(together) > 1:
        _as_before(found, together, holder)
    elif change.kind in {ChangeKind.REVOKE, ChangeKind.NARROW}:
        _give_back(found, step, holder)
    else:
        _take_back(found, step, holder)


def _on_one_edge(found: Found, step: StepDone) -> list[StepDone]:
    """Every step of the run on the edge that a step is about, in their order. There is one for each
    holder on each vault, where permissions are granted one by one."""
    wanted = _holder_and_vault(step.operation.change)
    if not one_by_one(found.world) or wanted is None:
        return [step]
    return [one for one in found.made if _holder_and_vault(one.operation.change) == wanted]


def _holder_and_vault(change: Change) -> tuple[object, str, str] | None:
    if change.kind not in KINDS or change.principal is None or len(change.vaults) != 1:
        return None
    return change.principal_kind, change.principal.id, change.vaults[0].id


def _as_before(found: Found, steps: list[StepDone], holder: Ref) -> None:
    """An edge that the run changed more than once, back to what it was before the first time."""
    change, first = steps[-1].operation.change, steps[0].before
    words, world = steps[-1].operation.words, found.world
    rules = world.secrets.snapshot.permission_rules
    edges = _edge(found, change)
    now = frozenset(name for grant in edges for name in grant.permissions)
    was = frozenset(first.permissions)
    if rules is None or first.held is None:
        found.lose(words, "The journal does not say what was held before: look at it yourself.")
        return
    if now == was:
        found.leave(words, "It is as it was before already.")
        return
    if now != _left_by(rules, was, steps):
        found.leave(
            words, f"It was changed since: it gives {listed(sorted(now)) or 'nothing'} now."
        )
        return
    carrier = next((one.operation.change.carrier for one in steps if one.operation.change.carrier),
                   edges[0].carrier if edges else "")  # fmt: skip
    back = replace(change, kind=ChangeKind.RESTORE_GRANT, carrier=carrier,
                   permissions=in_order(rules, was), level=level_of(rules, was))  # fmt: skip
    if was - now:
        if reason := _not_to_be_held(found, change, holder):
            found.lose(word(world, back).words, reason)
        else:
            found.add(back, steps)
    if now - was:
        whole = take(world, holder, edges[0])
        found.add(replace(back, kind=ChangeKind.NARROW) if was else whole, steps)


def _left_by(
    rules: PermissionRules, held: frozenset[str], steps: Iterable[StepDone]
) -> frozenset[str]:
    for step in steps:
        change = step.operation.change
        if change.kind is ChangeKind.REVOKE:
            held = frozenset()
        elif change.kind is ChangeKind.NARROW:
            held = left_of(rules, held, change.permissions)
        else:
            held |= frozenset(change.permissions)
    return held


def _gone(found: Found, change: Change, holder: Ref) -> str:
    world = found.world
    if change.principal_kind is PrincipalKind.ACCOUNT and (why := another(world, holder)):
        return why
    if change.principal_kind is PrincipalKind.GROUP and holder.id not in world.secrets.groups:
        return f"The group {holder.name} does not exist any more."
    if change.vaults and all(vault.id not in world.secrets.vaults for vault in change.vaults):
        return f"{listed(vault.name for vault in change.vaults)} is in no listing any more."
    return ""


# ---------------------------------------------------------------- what was taken


def _give_back(found: Found, step: StepDone, holder: Ref) -> None:
    change = step.operation.change
    names, why = _held_before(found, step)
    rules = found.world.secrets.snapshot.permission_rules
    back = replace(change, kind=ChangeKind.RESTORE_GRANT, permissions=names)
    if rules is not None and names:
        back = replace(back, permissions=in_order(rules, names), level=level_of(rules, names))
    elif step.operation.inverse is not None:
        back = replace(back, level=step.operation.inverse.level)
    words = word(found.world, back).words
    if why:
        found.lose(words, why)
    elif reason := _not_as_taken(_edge(found, change), step, names):
        found.leave(words, reason)
    elif reason := _not_to_be_held(found, change, holder):
        found.lose(words, reason)
    else:
        found.add(back, [step])


def _held_before(found: Found, step: StepDone) -> tuple[tuple[str, ...], str]:
    """The permissions to be given back, and why that cannot be told."""
    if not one_by_one(found.world):
        return (), ""
    inverse = step.operation.inverse
    names = step.before.permissions or (inverse.permissions if inverse is not None else ())
    why = "" if names else "The journal does not say which permissions were held: give them anew."
    return names, why


def _not_as_taken(held: Sequence[Grant], step: StepDone, names: tuple[str, ...]) -> str:
    """Why the edge is not as the run left it; empty where it is."""
    change = step.operation.change
    now = {name for grant in held for name in grant.permissions}
    if change.kind is ChangeKind.REVOKE:
        if not held:
            return ""
        whole = set(names) <= now
        return "It is held again already." if whole else "It was given anew since, and otherwise."
    if not names:
        level = change.level
        wider = any(level is not None and grant.level.rank > level.rank for grant in held)
        return "It is held again already." if wider else ""
    if set(names) <= now:
        return "It is held again already."
    if now != set(names) & set(change.permissions):
        return f"It was changed since: it gives {listed(sorted(now)) or 'nothing'} now."
    return ""


def _not_to_be_held(found: Found, change: Change, holder: Ref) -> str:
    """Why a grant is not given back at all; empty where it is. What the policy merely does not
    know is asked about: see the guard."""
    world = found.world
    if why := found.off.get((Side.SECRETS, holder.id)):
        return f"The account stays off. {why}"
    person = world.person_of.get((Side.SECRETS, holder.id))
    for vault in change.vaults if person is not None else ():
        allowed = permitted(world, person.key if person else "", vault.id)
        if allowed.ended is not None and allowed.live is None:
            return (
                f"The exception for {vault.name} (line {allowed.ended.line}) has ended meanwhile: "
                "renew it first."
            )
    return ""


# ---------------------------------------------------------------- what was given


def _take_back(found: Found, step: StepDone, holder: Ref) -> None:
    change, world = step.operation.change, found.world
    words = step.operation.words
    edges = _edge(found, change)
    now = {name for grant in edges for name in grant.permissions}
    had = step.before.permissions
    if not edges or not set(change.permissions) <= now:
        found.leave(words, "It is not held any more, or not as the run gave it.")
    elif len({grant.carrier for grant in edges}) > 1:
        found.leave(words, "There are several such grants now, and which was given is not known.")
    elif change.permissions and now != set(change.permissions) | set(had):
        found.leave(words, f"It was changed since: it gives {listed(sorted(now))} now.")
    elif step.before.held is None and change.kind is ChangeKind.GRANT:
        found.lose(words, "The journal does not say what was held before: narrow it by hand.")
    elif not step.before.held:
        found.add(take(world, holder, edges[0]), [step])
    else:
        rules = world.secrets.snapshot.permission_rules
        level = level_of(rules, had) if rules is not None else change.level
        narrow = replace(take(world, holder, edges[0]), kind=ChangeKind.NARROW)
        found.add(replace(narrow, level=level, permissions=had), [step])


def _edge(found: Found, change: Change) -> list[Grant]:
    """What there is now of the edge that a change is about. One that was newly given is known by
    the vault, and by its level where the source grants levels."""
    kind, holder = change.principal_kind, change.principal
    if kind is None or holder is None:
        return []
    held = found.world.secrets.grants_of.get((kind, holder.id), ())
    if change.carrier:
        return [grant for grant in held if grant.carrier == change.carrier]
    vaults = {vault.id for vault in change.vaults}
    on_it = [grant for grant in held if grant.vault_id in vaults]
    if change.permissions:
        return [grant for grant in on_it if grant.permissions]
    return [grant for grant in on_it if grant.level is change.level]
