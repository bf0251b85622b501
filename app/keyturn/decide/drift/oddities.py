"""What is odd: ambiguous matches, policy names that do not agree, renamed groups, hostile names."""

from collections.abc import Iterator

from keyturn.decide.drift.making import by_hand, finding
from keyturn.decide.findings import Finding, ObjectKind, Ref
from keyturn.decide.index import Indexed
from keyturn.decide.names import account_ref, fold, group_ref, machine_ref, vault_ref
from keyturn.decide.people import Ambiguity
from keyturn.decide.policy_objects import Disputed, Trouble
from keyturn.decide.words import DriftKind, Severity
from keyturn.decide.world import World
from keyturn_providers.records import Side
from keyturn_providers.text import looks_hostile


def odd_things(world: World) -> Iterator[Finding]:
    """What nobody can decide before a person has looked. None of it has a remedy of ours."""
    for ambiguity in world.matching.ambiguities:
        yield _ambiguous(world, ambiguity)
    yield from _groups(world)
    for dispute in world.disputed.values():
        yield _disputed(world, dispute)
    for indexed in (world.directory, world.secrets):
        for ref in _every_name(indexed):
            if looks_hostile(ref.name):
                yield _hostile(world, indexed, ref)


def _ambiguous(world: World, ambiguity: Ambiguity) -> Finding:
    """The subject is the first account of the secrets side, for that is where access is."""
    account_id = ambiguity.secrets_ids[0]
    return finding(
        DriftKind.AMBIGUOUS_MATCH,
        Severity.HIGH,
        account_ref(Side.SECRETS, world.secrets.accounts[account_id]),
        ambiguity.reason,
        by_hand("Say under aliases which two accounts are one person."),
        of=account_ref(Side.DIRECTORY, world.directory.accounts[ambiguity.directory_ids[0]]),
        person=f"s:{account_id}",
        part="\x00".join((*ambiguity.directory_ids, "", *ambiguity.secrets_ids)),
    )


def _groups(world: World) -> Iterator[Finding]:
    for link in world.links:
        side = Side.DIRECTORY if link.directory is not None else Side.SECRETS
        group = link.directory or link.secrets
        if link.problem and group is not None:
            yield finding(
                DriftKind.AMBIGUOUS_MATCH,
                Severity.HIGH,
                group_ref(side, group),
                link.problem,
                by_hand("Name the pair of groups under mappings, by their ids."),
            )
        if link.directory is None or link.secrets is None:
            continue
        if fold(link.directory.name) != fold(link.secrets.name):
            yield finding(
                DriftKind.RENAMED,
                Severity.LOW,
                group_ref(Side.SECRETS, link.secrets),
                f"The group {link.directory.name} in {world.directory.name} is called "
                f"{link.secrets.name} in {world.secrets.name} (linked by {link.linked_by.value}).",
                by_hand(f"Give it the same name in {world.secrets.name}, if that is meant."),
                of=group_ref(Side.DIRECTORY, link.directory),
            )


def _disputed(world: World, dispute: Disputed) -> Finding:
    source = world.side(dispute.side).name
    ref = Ref(dispute.side, dispute.kind, dispute.id, dispute.name)
    where = f"{dispute.path}, line {dispute.line}"
    if dispute.trouble is Trouble.GONE:
        return finding(
            DriftKind.POLICY_OBJECT_GONE,
            Severity.HIGH,
            ref,
            f"The policy ({where}) names the {dispute.kind.value} {dispute.name}, which {source} "
            "does not have.",
            by_hand("Correct the id in the policy, or take the entry out."),
            policy_line=dispute.line,
        )
    return finding(
        DriftKind.ID_NAME_DISAGREE,
        Severity.HIGH,
        ref,
        f"The policy ({where}) calls the {dispute.kind.value} {dispute.id} {dispute.name}; in "
        f"{source} it is called {dispute.found}.",
        by_hand("Make sure which of the two is meant, then correct the policy."),
        policy_line=dispute.line,
    )


def _hostile(world: World, indexed: Indexed, ref: Ref) -> Finding:
    person = world.person_of.get((ref.side, ref.id)) if ref.kind is ObjectKind.ACCOUNT else None
    return finding(
        DriftKind.HOSTILE_NAME,
        Severity.MEDIUM,
        ref,
        f"The name of the {ref.kind.value} {ref.name} in {indexed.name} holds control characters; "
        "they are shown as pictures.",
        by_hand(f"Rename it in {indexed.name}, and ask who gave it that name."),
        person=person.key if person else "",
    )


def _every_name(indexed: Indexed) -> Iterator[Ref]:
    snapshot, side = indexed.snapshot, indexed.side
    for account in snapshot.accounts:
        yield account_ref(side, account)
    for group in snapshot.groups:
        yield group_ref(side, group)
    for vault in snapshot.vaults:
        yield vault_ref(vault)
    for machine in snapshot.machines:
        yield machine_ref(machine, side)
