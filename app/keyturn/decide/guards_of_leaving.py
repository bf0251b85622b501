"""Guards of what goes along when somebody is put out: their credentials, the last of a role."""

from collections.abc import Iterator

from keyturn.decide.context import PlanContext
from keyturn.decide.findings import ChangeKind
from keyturn.decide.names import fold, listed
from keyturn.decide.plans import GuardVerdict, Operation, PlanScope, Verdict
from keyturn.decide.world import World
from keyturn_providers.records import Account, AccountState, MachineIdentity, Side

HIGHEST = frozenset(
    {"owner", "owners", "super_admin", "super admin", "super administrator", "superadmin"}
)
"""The vendors' names, folded, of the role above which there is none."""


def _ended(operations: tuple[Operation, ...]) -> frozenset[tuple[Side, str]]:
    """The accounts that the operations switch off."""
    return frozenset(
        (o.change.side, o.change.account.id)
        for o in operations
        if o.change.kind in {ChangeKind.SUSPEND, ChangeKind.DEACTIVATE} and o.change.account
    )


def dying_machines(
    operations: tuple[Operation, ...], context: PlanContext, _scope: PlanScope
) -> GuardVerdict:
    """Asks before a machine identity ends because its owner is switched off; refuses where it is
    the credential that keyturn itself works with."""
    ended = _ended(operations)
    found = [
        (side, machine)
        for side in Side
        for machine in context.world.side(side).snapshot.machines
        if machine.dies_with_owner and (side, machine.owner_account_id) in ended
    ]
    if not found:
        return GuardVerdict(
            "what dies with its owner", Verdict.ALLOW, "No machine identity ends with an account."
        )
    names = tuple(machine_title(context.world, side, machine) for side, machine in found)
    mine = tuple(
        machine_title(context.world, side, machine)
        for side, machine in found
        if context.own.get(side, frozenset()) & {machine.id, machine.owner_account_id}
    )
    if mine:
        return GuardVerdict(
            "what dies with its owner",
            Verdict.REFUSE,
            f"keyturn's own access ends with this account: {listed(mine)}.",
            mine,
            "Give keyturn a credential of another account first.",
        )
    return GuardVerdict(
        "what dies with its owner",
        Verdict.ASK,
        f"These end with the account: {listed(names)}.",
        names,
        "Make sure that nothing works with them any more, or hand them over first.",
    )


def machine_title(world: World, side: Side, machine: MachineIdentity) -> str:
    """What a machine identity is called where it ends with its owner."""
    return f"{machine.name} ({machine.kind}) in {world.side(side).name}"


def last_owner(
    operations: tuple[Operation, ...], context: PlanContext, _scope: PlanScope
) -> GuardVerdict:
    """Refuses to switch off the last account with the highest role, or with any privileged role at
    all; asks about the last one with another role."""
    worst, names = Verdict.ALLOW, list[str]()
    for side in Side:
        for role, alone in _left_without(context.world, side, operations):
            names.append(f"{role} in {context.world.side(side).name}")
            if alone or fold(role) in HIGHEST:
                worst = Verdict.REFUSE
            elif worst is Verdict.ALLOW:
                worst = Verdict.ASK
    if not names:
        return GuardVerdict("last owner", Verdict.ALLOW, "Every privileged role keeps somebody.")
    return GuardVerdict(
        "last owner",
        worst,
        f"Nobody active would have the role any more: {listed(names)}.",
        tuple(names),
        "Give the role to somebody else first, then plan again.",
    )


def _left_without(
    world: World, side: Side, operations: tuple[Operation, ...]
) -> Iterator[tuple[str, bool]]:
    """The roles that lose their last active account, and whether no other role is left either."""
    privileged = [
        account
        for account in world.side(side).snapshot.accounts
        if account.roles and account.state is AccountState.ACTIVE
    ]
    kept = {role for account in privileged for role in _keeps(account, side, operations)}
    before = {role for account in privileged for role in account.roles}
    for role in sorted(before - kept):
        yield role, not kept


def _keeps(account: Account, side: Side, operations: tuple[Operation, ...]) -> tuple[str, ...]:
    """The roles an account has after the operations; a group called like a role gives it."""
    if (side, account.id) in _ended(operations):
        return ()
    left = {
        fold(o.change.group.name)
        for o in operations
        if o.change.kind is ChangeKind.REMOVE_MEMBERSHIP and o.change.side is side
        if o.change.group is not None and o.change.account is not None
        if o.change.account.id == account.id
    }
    return tuple(role for role in account.roles if fold(role) not in left)
