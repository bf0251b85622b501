"""A snapshot arranged for looking things up. Built once, in time linear in its rows."""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import islice

from keyturn_providers.records import (
    Account,
    Collection,
    Grant,
    Group,
    Listing,
    MachineIdentity,
    MemberKind,
    PrincipalKind,
    Side,
    Snapshot,
    Vault,
)

MORE_WAYS = 50
"""There can be more ways through a net of groups than anybody could read."""
TOKEN_PREFIX = "token/"  # noqa: S105  the beginning of a carrier, no credential


def edge_of(carrier: str) -> str:
    """What really goes when `carrier` is revoked: for a token the whole token, else the carrier.

    Carriers of tokens begin with `token/ACCESSOR/`; a token ends with everything it opens.
    """
    if not carrier.startswith(TOKEN_PREFIX):
        return carrier
    return TOKEN_PREFIX + carrier.removeprefix(TOKEN_PREFIX).partition("/")[0]


@dataclass(frozen=True, slots=True)
class Indexed:
    """`snapshot` by id and by relation.

    `direct` are a group's own accounts, `inside` its nested groups, `around` the groups a group
    is nested in, `groups_of` the groups an account is in directly. `by_edge` are the grants that
    stand and fall together (see `edge_of`). `pushes`: it provisions accounts or groups elsewhere.
    """

    snapshot: Snapshot
    accounts: Mapping[str, Account]
    groups: Mapping[str, Group]
    vaults: Mapping[str, Vault]
    machines: Mapping[str, MachineIdentity]
    direct: Mapping[str, frozenset[str]]
    inside: Mapping[str, tuple[str, ...]]
    around: Mapping[str, tuple[str, ...]]
    groups_of: Mapping[str, tuple[str, ...]]
    grants_of: Mapping[tuple[PrincipalKind, str], tuple[Grant, ...]]
    grants_on: Mapping[str, tuple[Grant, ...]]
    by_edge: Mapping[str, tuple[Grant, ...]]
    listings: Mapping[tuple[Collection, str], Listing]
    pushes: bool

    @property
    def side(self) -> Side:
        """The side of the source."""
        return self.snapshot.source.side

    @property
    def name(self) -> str:
        """The source's name."""
        return self.snapshot.source.name

    def complete(self, collection: Collection, parent_id: str = "") -> bool:
        """Whether that listing was read to its end. One that is not there was not read."""
        listing = self.listings.get((collection, parent_id))
        return listing is not None and listing.complete

    def unreadable(self, collection: Collection, parent_id: str = "") -> int:
        """How many of that listing's records could not be understood."""
        listing = self.listings.get((collection, parent_id))
        return listing.unreadable if listing else 0

    def vault_name(self, vault_id: str) -> str:
        """Its name; the id where it has none, or is not listed."""
        vault = self.vaults.get(vault_id)
        return (vault.name if vault else "") or vault_id

    def group_name(self, group_id: str) -> str:
        """Its name; the id where it has none, or is not listed."""
        group = self.groups.get(group_id)
        return (group.name if group else "") or group_id


def index(snapshot: Snapshot) -> Indexed:
    """Arranges a snapshot. Memberships and grants of unlisted objects are kept: they exist."""
    direct: dict[str, set[str]] = defaultdict(set)
    inside: dict[str, list[str]] = defaultdict(list)
    around: dict[str, list[str]] = defaultdict(list)
    groups_of: dict[str, list[str]] = defaultdict(list)
    nested: set[tuple[str, str]] = set()
    for membership in snapshot.memberships:
        group_id, member_id = membership.group_id, membership.member_id
        if membership.member_kind is MemberKind.GROUP:
            if (group_id, member_id) not in nested:
                nested.add((group_id, member_id))
                inside[group_id].append(member_id)
                around[member_id].append(group_id)
        elif member_id not in direct[group_id]:
            direct[group_id].add(member_id)
            groups_of[member_id].append(group_id)
    grants_of: dict[tuple[PrincipalKind, str], list[Grant]] = defaultdict(list)
    grants_on: dict[str, list[Grant]] = defaultdict(list)
    by_edge: dict[str, list[Grant]] = defaultdict(list)
    for grant in dict.fromkeys(snapshot.grants):
        grants_of[(grant.principal_kind, grant.principal_id)].append(grant)
        grants_on[grant.vault_id].append(grant)
        by_edge[edge_of(grant.carrier)].append(grant)
    return Indexed(
        snapshot=snapshot,
        accounts={account.id: account for account in snapshot.accounts},
        groups={group.id: group for group in snapshot.groups},
        vaults={vault.id: vault for vault in snapshot.vaults},
        machines={machine.id: machine for machine in snapshot.machines},
        direct={group_id: frozenset(ids) for group_id, ids in direct.items()},
        inside={group_id: tuple(ids) for group_id, ids in inside.items()},
        around={group_id: tuple(ids) for group_id, ids in around.items()},
        groups_of={account_id: tuple(ids) for account_id, ids in groups_of.items()},
        grants_of={principal: tuple(grants) for principal, grants in grants_of.items()},
        grants_on={vault_id: tuple(grants) for vault_id, grants in grants_on.items()},
        by_edge={edge: tuple(grants) for edge, grants in by_edge.items()},
        listings={(x.collection, x.parent_id): x for x in snapshot.listings},
        pushes=any(account.push is not None for account in snapshot.accounts)
        or any(group.push is not None for group in snapshot.groups),
    )


def group_and_inside(indexed: Indexed, group_id: str) -> Mapping[str, tuple[str, ...]]:
    """Every group that feeds `group_id`, itself first, each with the shortest chain of group ids
    from it up to `group_id`. Nesting that runs in a circle ends."""
    return _reach(indexed.inside, group_id)


def group_and_around(indexed: Indexed, group_id: str) -> Mapping[str, tuple[str, ...]]:
    """Every group that a member of `group_id` is in, itself first, each with the shortest chain
    of group ids from `group_id` (innermost first) to it. Nesting that runs in a circle ends."""
    return {reached: chain[::-1] for reached, chain in _reach(indexed.around, group_id).items()}


def _reach(steps: Mapping[str, tuple[str, ...]], start: str) -> dict[str, tuple[str, ...]]:
    chains: dict[str, tuple[str, ...]] = {start: (start,)}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        for there in steps.get(here, ()):
            if there not in chains:
                chains[there] = (there, *chains[here])
                waiting.append(there)
    return chains


def members_of(indexed: Indexed, group_id: str) -> frozenset[str]:
    """The account ids in a group, those of nested groups included."""
    if group_id not in indexed.inside:
        return indexed.direct.get(group_id, frozenset())
    found: set[str] = set()
    for inner in group_and_inside(indexed, group_id):
        found |= indexed.direct.get(inner, frozenset())
    return frozenset(found)


def chains_of(indexed: Indexed, account_id: str) -> Iterator[tuple[str, ...]]:
    """Each group an account is in, as the chain of group ids from its own group to it, outermost
    last. A group reached from two of its groups comes twice: those are two paths."""
    for own in indexed.groups_of.get(account_id, ()):
        yield from group_and_around(indexed, own).values()


def ways_of(indexed: Indexed, account_id: str) -> Iterator[tuple[str, ...]]:
    """As `chains_of`, and where groups are nested in one another by several ways, each of them; of
    each of the account's own groups at most MORE_WAYS further ones, the shorter first."""
    for own in indexed.groups_of.get(account_id, ()):
        shortest = set(group_and_around(indexed, own).values())
        yield from shortest
        yield from islice(_longer(indexed.around, own, shortest), MORE_WAYS)


def has_more_ways(indexed: Indexed, account_id: str) -> bool:
    """Whether `ways_of` leaves any out."""
    for own in indexed.groups_of.get(account_id, ()):
        longer = _longer(indexed.around, own, set(group_and_around(indexed, own).values()))
        if next(islice(longer, MORE_WAYS, None), None) is not None:
            return True
    return False


def _longer(
    steps: Mapping[str, tuple[str, ...]], start: str, known: AbstractSet[tuple[str, ...]]
) -> Iterator[tuple[str, ...]]:
    waiting: deque[tuple[str, ...]] = deque([(start,)])
    while waiting:
        chain = waiting.popleft()
        for there in steps.get(chain[-1], ()):
            if there not in chain:
                waiting.append((*chain, there))
                if waiting[-1] not in known:
                    yield waiting[-1]
