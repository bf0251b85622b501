"""Drift that a directory makes by not pushing what it decided into the secret manager."""

from collections.abc import Iterator

from keyturn.decide.drift.making import by_hand, finding
from keyturn.decide.findings import Finding
from keyturn.decide.index import members_of
from keyturn.decide.names import account_ref, counted, group_ref
from keyturn.decide.people import Person
from keyturn.decide.words import DriftKind, Severity
from keyturn.decide.world import World
from keyturn_providers.records import Account, Group, Push, PushState, Side

SILENT = frozenset({PushState.FAILED, PushState.PAUSED})
"""The states in which a directory pushes nothing at all."""


def push_drift(world: World) -> Iterator[Finding]:
    """Accounts and groups of which the directory's own provisioning tells the secret manager
    nothing, and what that means for whom."""
    for person in world.matching.people:
        mine = person.directory
        if mine is not None and mine.push is not None and mine.push.state in SILENT:
            yield _account(world, person, mine, mine.push)
    for group in world.directory.snapshot.groups:
        if group.push is not None and group.push.state in SILENT:
            yield _group(world, group, group.push)


def _account(world: World, person: Person, mine: Account, push: Push) -> Finding:
    here, there = world.directory.name, world.secrets.name
    if mine.state.is_off:
        severity = Severity.HIGH
        means = f"that {person.name} is {mine.state.value} there does not reach {there}"
    elif person.secrets is None:
        severity = Severity.MEDIUM
        means = f"{person.name} gets no account in {there}"
    else:
        severity = Severity.LOW
        means = f"what changes about {person.name} does not reach {there}, nor that they leave"
    return finding(
        DriftKind.PUSH_FAILED,
        severity,
        account_ref(Side.DIRECTORY, mine),
        f"{here}'s push of {person.name} {_stands(push)}: {means}.",
        by_hand(f"Mend the assignment in {here}, then retry the push there."),
        person=person.key,
    )


def _group(world: World, group: Group, push: Push) -> Finding:
    here, there = world.directory.name, world.secrets.name
    link = world.link_of_directory.get(group.id)
    number = len(members_of(world.directory, group.id))
    name = link.secrets.name if link is not None and link.secrets is not None else group.name
    return finding(
        DriftKind.PUSH_FAILED,
        Severity.MEDIUM,
        group_ref(Side.DIRECTORY, group),
        f"{here}'s push of the group {group.name} {_stands(push)}: nothing that changes about its "
        f"{counted(number, 'member')} reaches {name} in {there}, neither who joins nor who leaves.",
        by_hand(f"Mend the group's push in {here}, then push it again there."),
    )


def _stands(push: Push) -> str:
    said = push.state_raw or push.state.value
    if push.state is PushState.PAUSED:
        return f"is paused ({said})"
    return f"failed ({push.error or said})"
