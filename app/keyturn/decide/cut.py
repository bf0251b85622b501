"""The smallest cut: the least set of edges whose removal ends a person's access to a vault.

Exact, by the greatest flow through the edges (Ford and Fulkerson; shortest ways first). Among the
least sets it is the one that touches the fewest others, and of those the one nearest the person.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from keyturn.decide.edges import PERSON, VAULT, Edge, EdgeKind, Owned, edges_between, owner_of
from keyturn.decide.index import edge_of, members_of
from keyturn.decide.names import counted, listed
from keyturn.decide.people import Person
from keyturn.decide.world import World
from keyturn_providers.records import Level, PrincipalKind


@dataclass(frozen=True, slots=True)
class Others:
    """The other accounts in a group, nesting included: how many, and some of their names."""

    count: int
    names: tuple[str, ...] = ()


OthersIn = Callable[[str], Others]
"""The others in the group of an id."""


@dataclass(frozen=True, slots=True)
class CutEdge:
    """One edge of a cut. `others` pass through it too, and lose what they have by it alone."""

    edge: Edge
    owned: Owned
    others: Others


@dataclass(frozen=True, slots=True)
class Cut:
    """Edges that end an access together, none of them without the rest.

    `vault` is the name of the vault, `loses` are those of the others that the person can open no
    more. `stuck` are edges nobody can revoke; where they alone keep the access, `edges` is empty.
    """

    vault: str
    edges: tuple[CutEdge, ...]
    loses: tuple[str, ...] = ()
    stuck: tuple[Edge, ...] = ()

    @property
    def others(self) -> int:
        """How many others pass through its edges, counted once for each edge."""
        return sum(one.others.count for one in self.edges)


def smallest_cut(
    world: World, person: Person, vault_id: str, others_in: OthersIn | None = None
) -> Cut | None:
    """The least set of edges, whoever is touched by it; None where there is no access to end.

    `others_in` answers for a world that does not hold every member of a group.
    """
    return _cut(world, person, vault_id, others_in or others_of(world, person), alone=False)


def own_cut(
    world: World, person: Person, vault_id: str, others_in: OthersIn | None = None
) -> Cut | None:
    """The least set of edges that nobody else passes through; None where there is no access."""
    return _cut(world, person, vault_id, others_in or others_of(world, person), alone=True)


def others_of(world: World, person: Person) -> OthersIn:
    """Who else is in a group, from the world itself. Accounts that are off are counted too."""
    own = {person.secrets.id} if person.secrets is not None else set()

    def others(group_id: str) -> Others:
        found = sorted(members_of(world.secrets, group_id) - own)
        accounts = (world.secrets.accounts.get(one) for one in found[:6])
        names = (one.display_name or one.name for one in accounts if one is not None)
        return Others(len(found), tuple(names)[:5])

    return others


def _cut(
    world: World, person: Person, vault_id: str, others_in: OthersIn, *, alone: bool
) -> Cut | None:
    edges = edges_between(world, person, vault_id)
    if not edges:
        return None
    passing = {edge: _others(edge, others_in) for edge in edges}
    weights = {edge: count.count for edge, count in passing.items()}
    found = least_edges(edges, weights, alone=alone)
    stuck = tuple(edge for edge in edges if edge.stuck)
    if found is None:
        return Cut(world.secrets.vault_name(vault_id), (), (), stuck)
    return Cut(
        world.secrets.vault_name(vault_id),
        tuple(CutEdge(one, owner_of(world, person, vault_id, one), passing[one]) for one in found),
        _lost_with(world, person, vault_id, found),
        stuck,
    )


def _others(edge: Edge, others_in: OthersIn) -> Others:
    if edge.kind in {EdgeKind.MEMBERSHIP, EdgeKind.DIRECT_GRANT}:
        return Others(0)
    return others_in(edge.start)


# ---------------------------------------------------------------------- the least set


def least_edges(
    edges: Sequence[Edge], weights: Mapping[Edge, int], *, alone: bool = False
) -> tuple[Edge, ...] | None:
    """The fewest edges without which PERSON does not reach VAULT; of the fewest, those with the
    least sum of weights. None where edges that are stuck reach it by themselves.

    `alone` takes only edges that weigh nothing.
    """
    unit = sum(weights[edge] for edge in edges) + 1
    never = unit * (len(edges) + 1)
    free = [unit + weights[edge] for edge in edges]
    for number, edge in enumerate(edges):
        if edge.stuck or (alone and weights[edge]):
            free[number] = never
    room = _Room(edges, free)
    flow = 0
    while way := room.way():
        flow += room.fill(way)
        if flow >= never:
            return None
    near = room.reached()
    return tuple(edge for edge in edges if edge.start in near and edge.end not in near)


class _Room:
    """How much more may flow along each edge, and back."""

    def __init__(self, edges: Sequence[Edge], free: Sequence[int]) -> None:
        self._ends = [(edge.start, edge.end) for edge in edges]
        # Two ways for each edge: 2n along it, 2n + 1 back.
        self._free = [room for along in free for room in (along, 0)]
        self._at: dict[str, list[int]] = defaultdict(list)
        for number, (start, end) in enumerate(self._ends):
            self._at[start].append(2 * number)
            self._at[end].append(2 * number + 1)

    def _goal(self, arc: int) -> str:
        start, end = self._ends[arc // 2]
        return start if arc % 2 else end

    def _search(self) -> Mapping[str, int]:
        """Each node that can still be reached, with the arc by which; the person with -1."""
        by = {PERSON: -1}
        waiting = deque([PERSON])
        while waiting:
            for arc in self._at[waiting.popleft()]:
                goal = self._goal(arc)
                if self._free[arc] > 0 and goal not in by:
                    by[goal] = arc
                    waiting.append(goal)
        return by

    def reached(self) -> frozenset[str]:
        return frozenset(self._search())

    def way(self) -> list[int]:
        """The arcs of the shortest way to the vault that has room; empty where none has."""
        by = self._search()
        arcs: list[int] = []
        node = VAULT
        while node in by and by[node] >= 0:
            arcs.append(by[node])
            node = self._goal(by[node] ^ 1)
        return arcs

    def fill(self, arcs: Iterable[int]) -> int:
        way = list(arcs)
        most = min(self._free[arc] for arc in way)
        for arc in way:
            self._free[arc] -= most
            self._free[arc ^ 1] += most
        return most


# ---------------------------------------------------------------------- what goes with it


def _lost_with(world: World, person: Person, vault_id: str, cut: Iterable[Edge]) -> tuple[str, ...]:
    """The other vaults that the person opens now, and not after the cut."""
    gone = frozenset(edge.key for edge in cut)
    carriers = frozenset(edge_of(edge.carrier) for edge in cut if edge.carrier)
    before = _vaults(world, person, frozenset(), frozenset())
    lost = before - _vaults(world, person, gone, carriers) - {vault_id}
    return tuple(sorted(world.secrets.vault_name(one) for one in lost))


def _vaults(
    world: World,
    person: Person,
    gone: frozenset[tuple[str, str, str]],
    carriers: frozenset[str],
) -> frozenset[str]:
    indexed = world.secrets
    account_id = person.secrets.id if person.secrets is not None else ""
    seen = {PERSON}
    waiting = [PERSON]
    found: set[str] = set()
    while waiting:
        node = waiting.pop()
        if node == PERSON:
            holder, around = (PrincipalKind.ACCOUNT, account_id), indexed.groups_of.get(account_id)
        else:
            holder, around = (PrincipalKind.GROUP, node), indexed.around.get(node)
        for group_id in around or ():
            if group_id not in seen and (node, group_id, "") not in gone:
                seen.add(group_id)
                waiting.append(group_id)
        found.update(
            grant.vault_id
            for grant in indexed.grants_of.get(holder, ())
            if grant.level is not Level.NONE and edge_of(grant.carrier) not in carriers
        )
    return frozenset(found)


# ---------------------------------------------------------------------- in words


def cut_words(cut: Cut, name: str) -> tuple[str, ...]:
    """What to do, one sentence a step, then who else loses what."""
    if not cut.edges:
        kept = listed(f"{edge.start_name} on {edge.end_name}: {edge.stuck}" for edge in cut.stuck)
        return (f"No edge can be taken away that ends it ({kept}). Suspending the account does.",)
    said = [f"{one.owned.remove[0].upper()}{one.owned.remove[1:]}." for one in cut.edges]
    if cut.loses:
        what = counted(len(cut.loses), "other vault")
        said.append(f"{name} also loses {what}: {listed(cut.loses)}.")
    said.extend(_touched(cut.vault, one.others) for one in cut.edges if one.others.count)
    if not cut.loses and not cut.others:
        said.append("Nobody else is touched, and nothing else is lost.")
    elif not cut.others:
        said.append("Nobody else is touched.")
    return tuple(said)


def _touched(vault: str, others: Others) -> str:
    names, rest = others.names, others.count - len(others.names)
    who = f" ({', '.join(names)}{f' and {rest} more' if rest > 0 else ''})" if names else ""
    one = others.count == 1
    return (
        f"{counted(others.count, 'other')}{who} {'passes' if one else 'pass'} through it too, and "
        f"{'loses' if one else 'lose'} {vault} unless there is another way for them."
    )
