"""What planning is given besides the world: who keyturn is, what it can do, what came before."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from keyturn.decide.findings import ChangeKind
from keyturn.decide.world import World
from keyturn_providers.records import Side, Snapshot

ABILITY_OF: Mapping[ChangeKind, str] = {
    ChangeKind.SUSPEND: "suspend",
    ChangeKind.REACTIVATE: "reactivate",
    ChangeKind.DEACTIVATE: "deactivate",
    ChangeKind.END_SESSION: "end sessions",
    ChangeKind.END_ALL_SESSIONS: "end all sessions",
    ChangeKind.PROVISION: "provision",
    ChangeKind.CONFIRM: "confirm",
    ChangeKind.ADD_MEMBERSHIP: "add membership",
    ChangeKind.REMOVE_MEMBERSHIP: "remove membership",
    ChangeKind.GRANT: "grant",
    ChangeKind.REVOKE: "revoke",
    ChangeKind.RESTORE_GRANT: "grant",
    ChangeKind.NARROW: "narrow a grant",
}
"""The connector's ability (the words of `contract.Ability`) that each kind of change needs."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows the last complete snapshot of a source had."""

    accounts: int
    groups: int
    memberships: int
    grants: int


def counts_of(snapshot: Snapshot) -> Counts:
    """How many rows a snapshot has."""
    return Counts(
        accounts=len(snapshot.accounts),
        groups=len(snapshot.groups),
        memberships=len(snapshot.memberships),
        grants=len(snapshot.grants),
    )


@dataclass(frozen=True, slots=True)
class PlanContext:
    """`new_id` gives a new operation id at each call. `own` are the ids of keyturn's own accounts
    and machine identities, and `abilities` the words of what the connector can do, per side.
    `previous` is missing for a side that has no earlier complete snapshot. `blind_spots` are added
    to those of the snapshots. `waived` gives the reason, by vault id, why a vault may be left
    without a manager. `half_read` says which listings of the leavers are not whole."""

    world: World
    new_id: Callable[[], str]
    program: str
    own: Mapping[Side, frozenset[str]] = field(default_factory=dict)
    abilities: Mapping[Side, frozenset[str]] = field(default_factory=dict)
    removals_last_day: int = 0
    previous: Mapping[Side, Counts] = field(default_factory=dict)
    blind_spots: tuple[str, ...] = ()
    waived: Mapping[str, str] = field(default_factory=dict)
    half_read: tuple[str, ...] = ()

    def able(self, side: Side, kind: ChangeKind) -> bool:
        """Whether the connector of a side can make this kind of change."""
        return ABILITY_OF[kind] in self.abilities.get(side, frozenset())
