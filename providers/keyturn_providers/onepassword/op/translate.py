"""Pure: what `op` printed, as records."""

from collections.abc import Mapping, Sequence

from keyturn_providers.onepassword.op.carriers import Carrier
from keyturn_providers.onepassword.op.payloads import (
    ConnectServer,
    ConnectToken,
    Group,
    User,
    Vault,
)
from keyturn_providers.onepassword.permissions import Vocabulary
from keyturn_providers.onepassword.states import state_of
from keyturn_providers.records import (
    Account,
    AccountKind,
    AccountState,
    Email,
    Grant,
    Level,
    MachineIdentity,
    Membership,
    PrincipalKind,
)
from keyturn_providers.records import Group as GroupRecord
from keyturn_providers.records import Vault as VaultRecord
from keyturn_providers.text import safe, safe_id

PRIVILEGED_TYPES = frozenset({"OWNERS", "ADMINISTRATORS", "SECURITY", "RECOVERY"})
PRIVILEGED_NAMES = frozenset(
    {"owners", "administrators", "security", "recovery", "provision managers"}
)
"""For the group that has no type of its own, and where types cannot be read."""
OWNERS = "OWNERS"
EVERYBODY = "TEAM_MEMBERS"
_EVERYBODY_NAME = "team members"
_ITSELF = "1Password"
PERSONAL = "personal"
NOT_TOLD = "1Password does not say which permissions"
_CONNECT_READS = frozenset({"read", "read_items", "view_items"})
_CONNECT_WRITES = frozenset(
    {"write", "write_items", "create", "update", "delete", "archive", "share", "share_items"}
)
_KINDS = {
    "MEMBER": AccountKind.PERSON,
    "GUEST": AccountKind.GUEST,
    "SERVICE_ACCOUNT": AccountKind.SERVICE,
}


def account(user: User, roles: Sequence[str] = ()) -> Account:
    """A person. A type that is not known is shown with the state and counts as a person's."""
    state, raw = state_of(user.state)
    kind = _KINDS.get(user.type.upper())
    if kind is None and user.type:
        raw = f"{raw} (type {safe(user.type, 40)})"
    address = safe(user.email.strip())
    return Account(
        id=user.id,
        name=address or user.id,
        display_name=safe(user.name.strip()) or address or user.id,
        state=state,
        state_raw=raw,
        kind=kind or AccountKind.PERSON,
        # It is the address they sign in with: 1Password made sure that it is theirs.
        emails=(Email(address, state is not AccountState.INVITED),) if address else (),
        roles=tuple(roles),
        created_ms=user.created_at,
        last_seen_ms=user.last_auth_at,
        state_since_ms=user.updated_at if state is AccountState.INVITED else None,
    )


def group(payload: Group) -> GroupRecord:
    """A group. 1Password itself puts everybody into Team Members, and takes nobody out of it."""
    kind, name = payload.type.upper(), payload.name.strip().casefold()
    everybody = kind == EVERYBODY or (not kind and name == _EVERYBODY_NAME)
    return GroupRecord(
        id=payload.id,
        name=safe(payload.name) or payload.id,
        managed_by=_ITSELF if everybody else "",
    )


def is_privileged(payload: Group) -> bool:
    """Whether being in the group gives rights over the account itself."""
    kind = payload.type.upper()
    return kind in PRIVILEGED_TYPES or (
        kind in {"", "USER_DEFINED", "UNKNOWN_TYPE"}
        and payload.name.strip().casefold() in PRIVILEGED_NAMES
    )


def membership(group_id: str, user: User) -> Membership:
    """`role` is empty for MEMBER, else 1Password's word: manager, or one that is not known."""
    role = user.role.strip().casefold()
    return Membership(group_id, user.id, role="" if role == "member" else safe(role, 40))


def vault(payload: Vault) -> VaultRecord:
    return VaultRecord(
        id=payload.id,
        name=safe(payload.name) or payload.id,
        kind=safe(payload.type.casefold().replace("_", " "), 40),
        description=safe(payload.description),
    )


def grant(
    vault_id: str,
    kind: PrincipalKind,
    holder: User | Group,
    vocabulary: Vocabulary,
    *,
    own_vault: bool = False,
) -> Grant:
    """The holder's direct access. Without the key `permissions` it is UNKNOWN, not nothing;
    permissions that are not known make it UNKNOWN too, and its note names them. What comes by
    itself with others is only in the note: it can be neither given nor taken."""
    carrier = Carrier(kind, holder.id, vault_id).text
    if holder.permissions is None:
        return Grant(vault_id, kind, holder.id, Level.UNKNOWN, carrier, note=NOT_TOLD)
    told = tuple(safe(name, 60) for name in holder.permissions)
    unknown = sorted(vocabulary.unknown(told))
    implied = [name for name in told if name in vocabulary.implied]
    notes = []
    if unknown:
        notes.append(f"unknown permissions: {', '.join(unknown)}")
    if implied:
        notes.append(f"with {', '.join(implied)}")
    if own_vault:
        notes.append("the person's own vault")
    return Grant(
        vault_id,
        kind,
        holder.id,
        vocabulary.level_of(told),
        carrier,
        permissions=vocabulary.in_order(vocabulary.normal(told)),
        revocable=not own_vault,
        note="; ".join(notes),
    )


def server_machine(server: ConnectServer, tokens: int) -> MachineIdentity:
    return MachineIdentity(
        id=server.id,
        name=safe(server.name) or server.id,
        kind="Connect server",
        owner_account_id=_id_or_none(server.creator_id),
        created_ms=server.created_at,
        note=f"{tokens} {'token' if tokens == 1 else 'tokens'}",
    )


def token_machine(
    token: ConnectToken, server: ConnectServer | None, vault_names: Mapping[str, str]
) -> MachineIdentity:
    """A Connect token. Its owner is who made its server: 1Password does not tell who made it."""
    scopes = tuple(
        f"{vault_names.get(scope.id, safe(scope.id, 60))}: {safe(', '.join(scope.acl), 200)}"
        if scope.acl
        else vault_names.get(scope.id, safe(scope.id, 60))
        for scope in token.vaults
    )
    notes = [f"server {safe(server.name)}"] if server is not None else []
    if token.state.upper() not in {"", "ACTIVE"}:
        notes.append(f"state {safe(token.state, 40)}")
    if token.features:
        notes.append(f"features {safe(', '.join(token.features), 120)}")
    return MachineIdentity(
        id=token.id,
        name=safe(token.name) or token.id,
        kind="Connect token",
        owner_account_id=_id_or_none(server.creator_id) if server is not None else None,
        created_ms=token.created_at,
        expires_ms=token.expires_at,
        note="; ".join(notes),
        scopes=scopes,
    )


def token_grants(token: ConnectToken) -> tuple[Grant, ...]:
    """What a Connect token may do, vault by vault. It is fixed when the token is made."""
    return tuple(
        Grant(
            vault_id=scope.id,
            principal_kind=PrincipalKind.MACHINE,
            principal_id=token.id,
            level=_level_of_scope(scope.acl),
            carrier=f"connect/{token.id}/vault/{scope.id}",
            permissions=tuple(safe(word, 60) for word in scope.acl),
            revocable=False,
            note="a Connect token: it ends with the token",
        )
        for scope in token.vaults
        if _id_or_none(scope.id) is not None
    )


def _level_of_scope(acl: Sequence[str]) -> Level:
    """By the words Connect uses; anything else is not known, and never little."""
    words = {word.casefold() for word in acl}
    if not words or words - _CONNECT_READS - _CONNECT_WRITES:
        return Level.UNKNOWN
    return Level.WRITE if words & _CONNECT_WRITES else Level.READ


def _id_or_none(value: str) -> str | None:
    try:
        return safe_id(value)
    except ValueError:
        return None
