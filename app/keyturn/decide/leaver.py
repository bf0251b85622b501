"""What putting one person out takes: every change, and everything that is left alone with why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from keyturn.decide.context import PlanContext
from keyturn.decide.doubt import not_read
from keyturn.decide.drift.pushes import SILENT
from keyturn.decide.drift.revoking import take
from keyturn.decide.findings import Change, ChangeKind
from keyturn.decide.groups import GroupLink
from keyturn.decide.guards_of_evidence import needs_of
from keyturn.decide.index import TOKEN_PREFIX, edge_of, members_of
from keyturn.decide.left_out import cannot
from keyturn.decide.names import account_ref, counted, fold, group_ref, listed
from keyturn.decide.operations import word
from keyturn.decide.people import Person
from keyturn.decide.plans import LeftAlone, PlanScope
from keyturn.decide.proof import refresh_first, unproven
from keyturn_providers.records import (
    Account,
    AccountState,
    Grant,
    Group,
    Level,
    PrincipalKind,
    Session,
    Side,
)


@dataclass(slots=True)
class Cut:
    """The changes, their further side effects, and what stays."""

    changes: list[Change] = field(default_factory=list)
    also: dict[Change, tuple[str, ...]] = field(default_factory=dict)
    left_alone: list[LeftAlone] = field(default_factory=list)


def cut(context: PlanContext, person: Person, sessions: Sequence[Session]) -> Cut:
    """Everything that takes `person` out of both sources: first what lets them in, last of all the
    end of the directory's account, where the policy allows that."""
    found = Cut()
    _suspend(context, found, Side.DIRECTORY, person.directory)
    if person.directory is not None:
        _end_all(context, found, person.directory)
    _suspend(context, found, Side.SECRETS, person.secrets)
    if person.secrets is not None:
        mine = [s for s in sessions if s.account_id == person.secrets.id]
        _end(context, found, person.secrets, mine)
        _revoke(context, found, person.secrets)
        _remove(context, found, person, person.secrets)
        _what_else(context, found, Side.SECRETS, person.secrets)
    if person.directory is not None:
        _in_the_directory(context, found, person.directory)
        _what_else(context, found, Side.DIRECTORY, person.directory)
        _deactivate(context, found, person.directory)
    return found


def _end_all(context: PlanContext, found: Cut, account: Account) -> None:
    """What the person is signed in to at the directory. A deactivated account has none of that."""
    if account.state is not AccountState.DEACTIVATED:
        ref = account_ref(Side.DIRECTORY, account)
        _add(context, found, Change(ChangeKind.END_ALL_SESSIONS, Side.DIRECTORY, account=ref))


def _deactivate(context: PlanContext, found: Cut, account: Account) -> None:
    """Where a directory cannot do more than suspend, there is nothing to say of it."""
    able = context.able(Side.DIRECTORY, ChangeKind.DEACTIVATE)
    if able and account.state is not AccountState.DEACTIVATED:
        ref = account_ref(Side.DIRECTORY, account)
        _add(context, found, Change(ChangeKind.DEACTIVATE, Side.DIRECTORY, account=ref))


def _in_the_directory(context: PlanContext, found: Cut, account: Account) -> None:
    """Out of the groups that the directory pushes: those live on in the secret manager."""
    world, stay = context.world, list[str]()
    for group_id in world.directory.groups_of.get(account.id, ()):
        group = world.directory.groups.get(group_id)
        if group is None or group.push is None:
            stay.append(world.directory.group_name(group_id))
            continue
        change = Change(
            ChangeKind.REMOVE_MEMBERSHIP,
            Side.DIRECTORY,
            account=account_ref(Side.DIRECTORY, account),
            group=group_ref(Side.DIRECTORY, group),
        )
        missing = unproven(world, needs_of(world, change, PlanScope.OFFBOARD))
        reason = refresh_first(missing) if missing else ""
        if group.managed_by:
            reason = f"{group.managed_by} decides who is in it; keyturn cannot change it."
        if reason:
            found.left_alone.append(LeftAlone(f"{group.name} in {world.directory.name}", reason))
        else:
            _add(context, found, change)
    if stay:
        found.left_alone.append(
            LeftAlone(
                f"{counted(len(stay), 'group')} in {world.directory.name}: {listed(sorted(stay))}",
                "They open nothing for a suspended account; the directory's own clean-up ends "
                "them.",
            )
        )


def _add(context: PlanContext, found: Cut, change: Change) -> bool:
    reason = cannot(context, change)
    if reason:
        found.left_alone.append(LeftAlone(word(context.world, change).words, reason))
    else:
        found.changes.append(change)
    return not reason


def _suspend(context: PlanContext, found: Cut, side: Side, account: Account | None) -> None:
    source = context.world.side(side).name
    if account is None:
        found.left_alone.append(
            LeftAlone(f"{source} has no account of this person", "There is nothing to suspend.")
        )
        return
    ref = account_ref(side, account)
    if account.state.is_off and not not_read(context.world, ref):
        found.left_alone.append(
            LeftAlone(
                f"{account.display_name or account.name} ({account.name}) in {source}",
                f"The account is {account.state.value} already.",
            )
        )
    else:
        _add(context, found, Change(ChangeKind.SUSPEND, side, account=ref))


def _end(context: PlanContext, found: Cut, account: Account, sessions: Sequence[Session]) -> None:
    ref = account_ref(Side.SECRETS, account)
    for session in sessions:
        change = Change(ChangeKind.END_SESSION, Side.SECRETS, account=ref, session_id=session.id)
        if _add(context, found, change):
            opens = tuple(
                f"it opens {context.world.secrets.vault_name(grant.vault_id)} past every group"
                for grant in context.world.secrets.by_edge.get(TOKEN_PREFIX + session.id, ())
            )
            found.also[change] = (f"session: {session.note}", *opens) if session.note else opens


def _revoke(context: PlanContext, found: Cut, account: Account) -> None:
    world = context.world
    ref = account_ref(Side.SECRETS, account)
    ended = {TOKEN_PREFIX + change.session_id for change in found.changes if change.session_id}
    by_edge: dict[str, Grant] = {}
    for grant in world.secrets.grants_of.get((PrincipalKind.ACCOUNT, account.id), ()):
        # A token that is ended as a session needs no second call.
        if grant.level is not Level.NONE and edge_of(grant.carrier) not in ended:
            by_edge.setdefault(edge_of(grant.carrier), grant)
    for grant in by_edge.values():
        change = take(world, ref, grant)
        if not grant.revocable:
            found.left_alone.append(
                LeftAlone(
                    word(world, change).words,
                    f"{world.secrets.name} does not let this be revoked"
                    f"{': ' + grant.note if grant.note else ''}.",
                )
            )
        else:
            _add(context, found, change)


def _remove(context: PlanContext, found: Cut, person: Person, account: Account) -> None:
    world = context.world
    for group_id in world.secrets.groups_of.get(account.id, ()):
        group = world.secrets.groups.get(group_id)
        if group is None:
            found.left_alone.append(
                LeftAlone(
                    f"The group {group_id} in {world.secrets.name}",
                    "The group is in no listing: refresh, or look there.",
                )
            )
            continue
        change = Change(
            ChangeKind.REMOVE_MEMBERSHIP,
            Side.SECRETS,
            account=account_ref(Side.SECRETS, account),
            group=group_ref(Side.SECRETS, group),
        )
        reason = _stays(context, person, group, change)
        if reason:
            found.left_alone.append(LeftAlone(f"{group.name} in {world.secrets.name}", reason))
        else:
            _add(context, found, change)


def _stays(context: PlanContext, person: Person, group: Group, change: Change) -> str:
    """Why a membership is not this plan's to take away; empty where it is."""
    world = context.world
    link = world.link_of_secrets.get(group.id)
    if link is not None and link.problem:
        return f"It is not certain which directory group stands for it. {link.problem}"
    if link is not None and link.managed and _still_there(context, person, link):
        push = link.directory.push if link.directory is not None else None
        if push is not None and push.state in SILENT:
            return ""
        if push is not None:
            return (
                f"{world.directory.name} pushes it: it goes when the membership in {link.name} "
                "ends there."
            )
        return (
            f"{link.name} in {world.directory.name} decides about it: it goes when the membership "
            "ends there, and opens nothing for a suspended account."
        )
    if group.managed_by:
        return f"{group.managed_by} decides who is in it; keyturn cannot change it."
    missing = unproven(world, needs_of(world, change, PlanScope.OFFBOARD))
    return refresh_first(missing) if missing else ""


def _still_there(context: PlanContext, person: Person, link: GroupLink) -> bool:
    if link.directory is None or person.directory is None:
        return False
    return person.directory.id in members_of(context.world.directory, link.directory.id)


def _what_else(context: PlanContext, found: Cut, side: Side, account: Account) -> None:
    found.left_alone.extend(_machines(context, side, account))
    leaves = {
        fold(change.group.name)
        for change in found.changes
        if change.kind is ChangeKind.REMOVE_MEMBERSHIP and change.side is side
        if change.group is not None
    }
    for role in account.roles:
        if fold(role) in leaves:
            continue  # a group called like a role gives it, as the guard of the last owner has it
        found.left_alone.append(
            LeftAlone(
                f"The privileged role {role} in {context.world.side(side).name}",
                "It opens nothing for a suspended account; take it away by hand before anybody "
                "reactivates it.",
            )
        )


def _machines(context: PlanContext, side: Side, account: Account) -> Iterator[LeftAlone]:
    for machine in context.world.side(side).snapshot.machines:
        if machine.owner_account_id == account.id:
            yield LeftAlone(
                f"{machine.name} ({machine.kind}) in {context.world.side(side).name}",
                "It is a machine identity that belongs to this person, and it ends with the "
                "account: make a new one for whoever takes over."
                if machine.dies_with_owner
                else "It is a machine identity that belongs to this person: hand it over, then "
                "rotate what it knows.",
            )
