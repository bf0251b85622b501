"""Writers with a whole life cycle: accounts that are invited, let in and deactivated, sessions that
are ended all at once, and grants of single permissions."""

from dataclasses import replace

from keyturn_providers.abilities import Ability, Receipt
from keyturn_providers.errors import Conflict, Gone, NotAllowed
from keyturn_providers.records import (
    Account,
    AccountState,
    Email,
    Grant,
    Level,
    PermissionRules,
    PrincipalKind,
)
from keyturn_providers.simulated.permission_sets import (
    RULES,
    in_order,
    kept,
    lacking,
    level_of,
    of_level,
)
from keyturn_providers.simulated.tenant import Tenant
from keyturn_providers.simulated.writing import DirectoryWriter, SecretsWriter, set_state

INVITATION_MS = 5 * 86_400_000
"""How long an invitation can be accepted."""
ACCEPTED = "TRANSFER_ACCEPTED"
"""The state, in the vendor's words, of who has accepted and waits to be let in."""


class LifecycleDirectoryWriter(DirectoryWriter):
    """Also deactivates, and ends all sessions."""

    __slots__ = ()

    async def deactivate(self, account_id: str, operation_id: str) -> Receipt:
        return await self.remote.write(
            Ability.DEACTIVATE,
            account_id,
            operation_id,
            lambda t: set_state(t, account_id, AccountState.DEACTIVATED),
        )

    async def end_all_sessions(self, account_id: str, operation_id: str) -> Receipt:
        def change(tenant: Tenant) -> bool:
            _account(tenant, account_id)
            for session in [s for s in tenant.sessions.values() if s.account_id == account_id]:
                del tenant.sessions[session.id]
            tenant.tokens.pop(account_id, None)
            # Nobody is told whether there were any.
            return True

        return await self.remote.write(Ability.END_ALL_SESSIONS, account_id, operation_id, change)


class LifecycleSecretsWriter(SecretsWriter):
    """Also invites and lets in, and grants, narrows and restores single permissions."""

    __slots__ = ()

    async def provision(self, email: str, name: str, operation_id: str) -> Receipt:
        made: list[str] = []

        def change(tenant: Tenant) -> bool:
            known = next(
                (a for a in tenant.accounts.values() if email in {e.address for e in a.emails}),
                None,
            )
            account = known or Account(
                id=f"s-invited-{len(tenant.accounts) + 1}",
                name=email,
                display_name=name,
                state=AccountState.INVITED,
                state_raw="TRANSFER_PENDING",
                emails=(Email(email, verified=True),),
            )
            made.append(account.id)
            since = account.state_since_ms
            now_ms = tenant.tick()
            if known is not None and (
                known.state is not AccountState.INVITED
                or (since is not None and now_ms - since < INVITATION_MS)
            ):
                return False
            tenant.add(replace(account, state_since_ms=now_ms))
            return True

        receipt = await self.remote.write(Ability.PROVISION, email, operation_id, change)
        return replace(receipt, account_id=made[0]) if made else receipt

    async def confirm(self, account_id: str, operation_id: str) -> Receipt:
        def change(tenant: Tenant) -> bool:
            account = _account(tenant, account_id)
            if account.state is AccountState.ACTIVE:
                return False
            if account.state_raw != ACCEPTED:
                raise _conflict(tenant, account_id, "they have not accepted their invitation.")
            return set_state(tenant, account_id, AccountState.ACTIVE)

        return await self.remote.write(Ability.CONFIRM, account_id, operation_id, change)

    async def grant(
        self,
        vault_id: str,
        principal_kind: PrincipalKind,
        principal_id: str,
        level: Level,
        operation_id: str,
        permissions: tuple[str, ...] = (),
    ) -> Receipt:
        carrier = f"{principal_kind.value}/{principal_id}/vault/{vault_id}"
        return await self._give(carrier, operation_id, permissions, level)

    async def restore(
        self, carrier: str, operation_id: str, permissions: tuple[str, ...] = ()
    ) -> Receipt:
        return await self._give(carrier, operation_id, permissions, Level.NONE)

    async def _give(
        self, carrier: str, operation_id: str, permissions: tuple[str, ...], level: Level
    ) -> Receipt:
        def change(tenant: Tenant) -> bool:
            rules = tenant.permission_rules or RULES
            wanted = permissions or of_level(rules, level)
            if not wanted:
                raise _conflict(tenant, carrier, "nothing remembers what it gave.")
            if missing := lacking(rules, wanted):
                raise NotAllowed(
                    tenant.source.name,
                    f"could not grant {', '.join(wanted)}",
                    f"these are dependent on the permission(s) {', '.join(missing)}.",
                    "Grant them together.",
                )
            edge = _edge(tenant, carrier)
            held = {*edge.permissions, *wanted}
            if held == set(edge.permissions):
                return False
            tenant.add(_with(rules, edge, held))
            return True

        return await self.remote.write(Ability.GRANT, carrier, operation_id, change)

    async def narrow(
        self, carrier: str, level: Level, operation_id: str, permissions: tuple[str, ...] = ()
    ) -> Receipt:
        def change(tenant: Tenant) -> bool:
            rules = tenant.permission_rules or RULES
            edge = _edge(tenant, carrier)
            left = kept(rules, edge.permissions, permissions or of_level(rules, level))
            if set(left) == set(edge.permissions):
                return False
            if left:
                tenant.add(_with(rules, edge, left))
            else:
                del tenant.grants[carrier]
            return True

        return await self.remote.write(Ability.NARROW, carrier, operation_id, change)


def _with(rules: PermissionRules, edge: Grant, held: set[str] | tuple[str, ...]) -> Grant:
    permissions = in_order(rules, held)
    return replace(edge, permissions=permissions, level=level_of(rules, permissions))


def _edge(tenant: Tenant, carrier: str) -> Grant:
    """The grant of this carrier, empty where it is not held. Raises Gone for what names nobody."""
    for held in tenant.grants.get(carrier, {}).values():
        return held
    kind, principal, _, vault = (*carrier.split("/"), "", "", "", "")[:4]
    known = tenant.groups if kind == PrincipalKind.GROUP.value else tenant.accounts
    if vault not in tenant.vaults or principal not in known:
        raise Gone(tenant.source.name, f"could not change {carrier}", "there is none.", "Refresh.")
    return Grant(vault, PrincipalKind(kind), principal, Level.NONE, carrier)


def _account(tenant: Tenant, account_id: str) -> Account:
    account = tenant.accounts.get(account_id)
    if account is None:
        raise Gone(
            tenant.source.name, f"could not change {account_id}", "it does not exist.", "Refresh."
        )
    return account


def _conflict(tenant: Tenant, what: str, why: str) -> Conflict:
    return Conflict(tenant.source.name, f"could not change {what}", why, "Refresh and plan again.")
