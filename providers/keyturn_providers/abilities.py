"""What a source may be able to do: an `Ability` each, and one small Protocol that it stands for.

`About.abilities` declares them, and `registry.check` refuses a connector that declares one which it
does not implement, or the reverse. Each kind of read and of change is apart, so that what a source
cannot do is offered nowhere.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Protocol, TypeVar, runtime_checkable

from keyturn_providers.records import (
    Account,
    AuditEvent,
    Grant,
    Group,
    ItemOutside,
    Level,
    MachineIdentity,
    Membership,
    PrincipalKind,
    Session,
    Unreadable,
    Vault,
)


class Ability(StrEnum):
    LIST_ACCOUNTS = "list accounts"
    LIST_GROUPS = "list groups"
    LIST_MEMBERSHIPS = "list memberships"
    LIST_VAULTS = "list vaults"
    LIST_GRANTS = "list grants"
    LIST_MACHINES = "list machine identities"
    LIST_ITEMS = "list items from outside"
    READ_ACCOUNT = "read one account"
    READ_MEMBERS = "read one group's members"
    READ_MEMBERSHIPS = "read one account's memberships"
    READ_GRANT = "read one grant"
    READ_SESSIONS = "read an account's sessions"
    READ_TOKENS = "read who holds tokens of an account"
    READ_AUDIT = "read audit events"
    FIND_ACCOUNT = "find an account by e-mail"
    STREAM_EVENTS = "archive events"
    SUSPEND = "suspend"
    REACTIVATE = "reactivate"
    DEACTIVATE = "deactivate"
    END_SESSIONS = "end sessions"
    END_ALL_SESSIONS = "end all sessions"
    PROVISION = "provision"
    CONFIRM = "confirm"
    ADD_MEMBERSHIP = "add membership"
    REMOVE_MEMBERSHIP = "remove membership"
    GRANT = "grant"
    REVOKE = "revoke"
    NARROW = "narrow a grant"


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


@dataclass(frozen=True, slots=True)
class ItemsListed:
    """The items of one vault. `whole`: all of them, and each could be understood."""

    items: tuple[ItemOutside, ...]
    whole: bool


@runtime_checkable
class ListsItems(Protocol):
    async def list_items(self, vault_id: str) -> ItemsListed | None:
        """The items of a vault now, without anything they hold; None where the vault is gone, or
        this credential may not look into it. For finding out what was changed, no more."""
        ...


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
class ReadsMemberships(Protocol):
    async def read_memberships_of(self, account_id: str) -> tuple[Membership, ...]:
        """Every group the account is in directly now; none of an account that is gone. All of
        them, or it raises: what is not named here counts as not held."""
        ...


@runtime_checkable
class ReadsGrant(Protocol):
    async def read_grants_of(
        self,
        principal_kind: PrincipalKind,
        principal_id: str,
        vault_ids: frozenset[str] = frozenset(),
    ) -> tuple[Grant, ...]:
        """Every grant the principal holds directly now, tokens included.

        A source that can only be asked vault by vault looks at `vault_ids` in any case, whatever
        its own index of the principal's vaults says.
        """
        ...


@runtime_checkable
class ReadsSessions(Protocol):
    async def read_sessions(self, account_id: str) -> tuple[Session, ...]: ...


@runtime_checkable
class ReadsTokens(Protocol):
    async def read_token_holders(self, account_id: str) -> tuple[str, ...] | None:
        """The applications that hold a live token of the account which this source gave them, by
        name, read now; None where this credential may not see them. Says nothing of sessions."""
        ...


@dataclass(frozen=True, slots=True)
class Sought:
    """What one write should have left in the audit log, and by what it may be known there.

    `ability` is the kind of write. A source whose log carries the operation's id goes by that
    alone; others by the ids of the requests that were answered, else by kind, objects and time.
    Which ids are set depends on the kind: the account's, group's and session's own, for a grant
    principal, vaults and carrier. `subject` is the e-mail address that was provisioned. `actor_ids`
    are the accounts that made the call and its repetitions, none where that is not known. With
    `by_anyone` no call is to be proven: it is asked who did such a thing, whoever it was.
    """

    operation_id: str
    ability: Ability
    not_before_ms: int
    account_id: str = ""
    group_id: str = ""
    session_id: str = ""
    principal_kind: PrincipalKind | None = None
    principal_id: str = ""
    vault_ids: tuple[str, ...] = ()
    carrier: str = ""
    subject: str = ""
    request_ids: tuple[str, ...] = ()
    actor_ids: tuple[str, ...] = ()
    by_anyone: bool = False


@runtime_checkable
class ReadsAudit(Protocol):
    async def audit_checkpoint(self) -> str:
        """An opaque position: events after it are those written from now on."""
        ...

    async def audit_events(self, since: str, sought: Sequence[Sought]) -> tuple[AuditEvent, ...]:
        """Events after `since` that prove one of `sought`, whose operation id each then carries.

        May be called repeatedly. An event with an `error` is a failed attempt, one that is
        `by_another` somebody else's doing: they prove nothing. A source whose log cannot tell who
        did what without an operation's id finds nothing for what is sought `by_anyone`.
        """
        ...


@runtime_checkable
class FindsAccount(Protocol):
    async def find_account(self, email: str) -> Account | None:
        """The account with this address now, whatever its state; None if there is none."""
        ...


@dataclass(frozen=True, slots=True)
class StreamedEvent:
    """An entry of one of a source's event streams, to be archived before the source forgets it.

    `raw` is the original JSON. `user_id`, `vault_id`, `item_id` are set where the entry names them.
    """

    id: str
    at_ms: int
    action: str
    raw: str
    user_id: str = ""
    vault_id: str = ""
    item_id: str = ""


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some events of a stream and the position after them, to be kept once they are archived.

    `last`: there is no more for now. `gap` is a sentence where events between the position asked
    from and these are lost for ever (the source forgot them, or the position was not accepted);
    `gap_until_ms` is then the time from which on the stream is whole again.
    """

    events: tuple[StreamedEvent, ...]
    position: str
    last: bool
    gap: str = ""
    gap_until_ms: int | None = None


@runtime_checkable
class StreamsEvents(Protocol):
    def streams(self) -> tuple[str, ...]:
        """The names of the streams there are, e.g. "audit events" and "item usages"."""
        ...

    def stream(
        self, name: str, position: str | None, last_ms: int | None
    ) -> AsyncIterator[EventPage]:
        """Everything after `position`, oldest first; from the oldest there is where it is None.

        `last_ms` is the time up to which everything is archived, for starting anew where the
        position is refused: no older event is missing, however long ago the newest one was.
        At least once: the same event may come again, with the same id.
        """
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
    account_id: str = ""


@runtime_checkable
class Suspends(Protocol):
    async def suspend(self, account_id: str, operation_id: str) -> Receipt: ...


@runtime_checkable
class Reactivates(Protocol):
    async def reactivate(self, account_id: str, operation_id: str) -> Receipt: ...


@runtime_checkable
class Deactivates(Protocol):
    async def deactivate(self, account_id: str, operation_id: str) -> Receipt:
        """Ends the account's life in the source. It may still be under way when this returns."""
        ...


@runtime_checkable
class EndsAllSessions(Protocol):
    async def end_all_sessions(self, account_id: str, operation_id: str) -> Receipt:
        """Ends every session and token the source itself gave; doing it twice does no harm."""
        ...


@runtime_checkable
class Provisions(Protocol):
    async def provision(self, email: str, name: str, operation_id: str) -> Receipt:
        """Invites a person. `Receipt.account_id` is the new account's id."""
        ...


@runtime_checkable
class Confirms(Protocol):
    async def confirm(self, account_id: str, operation_id: str) -> Receipt:
        """Lets a person in who has accepted their invitation."""
        ...


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
        permissions: tuple[str, ...] = (),
    ) -> Receipt:
        """Gives `permissions` where the source grants one by one, else what `level` stands for.

        The set is closed: it has everything that its permissions cannot be held without.
        """
        ...

    async def restore(
        self, carrier: str, operation_id: str, permissions: tuple[str, ...] = ()
    ) -> Receipt:
        """Puts back the very edge that `revoke(carrier)` took away, or that `narrow` made less.

        `permissions` are what the edge is to give again, for sources that do not remember it.
        """
        ...


@runtime_checkable
class Revokes(Protocol):
    async def revoke(self, carrier: str, operation_id: str) -> Receipt: ...


@runtime_checkable
class Narrows(Protocol):
    async def narrow(
        self, carrier: str, level: Level, operation_id: str, permissions: tuple[str, ...] = ()
    ) -> Receipt:
        """Takes from the grant what goes beyond `permissions`, or beyond `level` where they are
        empty, with what cannot be held without that. ALREADY_SO where it holds nothing beyond.
        `permissions` are what is to be left, and closed; what of it is missing is not given."""
        ...


READER_PROTOCOLS: Mapping[Ability, type] = {
    Ability.LIST_ACCOUNTS: ListsAccounts,
    Ability.LIST_GROUPS: ListsGroups,
    Ability.LIST_MEMBERSHIPS: ListsMemberships,
    Ability.LIST_VAULTS: ListsVaults,
    Ability.LIST_GRANTS: ListsGrants,
    Ability.LIST_MACHINES: ListsMachines,
    Ability.LIST_ITEMS: ListsItems,
    Ability.READ_ACCOUNT: ReadsAccount,
    Ability.READ_MEMBERS: ReadsMembers,
    Ability.READ_MEMBERSHIPS: ReadsMemberships,
    Ability.READ_GRANT: ReadsGrant,
    Ability.READ_SESSIONS: ReadsSessions,
    Ability.READ_TOKENS: ReadsTokens,
    Ability.READ_AUDIT: ReadsAudit,
    Ability.FIND_ACCOUNT: FindsAccount,
    Ability.STREAM_EVENTS: StreamsEvents,
}
WRITER_PROTOCOLS: Mapping[Ability, type] = {
    Ability.SUSPEND: Suspends,
    Ability.REACTIVATE: Reactivates,
    Ability.DEACTIVATE: Deactivates,
    Ability.END_SESSIONS: EndsSessions,
    Ability.END_ALL_SESSIONS: EndsAllSessions,
    Ability.PROVISION: Provisions,
    Ability.CONFIRM: Confirms,
    Ability.ADD_MEMBERSHIP: AddsMemberships,
    Ability.REMOVE_MEMBERSHIP: RemovesMemberships,
    Ability.GRANT: MakesGrants,
    Ability.REVOKE: Revokes,
    Ability.NARROW: Narrows,
}

T = TypeVar("T")


def able(thing: object, protocol: type[T]) -> T:
    """`thing` as the ability `protocol`; TypeError where the connector does not have it."""
    if not isinstance(thing, protocol):
        raise TypeError(f"{type(thing).__name__} cannot act as {protocol.__name__}")
    return thing
