"""Apps, and whether they provision."""

import json

from keyturn_providers.simulated.okta import (
    expression,
    group_records,
    paging,
)
from keyturn_providers.simulated.okta.behaviour import BRIDGE_URL
from keyturn_providers.simulated.okta.expression import Condition, Field, NotUnderstood
from keyturn_providers.simulated.okta.web import (
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
    return document(_app(call, *find(call)))


def of_group(call: Call) -> Answer:
    """`GET /api/v1/groups/{id}/apps`."""
    group = group_records.find(call.connection, call.parts["group"])
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
    row = find(call)
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
    row = find(call)
    pushes = '"PUSH_' in row[5] and setting(call.connection, BRIDGE_URL) is not None
    return document(
        {
            "status": "ENABLED" if pushes else "DISABLED",
            "profile": {"authScheme": "TOKEN"},
            "authScheme": "TOKEN",
            "baseUrl": setting(call.connection, BRIDGE_URL) or f"{call.base}/none",
        }
    )


def find(call: Call) -> tuple[str, ...]:
    """The row of the app that the path names. Raises `Refused` (404) where there is none."""
    row: tuple[str, ...] | None = call.connection.execute(
        f"SELECT {_APP} FROM app WHERE id = ?",  # noqa: S608 - a constant
        (call.parts["app"],),
    ).fetchone()
    if row is None:
        raise not_found(call.parts["app"], "AppInstance")
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


def _field(name: str) -> Field:
    if name not in _FIELDS:
        raise NotUnderstood(f"{name} cannot be filtered by")
    return _FIELDS[name]
