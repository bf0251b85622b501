"""Reads by id, always live: what verification and preconditions rest on."""

from collections.abc import Iterable

from keyturn_providers.openbao import translate
from keyturn_providers.openbao.carriers import CarrierKind, parse_holder
from keyturn_providers.openbao.grants import (
    Edge,
    Index,
    Judge,
    entity_edges,
    grants_on,
    group_edges,
    login_edges,
    token_edges,
)
from keyturn_providers.openbao.payloads import Entity, IdentityGroup, TokenPayload
from keyturn_providers.openbao.server_read import ServerRead
from keyturn_providers.openbao.sight import Sight
from keyturn_providers.openbao.state import ROLE_METHODS, USER_METHODS, AuthMount, Login
from keyturn_providers.records import Account, Grant, Membership, PrincipalKind, Session


class LiveRead:
    """Nothing is remembered between calls. Every method raises `ProviderError` only."""

    def __init__(self, server: ServerRead) -> None:
        self._server = server

    async def account(self, account_id: str) -> Account | None:
        entity = await self._server.entity(account_id)
        if entity is None:
            return None
        groups: dict[str, IdentityGroup] = {}
        for group_id in entity.group_ids:
            group = await self._server.group(group_id)
            if group is not None:
                groups[group_id] = group
        held = {*entity.policies, *(p for group in groups.values() for p in group.policies)}
        policies = await self._server.policies_named(held)
        return translate.account(entity, groups, policies)

    async def members(self, group_id: str) -> tuple[Membership, ...] | None:
        group = await self._server.group(group_id)
        return None if group is None else translate.memberships(group)[0]

    async def memberships_of(self, account_id: str) -> tuple[Membership, ...] | None:
        """The groups the entity is in itself, not through another group; None where the server does
        not name them."""
        entity = await self._server.entity(account_id)
        if entity is None:
            return ()
        named = entity.direct_group_ids
        return None if named is None else tuple(Membership(one, account_id) for one in named)

    async def sessions(self, account_id: str) -> tuple[Session, ...]:
        tokens = await self._server.tokens(blind=False)
        return tuple(translate.session(t) for t in tokens.items if t.entity_id == account_id)

    async def grants_of(
        self,
        kind: PrincipalKind,
        principal_id: str,
        sight: Sight,
        own_accessor: str,
    ) -> tuple[Grant, ...]:
        """Every grant the principal holds by its own edges, as far as `sight` reaches."""
        if kind is PrincipalKind.GROUP:
            group = await self._server.group(principal_id)
            return await self._judged(group_edges(group) if group else ())
        if kind is PrincipalKind.MACHINE:
            return await self._judged(await self._machine_edges(principal_id, own_accessor))
        entity = await self._server.entity(principal_id)
        if entity is None:
            return ()
        mounts = tuple(
            mount
            for mount in (await self._server.auth_mounts() if sight.auth_methods else ())
            if mount.path not in sight.blind_mounts
        )
        logins = await self._logins_of(entity, mounts)
        edges: list[Edge] = list(entity_edges(entity))
        for login in logins:
            edges.extend(login_edges(login, entity.id))
        if sight.tokens:
            edges.extend(await self._token_edges(entity, mounts, logins, own_accessor))
        return await self._judged(edges)

    async def _judged(self, edges: Iterable[Edge]) -> tuple[Grant, ...]:
        held = tuple(edges)
        if not held:
            return ()
        judge = Judge(await self._server.policies_named(edge.carrier.policy for edge in held))
        mounts = await self._server.mounts()
        return tuple(grant for mount in mounts.items for grant in grants_on(mount, held, judge))

    async def _logins_of(self, entity: Entity, mounts: Iterable[AuthMount]) -> list[Login]:
        by_accessor = {mount.accessor: mount for mount in mounts}
        found: list[Login] = []
        for alias in entity.aliases:
            mount = by_accessor.get(alias.mount_accessor)
            if mount is None or mount.type not in USER_METHODS:
                continue
            login = await self._server.login(mount, alias.name)
            if login is not None:
                found.append(login[0])
        return found

    async def _token_edges(
        self, entity: Entity, mounts: Iterable[AuthMount], logins: list[Login], own_accessor: str
    ) -> list[Edge]:
        tokens = await self._server.tokens(blind=False)
        held = [token for token in tokens.items if token.entity_id == entity.id]
        roles = await self._roles_behind(held, mounts)
        index = Index((entity,), (*logins, *roles))
        return [
            edge
            for token in held
            for edge in token_edges(
                token,
                index.explained(token),
                known_entity=True,
                own=token.accessor == own_accessor,
            )
        ]

    async def _roles_behind(
        self, tokens: Iterable[TokenPayload], mounts: Iterable[AuthMount]
    ) -> list[Login]:
        by_path = {mount.path: mount for mount in mounts if mount.type in ROLE_METHODS}
        wanted = {
            (path, role)
            for token in tokens
            if (role := token.meta.get("role_name") or token.meta.get("role"))
            and (path := token.path.removeprefix("auth/").partition("/login")[0]) in by_path
        }
        found = [await self._server.login(by_path[path], role) for path, role in sorted(wanted)]
        return [login[0] for login in found if login is not None]

    async def _machine_edges(self, machine_id: str, own_accessor: str) -> tuple[Edge, ...]:
        try:
            holder = parse_holder(machine_id)
        except ValueError:
            return ()
        if holder.kind is CarrierKind.TOKEN:
            token = await self._server.token(holder.parts[0])
            if token is None:
                return ()
            entity = await self._server.entity(token.entity_id) if token.entity_id else None
            if entity is not None:
                return ()  # its grants are the account's
            own = token.accessor == own_accessor
            return tuple(token_edges(token, frozenset(), known_entity=False, own=own))
        if holder.kind not in {CarrierKind.USERPASS, CarrierKind.ROLE}:
            return ()
        path, name = holder.parts
        mount = next((m for m in await self._server.auth_mounts() if m.path == path), None)
        if mount is None or mount.type not in {*USER_METHODS, *ROLE_METHODS}:
            return ()
        login = await self._server.login(mount, name)
        return () if login is None else tuple(login_edges(login[0], None))
