"""Fills an org in one transaction, past all rules, limits and events: what was before."""

import json
import sqlite3
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from keyturn_providers.simulated.okta.behaviour import NONCE
from keyturn_providers.simulated.okta.events import SYSTEM, Target, write
from keyturn_providers.simulated.okta.moments import derived_id, fingerprint, new_id, of_datetime
from keyturn_providers.simulated.okta.schema import TABLES
from keyturn_providers.simulated.okta.seeds import (
    LONG_AGO,
    OktaApiToken,
    OktaApp,
    OktaAppUser,
    OktaClient,
    OktaEvent,
    OktaGroup,
    OktaMapping,
    OktaRule,
    OktaSeed,
    OktaUser,
)
from keyturn_providers.simulated.okta.web import Principal
from keyturn_providers.simulated.wire import state
from keyturn_providers.simulated.wire.state import opened, set_setting, writing

__all__ = [
    "EVERYONE",
    "LONG_AGO",
    "OktaApiToken",
    "OktaApp",
    "OktaAppUser",
    "OktaClient",
    "OktaEvent",
    "OktaGroup",
    "OktaMapping",
    "OktaRule",
    "OktaSeed",
    "OktaUser",
    "app_id",
    "create",
    "group_id",
    "seed",
    "user_id",
]

EVERYONE = "Everyone"


def user_id(login: str) -> str:
    """The id a seeded user has unless told otherwise."""
    return derived_id("00u", login)


def group_id(name: str) -> str:
    """The id a seeded group has unless told otherwise."""
    return derived_id("00g", name)


def app_id(label: str) -> str:
    """The id a seeded app or service app has unless told otherwise."""
    return derived_id("0oa", label)


def create(path: Path, *, subdomain: str = "acme", company: str = "Acme") -> None:
    """Makes an empty org with its Everyone group. Raises `FileExistsError` where a file is."""
    state.create(path, TABLES)
    at = of_datetime(LONG_AGO)
    with opened(path) as connection, writing(connection):
        connection.execute(
            "INSERT INTO org VALUES (?, ?, ?, ?)",
            (derived_id("00o", subdomain), subdomain, company, at),
        )
        connection.execute(
            "INSERT INTO grp (id, type, name, description, created, last_updated,"
            " last_membership_updated) VALUES (?1, 'BUILT_IN', ?2, 'All users', ?3, ?3, ?3)",
            (group_id(EVERYONE), EVERYONE, at),
        )
        set_setting(connection, NONCE, new_id("nonce-"))


def seed(path: Path, told: OktaSeed) -> None:
    """Puts everything in, or nothing. Raises `KeyError` for a name that is not there."""
    with opened(path) as connection, writing(connection):
        _users(connection, told.users)
        people = _numbers(connection, "SELECT login, id, no FROM user")
        _groups(connection, told.groups, people)
        groups = _numbers(connection, "SELECT name, id, no FROM grp")
        ids = dict(connection.execute("SELECT login, id FROM user"))
        ids |= dict(connection.execute("SELECT name, id FROM grp"))
        _rules(connection, told.rules, ids)
        for app in told.apps:
            _app(connection, app, people, groups)
        _machines(connection, told, ids)
        for event in told.events:
            _event(connection, event, ids)


def _users(connection: sqlite3.Connection, users: Iterable[OktaUser]) -> None:
    everyone = connection.execute("SELECT no FROM grp WHERE type = 'BUILT_IN'").fetchone()[0]
    start = connection.execute("SELECT coalesce(max(no), 0) + 1 FROM user").fetchone()[0]
    rows, sessions, factors, roles = [], [], [], []
    for number, user in enumerate(users, start):
        own = user.id or user_id(user.login)
        profile = {
            "firstName": user.first_name,
            "lastName": user.last_name,
            "login": user.login,
            "email": user.email or user.login,
        } | dict(user.profile)
        at = of_datetime(user.created)
        changed = of_datetime(user.status_changed or user.created)
        used = of_datetime(user.last_login) if user.last_login else None
        activated = None if user.status == "STAGED" else at
        rows.append(
            (
                number,
                own,
                user.login,
                user.status,
                at,
                activated,
                changed,
                used,
                changed,
                json.dumps(profile, ensure_ascii=False),
                user.provider,
            )
        )
        since = used or at
        sessions += [(new_id("idx"), number, "SESSION", "", since) for _ in range(user.sessions)]
        sessions += [
            (new_id("oar"), number, "TOKEN", client, since) for client in user.client_tokens
        ]
        factors += [(new_id("opf"), number, kind, at) for kind in user.factors]
        roles += [_role("USER", own, kind, at) for kind in user.roles]
    connection.executemany(
        "INSERT INTO user (no, id, login, status, created, activated, status_changed, last_login,"
        " last_updated, profile, provider) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
        rows,
    )
    connection.executemany(
        "INSERT INTO member VALUES (?, ?, 'RULE')", [(everyone, row[0]) for row in rows]
    )
    connection.executemany("INSERT INTO session VALUES (?, ?, ?, ?, ?)", sessions)
    connection.executemany("INSERT INTO factor VALUES (?, ?, ?, 'OKTA', 'ACTIVE', ?)", factors)
    connection.executemany("INSERT INTO role VALUES (?, ?, ?, ?, ?, ?)", roles)


def _groups(
    connection: sqlite3.Connection, groups: Iterable[OktaGroup], people: dict[str, int]
) -> None:
    start = connection.execute("SELECT coalesce(max(no), 0) + 1 FROM grp").fetchone()[0]
    rows, members = [], []
    for number, group in enumerate(groups, start):
        at = of_datetime(group.created)
        own = group.id or group_id(group.name)
        rows.append((number, own, group.type, group.name, group.description, at, at, at))
        how = "APP" if group.type == "APP_GROUP" else "DIRECT"
        members += [(number, people[who], how) for who in group.members]
        members += [(number, people[who], "RULE") for who in group.by_rule]
    connection.executemany("INSERT INTO grp VALUES (?,?,?,?,?,?,?,?)", rows)
    connection.executemany("INSERT INTO member VALUES (?, ?, ?)", sorted(members))


def _rules(connection: sqlite3.Connection, rules: Iterable[OktaRule], ids: dict[str, str]) -> None:
    at = of_datetime(LONG_AGO)
    connection.executemany(
        "INSERT INTO rule VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                derived_id("0pr", rule.name),
                rule.name,
                rule.status,
                rule.expression,
                json.dumps([ids.get(name, name) for name in rule.groups]),
                json.dumps([ids.get(name, name) for name in rule.excluded]),
                at,
                at,
            )
            for rule in rules
        ],
    )


def _app(
    connection: sqlite3.Connection,
    app: OktaApp,
    people: dict[str, int],
    groups: dict[str, int],
) -> None:
    at, own = of_datetime(LONG_AGO), app.id or app_id(app.label)
    connection.execute(
        "INSERT INTO app VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (own, app.name, app.label, app.status, app.sign_on_mode, json.dumps(app.features), at, at),
    )
    connection.executemany(
        "INSERT INTO app_group VALUES (?, ?, ?, ?)",
        [(own, groups[name], place, at) for place, name in enumerate(app.groups)],
    )
    external = {people[who]: number for who, number in app.external_ids.items()}
    assigned = {
        people[user.user]: (
            user.scope,
            user.status,
            user.sync_state,
            user.external_id,
            of_datetime(user.changed),
        )
        for user in app.users
    }
    by_group = connection.execute(
        "SELECT DISTINCT user, status FROM member JOIN app_group USING (grp)"
        " JOIN user ON user.no = member.user WHERE app = ?",
        (own,),
    ).fetchall()
    for number, status in by_group:
        state_there = "DEPROVISIONED" if status == "DEPROVISIONED" else "ACTIVE"
        assigned.setdefault(number, ("GROUP", state_there, "SYNCHRONIZED", "", at))
    connection.executemany(
        "INSERT INTO app_user VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)",
        [
            (own, number, scope, status, sync, given or external.get(number), at, changed)
            for number, (scope, status, sync, given, changed) in assigned.items()
        ],
    )
    connection.executemany(
        "INSERT INTO push_mapping VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?8, ?7, ?8)",
        [
            (
                derived_id("gPm", own + mapping.group),
                own,
                groups[mapping.group],
                mapping.target_id or None,
                mapping.status,
                mapping.error or None,
                at,
                of_datetime(mapping.changed),
            )
            for mapping in app.mappings
        ],
    )


def _machines(connection: sqlite3.Connection, told: OktaSeed, ids: dict[str, str]) -> None:
    at = of_datetime(LONG_AGO)
    expires = of_datetime(datetime.fromtimestamp(time.time() + 30 * 86_400, UTC))
    connection.executemany(
        "INSERT INTO api_token VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)",
        [
            (
                token.id or derived_id("00T", token.name),
                token.name,
                ids.get(token.owner, token.owner),
                fingerprint(token.secret),
                of_datetime(token.created),
                expires,
            )
            for token in told.api_tokens
        ],
    )
    for client in told.clients:
        own = client.id or app_id(client.name)
        by = ids.get(client.granted_by, client.granted_by) or "00uSystem"
        connection.execute(
            "INSERT INTO client VALUES (?, ?, ?, ?, ?)",
            (own, client.name, json.dumps([dict(k) for k in client.keys]), client.dpop, at),
        )
        connection.execute(
            "INSERT INTO app VALUES (?1, 'oidc_client', ?2, 'ACTIVE', 'OPENID_CONNECT', '[]',"
            " ?3, ?3)",
            (own, client.name, at),
        )
        connection.executemany(
            "INSERT INTO client_scope VALUES (?, ?, ?, ?, ?)",
            [(derived_id("oag", own + scope), own, scope, at, by) for scope in client.scopes],
        )
        connection.executemany(
            "INSERT INTO role VALUES (?, ?, ?, ?, ?, ?)",
            [_role("CLIENT", own, kind, at) for kind in client.roles],
        )


def _event(connection: sqlite3.Connection, event: OktaEvent, ids: dict[str, str]) -> None:
    actor = (
        Principal("User", ids.get(event.actor, event.actor), event.actor) if event.actor else SYSTEM
    )
    at = event.at.timestamp()
    write(
        connection,
        kind=event.type,
        published=at,
        visible=at,
        actor=actor,
        transaction=("WEB", new_id("req")),
        targets=[Target("User", ids.get(who, who), who, who) for who in event.users]
        + [Target("UserGroup", ids.get(name, name), "unknown", name) for name in event.groups],
        failure=event.failure,
    )


def _role(kind: str, holder: str, type_: str, at: str) -> tuple[str, ...]:
    label = type_.replace("_", " ").title().replace("Admin", "Administrator")
    return (derived_id("ra1", holder + type_), kind, holder, type_, label, at)


def _numbers(connection: sqlite3.Connection, sql: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, own, number in connection.execute(sql):
        found[name] = found[own] = number
    return found
