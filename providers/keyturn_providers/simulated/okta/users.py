"""Reading users: plain list, filter, search, q, one by id or login, and what belongs to one."""

import zlib

from keyturn_providers.simulated.okta import expression, paging, user_records
from keyturn_providers.simulated.okta.expression import Condition, Field, NotUnderstood
from keyturn_providers.simulated.okta.lifecycle import poll_transition
from keyturn_providers.simulated.okta.user_records import COLUMNS, User
from keyturn_providers.simulated.okta.web import Answer, Call, Refused, document

_EQUAL = frozenset({"eq"})
_DATES = frozenset({"eq", "gt", "ge", "lt", "le"})
_SEARCH = _DATES | {"sw", "pr"}
_OWN = {
    "id": "id",
    "status": "status",
    "created": "created",
    "activated": "activated",
    "statusChanged": "status_changed",
    "lastUpdated": "last_updated",
    "lastLogin": "last_login",
    "passwordChanged": "password_changed",
}
_DATED = frozenset(_OWN) - {"id", "status"}
_NAMES = frozenset({"login", "email", "firstName", "lastName"})


def listed(call: Call) -> Answer:
    """`GET /api/v1/users`. Without `filter` or `search` it leaves DEPROVISIONED users out."""
    query = call.query
    limit = paging.limit_of(call, 10 if "q" in query else 200, 200)
    table, where = "user", Condition("status <> 'DEPROVISIONED'")
    order, descending = "id", query.get("sortOrder", "").upper() == "DESC"
    try:
        if "search" in query:
            table, where = _shown_by_search(call), expression.condition(query["search"], _searched)
            order = _searched(query["sortBy"]).sql if "sortBy" in query else "id"
        elif "filter" in query:
            where = expression.condition(query["filter"], _filtered)
        elif "q" in query:
            where = _begins(query["q"])
    except NotUnderstood as error:
        raise Refused(400, "E0000031", f"Invalid search criteria: {error}") from None
    sign, way = ("<", "DESC") if descending else (">", "ASC")
    after = paging.after_of(call, "users") or (["\U0010ffff"] * 2 if descending else ["", ""])
    if order == "id":  # by the index: a whole company is read so
        key, behind, behind_of = "id", f"id {sign} ?", after[1:]
    else:
        key, behind_of = f"coalesce({order}, '')", after
        behind = f"({key}, id) {sign} (?, ?)"
    rows = call.connection.execute(
        f"SELECT {COLUMNS}, {key} FROM {table} WHERE {where.sql} AND {behind}"  # noqa: S608 - from fixed names
        f" ORDER BY {key} {way}, id {way} LIMIT ?",
        (*where.parameters, *behind_of, limit + 1),
    ).fetchall()
    short = user_records.optimised(call)
    return paging.page(
        call,
        "users",
        rows,
        limit,
        lambda row: [row[-1], row[1]],
        lambda row: _text(call, User(*row[:-1]), short=short),
    )


def one(call: Call) -> Answer:
    """`GET /api/v1/users/{id}`, by id, login or shortname; `me` is the owner of the token."""
    key = call.parts["user"]
    user = user_records.find(call.connection, call.principal.id if key == "me" else key)
    user = poll_transition(call, user)
    body = user_records.text(user, call.base, short=user_records.optimised(call))
    return Answer(200, body, (("etag", f'W/"{zlib.crc32(body.encode()):08x}"'),))


def app_links(call: Call) -> Answer:
    """`GET /api/v1/users/{id}/appLinks`."""
    user = user_records.find(call.connection, call.parts["user"])
    rows = call.connection.execute(
        "SELECT app.id, app.name, app.label FROM app_user JOIN app ON app.id = app_user.app"
        " WHERE user = ? AND app_user.status = 'ACTIVE' ORDER BY app.label",
        (user.no,),
    )
    return document(
        [
            {
                "id": f"{app}.link",
                "label": label,
                "linkUrl": f"{call.base}/home/{name}/{app}/0",
                "logoUrl": f"{call.base}/assets/img/logos/default.png",
                "appName": name,
                "appInstanceId": app,
                "appAssignmentId": f"{app}-{user.id}",
                "credentialsSetup": False,
                "hidden": False,
                "sortOrder": 0,
            }
            for app, name, label in rows
        ]
    )


def _text(call: Call, user: User, *, short: bool) -> str:
    body = user_records.text(user, call.base, short=short)
    return user_records.projected(body, call.query["fields"]) if "fields" in call.query else body


def _shown_by_search(call: Call) -> str:
    lagging = call.connection.execute("SELECT 1 FROM user_lagging LIMIT 1").fetchone()
    if lagging is None:
        return "user"
    with_old = f"until > {call.now!r}"
    return (
        f"(SELECT {COLUMNS} FROM user"  # noqa: S608 - from fixed names
        f" WHERE no NOT IN (SELECT no FROM user_lagging WHERE {with_old})"
        f" UNION ALL SELECT {COLUMNS} FROM user_lagging WHERE {with_old} AND NOT hidden)"
    )


def _filtered(name: str) -> Field:
    if name == "lastUpdated":
        return Field("last_updated", _DATES, date=True)
    if name in ("id", "status"):
        return Field(name, _EQUAL)
    group, _, own = name.partition(".")
    if group == "profile" and own in _NAMES:
        return Field(_attribute(own), _EQUAL)
    raise NotUnderstood(f"{name} cannot be filtered by")


def _searched(name: str) -> Field:
    if name in _OWN:
        return Field(_OWN[name], _SEARCH, date=name in _DATED)
    if name == "type.id":
        return Field("'otyDefault'", _EQUAL)
    group, _, own = name.partition(".")
    if group != "profile" or not own.isidentifier():
        raise NotUnderstood(f"{name} is no property")
    return Field(_attribute(own), _SEARCH | ({"co"} if own in _NAMES else frozenset()))


def _attribute(name: str) -> str:
    return f"json_extract(profile, '$.{name}')"


def _begins(word: str) -> Condition:
    pattern = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    parts = [
        f"{_attribute(name)} LIKE ? ESCAPE '\\'" for name in ("firstName", "lastName", "email")
    ]
    return Condition("status <> 'DEPROVISIONED' AND (" + " OR ".join(parts) + ")", (pattern,) * 3)


def roles(call: Call) -> Answer:
    """`GET /api/v1/users/{id}/roles`."""
    user = user_records.find(call.connection, call.parts["user"])
    return document(roles_of(call, "USER", user.id))


def roles_of(call: Call, kind: str, holder: str) -> list[dict[str, object]]:
    """The admin roles that somebody holds."""
    rows = call.connection.execute(
        "SELECT id, type, label, created FROM role WHERE holder_kind = ? AND holder = ?"
        " ORDER BY id",
        (kind, holder),
    )
    return [
        {
            "id": number,
            "type": type_,
            "label": label,
            "status": "ACTIVE",
            "created": created,
            "lastUpdated": created,
            "assignmentType": kind,
        }
        | (_custom(number) if type_ == "CUSTOM" else {})
        for number, type_, label, created in rows
    ]


def _custom(number: str) -> dict[str, object]:
    return {"role": f"cr0{number[3:]}", "resource-set": f"iam{number[3:]}"}
