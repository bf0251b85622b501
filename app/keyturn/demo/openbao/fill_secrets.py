"""Fills OpenBao with the demo's vaults, policies, entities, logins, groups and machines."""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr

from keyturn.demo.openbao.fill_directory import DirectoryIds
from keyturn.demo.openbao.filling import Filling, text_at, together
from keyturn.demo.openbao.organisation import (
    DISABLED,
    ENTITY_GRANTS,
    EVERYONE,
    GROUPS,
    KEYTURN_TOKEN,
    LATE_MEMBERSHIPS,
    LIVE_TOKENS,
    LOGIN_GRANTS,
    LOOSE_TOKENS,
    MATCHED_BY_ADDRESS,
    MATCHED_BY_ALIAS,
    NESTED,
    OLD_ADDRESSES,
    OLD_GROUP,
    OLD_GROUP_MEMBERS,
    OLD_GROUP_POLICY,
    OLD_NAMES,
    OPERATORS,
    OPERATORS_POLICY,
    PASSWORD_DEPARTMENTS,
    ROLES,
    SHOWN_AS,
    STRANGERS,
    STRAY_MEMBERSHIPS,
    TWICE,
    VAULTS,
    WITHOUT_ACCOUNT,
    group_policies,
    policy_name,
)
from keyturn.demo.openbao.vault_policies import KEYTURN_POLICY, policies
from keyturn.demo.people import Member, members

_KEYTURN_TOKEN_TTL = "24h"  # noqa: S105  a duration


@dataclass(frozen=True, slots=True)
class Mounts:
    """What must be there before people are: vault ids by name, accessors of the login methods."""

    vaults: Mapping[str, str]
    userpass: str
    approle: str


@dataclass(frozen=True, slots=True)
class SecretsIds:
    """What the server gave. `passwords` are the logins' own, random per start."""

    vaults: Mapping[str, str]
    entities: Mapping[str, str]
    groups: Mapping[str, str]
    keyturn_token: SecretStr
    passwords: Mapping[str, SecretStr] = field(repr=False)


async def prepare(bao: Filling) -> tuple[Mounts, Mapping[str, SecretStr]]:
    """Vaults with one item each, policies and logins: all that needs no id of the directory."""
    await together(
        [
            bao.send("POST", "/v1/sys/auth/userpass", {"type": "userpass"}),
            bao.send("POST", "/v1/sys/auth/approle", {"type": "approle"}),
            bao.send("DELETE", "/v1/sys/mounts/secret"),
            *(
                bao.send("PUT", f"/v1/sys/policies/acl/{name}", {"policy": text})
                for name, text in policies().items()
            ),
            *(
                bao.send(
                    "POST",
                    f"/v1/sys/mounts/{name}",
                    {"type": "kv", "description": about, "options": {"version": "2"}},
                )
                for name, about in VAULTS.items()
            ),
        ]
    )
    passwords = {
        one.login: SecretStr(secrets.token_urlsafe(18))
        for one in _with_account()
        if one.department in PASSWORD_DEPARTMENTS or one.login in {*LOGIN_GRANTS, *LIVE_TOKENS}
    }
    _, mounts = await asyncio.gather(
        together(
            [
                *(_make_login(bao, login, password) for login, password in passwords.items()),
                *(bao.send("POST", f"/v1/{vault}/data/first", _ITEM) for vault in VAULTS),
                *(_make_role(bao, number) for number in range(len(ROLES))),
            ]
        ),
        _mounts(bao),
    )
    return mounts, passwords


_ITEM: dict[str, object] = {"data": {"made by": "keyturn demo", "value": "not a real secret"}}


async def fill_secrets(
    bao: Filling, mounts: Mounts, passwords: Mapping[str, SecretStr], directory: DirectoryIds
) -> SecretsIds:
    """Entities, their login names, groups, live tokens and machines; then the root token goes."""
    people = _with_account()
    payloads = [_entity_payload(one, directory) for one in people]
    payloads += [_second_entity(), *_strangers()]
    made = await together(bao.send("POST", "/v1/identity/entity", one) for one in payloads)
    ids = {
        str(one["name"]): text_at(a, "data", "id") for one, a in zip(payloads, made, strict=True)
    }
    entities = {one.login: ids[_entity_name(one.login)] for one in people}
    await together(
        bao.send(
            "POST",
            "/v1/identity/entity-alias",
            {"name": login, "canonical_id": entity, "mount_accessor": mounts.userpass},
        )
        for login, entity in entities.items()
    )
    groups = await _make_groups(bao, entities, directory)
    logins = [login for login, times in LIVE_TOKENS.items() for _ in range(times)]
    _, keyturn_token = await asyncio.gather(
        together(
            [
                *(_log_in(bao, login, passwords[login]) for login in logins),
                *(_make_token(bao, number) for number in range(len(LOOSE_TOKENS))),
            ]
        ),
        _keyturn_token(bao),
    )
    await bao.send("POST", "/v1/auth/token/revoke-self")
    return SecretsIds(mounts.vaults, ids | entities, groups, keyturn_token, passwords)


async def _mounts(bao: Filling) -> Mounts:
    auths, all_mounts = await together(
        [bao.send("GET", "/v1/sys/auth"), bao.send("GET", "/v1/sys/mounts")]
    )
    return Mounts(
        {name: text_at(all_mounts, "data", f"{name}/", "accessor") for name in VAULTS},
        text_at(auths, "data", "userpass/", "accessor"),
        text_at(auths, "data", "approle/", "accessor"),
    )


def _with_account() -> tuple[Member, ...]:
    return tuple(one for one in members() if one.login not in WITHOUT_ACCOUNT)


def _entity_name(login: str) -> str:
    return MATCHED_BY_ALIAS.get(login, login)


def _entity_payload(member: Member, directory: DirectoryIds) -> dict[str, object]:
    login = member.login
    shown = OLD_NAMES.get(login, SHOWN_AS.get(login, member.name))
    metadata = {"display_name": shown, "idp": "scim"}
    if login not in MATCHED_BY_ALIAS:
        metadata["email"] = OLD_ADDRESSES.get(login, member.email)
        if login not in MATCHED_BY_ADDRESS and login != TWICE:
            metadata["idp_id"] = directory.users[login]
    held = [policy_name(vault, level) for vault, level in ENTITY_GRANTS.get(login, ())]
    if login in OPERATORS:
        held.append(OPERATORS_POLICY)
    return {
        "name": _entity_name(login),
        "metadata": metadata,
        "policies": held,
        "disabled": login in DISABLED,
    }


def _second_entity() -> dict[str, object]:
    (one,) = (member for member in members() if member.login == TWICE)
    return {
        "name": f"{TWICE}-2",
        "metadata": {"display_name": one.name, "email": one.email},
        "policies": [],
    }


def _strangers() -> list[dict[str, object]]:
    return [
        {
            "name": one.name,
            "metadata": {"display_name": one.display_name, "kind": one.kind or "person"},
            "policies": list(one.policies),
        }
        for one in STRANGERS
    ]


async def _make_login(bao: Filling, login: str, password: SecretStr) -> None:
    held = [policy_name(vault, level) for vault, level in LOGIN_GRANTS.get(login, ())]
    await bao.send(
        "POST",
        f"/v1/auth/userpass/users/{login}",
        {"password": password.get_secret_value(), "token_policies": held},
    )


async def _make_role(bao: Filling, number: int) -> None:
    role = ROLES[number]
    await bao.send(
        "POST",
        f"/v1/auth/approle/role/{role.name}",
        {"token_policies": [policy_name(role.vault, role.level)], "token_ttl": "1h"},
    )


async def _make_groups(
    bao: Filling, entities: Mapping[str, str], directory: DirectoryIds
) -> dict[str, str]:
    groups: dict[str, str] = {}

    async def make(name: str) -> None:
        inner = NESTED.get(name)
        payload: dict[str, object] = {
            "name": name,
            "type": "internal",
            "policies": list(group_policies(name)),
            "member_entity_ids": [entities[login] for login in _logins_in(name)],
            "member_group_ids": [groups[inner]] if inner else [],
            "metadata": {"idp_id": directory.groups[name]},
        }
        groups[name] = text_at(await bao.send("POST", "/v1/identity/group", payload), "data", "id")

    await together(make(name) for name in GROUPS if name not in NESTED)
    await together(make(name) for name in NESTED)
    old: dict[str, object] = {
        "name": OLD_GROUP,
        "type": "internal",
        "policies": [policy_name(*OLD_GROUP_POLICY)],
        "member_entity_ids": [entities[login] for login in OLD_GROUP_MEMBERS],
    }
    answer = await bao.send("POST", "/v1/identity/group", old)
    return groups | {OLD_GROUP: text_at(answer, "data", "id")}


def _logins_in(group: str) -> list[str]:
    wanted = [x.login for x in _with_account() if group == EVERYONE or group in x.groups]
    stray = [login for name, login in sorted(STRAY_MEMBERSHIPS) if name == group]
    return [login for login in wanted if (group, login) not in LATE_MEMBERSHIPS] + stray


async def _log_in(bao: Filling, login: str, password: SecretStr) -> None:
    await bao.send(
        "POST",
        f"/v1/auth/userpass/login/{login}",
        {"password": password.get_secret_value()},
    )


async def _make_token(bao: Filling, number: int) -> None:
    token = LOOSE_TOKENS[number]
    body: dict[str, object] = {
        "display_name": token.name,
        "policies": [policy_name(token.vault, token.level)],
        # Without this it would end with the root token, its parent.
        "no_parent": True,
    }
    if token.ttl:
        body["ttl"] = token.ttl
    if token.period:
        body["period"] = token.period
    await bao.send("POST", "/v1/auth/token/create", body)


async def _keyturn_token(bao: Filling) -> SecretStr:
    answer = await bao.send(
        "POST",
        "/v1/auth/token/create",
        {
            "display_name": KEYTURN_TOKEN,
            "policies": [KEYTURN_POLICY],
            "no_parent": True,
            "ttl": _KEYTURN_TOKEN_TTL,
        },
    )
    return SecretStr(text_at(answer, "auth", "client_token"))
