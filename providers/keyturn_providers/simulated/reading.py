"""The simulated readers: the same abilities as the real connectors of each side."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from keyturn_providers.abilities import (
    Ability,
    Page,
    Sought,
)
from keyturn_providers.errors import Gone, NotAllowed
from keyturn_providers.records import (
    Account,
    AuditEvent,
    Grant,
    Group,
    MachineIdentity,
    Membership,
    PrincipalKind,
    Session,
    Unreadable,
    Vault,
)
from keyturn_providers.simulated.faults import Effect
from keyturn_providers.simulated.remote import Moment, Remote, When
from keyturn_providers.simulated.tenant import Tenant

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Reads:
    remote: Remote


class _People(_Reads):
    __slots__ = ()

    def accounts(self) -> AsyncIterator[Page[Account]]:
        return _pages(
            self.remote, Ability.LIST_ACCOUNTS, "", lambda t: tuple(t.accounts.values()), _own_id
        )

    def groups(self) -> AsyncIterator[Page[Group]]:
        return _pages(
            self.remote, Ability.LIST_GROUPS, "", lambda t: tuple(t.groups.values()), _own_id
        )

    def memberships(self, group_id: str) -> AsyncIterator[Page[Membership]]:
        def members(tenant: Tenant) -> tuple[Membership, ...]:
            if group_id not in tenant.groups:
                raise _gone(tenant, "group", group_id)
            return tuple(tenant.members.get(group_id, {}).values())

        return _pages(
            self.remote, Ability.LIST_MEMBERSHIPS, group_id, members, lambda one: one.member_id
        )

    async def read_account(self, account_id: str) -> Account | None:
        return await self.remote.read(
            Ability.READ_ACCOUNT, account_id, lambda t: t.accounts.get(account_id)
        )

    async def read_members(self, group_id: str) -> tuple[Membership, ...] | None:
        def members(tenant: Tenant) -> tuple[Membership, ...] | None:
            if group_id not in tenant.groups:
                return None
            return tuple(tenant.members.get(group_id, {}).values())

        return await self.remote.read(Ability.READ_MEMBERS, group_id, members)

    async def read_memberships_of(self, account_id: str) -> tuple[Membership, ...]:
        def held(tenant: Tenant) -> tuple[Membership, ...]:
            return tuple(
                members[account_id]
                for group_id, members in tenant.members.items()
                if group_id in tenant.groups and account_id in members
            )

        return await self.remote.read(Ability.READ_MEMBERSHIPS, account_id, held)


class _ByEmail(_Reads):
    __slots__ = ()

    async def find_account(self, email: str) -> Account | None:
        wanted = email.casefold()

        def found(tenant: Tenant) -> Account | None:
            return next(
                (
                    account
                    for account in tenant.accounts.values()
                    if any(one.address.casefold() == wanted for one in account.emails)
                ),
                None,
            )

        return await self.remote.read(Ability.FIND_ACCOUNT, email, found)


class _Vaults(_Reads):
    __slots__ = ()

    def vaults(self) -> AsyncIterator[Page[Vault]]:
        return _pages(
            self.remote, Ability.LIST_VAULTS, "", lambda t: tuple(t.vaults.values()), _own_id
        )

    def grants(self, vault_id: str) -> AsyncIterator[Page[Grant]]:
        def on_vault(tenant: Tenant) -> tuple[Grant, ...]:
            if vault_id not in tenant.vaults:
                raise _gone(tenant, "vault", vault_id)
            return tuple(
                by_vault[vault_id] for by_vault in tenant.grants.values() if vault_id in by_vault
            )

        return _pages(self.remote, Ability.LIST_GRANTS, vault_id, on_vault, lambda one: one.carrier)

    def machines(self) -> AsyncIterator[Page[MachineIdentity]]:
        return _pages(
            self.remote, Ability.LIST_MACHINES, "", lambda t: tuple(t.machines.values()), _own_id
        )

    async def read_grants_of(
        self,
        principal_kind: PrincipalKind,
        principal_id: str,
        vault_ids: frozenset[str] = frozenset(),
    ) -> tuple[Grant, ...]:
        def held(tenant: Tenant) -> tuple[Grant, ...]:
            return tuple(
                grant
                for by_vault in tenant.grants.values()
                for grant in by_vault.values()
                if (grant.principal_kind, grant.principal_id) == (principal_kind, principal_id)
            )

        return await self.remote.read(Ability.READ_GRANT, principal_id, held)

    async def read_sessions(self, account_id: str) -> tuple[Session, ...]:
        def live(tenant: Tenant) -> tuple[Session, ...]:
            return tuple(one for one in tenant.sessions.values() if one.account_id == account_id)

        return await self.remote.read(Ability.READ_SESSIONS, account_id, live)


class _Audit(_Reads):
    __slots__ = ()

    async def audit_checkpoint(self) -> str:
        return await self.remote.read(
            Ability.READ_AUDIT, "", lambda t: str(len(t.events)), by_id=False
        )

    async def audit_events(self, since: str, sought: Sequence[Sought]) -> tuple[AuditEvent, ...]:
        operation_ids = frozenset(one.operation_id for one in sought if not one.by_anyone)

        def shown(tenant: Tenant) -> tuple[AuditEvent, ...]:
            found: list[AuditEvent] = []
            for event in tenant.events[int(since) :]:
                if event.operation_id not in operation_ids:
                    found += [
                        replace(event, operation_id=one.operation_id)
                        for one in sought
                        if one.by_anyone and _is_of(event, one)
                    ]
                    continue
                left = tenant.hidden.get(event.id, 0)
                if left:
                    tenant.hidden[event.id] = left - 1
                else:
                    found.append(event)
            return tuple(found)

        return await self.remote.read(Ability.READ_AUDIT, "", shown, by_id=False)


def _is_of(event: AuditEvent, sought: Sought) -> bool:
    """Whether an event is of the kind and the objects that are sought."""
    ids = (sought.account_id, sought.group_id, sought.principal_id)
    return event.action == sought.ability.value and all(one in event.target for one in ids if one)


class DirectoryReader(_People):
    """Accounts, groups and members, like any SCIM server: no audit log."""

    __slots__ = ()


class AuditedDirectoryReader(_People, _Audit):
    """A directory that has an audit log."""

    __slots__ = ()


class _Tokens(_Reads):
    __slots__ = ()

    async def read_token_holders(self, account_id: str) -> tuple[str, ...] | None:
        """None where a NOT_ALLOWED fault says that the credential may not see them."""

        def holders(tenant: Tenant) -> tuple[str, ...]:
            return tenant.tokens.get(account_id, ())

        try:
            return await self.remote.read(Ability.READ_TOKENS, account_id, holders)
        except NotAllowed:
            return None


class LifecycleDirectoryReader(_People, _ByEmail, _Audit, _Tokens):
    """A directory that keeps an audit log, finds accounts by address, and tells who holds tokens of
    them, like a vendor's."""

    __slots__ = ()


class LifecycleSecretsReader(_People, _ByEmail, _Vaults, _Audit):
    """A secret manager that invites people by address."""

    __slots__ = ()


class SecretsReader(_People, _Vaults, _Audit):
    """Everything a secret manager can show."""

    __slots__ = ()


class UnauditedSecretsReader(_People, _Vaults):
    """A secret manager whose audit log cannot be read."""

    __slots__ = ()


async def _pages(
    remote: Remote,
    ability: Ability,
    parent: str,
    rows: Callable[[Tenant], Sequence[T]],
    id_of: Callable[[T], str],
) -> AsyncIterator[Page[T]]:
    """The rows in pages, proof on the last one. Rows are those at the moment of the first page."""
    name = remote.tenant.source.name
    records = tuple(rows(remote.tenant))
    size = remote.page_size
    count = max(1, -(-len(records) // size))
    for number in range(1, count + 1):
        await remote.at(Moment(When.BEFORE, name, ability, parent))
        fault = remote.faults.take(ability, parent, number)
        remote.fail(fault, ability, parent)
        effect = fault.effect if fault else None
        page = records[(number - 1) * size : number * size]
        unreadable: tuple[Unreadable, ...] = ()
        if page and effect is Effect.DUPLICATES:
            page = (*page, page[0])
        if page and effect is Effect.ODD_RECORD:
            page, unreadable = page[1:], (Unreadable(id_of(page[0]), "it has no name"),)
        if page and effect is Effect.NAMELESS_RECORD:
            page, unreadable = page[1:], (Unreadable(None, "it has no id"),)
        last = number == count
        proof = f"{count} of {count} pages, {len(records)} of {len(records)} records"
        await remote.at(Moment(When.AFTER, name, ability, parent))
        yield Page(
            records=page,
            unreadable=unreadable,
            expected=len(records),
            proof=proof if last and effect is not Effect.NO_PROOF else "",
        )


def _own_id(record: Account | Group | Vault | MachineIdentity) -> str:
    return record.id


def _gone(tenant: Tenant, what: str, object_id: str) -> Gone:
    return Gone(
        tenant.source.name, f"could not list {what} {object_id}", "it does not exist.", "Refresh."
    )
