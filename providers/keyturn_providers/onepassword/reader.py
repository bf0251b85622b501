"""The reader of a 1Password source: a class with just the abilities that the source has now."""

from collections.abc import AsyncIterator, Mapping, Sequence
from functools import lru_cache

from keyturn_providers.abilities import (
    Ability,
    EventPage,
    ItemsListed,
    Page,
    Sought,
)
from keyturn_providers.onepassword.events.audit import AuditReading
from keyturn_providers.onepassword.events.streams import Streaming
from keyturn_providers.onepassword.reading import Reading
from keyturn_providers.onepassword.telling import at
from keyturn_providers.onepassword.view import Surface
from keyturn_providers.records import (
    Account,
    AuditEvent,
    Grant,
    Group,
    MachineIdentity,
    Membership,
    PrincipalKind,
    Vault,
)


class Asked:
    """What all abilities share."""

    def __init__(
        self, reading: Reading, audit: AuditReading | None, streaming: Streaming | None
    ) -> None:
        self._reading = reading
        self._audit = audit
        self._streaming = streaming


class _ListsAccounts(Asked):
    def accounts(self) -> AsyncIterator[Page[Account]]:
        return self._reading.accounts()


class _ListsGroups(Asked):
    def groups(self) -> AsyncIterator[Page[Group]]:
        return self._reading.groups()


class _ListsMemberships(Asked):
    def memberships(self, group_id: str) -> AsyncIterator[Page[Membership]]:
        return self._reading.memberships(group_id)


class _ListsVaults(Asked):
    async def vaults(self) -> AsyncIterator[Page[Vault]]:
        op = self._reading.op()
        with at(Surface.OP, contain=self._reading.joined):
            async for page in op.vaults():
                yield page


class _ListsGrants(Asked):
    async def grants(self, vault_id: str) -> AsyncIterator[Page[Grant]]:
        op = self._reading.op()
        with at(Surface.OP, contain=self._reading.joined):
            async for page in op.grants(vault_id):
                yield page


class _ListsMachines(Asked):
    async def machines(self) -> AsyncIterator[Page[MachineIdentity]]:
        op = self._reading.op()
        with at(Surface.OP, contain=self._reading.joined):
            async for page in op.machines():
                yield page


class _ListsItems(Asked):
    async def list_items(self, vault_id: str) -> ItemsListed | None:
        op = self._reading.op()
        with at(Surface.OP):
            return await op.list_items(vault_id)


class _ReadsAccount(Asked):
    async def read_account(self, account_id: str) -> Account | None:
        return await self._reading.read_account(account_id)


class _ReadsMembers(Asked):
    async def read_members(self, group_id: str) -> tuple[Membership, ...] | None:
        return await self._reading.read_members(group_id)


class _ReadsMemberships(Asked):
    async def read_memberships_of(self, account_id: str) -> tuple[Membership, ...]:
        op = self._reading.op()
        with at(Surface.OP):
            return await op.read_memberships_of(account_id)


class _ReadsGrant(Asked):
    async def read_grants_of(
        self,
        principal_kind: PrincipalKind,
        principal_id: str,
        vault_ids: frozenset[str] = frozenset(),
    ) -> tuple[Grant, ...]:
        op = self._reading.op()
        with at(Surface.OP):
            return await op.read_grants_of(principal_kind, principal_id, vault_ids)


class _FindsAccount(Asked):
    async def find_account(self, email: str) -> Account | None:
        return await self._reading.find_account(email)


class _ReadsAudit(Asked):
    async def audit_checkpoint(self) -> str:
        with at(Surface.EVENTS, contain=self._reading.joined):
            return await self._log().audit_checkpoint()

    async def audit_events(self, since: str, sought: Sequence[Sought]) -> tuple[AuditEvent, ...]:
        with at(Surface.EVENTS, contain=self._reading.joined):
            return await self._log().audit_events(since, sought)

    def _log(self) -> AuditReading:
        assert self._audit is not None  # noqa: S101 - made with the ability
        return self._audit


class _StreamsEvents(Asked):
    def streams(self) -> tuple[str, ...]:
        return self._events().streams()

    async def stream(
        self, name: str, position: str | None, last_ms: int | None
    ) -> AsyncIterator[EventPage]:
        with at(Surface.EVENTS, contain=self._reading.joined):
            async for page in self._events().stream(name, position, last_ms):
                yield page

    def _events(self) -> Streaming:
        assert self._streaming is not None  # noqa: S101 - made with the ability
        return self._streaming


_ABLE: Mapping[Ability, type[Asked]] = {
    Ability.LIST_ACCOUNTS: _ListsAccounts,
    Ability.LIST_GROUPS: _ListsGroups,
    Ability.LIST_MEMBERSHIPS: _ListsMemberships,
    Ability.LIST_VAULTS: _ListsVaults,
    Ability.LIST_GRANTS: _ListsGrants,
    Ability.LIST_MACHINES: _ListsMachines,
    Ability.LIST_ITEMS: _ListsItems,
    Ability.READ_ACCOUNT: _ReadsAccount,
    Ability.READ_MEMBERS: _ReadsMembers,
    Ability.READ_MEMBERSHIPS: _ReadsMemberships,
    Ability.READ_GRANT: _ReadsGrant,
    Ability.FIND_ACCOUNT: _FindsAccount,
    Ability.READ_AUDIT: _ReadsAudit,
    Ability.STREAM_EVENTS: _StreamsEvents,
}


@lru_cache(maxsize=64)
def reader_class(abilities: frozenset[Ability]) -> type[Asked]:
    """The class of a reader with these abilities and no others."""
    bases = tuple(part for ability, part in _ABLE.items() if ability in abilities)
    made: type[Asked] = type("OnePasswordReader", bases or (Asked,), {})
    return made
