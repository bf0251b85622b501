"""What nobody can be sure of: groups the policy names wrongly, accounts that could not be read."""

from collections.abc import Iterator

from keyturn.decide.findings import Change, ObjectKind, Ref
from keyturn.decide.groups import GroupLink
from keyturn.decide.names import fold, group_ref
from keyturn.decide.rules import Mapping
from keyturn.decide.world import World
from keyturn_providers.records import Group, PrincipalKind, Side


def link_in_doubt(world: World, link: GroupLink) -> str:
    """Why it is not certain which groups a link ties; empty where it is."""
    if link.problem:
        return link.problem
    for side, group in ((Side.DIRECTORY, link.directory), (Side.SECRETS, link.secrets)):
        if group is not None and world.is_disputed(group_ref(side, group)):
            return (
                f"The policy names {group.name} by an id and a name that do not agree: correct "
                "the policy first."
            )
    return ""


def group_in_doubt(world: World, group_id: str) -> str:
    """Why it is not certain what the policy wants of a secrets group; empty where it is.

    What it wants hangs on the directory group the secrets group stands for. A mapping whose
    directory group is not there may be meant for this one, under an id that was given anew.
    """
    link = world.link_of_secrets.get(group_id)
    doubt = link_in_doubt(world, link) if link is not None else ""
    group = world.secrets.groups.get(group_id)
    if doubt or group is None:
        return doubt
    for mapping in world.rules.mappings:
        if mapping.group.id not in world.directory.groups and _may_mean(mapping, group):
            return (
                f"The policy (line {mapping.line}) means {group.name or group.id} by a group that "
                f"{world.directory.name} does not show ({mapping.group.id}): correct the policy "
                "first."
            )
    return ""


def _may_mean(mapping: Mapping, group: Group) -> bool:
    if mapping.secrets_group is not None:
        return mapping.secrets_group.id == group.id
    named = fold(mapping.group.name)
    return mapping.group.id == group.external_id or (bool(named) and named == fold(group.name))


def groups_in_doubt(world: World, change: Change) -> Iterator[Ref]:
    """The groups whose grant a change is about, where the policy's wish for them is in doubt."""
    holder = change.principal
    of_group = change.principal_kind is PrincipalKind.GROUP
    if holder is not None and of_group and group_in_doubt(world, holder.id):
        yield holder


def not_read(world: World, ref: Ref | None) -> str:
    """Why nothing known of an account's person counts: a record of theirs could not be understood
    at the last refresh, and what is known of it is older. Empty where all could be read."""
    if ref is None or ref.kind is not ObjectKind.ACCOUNT:
        return ""
    for side, account_id in _accounts_of(world, ref):
        indexed = world.side(side)
        if account_id in indexed.snapshot.unreadable_accounts:
            return f"the account {account_id} of {ref.name} in {indexed.name} could not be read"
    return ""


def _accounts_of(world: World, ref: Ref) -> Iterator[tuple[Side, str]]:
    yield ref.side, ref.id
    person = world.person_of.get((ref.side, ref.id))
    if person is not None and person.directory is not None:
        yield Side.DIRECTORY, person.directory.id
    if person is not None and person.secrets is not None:
        yield Side.SECRETS, person.secrets.id
