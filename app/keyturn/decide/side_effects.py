"""What else happens with a change, in names and numbers, so that nobody is surprised by it."""

from collections.abc import Iterator

from keyturn.decide.findings import Change, ChangeKind, Ref
from keyturn.decide.index import group_and_around, members_of
from keyturn.decide.names import counted, listed
from keyturn.decide.operations import held_by, vaults_of
from keyturn.decide.permissions import closed_to_give, in_order
from keyturn.decide.world import World
from keyturn_providers.records import AccountState, Level, PrincipalKind, PushState, Side

NOT_BACK = (
    "reactivating later does not bring back what goes with the account's life: what it was "
    "assigned to, and what its applications keep of it"
)
"""Of every deactivation."""
ON_NOT_SUSPENDED = "an undo brings the account back on, waiting to be activated, and not suspended"
"""Of the deactivation of who is suspended already."""
RULE_EXCEPTION = "makes an exception of the rule for who is taken out"


def side_effects(world: World, change: Change) -> tuple[str, ...]:
    """What else happens, in names and numbers: vaults lost with a shared edge, people who lose
    access with a group's grant, access that stays all the same."""
    if change.kind in {ChangeKind.REVOKE, ChangeKind.RESTORE_GRANT}:
        return tuple(_on_grants(world, change))
    if change.kind is ChangeKind.GRANT:
        return tuple(_sent(world, change))
    if change.kind is ChangeKind.NARROW:
        return (*_taken(world, change), *_on_grants(world, change))
    if change.kind in {ChangeKind.REMOVE_MEMBERSHIP, ChangeKind.ADD_MEMBERSHIP}:
        return tuple(_on_membership(world, change))
    if change.kind is ChangeKind.DEACTIVATE:
        return (NOT_BACK, *_suspended_before(world, change))
    return ()


def _suspended_before(world: World, change: Change) -> Iterator[str]:
    """A source that ends accounts cannot bring one back to where it was: who waits to be activated
    cannot be suspended."""
    ref = change.account
    account = world.side(change.side).accounts.get(ref.id) if ref is not None else None
    if account is not None and account.state is AccountState.SUSPENDED:
        yield f"it is suspended now: {ON_NOT_SUSPENDED}"


def _sent(world: World, change: Change) -> Iterator[str]:
    """The closed set that is sent, and which of it is there because another needs it."""
    rules = world.secrets.snapshot.permission_rules
    if rules is None or not change.permissions:
        return
    yield f"sent: {listed(change.permissions, limit=len(change.permissions))}"
    asked = [
        name
        for name in change.permissions
        if not any(name in closed_to_give(rules, {x}) - {x} for x in change.permissions)
    ]
    for name in asked:
        also = in_order(rules, closed_to_give(rules, {name}) - {name})
        if also:
            yield f"{name} needs also: {listed(also, limit=len(also))}"


def _taken(world: World, change: Change) -> Iterator[str]:
    """What is taken, and what of it goes only because it needs another."""
    rules, held = world.secrets.snapshot.permission_rules, held_by(world, change)
    if rules is None or held is None:
        return
    gone = frozenset(held.permissions) - frozenset(change.permissions)
    needs = dict(rules.needs)
    along = {name for name in gone if not gone.isdisjoint(needs.get(name, ()))}
    yield f"taken: {listed(in_order(rules, gone - along), limit=len(gone))}"
    if along:
        yield f"with it goes what needs it: {listed(in_order(rules, along), limit=len(along))}"


def _on_grants(world: World, change: Change) -> list[str]:
    found: list[str] = []
    verb = "opened" if change.kind is ChangeKind.RESTORE_GRANT else "lost"
    if len(change.vaults) > 1:
        found.append(f"{counted(len(change.vaults), 'vault')} {verb} at once: {vaults_of(change)}")
    if change.principal_kind is PrincipalKind.GROUP and change.principal is not None:
        active = [
            world.secrets.accounts[x].display_name or world.secrets.accounts[x].name
            for x in _members(world, change.principal.id)
        ]
        number = counted(len(active), "active member")
        found.append(f"{number} of {change.principal.name}: {listed(sorted(active)) or 'nobody'}")
    return found


def _members(world: World, group_id: str) -> list[str]:
    accounts = world.secrets.accounts
    return [
        x
        for x in members_of(world.secrets, group_id)
        if x in accounts and accounts[x].state is AccountState.ACTIVE
    ]


def _on_membership(world: World, change: Change) -> list[str]:
    if change.group is None:
        return []
    if change.side is not Side.SECRETS:
        return _on_directory_membership(world, change.group)
    opened = {
        grant.vault_id
        for group_id in group_and_around(world.secrets, change.group.id)
        for grant in world.secrets.grants_of.get((PrincipalKind.GROUP, group_id), ())
        if grant.level is not Level.NONE
    }
    if not opened:
        return [f"{change.group.name} opens no vault that keyturn can see"]
    return [f"it opens {listed(sorted(world.secrets.vault_name(x) for x in opened))}"]


def _on_directory_membership(world: World, ref: Ref) -> list[str]:
    """What follows from a membership in the directory: its rules may undo it, its push spreads."""
    group = world.directory.groups.get(ref.id)
    here, there = world.directory.name, world.secrets.name
    found: list[str] = []
    if group is not None and group.rules:
        found.append(
            f"{listed(group.rules)} puts members in {ref.name}: {here} {RULE_EXCEPTION}"
            ", and they come back when that is deleted"
        )
    if group is not None and group.push is not None:
        found.append(
            f"{here} pushes {ref.name} ({group.push.state_raw or group.push.state.value}), so that "
            f"nothing reaches {there} by itself"
            if group.push.state in {PushState.FAILED, PushState.PAUSED}
            else f"{here} pushes {ref.name}: {there} follows"
        )
    return found
