"""The policy as decisions see it: plain values, loaded from keyturn.yaml by `keyturn.policy`.

`line` is the 1-based line in the policy file that a value came from, 0 where there is none.
"""

from dataclasses import dataclass, field

from keyturn_providers.records import Level


@dataclass(frozen=True, slots=True)
class NamedId:
    """An object the policy names. The id decides, the name is checked."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class GrantRule:
    """`permissions` are those the policy lists one by one; then `level` is UNKNOWN until they are
    evaluated by the source's rules (see `permissions.resolved`)."""

    vault: NamedId
    level: Level
    line: int = 0
    permissions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mapping:
    """Members of a directory group shall be members of `secrets_group` (None: the one matched by
    external id, else by equal name) and through it hold `grants`, and no others."""

    group: NamedId
    grants: tuple[GrantRule, ...]
    secrets_group: NamedId | None = None
    line: int = 0


@dataclass(frozen=True, slots=True)
class Waiver:
    """An entry under `exceptions`: `person` (an e-mail or login) may hold `level` on `vault`
    directly until `until_ms`. `permissions` as in a `GrantRule`."""

    person: str
    vault: NamedId
    level: Level
    until_ms: int
    owner: str
    reason: str
    ticket: str = ""
    line: int = 0
    permissions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alias:
    """The directory account and the secrets account (by id or login) that are one human."""

    directory: str
    secrets: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class MachineRule:
    """Who answers for a machine identity (matched by id, else by exact name)."""

    machine: str
    owner: str
    reason: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Privilege:
    """`person` may hold privileged role `role` in the secrets source."""

    person: str
    role: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be taken at once, and how old or shrunken what it rests on may be.

    `rate_reserve` is the share of every rate limit that is left to others. What a policy does not
    set is as here.
    """

    removals_count: int = 10
    removals_share: float = 0.05
    removals_per_day: int = 25
    snapshot_age_ms: int = 15 * 60 * 1000
    source_shrink_share: float = 0.10
    rate_reserve: float = 0.30


@dataclass(frozen=True, slots=True)
class Allowed:
    """Which kinds of change are enabled. Everything off in a plan is refused by a guard."""

    suspend: bool = True
    reactivate: bool = True
    deactivate: bool = False
    end_sessions: bool = True
    provision: bool = False
    confirm: bool = True
    add_membership: bool = True
    remove_membership: bool = True
    grant: bool = True
    revoke: bool = True
    narrow: bool = True


@dataclass(frozen=True, slots=True)
class Rules:
    """The whole policy. `digest` is the SHA-256 of the file's bytes."""

    mappings: tuple[Mapping, ...] = ()
    exceptions: tuple[Waiver, ...] = ()
    aliases: tuple[Alias, ...] = ()
    machines: tuple[MachineRule, ...] = ()
    privileges: tuple[Privilege, ...] = ()
    never_touch: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    allowed: Allowed = field(default_factory=Allowed)
    digest: str = ""
