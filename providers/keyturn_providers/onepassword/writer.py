"""The writer of a 1Password source: a class with just the abilities that the source has now."""

from collections.abc import Mapping
from functools import lru_cache

from keyturn_providers.abilities import (
    Ability,
    MakesGrants,
    Narrows,
    Receipt,
    able,
)
from keyturn_providers.onepassword.telling import at
from keyturn_providers.onepassword.view import Surface
from keyturn_providers.onepassword.writing import Writing
from keyturn_providers.records import Level, PrincipalKind


class Told:
    """What all abilities share."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing


class _Suspends(Told):
    async def suspend(self, account_id: str, operation_id: str) -> Receipt:
        return await self._writing.suspend(account_id, operation_id)


class _Reactivates(Told):
    async def reactivate(self, account_id: str, operation_id: str) -> Receipt:
        return await self._writing.reactivate(account_id, operation_id)


class _Provisions(Told):
    async def provision(self, email: str, name: str, operation_id: str) -> Receipt:
        op = self._writing.op()
        with at(Surface.OP):
            return await op.provision(email, name, operation_id)


class _Confirms(Told):
    async def confirm(self, account_id: str, operation_id: str) -> Receipt:
        op = self._writing.op()
        with at(Surface.OP):
            return await op.confirm(account_id, operation_id)


class _AddsMemberships(Told):
    async def add_membership(self, group_id: str, account_id: str, operation_id: str) -> Receipt:
        op = self._writing.op()
        with at(Surface.OP):
            return await op.add_membership(group_id, account_id, operation_id)


class _RemovesMemberships(Told):
    async def remove_membership(self, group_id: str, account_id: str, operation_id: str) -> Receipt:
        op = self._writing.op()
        with at(Surface.OP):
            return await op.remove_membership(group_id, account_id, operation_id)


class _MakesGrants(Told):
    async def grant(
        self,
        vault_id: str,
        principal_kind: PrincipalKind,
        principal_id: str,
        level: Level,
        operation_id: str,
        permissions: tuple[str, ...] = (),
    ) -> Receipt:
        op = able(self._writing.op(), MakesGrants)
        with at(Surface.OP):
            return await op.grant(
                vault_id, principal_kind, principal_id, level, operation_id, permissions
            )

    async def restore(
        self, carrier: str, operation_id: str, permissions: tuple[str, ...] = ()
    ) -> Receipt:
        op = able(self._writing.op(), MakesGrants)
        with at(Surface.OP):
            return await op.restore(carrier, operation_id, permissions)


class _Revokes(Told):
    async def revoke(self, carrier: str, operation_id: str) -> Receipt:
        op = self._writing.op()
        with at(Surface.OP):
            return await op.revoke(carrier, operation_id)


class _Narrows(Told):
    async def narrow(
        self, carrier: str, level: Level, operation_id: str, permissions: tuple[str, ...] = ()
    ) -> Receipt:
        op = able(self._writing.op(), Narrows)
        with at(Surface.OP):
            return await op.narrow(carrier, level, operation_id, permissions)


_ABLE: Mapping[Ability, type[Told]] = {
    Ability.SUSPEND: _Suspends,
    Ability.REACTIVATE: _Reactivates,
    Ability.PROVISION: _Provisions,
    Ability.CONFIRM: _Confirms,
    Ability.ADD_MEMBERSHIP: _AddsMemberships,
    Ability.REMOVE_MEMBERSHIP: _RemovesMemberships,
    Ability.GRANT: _MakesGrants,
    Ability.REVOKE: _Revokes,
    Ability.NARROW: _Narrows,
}


@lru_cache(maxsize=64)
def writer_class(abilities: frozenset[Ability]) -> type[Told]:
    """The class of a writer with these abilities and no others."""
    bases = tuple(part for ability, part in _ABLE.items() if ability in abilities)
    made: type[Told] = type("OnePasswordWriter", bases or (Told,), {})
    return made
