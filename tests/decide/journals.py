"""A world changed as a run would change it, and the run as the journal then tells it."""

import json
from collections.abc import Iterable
from dataclasses import replace

from tests.decide.worlds import Half, Org

from keyturn.decide.before import Before, kept
from keyturn.decide.findings import Change, ChangeKind, Ref
from keyturn.decide.permissions import level_of
from keyturn.decide.plans import Operation, Plan
from keyturn.decide.run_done import RunDone, StepDone
from keyturn.decide.steps import State
from keyturn_providers.records import AccountState, Grant, Level, Membership, PrincipalKind, Side

STATES = {
    ChangeKind.SUSPEND: AccountState.SUSPENDED,
    ChangeKind.REACTIVATE: AccountState.ACTIVE,
    ChangeKind.DEACTIVATE: AccountState.DEACTIVATED,
    ChangeKind.CONFIRM: AccountState.ACTIVE,
}
RUN_ID = "run-1"


def done(org: Org, plan: Plan, run_id: str = RUN_ID) -> RunDone:
    """Applies the whole plan to the world, and gives the run's record."""
    return RunDone(run_id, plan, tuple(_step(org, operation) for operation in plan.operations))


def step(operation: Operation, before: Before, state: State = State.VERIFIED) -> StepDone:
    """A step that was sent, and accepted."""
    intent = json.dumps({"before": kept(before, {})})
    return StepDone(operation, state, intent, "applied")


def _step(org: Org, operation: Operation) -> StepDone:
    change = operation.change
    half = org.directory if change.side is Side.DIRECTORY else org.secrets
    before = _apply(half, change)
    if before is None:
        return StepDone(operation, State.VERIFIED)
    return step(operation, before)


def _apply(half: Half, change: Change) -> Before | None:
    """How it was before; None where it was so already."""
    kind = change.kind
    if kind in STATES:
        return _switch(half, _ref(change.account), kind)
    if kind in {ChangeKind.ADD_MEMBERSHIP, ChangeKind.REMOVE_MEMBERSHIP}:
        return _member(half, change)
    if kind in {ChangeKind.END_SESSION, ChangeKind.END_ALL_SESSIONS, ChangeKind.PROVISION}:
        return Before()
    return _grant(half, change)


def _switch(half: Half, ref: Ref, kind: ChangeKind) -> Before | None:
    (account,) = (one for one in half.accounts if one.id == ref.id)
    so = account.state.is_off if kind is ChangeKind.SUSPEND else account.state is STATES[kind]
    if so:
        return None
    half.change(ref.id, state=STATES[kind])
    return Before(state=account.state)


def _member(half: Half, change: Change) -> Before | None:
    wanted = Membership(_ref(change.group).id, _ref(change.account).id)
    inside = wanted in half.memberships
    if inside is (change.kind is ChangeKind.ADD_MEMBERSHIP):
        return None
    if inside:
        half.memberships = [one for one in half.memberships if one != wanted]
    else:
        half.memberships.append(wanted)
    return Before(held=inside)


def _grant(half: Half, change: Change) -> Before | None:
    holder = _ref(change.principal)
    vault = change.vaults[0].id
    one_by_one = half.permission_rules is not None
    held = [
        g
        for g in half.grants
        if g.carrier == change.carrier
        or (one_by_one and (g.principal_id, g.vault_id) == (holder.id, vault))
    ]
    edge = held[0] if held else None
    names = edge.permissions if edge is not None else ()
    before = Before(permissions=names, held=edge is not None)
    kind = change.principal_kind or PrincipalKind.ACCOUNT
    carrier = change.carrier or f"{holder.id}/new/{vault}/{change.level}"
    if change.kind is ChangeKind.REVOKE:
        half.grants = [g for g in half.grants if g.carrier != change.carrier]
    elif change.kind is ChangeKind.NARROW and edge is not None:
        left = tuple(x for x in names if x in change.permissions)
        half.grants = [
            replace(g, permissions=left, level=change.level or Level.NONE) if g is edge else g
            for g in half.grants
        ]
    else:
        both = tuple(dict.fromkeys((*names, *change.permissions)))
        rules = half.permission_rules
        level = (level_of(rules, both) if rules else change.level) or Level.NONE
        new = Grant(vault, kind, holder.id, level, edge.carrier if edge else carrier, both)
        half.grants = [*(g for g in half.grants if g is not edge), new]
    return before


def _ref(ref: Ref | None) -> Ref:
    assert ref is not None
    return ref


def facts(org: Org) -> tuple[object, ...]:
    """States, memberships and grants of both sides, whatever their order."""
    return tuple(
        fact
        for half in (org.directory, org.secrets)
        for fact in (
            {one.id: one.state for one in half.accounts},
            set(half.memberships),
            _edges(half.grants),
        )
    )


def _edges(grants: Iterable[Grant]) -> set[tuple[str, str, Level, frozenset[str]]]:
    return {(g.vault_id, g.carrier, g.level, frozenset(g.permissions)) for g in grants}
