"""Guards of what a plan rests on: listings that are complete, fresh, and not suddenly small."""

from keyturn.decide.context import PlanContext, counts_of
from keyturn.decide.doubt import not_read
from keyturn.decide.findings import Change, ChangeKind
from keyturn.decide.names import counted, listed
from keyturn.decide.people import Person
from keyturn.decide.plans import GuardVerdict, Operation, PlanScope, Verdict
from keyturn.decide.proof import (
    ACCOUNTS_SEEN,
    GROUPS_ALL,
    Need,
    accounts_needed,
    directory_not_whole,
    grants_needed,
    members_needed,
    unproven,
)
from keyturn.decide.world import World
from keyturn_providers.records import Collection, PrincipalKind, Side

CLOCK_PLAY_MS = 60_000
"""How far ahead of this machine's clock a read may be and still count as just made."""
_REFRESH = "Refresh until both sources are complete, then plan again."


def needs_of(world: World, change: Change, scope: PlanScope) -> tuple[Need, ...]:
    """The listings a removal rests on; nothing for what gives access.

    A sync takes away what the directory and the policy do not show, so the listings in which it
    would show must be whole. An offboarding takes from one named person: it rests on knowing who
    that is, and for memberships on knowing which groups the directory decides about. An undo takes
    back what a run gave, by id.
    """
    if not change.kind.removes or scope is PlanScope.UNDO:
        return ()
    offboarding = scope is PlanScope.OFFBOARD
    accounts = ACCOUNTS_SEEN if offboarding else accounts_needed(_person(world, change))
    if change.kind is ChangeKind.REMOVE_MEMBERSHIP and change.group is not None:
        members = Need(change.side, Collection.MEMBERSHIPS, change.group.id)
        if change.side is Side.DIRECTORY:
            return (*accounts, *GROUPS_ALL, members)
        link = world.link_of_secrets.get(change.group.id)
        theirs: tuple[Need, ...] = ()
        if link is not None and link.directory is not None and not offboarding:
            theirs = members_needed(world, Side.DIRECTORY, link.directory.id)
        return (*accounts, *GROUPS_ALL, members, *theirs)
    if change.kind in {ChangeKind.REVOKE, ChangeKind.NARROW}:
        # What a group holds depends on the group it stands for, not on who is in it.
        of_group = change.principal_kind is PrincipalKind.GROUP
        return (*(GROUPS_ALL if of_group else accounts), *grants_needed(world))
    return accounts


def _person(world: World, change: Change) -> Person | None:
    ref = change.account or change.principal
    return world.person_of.get((ref.side, ref.id)) if ref is not None else None


def complete(
    operations: tuple[Operation, ...], context: PlanContext, scope: PlanScope
) -> GuardVerdict:
    """Absence is never evidence: no removal rests on a listing that was not read to its end.

    An offboarding also asks where something of the leaver's may have been missed: what is in no
    listing that was read is in no operation either.
    """
    removals = [o for o in operations if o.change.kind.removes]
    needs = dict.fromkeys(
        need for o in removals for need in needs_of(context.world, o.change, scope)
    )
    missing = unproven(context.world, needs)
    if removals and not scope.by_name:
        unread = (
            not_read(context.world, ref)
            for o in removals
            for ref in (o.change.account, o.change.principal)
        )
        missing = tuple(
            dict.fromkeys((*missing, *directory_not_whole(context.world), *filter(None, unread)))
        )
    if missing:
        return GuardVerdict(
            "complete listings",
            Verdict.REFUSE,
            f"{len(removals)} removals rest on listings that are not complete: {listed(missing)}.",
            missing,
            _REFRESH,
        )
    if scope is PlanScope.OFFBOARD and context.half_read:
        return GuardVerdict(
            "complete listings",
            Verdict.ASK,
            "More may be open than this plan ends, for not everything could be read: "
            f"{listed(context.half_read)}.",
            context.half_read,
            "Go on if there is no time; then refresh, and offboard again: it finds what is left.",
        )
    if not removals:
        return GuardVerdict("complete listings", Verdict.ALLOW, "Nothing is taken away.")
    rests = "the removal rests" if len(removals) == 1 else f"the {len(removals)} removals rest"
    words = f"Complete: the {counted(len(needs), 'listing')} that {rests} on."
    return GuardVerdict("complete listings", Verdict.ALLOW, words)


def fresh(
    operations: tuple[Operation, ...], context: PlanContext, scope: PlanScope
) -> GuardVerdict:
    """Removals rest on snapshots younger than the policy's `snapshot_age`.

    An offboarding takes from a named person what is read live before each step; an old snapshot
    may only miss some of it, so it asks.
    """
    world, limit = context.world, context.world.rules.limits.snapshot_age_ms
    ages = {
        side: world.now_ms - world.side(side).snapshot.taken_ms
        for side in (Side.DIRECTORY, Side.SECRETS)
    }
    ahead = tuple(world.side(side).name for side, age in ages.items() if age < -CLOCK_PLAY_MS)
    said = listed(f"{world.side(side).name} {_minutes(age)}" for side, age in ages.items())
    old = tuple(world.side(side).name for side, age in ages.items() if age > limit)
    removes = any(o.change.kind.removes for o in operations)
    if ahead and removes:
        return GuardVerdict(
            "fresh snapshots",
            Verdict.ASK if scope.by_name else Verdict.REFUSE,
            f"{listed(ahead)} was read later than this machine's clock says it is now, so nobody "
            "knows how old that is.",
            ahead,
            "Set the clock right, and refresh.",
        )
    if old and removes:
        if scope.by_name:
            return GuardVerdict(
                "fresh snapshots",
                Verdict.ASK,
                f"Access given since then may be missing here: {said}.",
                old,
                "Refresh first if there is time, and again afterwards.",
            )
        return GuardVerdict(
            "fresh snapshots",
            Verdict.REFUSE,
            f"What is known is too old to take anything away by: {said}, at most "
            f"{_minutes(limit)} are allowed.",
            old,
            "Refresh, then plan again.",
        )
    return GuardVerdict("fresh snapshots", Verdict.ALLOW, f"Age of what is known: {said}.")


def not_empty(
    operations: tuple[Operation, ...], context: PlanContext, _scope: PlanScope
) -> GuardVerdict:
    """A source without a single account or group is broken, not abandoned."""
    if not any(o.change.kind.removes for o in operations):
        return GuardVerdict("source not empty", Verdict.ALLOW, "Nothing is taken away.")
    empty: list[str] = []
    for side in (Side.DIRECTORY, Side.SECRETS):
        indexed, before = context.world.side(side), context.previous.get(side)
        now = counts_of(indexed.snapshot)
        if now.accounts == 0:
            empty.append(f"{indexed.name} has no accounts")
        if now.groups == 0 and before is not None and before.groups > 0:
            empty.append(f"{indexed.name} has no groups, {before.groups} before")
    if empty:
        return GuardVerdict(
            "source not empty",
            Verdict.REFUSE,
            f"{listed(empty)}: that is more likely a fault than the truth.",
            tuple(empty),
            "Look at the source and at what keyturn's credential may see there.",
        )
    return GuardVerdict("source not empty", Verdict.ALLOW, "Both sources have accounts.")


def not_shrunken(
    operations: tuple[Operation, ...], context: PlanContext, _scope: PlanScope
) -> GuardVerdict:
    """No collection lost more than the policy's `source_shrink` since the last complete read."""
    limit = context.world.rules.limits.source_shrink_share
    if not any(o.change.kind.removes for o in operations):
        return GuardVerdict("source not shrunken", Verdict.ALLOW, "Nothing is taken away.")
    shrunken: list[str] = []
    for side, before in context.previous.items():
        indexed = context.world.side(side)
        now = counts_of(indexed.snapshot)
        for what, had, has in (
            ("accounts", before.accounts, now.accounts),
            ("groups", before.groups, now.groups),
            ("memberships", before.memberships, now.memberships),
            ("grants", before.grants, now.grants),
        ):
            # One row fewer is a day's work in a small organisation, whatever its share.
            if had - has > max(1, had * limit):
                shrunken.append(f"{indexed.name} has {has} {what}, {had} before")
    if shrunken:
        return GuardVerdict(
            "source not shrunken",
            Verdict.REFUSE,
            f"{listed(shrunken)}: more than {limit:.0%} less.",
            tuple(shrunken),
            "If that is meant, raise limits.source_shrink in the policy for this once.",
        )
    known = "No source shrank" if context.previous else "There is no earlier read to compare with"
    return GuardVerdict("source not shrunken", Verdict.ALLOW, f"{known}.")


def _minutes(milliseconds: int) -> str:
    minutes = milliseconds / 60_000
    return f"{minutes:.0f} min" if minutes >= 1 else f"{milliseconds / 1000:.0f} s"
