"""The writer: everything this surface can change. `op` cannot carry an operation's id, so receipts
have no request ids and the audit log is matched by kind, objects and time."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from keyturn_providers.abilities import Receipt
from keyturn_providers.onepassword.op.people import PeopleWriter
from keyturn_providers.onepassword.op.vault_access import VaultAccess
from keyturn_providers.records import Level, PrincipalKind


@dataclass(frozen=True, slots=True)
class Hands:
    """The two halves of the writer, made once it is known who is signed in."""

    people: PeopleWriter
    vaults: VaultAccess


class OpWriter:
    """Looks before each write and sends it once; raises `ProviderError` only."""

    def __init__(self, hands: Callable[[], Awaitable[Hands]]) -> None:
        self._hands = hands

    async def suspend(self, account_id: str, operation_id: str) -> Receipt:
        return await (await self._hands()).people.suspend(account_id)

    async def reactivate(self, account_id: str, operation_id: str) -> Receipt:
        return await (await self._hands()).people.reactivate(account_id)

    async def provision(self, email: str, name: str, operation_id: str) -> Receipt:
        return await (await self._hands()).people.provision(email, name)

    async def confirm(self, account_id: str, operation_id: str) -> Receipt:
        return await (await self._hands()).people.confirm(account_id)

    async def add_membership(self, group_id: str, account_id: str, operation_id: str) -> Receipt:
        return await (await self._hands()).people.add_membership(group_id, account_id)

    async def remove_membership(self, group_id: str, account_id: str, operation_id: str) -> Receipt:
        return await (await self._hands()).people.remove_membership(group_id, account_id)

    async def grant(
        self,
        vault_id: str,
        principal_kind: PrincipalKind,
        principal_id: str,
        level: Level,
        operation_id: str,
        permissions: tuple[str, ...] = (),
    ) -> Receipt:
        vaults = (await self._hands()).vaults
        return await vaults.grant(vault_id, principal_kind, principal_id, level, permissions)

    async def restore(
        self, carrier: str, operation_id: str, permissions: tuple[str, ...] = ()
    ) -> Receipt:
        return await (await self._hands()).vaults.restore(carrier, permissions)

    async def revoke(self, carrier: str, operation_id: str) -> Receipt:
        return await (await self._hands()).vaults.revoke(carrier)

    async def narrow(
        self, carrier: str, level: Level, operation_id: str, permissions: tuple[str, ...] = ()
    ) -> Receipt:
        return await (await self._hands()).vaults.narrow(carrier, level, permissions)
