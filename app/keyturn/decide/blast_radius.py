"""What a leaver could reach, in names and numbers: the size of the hole that leaving makes.

Read before the cut and kept with the case, for afterwards nobody can ask any more.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from keyturn.decide.explain import AccessPath, access_paths
from keyturn.decide.guards_of_managers import managed_by_nobody_else
from keyturn.decide.index import chains_of
from keyturn.decide.people import Person
from keyturn.decide.world import World
from keyturn_providers.records import Account, AccountState, Level, Side

USED_MS = 90 * 86_400_000
"""How far back the use of items is looked at."""


@dataclass(frozen=True, slots=True)
class HeldGroup:
    """A group the person is in. `via` are the groups on the way to it, innermost first; empty where
    the person is in it directly. `pushed`: the directory gives it to the secret manager."""

    side: Side
    id: str
    name: str
    via: tuple[str, ...] = ()
    pushed: bool = False


@dataclass(frozen=True, slots=True)
class HeldPath:
    """One way into a vault: `via` is "direct", or the groups joined by " > "."""

    level: Level
    via: str
    carrier: str
    in_policy: bool

    @property
    def direct(self) -> bool:
        """Whether it is the person's own grant."""
        return self.via == "direct"


@dataclass(frozen=True, slots=True)
class HeldVault:
    """A vault with every way into it, the strongest first. `last_manager`: nobody who stays can
    manage it."""

    id: str
    name: str
    level: Level
    paths: tuple[HeldPath, ...]
    last_manager: bool = False


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role that an account of the person has."""

    side: Side
    role: str


@dataclass(frozen=True, slots=True)
class HeldMachine:
    """A machine identity of the person. `dies`: it ends with the account."""

    side: Side
    id: str
    name: str
    kind: str
    dies: bool


@dataclass(frozen=True, slots=True)
class ItemsUsed:
    """How many items the person opened from `since_ms` to `until_ms`, as far as was archived.

    `missing` says which part of that time the archive does not have, and why. `number` is None
    where there is no archive at all: that is not known, and not none.
    """

    number: int | None
    since_ms: int
    until_ms: int
    missing: tuple[str, ...] = ()

    @classmethod
    def never_archived(cls, now_ms: int) -> "ItemsUsed":
        """Of the last 90 days, where nothing was ever archived."""
        return cls(None, now_ms - USED_MS, now_ms, ("no usage events were ever archived",))

    @property
    def known(self) -> bool:
        """Whether the number is all there is to know."""
        return self.number is not None and not self.missing


@dataclass(frozen=True, slots=True)
class BlastRadius:
    """What one person could reach, as both sources were read. Ids decide, names are for reading.

    `invited` says which invitation to the person is still open. `blind_spots` are what the sources
    cannot show.
    """

    person_key: str
    name: str
    read_ms: int
    directory_snapshot: int
    secrets_snapshot: int
    groups: tuple[HeldGroup, ...]
    vaults: tuple[HeldVault, ...]
    roles: tuple[HeldRole, ...]
    machines: tuple[HeldMachine, ...]
    invited: tuple[str, ...]
    items: ItemsUsed
    blind_spots: tuple[str, ...] = ()

    @property
    def direct(self) -> tuple[HeldVault, ...]:
        """The vaults that are open by a direct grant, whatever else opens them too."""
        return tuple(v for v in self.vaults if any(path.direct for path in v.paths))

    @property
    def orphaned(self) -> tuple[HeldVault, ...]:
        """The vaults that nobody who stays can manage."""
        return tuple(v for v in self.vaults if v.last_manager)


def blast_radius(
    world: World, person: Person, items: ItemsUsed, leaving: frozenset[str] = frozenset()
) -> BlastRadius:
    """What `person` can reach. `leaving` are the accounts in the secret manager that leave at the
    same time: who leaves too cannot go on managing a vault."""
    return BlastRadius(
        person_key=person.key,
        name=person.name,
        read_ms=world.now_ms,
        directory_snapshot=world.directory.snapshot.id,
        secrets_snapshot=world.secrets.snapshot.id,
        groups=tuple(groups_held(world, person)),
        vaults=_vaults(world, person, leaving),
        roles=tuple(
            HeldRole(side, role) for side, account in _accounts(person) for role in account.roles
        ),
        machines=tuple(
            HeldMachine(side, machine.id, machine.name, machine.kind, machine.dies_with_owner)
            for side, account in _accounts(person)
            for machine in world.side(side).snapshot.machines
            if machine.owner_account_id == account.id
        ),
        invited=tuple(
            world.side(side).name
            for side, account in _accounts(person)
            if account.state is AccountState.INVITED
        ),
        items=items,
        blind_spots=tuple(
            f"{world.side(side).name}: {spot}"
            for side in Side
            for spot in world.side(side).snapshot.blind_spots
        ),
    )


def _accounts(person: Person) -> Iterator[tuple[Side, Account]]:
    for side, account in ((Side.DIRECTORY, person.directory), (Side.SECRETS, person.secrets)):
        if account is not None:
            yield side, account


def groups_held(world: World, person: Person) -> Iterator[HeldGroup]:
    """The groups a person is in on both sides, nesting included, each by its shortest way."""
    for side, account in _accounts(person):
        indexed, found = world.side(side), dict[str, HeldGroup]()
        # The shortest way to each group: a chain is as long as its nesting is deep.
        for chain in sorted(chains_of(indexed, account.id), key=len):
            group_id = chain[-1]
            group = indexed.groups.get(group_id)
            found.setdefault(
                group_id,
                HeldGroup(
                    side=side,
                    id=group_id,
                    name=indexed.group_name(group_id),
                    via=tuple(indexed.group_name(inner) for inner in chain[:-1]),
                    pushed=group is not None and group.push is not None,
                ),
            )
        yield from sorted(found.values(), key=lambda held: (len(held.via), held.name, held.id))


def _vaults(world: World, person: Person, leaving: frozenset[str]) -> tuple[HeldVault, ...]:
    by_vault: dict[str, list[AccessPath]] = {}
    for path in access_paths(world, person):
        by_vault.setdefault(path.vault_id, []).append(path)
    own = frozenset() if person.secrets is None else frozenset({person.secrets.id})
    last = {
        vault_id
        for vault_id in managed_by_nobody_else(world, own | leaving)
        if vault_id in by_vault and any(p.level is Level.MANAGE for p in by_vault[vault_id])
    }
    return tuple(
        HeldVault(
            id=vault_id,
            name=paths[0].vault_name,
            level=paths[0].level,
            paths=tuple(HeldPath(p.level, p.via, p.carrier, p.in_policy) for p in paths),
            last_manager=vault_id in last,
        )
        for vault_id, paths in by_vault.items()
    )
