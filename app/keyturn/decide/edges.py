"""The edges between a person and a vault in the secret manager, and who owns each of them.

Only edges that lie on some way from the person to the vault: memberships, groups nested in groups,
and grants. Costs what the person is in, not the size of the organisation.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from keyturn.decide.desired import desired_grants, permitted
from keyturn.decide.index import edge_of, members_of
from keyturn.decide.names import listed
from keyturn.decide.people import Person
from keyturn.decide.world import World
from keyturn_providers.records import Grant, Group, Level, PrincipalKind

PERSON, VAULT = "person", "vault"


class EdgeKind(StrEnum):
    """What joins the two ends of an edge."""

    MEMBERSHIP = "membership"
    NESTING = "group in a group"
    GROUP_GRANT = "grant to a group"
    DIRECT_GRANT = "direct grant"


class Owner(StrEnum):
    """Where an edge has to be taken away so that it stays away."""

    DIRECTORY_RULE = "rule of a directory group"
    DIRECTORY_GROUP = "directory group"
    SOURCE = "filled by the secret manager itself"
    SECRETS_GROUP = "group in the secret manager"
    DIRECT_GRANT = "direct grant"


@dataclass(frozen=True, slots=True)
class Edge:
    """One thing that can be taken away. `start` and `end` are PERSON, VAULT or a group's id.

    `carrier` is what a revocation names, empty for a membership; grants of one carrier to one vault
    are one edge, of the highest `level`. `stuck` says why nobody can revoke it, empty if one can.
    """

    kind: EdgeKind
    start: str
    end: str
    start_name: str
    end_name: str
    level: Level = Level.NONE
    carrier: str = ""
    stuck: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it this edge and no other, whatever things are called."""
        return (self.start, self.end, edge_of(self.carrier))


def edges_between(world: World, person: Person, vault_id: str) -> tuple[Edge, ...]:
    """Every edge on a way from the person to the vault, the person's own first. Empty where there
    is no way. Grants that allow nothing are no way."""
    if person.secrets is None:
        return ()
    account_id = person.secrets.id
    onward = _onward(world, account_id)
    grants = {
        no: [grant for grant in world.secrets.grants_of.get(holder, ()) if _opens(grant, vault_id)]
        for no, holder in (
            (PERSON, (PrincipalKind.ACCOUNT, account_id)),
            *((group_id, (PrincipalKind.GROUP, group_id)) for group_id in _groups(onward)),
        )
    }
    leading = _leading(onward, {node for node, found in grants.items() if found})
    edges: list[Edge] = []
    for start, ends in onward.items():
        kind = EdgeKind.MEMBERSHIP if start == PERSON else EdgeKind.NESTING
        start_name = person.name if start == PERSON else world.secrets.group_name(start)
        edges.extend(
            Edge(kind, start, end, start_name, world.secrets.group_name(end))
            for end in ends
            if start in leading and end in leading
        )
        edges.extend(_grant_edges(world, start, start_name, grants[start]))
    return tuple(edges)


def _onward(world: World, account_id: str) -> Mapping[str, tuple[str, ...]]:
    """The groups each node is directly in, for the person and every group around."""
    found: dict[str, tuple[str, ...]] = {PERSON: world.secrets.groups_of.get(account_id, ())}
    waiting = list(found[PERSON])
    while waiting:
        group_id = waiting.pop(0)
        if group_id not in found:
            found[group_id] = world.secrets.around.get(group_id, ())
            waiting.extend(found[group_id])
    return found


def _groups(onward: Mapping[str, tuple[str, ...]]) -> Iterable[str]:
    return (node for node in onward if node != PERSON)


def _leading(onward: Mapping[str, tuple[str, ...]], goals: set[str]) -> set[str]:
    """The nodes from which a granted one can be reached."""
    inward: dict[str, list[str]] = defaultdict(list)
    for start, ends in onward.items():
        for end in ends:
            inward[end].append(start)
    found = set(goals)
    waiting = list(goals)
    while waiting:
        for start in inward[waiting.pop()]:
            if start not in found:
                found.add(start)
                waiting.append(start)
    return found


def _opens(grant: Grant, vault_id: str) -> bool:
    return grant.vault_id == vault_id and grant.level is not Level.NONE


def _grant_edges(
    world: World, start: str, start_name: str, grants: Iterable[Grant]
) -> Iterable[Edge]:
    by_edge: dict[str, list[Grant]] = defaultdict(list)
    for grant in grants:
        by_edge[edge_of(grant.carrier)].append(grant)
    kind = EdgeKind.DIRECT_GRANT if start == PERSON else EdgeKind.GROUP_GRANT
    for found in by_edge.values():
        widest = max(found, key=lambda grant: grant.level.rank)
        stuck = next((grant.note or "no reason is told" for grant in found if not grant.revocable),
                     "")  # fmt: skip
        yield Edge(
            kind,
            start,
            VAULT,
            start_name,
            world.secrets.vault_name(widest.vault_id),
            widest.level,
            widest.carrier,
            stuck,
        )


@dataclass(frozen=True, slots=True)
class Owned:
    """Who owns an edge, what owns it by name, and what to do to take it away, as a command."""

    owner: Owner
    name: str
    remove: str


def owner_of(world: World, person: Person, vault_id: str, edge: Edge) -> Owned:
    """Where the edge has to be removed so that nothing brings it back."""
    if edge.kind is EdgeKind.MEMBERSHIP:
        return _membership(world, person, edge)
    if edge.kind is EdgeKind.NESTING:
        return _nesting(world, edge)
    what = f"revoke {edge.level.value} on {edge.end_name}"
    there = world.secrets.name
    if edge.kind is EdgeKind.DIRECT_GRANT:
        live = permitted(world, person.key, vault_id).live
        rests = f" (an exception allows it, policy line {live.line})" if live else ""
        return Owned(
            Owner.DIRECT_GRANT,
            f"direct grant in {there}",
            f"{what} from {person.name} in {there}{rests}",
        )
    rule = desired_grants(world.link_of_secrets.get(edge.start)).get(vault_id)
    wanted = f"; the policy wants it (line {rule.line}), so change that first" if rule else ""
    return Owned(
        Owner.SECRETS_GROUP,
        f"group {edge.start_name} in {there}",
        f"{what} from the group {edge.start_name} in {there}{wanted}",
    )


def _membership(world: World, person: Person, edge: Edge) -> Owned:
    here, there = world.directory.name, world.secrets.name
    link = world.link_of_secrets.get(edge.end)
    origin = link.directory if link is not None else None
    if origin is not None and person.directory is not None:
        inside = members_of(world.directory, origin.id)
        if person.directory.id in inside:
            return _from_directory(here, there, person.name, origin)
    group = world.secrets.groups.get(edge.end)
    if group is not None and group.managed_by:
        return Owned(
            Owner.SOURCE,
            f"{there} ({group.managed_by})",
            f"end what puts {person.name} into {edge.end_name}: {there} fills it by itself "
            f"({group.managed_by})",
        )
    return Owned(
        Owner.SECRETS_GROUP,
        f"group {edge.end_name} in {there}",
        f"take {person.name} out of {edge.end_name} in {there}",
    )


def _from_directory(here: str, there: str, name: str, group: Group) -> Owned:
    if group.rules:
        rules = listed(group.rules)
        return Owned(
            Owner.DIRECTORY_RULE,
            f"rule {rules} of {here}",
            f"change the rule {rules} in {here}, or what it goes by: it puts {name} into "
            f"{group.name}, and would again",
        )
    return Owned(
        Owner.DIRECTORY_GROUP,
        f"group {group.name} in {here}",
        f"take {name} out of {group.name} in {here}; a sync follows in {there}",
    )


def _nesting(world: World, edge: Edge) -> Owned:
    here, there = world.directory.name, world.secrets.name
    inner, outer = world.link_of_secrets.get(edge.start), world.link_of_secrets.get(edge.end)
    if inner is not None and outer is not None and inner.directory and outer.directory:
        nested = world.directory.inside.get(outer.directory.id, ())
        if inner.directory.id in nested:
            return Owned(
                Owner.DIRECTORY_GROUP,
                f"group {outer.name} in {here}",
                f"take the group {inner.name} out of {outer.name} in {here}",
            )
    return Owned(
        Owner.SECRETS_GROUP,
        f"group {edge.end_name} in {there}",
        f"take the group {edge.start_name} out of {edge.end_name} in {there}",
    )
