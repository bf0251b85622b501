"""Who holds which policy, and what that allows on which vault. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from keyturn_providers.openbao.carriers import Carrier, CarrierKind, Holder
from keyturn_providers.openbao.payloads import Entity, IdentityGroup, TokenPayload
from keyturn_providers.openbao.policy import NOTHING, Allowed, Policy, allowed_on
from keyturn_providers.openbao.state import DEFAULT_POLICY, KvMount, Login
from keyturn_providers.openbao.translate import login_holder, token_holder
from keyturn_providers.records import Grant, Level, PrincipalKind
from keyturn_providers.text import safe


@dataclass(frozen=True, slots=True)
class Edge:
    """One policy on one holder, and whose access that is."""

    carrier: Carrier
    principal_kind: PrincipalKind
    principal_id: str
    revocable: bool = True
    note: str = ""


class Judge:
    """What each policy allows on each mount, worked out once per pair."""

    def __init__(self, policies: Mapping[str, Policy]) -> None:
        self._policies = policies
        self._known: dict[tuple[str, str], Allowed] = {}

    def allowed(self, policy: str, mount: KvMount) -> Allowed:
        """Nothing for a policy that does not exist: it may be named before it is written."""
        key = (policy, mount.vault.id)
        if key not in self._known:
            found = self._policies.get(policy)
            self._known[key] = allowed_on(found, mount.path, mount.version) if found else NOTHING
        return self._known[key]

    def unreadable(self) -> tuple[Policy, ...]:
        return tuple(p for p in self._policies.values() if p.rules is None)


def grants_on(mount: KvMount, edges: Iterable[Edge], judge: Judge) -> tuple[Grant, ...]:
    """The grants that `edges` make on one vault, one per carrier."""
    found: dict[str, Grant] = {}
    for edge in edges:
        allowed = judge.allowed(edge.carrier.policy, mount)
        if allowed.level is Level.NONE:
            continue
        carrier = edge.carrier.text
        found[carrier] = Grant(
            vault_id=mount.vault.id,
            principal_kind=edge.principal_kind,
            principal_id=edge.principal_id,
            level=allowed.level,
            carrier=carrier,
            permissions=allowed.permissions,
            revocable=edge.revocable,
            note=safe("; ".join(part for part in (edge.note, allowed.note) if part)),
        )
    return tuple(found.values())


def entity_edges(entity: Entity) -> Iterator[Edge]:
    holder = Holder(CarrierKind.ENTITY, (entity.id,))
    for policy in dict.fromkeys(entity.policies):
        yield Edge(Carrier(holder, policy), PrincipalKind.ACCOUNT, entity.id)


def group_edges(group: IdentityGroup) -> Iterator[Edge]:
    holder = Holder(CarrierKind.GROUP, (group.id,))
    for policy in dict.fromkeys(group.policies):
        yield Edge(Carrier(holder, policy), PrincipalKind.GROUP, group.id)


def login_edges(login: Login, entity_id: str | None) -> Iterator[Edge]:
    """The policies that logging in gives: the account's for a user with an entity, else the
    machine identity's. `default`, where it is not listed but implied, cannot be taken away."""
    holder = login_holder(login)
    kind = PrincipalKind.MACHINE if entity_id is None else PrincipalKind.ACCOUNT
    principal = holder.text if entity_id is None else entity_id
    note = f"by login {login.mount.path}/{login.name}"
    for policy in dict.fromkeys(login.policies):
        yield Edge(Carrier(holder, policy), kind, principal, note=note)
    if login.default_policy and DEFAULT_POLICY not in login.policies:
        yield Edge(
            Carrier(holder, DEFAULT_POLICY),
            kind,
            principal,
            revocable=False,
            note="every login carries the default policy",
        )


def token_edges(
    token: TokenPayload, explained: frozenset[str], *, known_entity: bool, own: bool
) -> Iterator[Edge]:
    """The policies a token carries beyond those `explained` by its entity and its login."""
    holder = token_holder(token.accessor)
    kind = PrincipalKind.ACCOUNT if known_entity else PrincipalKind.MACHINE
    principal = token.entity_id if known_entity else holder.text
    note = "keyturn's own token" if own else "ending it ends the token and all it opens"
    for policy in dict.fromkeys(token.policies):
        if policy not in explained:
            yield Edge(Carrier(holder, policy), kind, principal, revocable=not own, note=note)


class Index:
    """Logins and entities by what points at them, to tell whose a login or a token is."""

    def __init__(self, entities: Iterable[Entity], logins: Iterable[Login]) -> None:
        self._entities = {entity.id: entity for entity in entities}
        self._by_alias = {
            (alias.mount_accessor, alias.name): entity.id
            for entity in self._entities.values()
            for alias in entity.aliases
        }
        self._logins = {(login.mount.path, login.name): login for login in logins}

    def has_entity(self, entity_id: str) -> bool:
        return entity_id in self._entities

    def entity_of(self, login: Login) -> str | None:
        """The entity that logging in as this user becomes; None for roles, which are nobody's."""
        if not login.is_user:
            return None
        return self._by_alias.get((login.mount.accessor, login.name))

    def logins_of(self, entity_id: str) -> tuple[Login, ...]:
        return tuple(x for x in self._logins.values() if self.entity_of(x) == entity_id)

    def explained(self, token: TokenPayload) -> frozenset[str]:
        """The policies of a token that other edges already account for."""
        entity = self._entities.get(token.entity_id)
        if entity is None:
            return frozenset()
        policies = frozenset(entity.policies)
        for login in self.logins_of(entity.id):
            policies |= login.gives
        source = self._login_behind(token)
        return policies | source.gives if source else policies

    def _login_behind(self, token: TokenPayload) -> Login | None:
        path, separator, _ = token.path.removeprefix("auth/").partition("/login")
        if not separator:
            return None
        name = token.meta.get("role_name") or token.meta.get("role") or token.meta.get("username")
        return self._logins.get((path, name)) if name else None


def all_edges(
    entities: Iterable[Entity],
    groups: Iterable[IdentityGroup],
    logins: Iterable[Login],
    tokens: Iterable[TokenPayload],
    index: Index,
    own_accessor: str,
) -> Iterator[Edge]:
    """Every edge of a whole read."""
    for entity in entities:
        yield from entity_edges(entity)
    for group in groups:
        yield from group_edges(group)
    for login in logins:
        yield from login_edges(login, index.entity_of(login))
    for token in tokens:
        yield from token_edges(
            token,
            index.explained(token),
            known_entity=index.has_entity(token.entity_id),
            own=token.accessor == own_accessor,
        )
