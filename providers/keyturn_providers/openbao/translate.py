"""OpenBao's answers to records. Pure; every text passes `safe` here, every id `safe_id`."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from keyturn_providers.openbao.carriers import CarrierKind, Holder
from keyturn_providers.openbao.payloads import (
    Entity,
    IdentityGroup,
    LoginPayload,
    MountPayload,
    TokenPayload,
)
from keyturn_providers.openbao.policy import ROOT_POLICY, Policy
from keyturn_providers.openbao.privileged import privileged_roles
from keyturn_providers.openbao.state import (
    DEFAULT_POLICY,
    MACHINE_METHODS,
    AuthMount,
    KvMount,
    Login,
)
from keyturn_providers.records import (
    Account,
    AccountKind,
    AccountState,
    Email,
    Group,
    MachineIdentity,
    MemberKind,
    Membership,
    Session,
    Unreadable,
    Vault,
)
from keyturn_providers.text import safe, safe_id

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PEOPLE_METHODS = frozenset({"userpass", "jwt", "oidc", "ldap"})
# OpenBao's own upper bound for a token's life unless it is tuned: 32 days.
LONG_LIVED_S = 768 * 3600


def time_ms(text: str | None) -> int | None:
    """RFC 3339 text (with nanoseconds, as Go writes it) as UTC milliseconds; None if it is not."""
    if not text:
        return None
    # The fromisoformat of Python 3.11 takes at most six digits of a second's fraction.
    shortened = re.sub(r"(\.\d{6})\d+", r"\1", text)
    try:
        moment = datetime.fromisoformat(shortened)
        return int(moment.timestamp() * 1000) if moment.tzinfo and moment.year > 1 else None
    except (ValueError, OverflowError):
        return None


def account(
    entity: Entity, groups: Mapping[str, IdentityGroup], policies: dict[str, Policy]
) -> Account:
    """An entity as an account. `groups` are all groups it is in, nested ones included, by id; with
    the entity's own policies they decide its privileged roles. Raises ValueError for an odd id."""
    held = [
        *entity.policies,
        *(p for g in entity.group_ids if g in groups for p in groups[g].policies),
    ]
    meta = entity.metadata
    if entity.disabled is None:
        state, raw = AccountState.UNKNOWN, "not told"
    elif entity.disabled:
        state, raw = AccountState.SUSPENDED, "disabled"
    else:
        state, raw = AccountState.ACTIVE, "enabled"
    return Account(
        id=safe_id(entity.id),
        name=safe(entity.name),
        display_name=safe(meta.get("display_name", "") or meta.get("name", "")),
        state=state,
        state_raw=raw,
        kind=_kind(entity),
        emails=_emails(entity),
        external_id=_external_id(meta),
        title=safe(meta.get("title", "")),
        department=safe(meta.get("department", "")),
        manager=safe(meta.get("manager", "")),
        roles=tuple(safe(role) for role in privileged_roles(held, policies)),
        created_ms=time_ms(entity.creation_time),
    )


def group(payload: IdentityGroup) -> Group:
    """A group; an external one is managed by the login. Raises ValueError for an odd id."""
    managed_by = {"internal": "", "external": "login"}.get(
        payload.type, f"unknown: {safe(payload.type, 40)}"
    )
    return Group(
        id=safe_id(payload.id),
        name=safe(payload.name),
        external_id=_external_id(payload.metadata),
        managed_by=managed_by,
    )


def memberships(payload: IdentityGroup) -> tuple[tuple[Membership, ...], tuple[Unreadable, ...]]:
    """The direct members of a group. An odd member id is unreadable and without id."""
    found: list[Membership] = []
    odd: list[Unreadable] = []
    for kind, ids in (
        (MemberKind.ACCOUNT, payload.member_entity_ids),
        (MemberKind.GROUP, payload.member_group_ids),
    ):
        for member in dict.fromkeys(ids):
            try:
                found.append(Membership(payload.id, safe_id(member), kind))
            except ValueError as problem:
                odd.append(Unreadable(None, f"a member of group {payload.id}: {problem}"))
    return tuple(found), tuple(odd)


def kv_mount(path: str, payload: MountPayload) -> KvMount | None:
    """A KV mount as a vault; None for a mount of another type. Its id is the mount's accessor,
    which survives a move to another path. Raises ValueError for an odd id."""
    if payload.type not in {"kv", "generic"}:
        return None
    version = 2 if payload.options.get("version") == "2" else 1
    bare = path.removesuffix("/")
    return KvMount(
        Vault(
            id=safe_id(payload.accessor),
            name=safe(bare),
            kind=f"KV v{version}",
            description=safe(payload.description),
        ),
        bare,
        version,
    )


def auth_mount(path: str, payload: MountPayload) -> AuthMount:
    return AuthMount(path.removesuffix("/"), payload.type, payload.accessor)


def login(mount: AuthMount, name: str, payload: LoginPayload) -> Login:
    return Login(
        mount=mount,
        name=name,
        policies=payload.all_policies,
        default_policy=not payload.token_no_default_policy,
        role_type=payload.role_type,
        bound=payload.bound_subject or "",
    )


def login_holder(one: Login) -> Holder:
    kind = CarrierKind.USERPASS if one.is_user else CarrierKind.ROLE
    return Holder(kind, (one.mount.path, one.name))


def token_holder(accessor: str) -> Holder:
    return Holder(CarrierKind.TOKEN, (accessor,))


def session(token: TokenPayload) -> Session:
    """A token of an entity as a session; its id is the accessor."""
    life = "never ends" if token.expire_time is None else "periodic" if token.period else ""
    return Session(
        id=safe_id(token.accessor),
        account_id=token.entity_id,
        created_ms=token.creation_time * 1000 or None,
        expires_ms=time_ms(token.expire_time),
        note=safe(", ".join(part for part in (token.display_name, token.path, life) if part)),
    )


def login_machine(one: Login, *, has_entity: bool) -> MachineIdentity | None:
    """The machine identity a login stands for: every approle and kubernetes role, other roles that
    carry policies, and users no entity belongs to. None for people's own logins."""
    holder = login_holder(one)
    name = safe(f"{one.mount.path}/{one.name}")
    if one.is_user:
        if has_entity:
            return None
        note = "nobody has logged in by it yet, or its entity was deleted"
        return MachineIdentity(holder.text, name, "login without entity", note=note)
    if one.mount.type in MACHINE_METHODS:
        return MachineIdentity(holder.text, name, f"{one.mount.type} role")
    if not set(one.policies) - {DEFAULT_POLICY}:
        return None
    if (one.role_type or one.mount.type) == "oidc":
        return MachineIdentity(
            holder.text, name, "oidc role", note="gives its policies to everybody who logs in by it"
        )
    note = f"bound to {safe(one.bound, 120)}" if one.bound else "not bound to one subject"
    return MachineIdentity(holder.text, name, "jwt role", note=note)


def token_machine(token: TokenPayload, *, known_entity: bool, own: bool) -> MachineIdentity | None:
    """The machine identity a token is: nobody's, or somebody's that outlives every login. None for
    the ordinary token of a login or of an entity."""
    by_login = token.path.startswith("auth/") and "/login" in token.path
    lasting = not by_login and (
        token.expire_time is None or token.period > 0 or token.creation_ttl > LONG_LIVED_S
    )
    if known_entity and not lasting:
        return None
    if ROOT_POLICY in token.policies:
        kind = "root token"
    elif token.expire_time is None:
        kind = "token that never ends"
    elif token.period:
        kind = "periodic token"
    else:
        kind = "long-lived token" if lasting else "token without entity"
    notes = ["keyturn's own token"] if own else []
    if token.entity_id and not known_entity:
        notes.append("its entity is not there any more")
    if by_login:
        notes.append(f"from {safe(token.path, 80)}")
    return MachineIdentity(
        id=token_holder(safe_id(token.accessor)).text,
        name=safe(token.display_name or token.accessor),
        kind=kind,
        owner_account_id=token.entity_id if known_entity else None,
        created_ms=token.creation_time * 1000 or None,
        expires_ms=time_ms(token.expire_time),
        note="; ".join(notes),
    )


def _kind(entity: Entity) -> AccountKind:
    if entity.metadata.get("kind") == "service":
        return AccountKind.SERVICE
    methods = {alias.mount_type for alias in entity.aliases}
    return AccountKind.SERVICE if methods and methods <= MACHINE_METHODS else AccountKind.PERSON


def _emails(entity: Entity) -> tuple[Email, ...]:
    return tuple(_distinct(_addresses(entity)))


def _addresses(entity: Entity) -> Iterable[str]:
    # An operator wrote the metadata; a login name was vouched for by the method that took it.
    yield entity.metadata.get("email", "")
    for alias in entity.aliases:
        if alias.mount_type in _PEOPLE_METHODS:
            yield alias.name


def _distinct(addresses: Iterable[str]) -> Iterable[Email]:
    seen: set[str] = set()
    for address in addresses:
        shown = safe(address.strip(), 320)
        if _EMAIL.fullmatch(shown) and shown.casefold() not in seen:
            seen.add(shown.casefold())
            yield Email(shown, verified=True)


def _external_id(meta: Mapping[str, str]) -> str | None:
    try:
        return safe_id(meta.get("idp_id", ""))
    except ValueError:
        return None
