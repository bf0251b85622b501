"""The guard of what an undo brings back: it was perhaps taken for a reason that still stands."""

from collections.abc import Iterator

from keyturn.decide.context import PlanContext
from keyturn.decide.desired import beyond, desired_grants, desired_members, permitted
from keyturn.decide.findings import Change, ChangeKind, ObjectKind, Ref
from keyturn.decide.names import account_title, listed
from keyturn.decide.plans import GuardVerdict, Operation, PlanScope, Verdict
from keyturn.decide.world import World
from keyturn_providers.records import AccountState, Grant, Level, PrincipalKind, Side

GUARD = "what comes back"


def comes_back(
    operations: tuple[Operation, ...], context: PlanContext, _scope: PlanScope
) -> GuardVerdict:
    """Asks where what is brought back is in drift by the policy and the directory as they are."""
    changes = tuple(operation.change for operation in operations)
    names = tuple(
        dict.fromkeys(name for x in changes for name in _not_due(context.world, x, changes))
    )
    if names:
        return GuardVerdict(
            GUARD,
            Verdict.ASK,
            f"The policy and the directory do not have this as it will be: {listed(names)}.",
            names,
            "Make sure that it is meant, and mend the policy or the directory afterwards.",
        )
    return GuardVerdict(GUARD, Verdict.ALLOW, "The policy has all that is brought back.")


def _not_due(world: World, change: Change, changes: tuple[Change, ...]) -> Iterator[str]:
    if change.kind is ChangeKind.REACTIVATE and change.side is Side.SECRETS:
        yield from _leaver(world, change, changes)
    elif change.kind is ChangeKind.REACTIVATE:
        yield from _ended(world, change)
    elif change.kind is ChangeKind.ADD_MEMBERSHIP and change.side is Side.SECRETS:
        yield from _stray(world, change, changes)
    elif change.kind in {ChangeKind.RESTORE_GRANT, ChangeKind.GRANT}:
        yield from _not_in_policy(world, change)


def _ended(world: World, change: Change) -> Iterator[str]:
    """The directory's own account, where its life had ended: whoever ended it may have meant it."""
    account = world.directory.accounts.get(change.account.id) if change.account else None
    if account is not None and account.state is AccountState.DEACTIVATED:
        yield f"{account_title(account)} (whose account in {world.directory.name} had ended)"


def _leaver(world: World, change: Change, changes: tuple[Change, ...]) -> Iterator[str]:
    ref = change.account
    person = world.person_of.get((ref.side, ref.id)) if ref is not None else None
    if ref is None or person is None or person.directory is None:
        yield f"{ref.name if ref else 'nobody'} (whom the directory does not know)"
        return
    last = next(
        (
            one.kind
            for one in reversed(changes)
            if one.account is not None
            and one.account.side is Side.DIRECTORY
            and one.account.id == person.directory.id
            and one.kind in {ChangeKind.SUSPEND, ChangeKind.REACTIVATE, ChangeKind.DEACTIVATE}
        ),
        None,
    )
    off = person.directory.state.is_off if last is None else last is not ChangeKind.REACTIVATE
    if off:
        yield f"{ref.name} (off in {world.directory.name})"


def _stray(world: World, change: Change, changes: tuple[Change, ...]) -> Iterator[str]:
    if change.account is None or change.group is None:
        return
    link = world.link_of_secrets.get(change.group.id)
    person = world.person_of.get((Side.SECRETS, change.account.id))
    joins = (
        link is not None
        and link.directory is not None
        and any(
            one.kind is ChangeKind.ADD_MEMBERSHIP
            and one.side is Side.DIRECTORY
            and one.group is not None
            and one.group.id == link.directory.id
            and one.account is not None
            and person is not None
            and person.directory is not None
            and one.account.id == person.directory.id
            for one in changes
        )
    )
    if joins:
        return
    if link is None or change.account.id not in desired_members(world, link).may:
        yield f"{change.account.name} in {change.group.name} (the directory does not say so)"


def _not_in_policy(world: World, change: Change) -> Iterator[str]:
    holder, kind = change.principal, change.principal_kind
    if holder is None or kind is None:
        return
    for vault in change.vaults:
        level = change.level or Level.UNKNOWN
        grant = Grant(vault.id, kind, holder.id, level, change.carrier, change.permissions)
        if not _wanted(world, holder, grant):
            yield f"{holder.name} on {vault.name} ({level.value})"


def _wanted(world: World, holder: Ref, grant: Grant) -> bool:
    if holder.kind is ObjectKind.ACCOUNT:
        person = world.person_of.get((holder.side, holder.id))
        return person is not None and permitted(world, person.key, grant.vault_id).covers(grant)
    if grant.principal_kind is not PrincipalKind.GROUP:
        return False
    wish = desired_grants(world.link_of_secrets.get(holder.id)).get(grant.vault_id)
    return wish is not None and not beyond(grant, wish)
