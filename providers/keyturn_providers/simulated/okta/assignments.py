"""Who and which groups are assigned to an app."""

import json

from keyturn_providers.simulated.okta import group_records, paging, provisioning, user_records
from keyturn_providers.simulated.okta.apps import find
from keyturn_providers.simulated.okta.events import cause_of, emit
from keyturn_providers.simulated.okta.user_records import OF_U, User
from keyturn_providers.simulated.okta.web import (
    NO_CONTENT,
    Answer,
    Call,
    Document,
    Refused,
    document,
    not_found,
)

_APP_USER = (
    "u.id, a.scope, a.status, a.sync_state, a.external_id, a.created, a.last_updated,"
    " a.last_sync, u.profile, u.no"
)


def users(call: Call) -> Answer:
    """`GET /api/v1/apps/{id}/users`."""
    app = find(call)[0]
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
    app, person = find(call)[0], user_records.find(call.connection, call.parts["user"])
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
    app, key = find(call)[0], call.json().get("id")
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
    app, person = find(call)[0], user_records.find(call.connection, call.parts["user"])
    if not provisioning.unassign(call.connection, cause_of(call), app, person):
        raise not_found(person.id, "AppUser")
    return NO_CONTENT


def app_groups(call: Call) -> Answer:
    """`GET /api/v1/apps/{id}/groups`."""
    app = find(call)[0]
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
    app, group = find(call)[0], group_records.find(call.connection, call.parts["group"])
    row = call.connection.execute(
        "SELECT ?1, priority, last_updated FROM app_group WHERE app = ?2 AND grp = ?3",
        (group.id, app, group.no),
    ).fetchone()
    if row is None:
        raise not_found(group.id, "ApplicationGroupAssignment")
    return document(_app_group(call, *row))


def unassign_group(call: Call) -> Answer:
    """`DELETE /api/v1/apps/{id}/groups/{group}`: who had the app by it alone loses it."""
    app, group = find(call)[0], group_records.find(call.connection, call.parts["group"])
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
        whole = group_records.shown(call, group_records.find(call.connection, number))
        shown["_embedded"] = {"group": json.loads(whole)}
    return shown
