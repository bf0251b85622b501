"""The simulated writers. Every method is one request, as in the real connectors."""

from dataclasses import dataclass, replace

from keyturn_providers.abilities import Ability, Receipt
from keyturn_providers.errors import Gone, NotAllowed
from keyturn_providers.records import (
    AccountState,
    Grant,
    Level,
    Membership,
    PrincipalKind,
)
from keyturn_providers.simulated.remote import Remote
from keyturn_providers.simulated.tenant import Tenant


@dataclass(frozen=True, slots=True)
class DirectoryWriter:
    """Suspends, reactivates and changes memberships."""

    remote: Remote

    async def suspend(self, account_id: str, operation_id: str) -> Receipt:
        return await self.remote.write(
            Ability.SUSPEND,
            account_id,
            operation_id,
            lambda t: set_state(t, account_id, AccountState.SUSPENDED),
        )

    async def reactivate(self, account_id: str, operation_id: str) -> Receipt:
        return await self.remote.write(
            Ability.REACTIVATE,
            account_id,
            operation_id,
            lambda t: set_state(t, account_id, AccountState.ACTIVE),
        )

    async def add_membership(self, group_id: str, account_id: str, operation_id: str) -> Receipt:
        def change(tenant: Tenant) -> bool:
            members = _members(tenant, group_id)
            if account_id not in tenant.accounts:
                raise _gone(tenant, "account", account_id)
            if account_id in members:
                return False
            members[account_id] = Membership(group_id, account_id)
            return True

        return await self.remote.write(
            Ability.ADD_MEMBERSHIP, f"{group_id}/{account_id}", operation_id, change
        )

    async def remove_membership(self, group_id: str, account_id: str, operation_id: str) -> Receipt:
        return await self.remote.write(
            Ability.REMOVE_MEMBERSHIP,
            f"{group_id}/{account_id}",
            operation_id,
            lambda t: _members(t, group_id).pop(account_id, None) is not None,
        )


class SecretsWriter(DirectoryWriter):
    """Also ends sessions, grants, restores and revokes."""

    __slots__ = ()

    async def end_session(self, session_id: str, operation_id: str) -> Receipt:
        def change(tenant: Tenant) -> bool:
            ended = tenant.sessions.pop(session_id, None) is not None
            for carrier in [c for c in tenant.grants if c.startswith(f"token/{session_id}/")]:
                del tenant.grants[carrier]
            return ended

        return await self.remote.write(Ability.END_SESSIONS, session_id, operation_id, change)

    async def grant(
        self,
        vault_id: str,
        principal_kind: PrincipalKind,
        principal_id: str,
        level: Level,
        operation_id: str,
        permissions: tuple[str, ...] = (),
    ) -> Receipt:
        carrier = f"{principal_kind.value}/{principal_id}/policy/{vault_id}-{level.value}"

        def change(tenant: Tenant) -> bool:
            if vault_id not in tenant.vaults:
                raise _gone(tenant, "vault", vault_id)
            known = tenant.groups if principal_kind is PrincipalKind.GROUP else tenant.accounts
            if principal_id not in known:
                raise _gone(tenant, principal_kind.value, principal_id)
            if vault_id in tenant.grants.get(carrier, {}):
                return False
            tenant.add(Grant(vault_id, principal_kind, principal_id, level, carrier))
            return True

        return await self.remote.write(Ability.GRANT, carrier, operation_id, change)

    async def restore(
        self, carrier: str, operation_id: str, permissions: tuple[str, ...] = ()
    ) -> Receipt:
        def change(tenant: Tenant) -> bool:
            if carrier in tenant.grants:
                return False
            if carrier not in tenant.cut:
                raise _gone(tenant, "carrier", carrier)
            tenant.grants[carrier] = tenant.cut.pop(carrier)
            return True

        return await self.remote.write(Ability.GRANT, carrier, operation_id, change)

    async def revoke(self, carrier: str, operation_id: str) -> Receipt:
        def change(tenant: Tenant) -> bool:
            if carrier not in tenant.grants:
                return False
            tenant.cut[carrier] = tenant.grants.pop(carrier)
            return True

        return await self.remote.write(Ability.REVOKE, carrier, operation_id, change)


def set_state(tenant: Tenant, account_id: str, state: AccountState) -> bool:
    """Whether there was anything to change. What dies with its owner goes with an account's end."""
    account = tenant.accounts.get(account_id)
    if account is None:
        raise _gone(tenant, "account", account_id)
    if account.state is state:
        return False
    tenant.accounts[account_id] = replace(account, state=state, state_raw=state.value)
    for machine in list(tenant.machines.values()) if state.is_off else ():
        if machine.dies_with_owner and machine.owner_account_id == account_id:
            del tenant.machines[machine.id]
    return True


def _members(tenant: Tenant, group_id: str) -> dict[str, Membership]:
    group = tenant.groups.get(group_id)
    if group is None:
        raise _gone(tenant, "group", group_id)
    if group.managed_by:
        raise NotAllowed(
            tenant.source.name,
            f"could not change the members of {group.name}",
            f"they are decided by {group.managed_by}.",
            "Change them there.",
        )
    return tenant.members.setdefault(group_id, {})


def _gone(tenant: Tenant, what: str, object_id: str) -> Gone:
    return Gone(
        tenant.source.name,
        f"could not change {what} {object_id}",
        "it does not exist.",
        "Refresh and plan again.",
    )
