"""What a connector is: an `About`, a reader, a writer, and one small Protocol per ability.

An ability declared in `About.abilities` must be implemented and the reverse; `registry.check`
refuses a connector for which that does not hold. Readers and writers are separate objects, and
in read-only mode no writer exists.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, Protocol, TypeVar, runtime_checkable

from pydantic import BaseModel, SecretStr

from keyturn_providers.records import (
    Account,
    AuditEvent,
    Grant,
    Group,
    Level,
    MachineIdentity,
    Membership,
    PrincipalKind,
    Session,
    Side,
    SourceIdentity,
    Unreadable,
    Vault,
)

CONTRACT_VERSION = 1


class Ability(StrEnum):
    LIST_ACCOUNTS = "list accounts"
    LIST_GROUPS = "list groups"
    LIST_MEMBERSHIPS = "list memberships"
    LIST_VAULTS = "list vaults"
    LIST_GRANTS = "list grants"
    LIST_MACHINES = "list machine identities"
    READ_ACCOUNT = "read one account"
    READ_MEMBERS = "read one group's members"
    READ_GRANT = "read one grant"
    READ_SESSIONS = "read an account's sessions"
    READ_AUDIT = "read audit events"
    SUSPEND = "suspend"
    REACTIVATE = "reactivate"
    END_SESSIONS = "end sessions"
    ADD_MEMBERSHIP = "add membership"
    REMOVE_MEMBERSHIP = "remove membership"
    GRANT = "grant"
    REVOKE = "revoke"


@dataclass(frozen=True, slots=True)
class OwnIdentity:
    """Who keyturn itself is in this source. Never a target of a removal."""

    account_id: str | None
    name: str
    expires_ms: int | None = None


@dataclass(frozen=True, slots=True)
class About:
    """What this connector, as configured, can see and do.

    `consistency_delay_s`: how long a read by id may lag behind a write. `audit_lag_s`: how late an
    audit event may come before it counts as missing. `blind_spots` are complete phrases of what
    cannot be seen; while there are any, a verdict is "no access visible", not "no access".
    """

    source: SourceIdentity
    address: str
    abilities: frozenset[Ability]
    version: str = ""
    own: OwnIdentity | None = None
    blind_spots: tuple[str, ...] = ()
    consistency_delay_s: float = 0.0
    audit_lag_s: float = 0.0
    notes: tuple[str, ...] = ()


T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Page(Generic[T_co]):
    """Some records of a listing. Only the last page carries `proof`; a listing whose iterator
    ends without one is incomplete, whatever it yielded."""

    records: tuple[T_co, ...]
    unreadable: tuple[Unreadable, ...] = ()
    expected: int | None = None
    proof: str = ""


@runtime_checkable
class ListsAccounts(Protocol):
    def accounts(self) -> AsyncIterator[Page[Account]]: ...


@runtime_checkable
class ListsGroups(Protocol):
    def groups(self) -> AsyncIterator[Page[Group]]: ...


@runtime_checkable
class ListsMemberships(Protocol):
    def memberships(self, group_id: str) -> AsyncIterator[Page[Membership]]: ...


@runtime_checkable
class ListsVaults(Protocol):
    def vaults(self) -> AsyncIterator[Page[Vault]]: ...


@runtime_checkable
class ListsGrants(Protocol):
    def grants(self, vault_id: str) -> AsyncIterator[Page[Grant]]: ...


@runtime_checkable
class ListsMachines(Protocol):
    def machines(self) -> AsyncIterator[Page[MachineIdentity]]: ...


@runtime_checkable
class ReadsAccount(Protocol):
    async def read_account(self, account_id: str) -> Account | None:
        """The account as it is now, read by id; None if it is proven gone (404)."""
        ...


@runtime_checkable
class ReadsMembers(Protocol):
    async def read_members(self, group_id: str) -> tuple[Membership, ...] | None:
        """The exact direct members now; None if the group is proven gone."""
        ...


@runtime_checkable
class ReadsGrant(Protocol):
    async def read_grants_of(
        self, principal_kind: PrincipalKind, principal_id: str
    ) -> tuple[Grant, ...]:
        """Every grant the principal holds directly now, tokens included."""
        ...


@runtime_checkable
class ReadsSessions(Protocol):
    async def read_sessions(self, account_id: str) -> tuple[Session, ...]: ...


@runtime_checkable
class ReadsAudit(Protocol):
    async def audit_checkpoint(self) -> str:
        """An opaque position: events after it are those written from now on."""
        ...

    async def audit_events(
        self, since: str, operation_ids: frozenset[str]
    ) -> tuple[AuditEvent, ...]:
        """Events after `since` that carry one of `operation_ids`. May be called repeatedly."""
        ...


class Outcome(StrEnum):
    APPLIED = "applied"
    ALREADY_SO = "already so"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A write's answer. APPLIED means accepted, no more: verification is another step."""

    outcome: Outcome
    request_ids: tuple[str, ...] = ()
    note: str = ""


@runtime_checkable
class Suspends(Protocol):
    async def suspend(self, account_id: str, operation_id: str) -> Receipt: ...


@runtime_checkable
class Reactivates(Protocol):
    async def reactivate(self, account_id: str, operation_id: str) -> Receipt: ...


@runtime_checkable
class EndsSessions(Protocol):
    async def end_session(self, session_id: str, operation_id: str) -> Receipt:
        """Ends one session, and whatever it had spawned."""
        ...


@runtime_checkable
class AddsMemberships(Protocol):
    async def add_membership(
        self, group_id: str, account_id: str, operation_id: str
    ) -> Receipt: ...


@runtime_checkable
class RemovesMemberships(Protocol):
    async def remove_membership(
        self, group_id: str, account_id: str, operation_id: str
    ) -> Receipt: ...


@runtime_checkable
class MakesGrants(Protocol):
    async def grant(
        self,
        vault_id: str,
        principal_kind: PrincipalKind,
        principal_id: str,
        level: Level,
        operation_id: str,
    ) -> Receipt: ...

    async def restore(self, carrier: str, operation_id: str) -> Receipt:
        """Puts back the very edge that `revoke(carrier)` took away."""
        ...


@runtime_checkable
class Revokes(Protocol):
    async def revoke(self, carrier: str, operation_id: str) -> Receipt: ...


READER_PROTOCOLS: Mapping[Ability, type] = {
    Ability.LIST_ACCOUNTS: ListsAccounts,
    Ability.LIST_GROUPS: ListsGroups,
    Ability.LIST_MEMBERSHIPS: ListsMemberships,
    Ability.LIST_VAULTS: ListsVaults,
    Ability.LIST_GRANTS: ListsGrants,
    Ability.LIST_MACHINES: ListsMachines,
    Ability.READ_ACCOUNT: ReadsAccount,
    Ability.READ_MEMBERS: ReadsMembers,
    Ability.READ_GRANT: ReadsGrant,
    Ability.READ_SESSIONS: ReadsSessions,
    Ability.READ_AUDIT: ReadsAudit,
}
WRITER_PROTOCOLS: Mapping[Ability, type] = {
    Ability.SUSPEND: Suspends,
    Ability.REACTIVATE: Reactivates,
    Ability.END_SESSIONS: EndsSessions,
    Ability.ADD_MEMBERSHIP: AddsMemberships,
    Ability.REMOVE_MEMBERSHIP: RemovesMemberships,
    Ability.GRANT: MakesGrants,
    Ability.REVOKE: Revokes,
}

T = TypeVar("T")


def able(thing: object, protocol: type[T]) -> T:
    """`thing` as the ability `protocol`; TypeError where the connector does not have it."""
    if not isinstance(thing, protocol):
        raise TypeError(f"{type(thing).__name__} cannot act as {protocol.__name__}")
    return thing


class Connector(Protocol):
    """One connected source. Opened by a `Provider`; every method may raise `ProviderError`."""

    async def about(self) -> About:
        """Asks the tenant who it is and what the credential may do. Cheap; may be repeated."""
        ...

    def reader(self) -> object:
        """A new reader, for one refresh: it may remember what it read for its own lifetime.
        The by-id reads (`read_...`) are live at every call."""
        ...

    def writer(self) -> object:
        """The writer. Raises `ReadOnly` where the connector was opened read-only."""
        ...

    async def aclose(self) -> None: ...


@dataclass(frozen=True, slots=True)
class RequestSeen:
    """One request as the activity list and the pacing display show it; no headers, no bodies."""

    source: str
    method: str
    path: str
    status: int | None
    elapsed_ms: float
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why nothing is being sent just now."""

    source: str
    seconds: float
    reason: str


def _ignore(_: "RequestSeen | Waiting") -> None:
    return None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a connector is given from outside.

    `secret` turns the name given in the configuration into the credential, from the environment or
    a command, at the moment of need. `rate_reserve` is the share of each window left to others.
    """

    secret: Callable[[], SecretStr]
    read_only: bool = False
    rate_reserve: float = 0.3
    observe: Callable[[RequestSeen | Waiting], None] = field(default=_ignore)


@dataclass(frozen=True, slots=True)
class Provider:
    """What an entry point in `keyturn.providers` names. `settings` is the pydantic model of the
    provider's part of keyturn.yaml (without kind, name, token_env and token_command)."""

    kind: str
    side: Side
    title: str
    settings: type[BaseModel]
    open: Callable[[str, BaseModel, Surroundings], Connector]
    contract_version: int = CONTRACT_VERSION
