"""Drift of machine identities: somebody must answer for each, and still be there."""

from collections.abc import Iterator

from keyturn.decide.drift.making import by_hand, finding
from keyturn.decide.findings import Finding
from keyturn.decide.names import fold, machine_ref
from keyturn.decide.people import Person
from keyturn.decide.rules import MachineRule
from keyturn.decide.words import DriftKind, Severity
from keyturn.decide.world import World
from keyturn_providers.records import Collection, MachineIdentity, Side

_NAME_IT = "Name its owner under machines in the policy, or remove it in {source}."


def machine_drift(world: World) -> Iterator[Finding]:
    """Machine identities of both sides without an owner, or whose owner left. An owner named in the
    policy counts before the one the source tells."""
    rules = {fold(rule.machine): rule for rule in world.rules.machines}
    for side in Side:
        for machine in world.side(side).snapshot.machines:
            rule = rules.get(fold(machine.id)) or rules.get(fold(machine.name))
            if rule is not None:
                yield from _ruled(world, side, machine, rule)
            elif machine.owner_account_id is not None:
                yield from _owned(world, side, machine, machine.owner_account_id)
            else:
                yield _ownerless(world, side, machine, "nobody answers for it")


def _ruled(
    world: World, side: Side, machine: MachineIdentity, rule: MachineRule
) -> Iterator[Finding]:
    keys = world.people_called(rule.owner)
    if not keys:
        if world.directory.complete(Collection.ACCOUNTS):
            why = f"its owner {rule.owner} (policy line {rule.line}) is nobody keyturn knows"
            yield _ownerless(world, side, machine, why, rule.line)
    elif not any(_here(world.people[key]) for key in keys):
        yield _left(world, side, machine, world.people[keys[0]], rule.line)


def _owned(
    world: World, side: Side, machine: MachineIdentity, account_id: str
) -> Iterator[Finding]:
    person = world.person_of.get((side, account_id))
    if person is None:
        if world.side(side).complete(Collection.ACCOUNTS):
            yield _ownerless(world, side, machine, f"its owner {account_id} is not there any more")
    elif not _here(person):
        yield _left(world, side, machine, person, 0)


def _here(person: Person) -> bool:
    """Whether nothing says that the person left. An unknown state does not say so."""
    account = person.directory or person.secrets
    return account is None or not account.state.is_off


def _ownerless(
    world: World, side: Side, machine: MachineIdentity, why: str, line: int = 0
) -> Finding:
    source = world.side(side).name
    return finding(
        DriftKind.MACHINE_WITHOUT_OWNER,
        Severity.MEDIUM,
        machine_ref(machine, side),
        f"{machine.name} ({machine.kind}) in {source}: {why}.",
        by_hand(_NAME_IT.format(source=source)),
        path=machine.note,
        policy_line=line,
    )


def _left(world: World, side: Side, machine: MachineIdentity, person: Person, line: int) -> Finding:
    source = world.side(side).name
    ends = " It ends with their account." if machine.dies_with_owner else ""
    return finding(
        DriftKind.MACHINE_OWNER_LEFT,
        Severity.HIGH,
        machine_ref(machine, side),
        f"{machine.name} ({machine.kind}) in {source} belongs to {person.name}, who left.{ends}",
        by_hand(_NAME_IT.format(source=source)),
        person=person.key,
        path=machine.note,
        policy_line=line,
    )
