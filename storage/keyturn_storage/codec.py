"""Records to stored bodies and back. A body is a JSON list of the fields, without the id."""

import hashlib
import json

from keyturn_providers.records import (
    Account,
    AccountKind,
    AccountState,
    Collection,
    Email,
    Grant,
    Group,
    Level,
    MachineIdentity,
    MemberKind,
    PermissionRules,
    PrincipalKind,
    Push,
    PushState,
    Vault,
)
from keyturn_storage.object_numbers import LEVELS as LEVELS
from keyturn_storage.object_numbers import ObjectNo as ObjectNo

OBJECT_OF_COLLECTION = {
    Collection.ACCOUNTS: ObjectNo.ACCOUNT,
    Collection.GROUPS: ObjectNo.GROUP,
    Collection.VAULTS: ObjectNo.VAULT,
    Collection.MACHINES: ObjectNo.MACHINE,
}
OBJECT_OF_MEMBER = {
    MemberKind.ACCOUNT: ObjectNo.ACCOUNT,
    MemberKind.GROUP: ObjectNo.GROUP,
}
OBJECT_OF_PRINCIPAL = {
    PrincipalKind.ACCOUNT: ObjectNo.ACCOUNT,
    PrincipalKind.GROUP: ObjectNo.GROUP,
    PrincipalKind.MACHINE: ObjectNo.MACHINE,
}

_encode = json.JSONEncoder(separators=(",", ":")).encode


def digest(body: str) -> bytes:
    """The content address of a body: 16 bytes of BLAKE2b."""
    return hashlib.blake2b(body.encode("ascii"), digest_size=16).digest()


def object_body(record: Account | Group | Vault | MachineIdentity) -> str:
    """All fields but the id, as ASCII JSON."""
    match record:
        case Account():
            return _encode(
                [
                    record.name,
                    record.display_name,
                    record.state,
                    record.state_raw,
                    record.kind,
                    [[email.address, email.verified] for email in record.emails],
                    record.external_id,
                    record.title,
                    record.department,
                    record.manager,
                    record.roles,
                    record.created_ms,
                    record.last_seen_ms,
                    _push_body(record.push),
                    record.state_since_ms,
                ]
            )
        case Group():
            return _encode(
                [
                    record.name,
                    record.external_id,
                    record.managed_by,
                    record.rules,
                    _push_body(record.push),
                ]
            )
        case Vault():
            return _encode([record.name, record.kind, record.description])
        case MachineIdentity():
            return _encode(
                [
                    record.name,
                    record.kind,
                    record.owner_account_id,
                    record.created_ms,
                    record.expires_ms,
                    record.last_used_ms,
                    record.note,
                    record.scopes,
                    record.dies_with_owner,
                ]
            )


def _push_body(push: Push | None) -> list[str | int | None] | None:
    if push is None:
        return None
    return [push.state, push.state_raw, push.scope, push.target_id, push.error, push.at_ms]


def _push(body: list[str | int | None] | None) -> Push | None:
    if body is None:
        return None
    state, state_raw, scope, target_id, error, at_ms = body
    return Push(
        PushState(str(state)),
        str(state_raw),
        str(scope),
        None if target_id is None else str(target_id),
        str(error),
        None if at_ms is None else int(at_ms),
    )


def grant_body(grant: Grant) -> str:
    """All fields but the vault and the carrier, as ASCII JSON."""
    return _encode(
        [
            grant.principal_kind,
            grant.principal_id,
            grant.level,
            grant.permissions,
            grant.revocable,
            grant.note,
        ]
    )


def permission_rules_body(rules: PermissionRules | None) -> str:
    """A source's permission rules, or that it has none, as ASCII JSON."""
    return _encode(None if rules is None else [rules.levels, rules.needs])


def permission_rules(body: str) -> PermissionRules | None:
    """The rules whose body `permission_rules_body` made."""
    found = json.loads(body)
    if found is None:
        return None
    levels, needs = found
    return PermissionRules(
        tuple((Level(level), tuple(names)) for level, names in levels),
        tuple((name, tuple(names)) for name, names in needs),
    )


def account(id_: str, body: str) -> Account:
    """The account whose body `object_body` made."""
    (
        name,
        display_name,
        state,
        state_raw,
        kind,
        emails,
        external_id,
        title,
        department,
        manager,
        roles,
        created_ms,
        last_seen_ms,
        *added,
    ) = json.loads(body)
    push, state_since_ms = (*added, None, None)[:2]
    return Account(
        id_,
        name,
        display_name,
        AccountState(state),
        state_raw,
        AccountKind(kind),
        tuple(Email(address, verified) for address, verified in emails),
        external_id,
        title,
        department,
        manager,
        tuple(roles),
        created_ms,
        last_seen_ms,
        _push(push),
        state_since_ms,
    )


def group(id_: str, body: str) -> Group:
    """The group whose body `object_body` made."""
    name, external_id, managed_by, *added = json.loads(body)
    rules, push = added or ((), None)
    return Group(id_, name, external_id, managed_by, tuple(rules), _push(push))


def vault(id_: str, body: str) -> Vault:
    """The vault whose body `object_body` made."""
    name, kind, description = json.loads(body)
    return Vault(id_, name, kind, description)


def machine(id_: str, body: str) -> MachineIdentity:
    """The machine identity whose body `object_body` made."""
    name, kind, owner, created_ms, expires_ms, last_used_ms, note, *added = json.loads(body)
    scopes, dies = added or ((), False)
    return MachineIdentity(
        id_, name, kind, owner, created_ms, expires_ms, last_used_ms, note, tuple(scopes), dies
    )


def grant(vault_id: str, carrier: str, body: str) -> Grant:
    """The grant whose body `grant_body` made."""
    principal_kind, principal_id, level, permissions, revocable, note = json.loads(body)
    return Grant(
        vault_id,
        PrincipalKind(principal_kind),
        principal_id,
        Level(level),
        carrier,
        tuple(permissions),
        revocable,
        note,
    )
