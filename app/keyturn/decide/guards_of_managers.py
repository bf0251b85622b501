"""Who can manage each vault, and the guard that no vault is left without anybody who can."""

from collections import defaultdict
from collections.abc import Iterable

from keyturn.decide.context import PlanContext
from keyturn.decide.findings import Change, ChangeKind
from keyturn.decide.index import edge_of, group_and_inside
from keyturn.decide.names import listed
from keyturn.decide.plans import GuardVerdict, Operation, PlanScope, Verdict
from keyturn.decide.world import World
from keyturn_providers.records import AccountState, Level, PrincipalKind, Side

_NAME = "last manager"


def managers(
    world: World, without: tuple[Change, ...] = (), back: frozenset[str] = frozenset()
) -> dict[str, frozenset[str]]:
    """By vault id the active accounts that can manage it, directly or through groups, as it would
    be after the removals in `without`, with those in `back` active. Only grants whose level is
    certain count."""
    suspended = {
        c.account.id
        for c in without
        if c.kind in {ChangeKind.SUSPEND, ChangeKind.DEACTIVATE}
        if c.side is Side.SECRETS and c.account
    }
    removed = {
        (c.group.id, c.account.id)
        for c in without
        if c.kind is ChangeKind.REMOVE_MEMBERSHIP and c.side is Side.SECRETS
        if c.group is not None and c.account is not None
    }
    revoked = {
        edge_of(c.carrier)
        for c in without
        if c.kind is ChangeKind.REVOKE
        or (c.kind is ChangeKind.NARROW and c.level is not Level.MANAGE)
    }
    found: dict[str, set[str]] = defaultdict(set)
    inside: dict[str, frozenset[str]] = {}
    for grant in world.secrets.snapshot.grants:
        if grant.level is not Level.MANAGE or edge_of(grant.carrier) in revoked:
            continue
        if grant.principal_kind is PrincipalKind.ACCOUNT:
            found[grant.vault_id].add(grant.principal_id)
        elif grant.principal_kind is PrincipalKind.GROUP:
            if grant.principal_id not in inside:
                inside[grant.principal_id] = _members_without(world, grant.principal_id, removed)
            found[grant.vault_id] |= inside[grant.principal_id]
    return {
        vault_id: frozenset(
            x for x in ids if x not in suspended and (x in back or _active(world, x))
        )
        for vault_id, ids in found.items()
    }


def _members_without(world: World, group_id: str, removed: set[tuple[str, str]]) -> frozenset[str]:
    return frozenset(
        account_id
        for inner in group_and_inside(world.secrets, group_id)
        for account_id in world.secrets.direct.get(inner, frozenset())
        if (inner, account_id) not in removed
    )


def _active(world: World, account_id: str) -> bool:
    account = world.secrets.accounts.get(account_id)
    return account is not None and account.state is AccountState.ACTIVE


def managed_by_nobody_else(world: World, account_ids: frozenset[str]) -> tuple[str, ...]:
    """The ids of the vaults that only these accounts can manage, in the order of their names."""
    found = [v for v, ids in managers(world).items() if ids and ids <= account_ids]
    return tuple(sorted(found, key=lambda v: (world.secrets.vault_name(v), v)))


def last_manager(
    operations: tuple[Operation, ...], context: PlanContext, _scope: PlanScope
) -> GuardVerdict:
    """No vault loses the last account that can manage it. What the plan gives counts only where
    everything that takes waits until it is seen: it may fail. A waiver in writing is shown."""
    world = context.world
    before = managers(world)
    after = managers(world, tuple(o.change for o in operations))
    lost = sorted(
        (v for v, ids in before.items() if ids and not after.get(v)),
        key=lambda v: (world.secrets.vault_name(v), v),
    )
    waived = [v for v in lost if v in context.waived]
    handed = [v for v in lost if v not in waived and _handed(world, operations, v, before[v])]
    orphaned = tuple(
        world.secrets.vault_name(v) for v in lost if v not in waived and v not in handed
    )
    if orphaned:
        return GuardVerdict(
            _NAME,
            Verdict.REFUSE,
            f"Nobody could manage {listed(orphaned)} any more.",
            orphaned,
            "Make somebody else a manager first, then plan again; in an offboarding name who takes "
            "over (--successor VAULT=PERSON), or say why nobody has to (--waive VAULT=REASON).",
        )
    if waived:
        names = tuple(f"{world.secrets.vault_name(v)}: {context.waived[v]}" for v in waived)
        vaults = listed(world.secrets.vault_name(v) for v in waived)
        return GuardVerdict(
            _NAME,
            Verdict.ASK,
            f"Nobody will be able to manage {vaults}, and that was waived.",
            names,
            "Make sure that nobody has to manage it, or name who takes over.",
        )
    if handed:
        vaults = listed(world.secrets.vault_name(v) for v in handed)
        return GuardVerdict(
            _NAME, Verdict.ALLOW, f"{vaults} is handed over before anything is taken."
        )
    return GuardVerdict(_NAME, Verdict.ALLOW, "Every vault keeps a manager it has.")


def _handed(
    world: World, operations: Iterable[Operation], vault_id: str, before: frozenset[str]
) -> bool:
    """Whether somebody who stays becomes manager of a vault before anything is taken of it: by a
    grant, or by coming back, as whoever had handed it over does when that is undone."""
    every = tuple(operations)
    takers = [o for o in every if _takes(world, o.change, vault_id, before)]
    first = [o for o in every if all(o.id in taker.depends_on for taker in takers)]
    off = {
        o.change.account.id
        for o in every
        if o.change.kind in {ChangeKind.SUSPEND, ChangeKind.DEACTIVATE} and o.change.account
        if o.change.side is Side.SECRETS
    }
    back = frozenset(
        o.change.account.id
        for o in first
        if o.change.kind is ChangeKind.REACTIVATE and o.change.account
        if o.change.side is Side.SECRETS
    )
    if managers(world, tuple(o.change for o in every), back).get(vault_id):
        return True
    return any(
        (o.change.principal.id in back or _active(world, o.change.principal.id))
        and o.change.principal.id not in off
        for o in first
        if o.change.kind in _GIVING and o.change.level is Level.MANAGE
        if o.change.principal_kind is PrincipalKind.ACCOUNT and o.change.principal is not None
        if any(vault.id == vault_id for vault in o.change.vaults)
    )


def _takes(world: World, change: Change, vault_id: str, before: frozenset[str]) -> bool:
    """Whether a change may take the management of a vault from one of these accounts."""
    if change.side is not Side.SECRETS or change.kind not in _TAKING:
        return False
    if change.account is not None and change.account.id in before:
        return True
    edge = edge_of(change.carrier)
    return any(vault.id == vault_id for vault in change.vaults) or any(
        edge_of(grant.carrier) == edge for grant in world.secrets.grants_on.get(vault_id, ())
    )


_GIVING = frozenset({ChangeKind.GRANT, ChangeKind.RESTORE_GRANT})
_TAKING = frozenset(
    {
        ChangeKind.SUSPEND,
        ChangeKind.DEACTIVATE,
        ChangeKind.REMOVE_MEMBERSHIP,
        ChangeKind.REVOKE,
        ChangeKind.NARROW,
    }
)
