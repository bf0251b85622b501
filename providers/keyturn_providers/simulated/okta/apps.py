"""Apps, who and which groups are assigned to them, and the groups that are pushed."""

import json

from keyturn_providers.simulated.okta import (
    expression,
    groups,
    paging,
    provisioning,
    user_records,
)
from keyturn_providers.simulated.okta.behaviour import BRIDGE_URL
from keyturn_providers.simulated.okta.events import Target, cause_of, emit
from keyturn_providers.simulated.okta.expression import Condition, Field, NotUnderstood
from keyturn_providers.simulated.okta.user_records import OF_U, User
from keyturn_providers.simulated.okta.web import (
    NO_CONTENT,
    Answer,
    Call,
    Document,
    Refused,
    document,
    invalid,
    not_found,
)
from keyturn_providers.simulated.wire.state import setting

_APP = "id, name, label, status, sign_on_mode, features, created, last_updated"
_APP_USER = (
    "u.id, a.scope, a.status, a.sync_state, a.external_id, a.created, a.last_updated,"
    " a.last_sync, u.profile, u.no"
)
_MAPPING = (
    "m.id, m.app, g.id, m.target_id, m.status, m.error, m.last_push, m.created, m.last_updated"
)
_EQUAL = frozenset({"eq"})
_FIELDS = {
    "id": Field("id", _EQUAL),
    "status": Field("status", _EQUAL),
    "name": Field("name", _EQUAL),
    "group.id": Field(
        "g.id",
        _EQUAL,
        each="EXISTS (SELECT 1 FROM app_group JOIN grp g ON g.no = app_group.grp"
        " WHERE app_group.app = app.id AND {})",
    ),
    "user.id": Field(
        "u.id",
        _EQUAL,
        each="EXISTS (SELECT 1 FROM app_user JOIN user u ON u.no = app_user.user"
        " WHERE app_user.app = app.id AND {})",
    ),
}


def listed(call: Call) -> Answer:
    """`GET /api/v1/apps`; `includeNonDeleted=true` adds the INACTIVE ones."""
    limit = paging.limit_of(call, 200, 200)
    where = Condition()
    try:
        if "filter" in call.query:
            where = expression.condition(call.query["filter"], _field)
    except NotUnderstood as error:
        raise Refused(400, "E0000031", f"Invalid search criteria: {error}") from None
    wanted = where.sql
    if "filter" not in call.query and call.query.get("includeNonDeleted") != "true":
        wanted = "status = 'ACTIVE'"
    begins = call.query.get("q", "")
    (after,) = paging.after_of(call, "apps") or [""]
    rows = call.connection.execute(
        f"SELECT {_APP} FROM app WHERE {wanted} AND id > ? AND status <> 'DELETED'"  # noqa: S608 - from fixed names
        " AND substr(label, 1, ?) = ? COLLATE NOCASE ORDER BY id LIMIT ?",
        (*where.parameters, after, len(begins), begins, limit + 1),
    ).fetchall()
    return paging.page(
        call, "apps", rows, limit, lambda row: [row[0]], lambda row: json.dumps(_app(call, *row))
    )


def one(call: Call) -> Answer:
    """`GET /api/v1/apps/{id}`."""
    return document(_app(call, *_find(call)))


def of_group(call: Call) -> Answer:
    """`GET /api/v1/groups/{id}/apps`."""
    group = groups.find(call.connection, call.parts["group"])
    limit = paging.limit_of(call, 20, 200)
    (after,) = paging.after_of(call, "group-apps") or [""]
    rows = call.connection.execute(
        f"SELECT {_APP} FROM app WHERE id > ?"  # noqa: S608 - a constant
        " AND id IN (SELECT app FROM app_group WHERE grp = ?) ORDER BY id LIMIT ?",
        (after, group.no, limit + 1),
    ).fetchall()
    return paging.page(
        call,
        "group-apps",
        rows,
        limit,
        lambda row: [row[0]],
        lambda row: json.dumps(_app(call, *row)),
    )


def features(call: Call) -> Answer:
    """`GET /api/v1/apps/{id}/features`: refused where nothing is provisioned."""
    row = _find(call)
    if '"PUSH_' not in row[5]:
        raise invalid("app", "Provisioning is not supported.")
    enabled = {"create": {"lifecycleCreate": {"status": "ENABLED"}}}
    return document(
        [
            {
                "name": "USER_PROVISIONING",
                "status": "ENABLED",
                "description": "User provisioning settings from Okta to a downstream application",
                "capabilities": enabled,
            }
        ]
    )


def connection(call: Call) -> Answer:
    """`GET /api/v1/apps/{id}/connections/default`."""
    row = _find(call)
    pushes = '"PUSH_' in row[5] and setting(call.connection, BRIDGE_URL) is not None
    return document(
        {
            "status": "ENABLED" if pushes else "DISABLED",
            "profile": {"authScheme": "TOKEN"},
            "authScheme": "TOKEN",
            "baseUrl": setting(call.connection, BRIDGE_URL) or f"{call.base}/none",
        }
    )


def users(call: Call) -> Answer:
    """`GET /api/v1/apps/{id}/users`."""
    app = _find(call)[0]
    limit = paging.limit_of(call, 50, 500)
    begins = call.query.get("q", "")
    (after,) = paging.after_of(call, "app-users") or [""]
    rows = call.connection.execute(
        f"SELECT {_APP_USER} FROM app_user a JOIN user u ON u.no = a.user"  # noqa: S608 - a constant
        " WHERE a.app = ? AND u.id > ? AND substr(u.login, 1, ?) = ? ORDER BY u.id LIMIT ?",
        (app, after, len(begins), begins, limit + 1),
    ).fetchall()
    return paging.page(
        call,
        "app-users",
        rows,
        limit,
        lambda row: [row[0]],
        lambda row: json.dumps(_app_user(call, app, *row)),
    )


def user(call: Call) -> Answer:
    """`GET /api/v1/apps/{id}/users/{user}`."""
    app, person = _find(call)[0], user_records.find(call.connection, call.parts["user"])
    row = call.connection.execute(
        f"SELECT {_APP_USER} FROM app_user a JOIN user u ON u.no = a.user"  # noqa: S608 - a constant
        " WHERE a.app = ? AND a.user = ?",
        (app, person.no),
    ).fetchone()
    if row is None:
        raise not_found(person.id, "AppUser")
    return document(_app_user(call, app, *row))


def assign(call: Call) -> Answer:
    """`POST /api/v1/apps/{id}/users` with `{"id": user}`: a direct assignment."""
    app, key = _find(call)[0], call.json().get("id")
    person = user_records.find(call.connection, str(key))
    if person.status == "DEPROVISIONED":
        raise Refused(403, "E0000038", "The user is deactivated.")
    provisioning.assign(call.connection, cause_of(call), app, person, "USER")
    call.connection.execute(
        "UPDATE app_user SET scope = 'USER' WHERE app = ? AND user = ?", (app, person.no)
    )
    row = call.connection.execute(
        f"SELECT {_APP_USER} FROM app_user a JOIN user u ON u.no = a.user"  # noqa: S608 - a constant
        " WHERE a.app = ? AND a.user = ?",
        (app, person.no),
    ).fetchone()
    return document(_app_user(call, app, *row))


def unassign(call: Call) -> Answer:
    """`DELETE /api/v1/apps/{id}/users/{user}`: also of who has it by a group."""
    app, person = _find(call)[0], user_records.find(call.connection, call.parts["user"])
    if not provisioning.unassign(call.connection, cause_of(call), app, person):
        raise not_found(person.id, "AppUser")
    return NO_CONTENT


def app_groups(call: Call) -> Answer:
    """`GET /api/v1/apps/{id}/groups`."""
    app = _find(call)[0]
    limit = max(20, paging.limit_of(call, 20, 200))
    (after,) = paging.after_of(call, "app-groups") or [""]
    rows = call.connection.execute(
        "SELECT g.id, priority, a.last_updated FROM app_group a JOIN grp g ON g.no = a.grp"
        " WHERE app = ? AND g.id > ? ORDER BY g.id LIMIT ?",
        (app, after, limit + 1),
    ).fetchall()
    return paging.page(
        call,
        "app-groups",
        rows,
        limit,
        lambda row: [row[0]],
        lambda row: json.dumps(_app_group(call, *row)),
    )


def app_group(call: Call) -> Answer:
    """`GET /api/v1/apps/{id}/groups/{group}`."""
    app, group = _find(call)[0], groups.find(call.connection, call.parts["group"])
    row = call.connection.execute(
        "SELECT ?1, priority, last_updated FROM app_group WHERE app = ?2 AND grp = ?3",
        (group.id, app, group.no),
    ).fetchone()
    if row is None:
        raise not_found(group.id, "ApplicationGroupAssignment")
    return document(_app_group(call, *row))


def unassign_group(call: Call) -> Answer:
    """`DELETE /api/v1/apps/{id}/groups/{group}`: who had the app by it alone loses it."""
    app, group = _find(call)[0], groups.find(call.connection, call.parts["group"])
    gone = call.connection.execute(
        "DELETE FROM app_group WHERE app = ? AND grp = ?", (app, group.no)
    ).rowcount
    if not gone:
        raise not_found(group.id, "ApplicationGroupAssignment")
    cause = cause_of(call)
    emit(
        call.connection,
        cause,
        "group.application_assignment.remove",
        group.target(),
        provisioning.app_target(call.connection, app),
    )
    for row in call.connection.execute(
        f"SELECT {OF_U} FROM app_user a JOIN user u ON u.no = a.user"  # noqa: S608 - a constant
        " WHERE a.app = ?1 AND a.scope = 'GROUP' AND u.no NOT IN"
        " (SELECT user FROM member JOIN app_group USING (grp) WHERE app = ?1)",
        (app,),
    ).fetchall():
        provisioning.unassign(call.connection, cause, app, User(*row))
    return NO_CONTENT


def mappings(call: Call) -> Answer:
    """`GET /api/v1/apps/{id}/group-push/mappings`."""
    app = _find(call)[0]
    limit = paging.limit_of(call, 100, 1000)
    (after,) = paging.after_of(call, "mappings") or [""]
    rows = call.connection.execute(
        f"SELECT {_MAPPING} FROM push_mapping m JOIN grp g ON g.no = m.grp"  # noqa: S608 - a constant
        " WHERE m.app = ? AND m.id > ? AND (?3 = '' OR m.status = ?3) AND (?4 = '' OR g.id = ?4)"
        " ORDER BY m.id LIMIT ?5",
        (app, after, call.query.get("status", ""), call.query.get("sourceGroupId", ""), limit + 1),
    ).fetchall()
    return paging.page(
        call,
        "mappings",
        rows,
        limit,
        lambda row: [row[0]],
        lambda row: json.dumps(_mapping(call, *row)),
    )


def mapping(call: Call) -> Answer:
    """`GET /api/v1/apps/{id}/group-push/mappings/{mapping}`."""
    return document(_mapping(call, *_find_mapping(call)))


def set_mapping(call: Call) -> Answer:
    """`PATCH /api/v1/apps/{id}/group-push/mappings/{mapping}` with `{"status": …}`."""
    row, status = _find_mapping(call), call.json().get("status")
    if status not in ("ACTIVE", "INACTIVE"):
        raise invalid("status", "status: ACTIVE or INACTIVE")
    call.connection.execute(
        "UPDATE push_mapping SET status = ?, error = NULL, last_updated = ? WHERE id = ?",
        (status, call.at, row[0]),
    )
    word = "activate" if status == "ACTIVE" else "deactivate"
    emit(
        call.connection,
        cause_of(call),
        f"application.provision.group_push.{word}_mapping",
        Target("GroupPushMapping", str(row[0]), "unknown", str(row[0])),
        groups.find(call.connection, str(row[2])).target(),
    )
    return document(_mapping(call, *_find_mapping(call)))


def _find(call: Call) -> tuple[str, ...]:
    row: tuple[str, ...] | None = call.connection.execute(
        f"SELECT {_APP} FROM app WHERE id = ?",  # noqa: S608 - a constant
        (call.parts["app"],),
    ).fetchone()
    if row is None:
        raise not_found(call.parts["app"], "AppInstance")
    return row


def _find_mapping(call: Call) -> tuple[str, ...]:
    row: tuple[str, ...] | None = call.connection.execute(
        f"SELECT {_MAPPING} FROM push_mapping m JOIN grp g ON g.no = m.grp"  # noqa: S608 - a constant
        " WHERE m.app = ? AND m.id = ?",
        (_find(call)[0], call.parts["mapping"]),
    ).fetchone()
    if row is None:
        raise not_found(call.parts["mapping"], "GroupPushMapping")
    return row


def _app(call: Call, *row: str) -> Document:
    number, name, label, status, mode, offered, created, updated = row
    return {
        "id": number,
        "name": name,
        "label": label,
        "status": status,
        "signOnMode": mode,
        "features": json.loads(offered),
        "created": created,
        "lastUpdated": updated,
        "_links": {"users": {"href": f"{call.base}/api/v1/apps/{number}/users"}},
    }


def _app_user(
    call: Call,
    app: str,
    number: str,
    scope: str,
    status: str,
    sync: str,
    external: str | None,
    created: str,
    updated: str,
    last_sync: str | None,
    profile: str,
    user_no: int,
) -> Document:
    fields: Document = json.loads(profile)
    shown: Document = {
        "id": number,
        "created": created,
        "lastUpdated": updated,
        "scope": scope,
        "status": status,
        "statusChanged": updated,
        "syncState": sync,
        "credentials": {"userName": fields.get("login")},
        "profile": {
            "email": fields.get("email"),
            "givenName": fields.get("firstName"),
            "familyName": fields.get("lastName"),
        },
        "_links": {
            "app": {"href": f"{call.base}/api/v1/apps/{app}"},
            "user": {"href": f"{call.base}/api/v1/users/{number}"},
        },
    }
    if external:
        shown["externalId"] = external
    if last_sync:
        shown["lastSync"] = last_sync
    if call.query.get("expand") == "user":
        whole = user_records.text(user_records.by_no(call.connection, user_no), call.base)
        shown["_embedded"] = {"user": json.loads(whole)}
    return shown


def _app_group(call: Call, number: str, priority: int, updated: str) -> Document:
    shown: Document = {
        "id": number,
        "priority": priority,
        "lastUpdated": updated,
        "profile": {},
        "_links": {"group": {"href": f"{call.base}/api/v1/groups/{number}"}},
    }
    if call.query.get("expand") == "group":
        whole = groups.shown(call, groups.find(call.connection, number))
        shown["_embedded"] = {"group": json.loads(whole)}
    return shown


def _mapping(
    call: Call,
    number: str,
    app: str,
    source: str,
    target: str | None,
    status: str,
    error: str | None,
    last_push: str | None,
    created: str,
    updated: str,
) -> Document:
    shown: Document = {
        "id": number,
        "sourceGroupId": source,
        "status": status,
        "created": created,
        "lastUpdated": updated,
        "_links": {"app": {"href": f"{call.base}/api/v1/apps/{app}"}},
    }
    told = {"targetGroupId": target, "errorSummary": error, "lastPush": last_push}
    return shown | {name: value for name, value in told.items() if value}


def _field(name: str) -> Field:
    if name not in _FIELDS:
        raise NotUnderstood(f"{name} cannot be filtered by")
    return _FIELDS[name]
