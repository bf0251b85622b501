"""The values every connector speaks. Frozen, hashable, and free of any vendor's vocabulary.

All times are UTC milliseconds since the epoch. All text in a record has passed
`keyturn_providers.text.safe`: it holds no control or bidi characters. Ids are opaque strings,
unique within one source and one record type; names are for people only.
"""

from dataclasses import dataclass
from enum import StrEnum

from keyturn_providers.level import Level as Level
from keyturn_providers.source import Side as Side
from keyturn_providers.source import SourceIdentity as SourceIdentity


class AccountState(StrEnum):
    """What a source says of an account. UNKNOWN is never treated as active, nor as gone.

    SUSPENDED is taken back by one call and keeps everything; DEACTIVATED ends the account's life in
    that source (Okta DEPROVISIONED), and what hung on it does not come back by itself.
    """

    ACTIVE = "active"
    SUSPENDED = "suspended"
    DEACTIVATED = "deactivated"
    INVITED = "invited"
    UNKNOWN = "unknown"

    @property
    def is_off(self) -> bool:
        """Whether the source itself says that the account cannot sign in."""
        return self in _OFF


_OFF = frozenset({AccountState.SUSPENDED, AccountState.DEACTIVATED})


class AccountKind(StrEnum):
    PERSON = "person"
    GUEST = "guest"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Email:
    """`verified` is True only where the source vouches for the address (its primary one)."""

    address: str
    verified: bool


class PushState(StrEnum):
    """How a directory's own provisioning of one object stands."""

    OK = "pushed"
    PENDING = "being pushed"
    PAUSED = "paused"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Push:
    """What a directory pushes of one account or group into the secret manager.

    `scope` is "direct" or "group" for an account's assignment, "" for a group. `target_id` is the
    id in the secret manager, where the directory knows it. PAUSED and FAILED push nothing at all.
    """

    state: PushState
    state_raw: str = ""
    scope: str = ""
    target_id: str | None = None
    error: str = ""
    at_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """A user record in one source.

    `state_raw` keeps the vendor's own word. `external_id` is the id the *other* side knows this
    account by (SCIM externalId, OpenBao metadata idp_id), if any. `roles` are privileged roles
    in this source, as the vendor names them. `push` is None where the source provisions nothing
    of this account, or cannot tell. `state_since_ms` is the latest moment at which `state_raw` can
    have begun, for states that should pass (an invitation); None where nothing tells.
    """

    id: str
    name: str
    display_name: str
    state: AccountState
    state_raw: str = ""
    kind: AccountKind = AccountKind.PERSON
    emails: tuple[Email, ...] = ()
    external_id: str | None = None
    title: str = ""
    department: str = ""
    manager: str = ""
    roles: tuple[str, ...] = ()
    created_ms: int | None = None
    last_seen_ms: int | None = None
    push: Push | None = None
    state_since_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """`managed_by` is empty where members may be changed here, else who decides (e.g. "login").

    `rules` are the names of the source's own rules that put members in: who was put in by a rule
    stays, or comes back, when only the membership is taken away.
    """

    id: str
    name: str
    external_id: str | None = None
    managed_by: str = ""
    rules: tuple[str, ...] = ()
    push: Push | None = None


class MemberKind(StrEnum):
    ACCOUNT = "account"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Membership:
    """A direct membership: an account, or a nested group, in a group.

    `role` is what the member may do in the group beyond being in it ("manager"), empty for a plain
    member. Live reads tell it; snapshots do not keep it.
    """

    group_id: str
    member_id: str
    member_kind: MemberKind = MemberKind.ACCOUNT
    role: str = ""


@dataclass(frozen=True, slots=True)
class Vault:
    id: str
    name: str
    kind: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class ItemOutside:
    """An item of a vault from outside: what it is and when it was last changed, nothing it holds.

    `category` is the vendor's word. `edited_by` is the account that changed it last, "" where that
    is not told.
    """

    vault_id: str
    id: str
    title: str
    category: str
    updated_ms: int
    edited_by: str = ""


@dataclass(frozen=True, slots=True)
class PermissionRules:
    """A vendor's permissions, for sources that grant them one by one (1Password).

    `levels` says which permissions each level stands for, weakest first. `needs` says which others
    a permission cannot be held without. Both are complete: a permission in neither is unknown.
    """

    levels: tuple[tuple[Level, tuple[str, ...]], ...]
    needs: tuple[tuple[str, tuple[str, ...]], ...]


class PrincipalKind(StrEnum):
    ACCOUNT = "account"
    GROUP = "group"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Grant:
    """A principal may do something on a vault.

    `carrier` names the one edge that a revocation removes (for OpenBao, a policy attached to an
    entity, group, login or token). Several grants on several vaults can share one carrier: then
    they stand and fall together. A grant is identified by (vault_id, carrier).
    """

    vault_id: str
    principal_kind: PrincipalKind
    principal_id: str
    level: Level
    carrier: str
    permissions: tuple[str, ...] = ()
    revocable: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True)
class MachineIdentity:
    """A service account, role, or token that is nobody's. `last_used_ms` None means no data.

    `scopes` are what it was granted, as the vendor names it; empty where the source cannot say.
    `dies_with_owner`: suspending or deactivating the owner ends it (an Okta API token).
    """

    id: str
    name: str
    kind: str
    owner_account_id: str | None = None
    created_ms: int | None = None
    expires_ms: int | None = None
    last_used_ms: int | None = None
    note: str = ""
    scopes: tuple[str, ...] = ()
    dies_with_owner: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """A live credential of an account (for OpenBao, a token by its accessor, never the token)."""

    id: str
    account_id: str
    created_ms: int | None = None
    expires_ms: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One entry of a source's own audit log. `raw` is the original line, JSON, redacted.

    `by_another`: what was sought was done, to the same objects and in its time, but by somebody
    else than whoever made the call. It proves nothing of the call.
    """

    id: str
    at_ms: int
    actor: str
    action: str
    target: str
    operation_id: str | None = None
    source_address: str = ""
    error: str = ""
    raw: str = ""
    by_another: bool = False


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that came but could not be understood. Counted and shown, never dropped.

    With an `id` the object is known to exist, so its stored rows stay open; without one the
    listing cannot be complete.
    """

    id: str | None
    reason: str


class Collection(StrEnum):
    """What a listing lists. MEMBERSHIPS has a group, GRANTS a vault as its parent."""

    ACCOUNTS = "accounts"
    GROUPS = "groups"
    MEMBERSHIPS = "memberships"
    VAULTS = "vaults"
    GRANTS = "grants"
    MACHINES = "machines"


@dataclass(frozen=True, slots=True)
class Listing:
    """How one collection was read. `proof` says in words why it is complete; `error` why not.
    `pages` is in how many answers it came, None where that was not kept."""

    collection: Collection
    parent_id: str = ""
    complete: bool = False
    proof: str = ""
    error: str = ""
    rows: int = 0
    unreadable: int = 0
    pages: int | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All listings of one read of a source, as sealed in storage (or as of an older moment).

    Rows under an incomplete listing are the last ones known; `listings` says which those are.
    `taken_ms` is when the reading began: no complete listing of it is older. `unreadable_accounts`
    are the ids of listed accounts whose record could not be understood: what `accounts` has of them
    is what was last known. `permission_rules` are as the source gave them when it was read.
    """

    id: int
    source: SourceIdentity
    taken_ms: int
    complete: bool
    listings: tuple[Listing, ...] = ()
    accounts: tuple[Account, ...] = ()
    groups: tuple[Group, ...] = ()
    memberships: tuple[Membership, ...] = ()
    vaults: tuple[Vault, ...] = ()
    grants: tuple[Grant, ...] = ()
    machines: tuple[MachineIdentity, ...] = ()
    blind_spots: tuple[str, ...] = ()
    unreadable_accounts: frozenset[str] = frozenset()
    permission_rules: PermissionRules | None = None
