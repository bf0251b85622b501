"""Groups and their members."""

from keyturn_providers.simulated.okta import (
    expression,
    group_records,
    paging,
    provisioning,
    rules,
    user_records,
)
from keyturn_providers.simulated.okta.events import cause_of, emit
from keyturn_providers.simulated.okta.expression import Condition, Field, NotUnderstood
from keyturn_providers.simulated.okta.group_records import COLUMNS, OF_G, Group, find, shown
from keyturn_providers.simulated.okta.moments import new_id
from keyturn_providers.simulated.okta.user_records import OF_U, User
from keyturn_providers.simulated.okta.web import (
    NO_CONTENT,
    Answer,
    Call,
    Refused,
    forbidden,
    invalid,
)

_DATES = frozenset({"eq", "gt", "ge", "lt", "le"})
_FILTERED = {
    "id": Field("id", frozenset({"eq"})),
    "type": Field("type", frozenset({"eq"})),
    "lastUpdated": Field("last_updated", _DATES, date=True),
    "lastMembershipUpdated": Field("last_membership_updated", _DATES, date=True),
}
_SEARCHED = _FILTERED | {
    "created": Field("created", _DATES, date=True),
    "profile.name": Field("name", _DATES | {"sw", "co"}),
    "profile.description": Field("description", _DATES | {"sw", "co"}),
}


def listed(call: Call) -> Answer:
    """`GET /api/v1/groups`. `q` cannot be paged and ends at 300 results."""
    query = call.query
    limit = 300 if "q" in query else paging.limit_of(call, 10_000, 10_000)
    fields = _SEARCHED if "search" in query else _FILTERED
    where, told = Condition(), query.get("search", query.get("filter"))
    try:
        if told is not None:
            where = expression.condition(told, lambda name: _field(fields, name))
    except NotUnderstood as error:
        raise Refused(400, "E0000031", f"Invalid search criteria: {error}") from None
    parameters: tuple[str | float, ...] = where.parameters
    sql = where.sql
    if "q" in query:
        sql, parameters = "substr(name, 1, ?) = ? COLLATE NOCASE", (len(query["q"]), query["q"])
    if call.principal.roles == {"USER_ADMIN"}:
        sql += " AND type <> 'BUILT_IN'"  # a group administrator does not see Everyone
    (after,) = paging.after_of(call, "groups") or [""]
    rows = call.connection.execute(
        f"SELECT {COLUMNS} FROM grp WHERE {sql} AND id > ? ORDER BY id LIMIT ?",  # noqa: S608 - from fixed names
        (*parameters, after, limit + (0 if "q" in query else 1)),
    ).fetchall()
    return paging.page(
        call,
        "groups",
        [Group(*row) for row in rows],
        limit,
        lambda group: [group.id],
        lambda group: shown(call, group),
    )


def one(call: Call) -> Answer:
    """`GET /api/v1/groups/{id}`."""
    return Answer(200, shown(call, find(call.connection, call.parts["group"])))


def create(call: Call) -> Answer:
    """`POST /api/v1/groups`."""
    profile = call.json().get("profile")
    name = profile.get("name") if isinstance(profile, dict) else None
    if not isinstance(name, str) or not name:
        raise invalid("name", "name: The field cannot be left blank")
    if call.connection.execute("SELECT 1 FROM grp WHERE name = ?", (name,)).fetchone():
        raise invalid("name", "name: An object with this field already exists")
    group_id = new_id("00g")
    call.connection.execute(
        "INSERT INTO grp (id, type, name, description, created, last_updated,"
        " last_membership_updated) VALUES (?1, 'OKTA_GROUP', ?2, NULL, ?3, ?3, ?3)",
        (group_id, name, call.at),
    )
    group = find(call.connection, group_id)
    emit(call.connection, cause_of(call), "group.lifecycle.create", group.target())
    return Answer(200, shown(call, group))


def members(call: Call) -> Answer:
    """`GET /api/v1/groups/{id}/users`, DEPROVISIONED ones included."""
    group = find(call.connection, call.parts["group"])
    limit = paging.limit_of(call, 1000, 1000)
    (after,) = paging.after_of(call, "members") or [""]
    rows = call.connection.execute(
        f"SELECT {OF_U} FROM member JOIN user u ON u.no = member.user"  # noqa: S608 - a constant
        " WHERE member.grp = ? AND u.id > ? ORDER BY u.id LIMIT ?",
        (group.no, after, limit + 1),
    ).fetchall()
    short = user_records.optimised(call)
    return paging.page(
        call,
        "members",
        [User(*row) for row in rows],
        limit,
        lambda user: [user.id],
        lambda user: user_records.text(user, call.base, short=short),
    )


def of_user(call: Call) -> Answer:
    """`GET /api/v1/users/{id}/groups`: all of them, Everyone and groups of apps included."""
    user = user_records.find(call.connection, call.parts["user"])
    rows = call.connection.execute(
        f"SELECT {OF_G} FROM member JOIN grp g ON g.no = member.grp"  # noqa: S608 - a constant
        " WHERE member.user = ? ORDER BY g.id",
        (user.no,),
    ).fetchall()
    return Answer(200, "[" + ",".join(shown(call, Group(*row)) for row in rows) + "]")


def add_member(call: Call) -> Answer:
    """`PUT /api/v1/groups/{id}/users/{user}`: again is no error."""
    group, user = _writable(call)
    added = call.connection.execute(
        "INSERT OR IGNORE INTO member VALUES (?, ?, 'DIRECT')", (group.no, user.no)
    ).rowcount
    if added:
        group_records.touch(call.connection, call.now, group)
        cause = cause_of(call)
        emit(call.connection, cause, "group.user_membership.add", user.target(), group.target())
        provisioning.member_added(call.connection, cause, group.no, user)
    return NO_CONTENT


def remove_member(call: Call) -> Answer:
    """`DELETE /api/v1/groups/{id}/users/{user}`: again is no error. Who was a member by rules is
    excluded from them."""
    group, user = _writable(call)
    gone = call.connection.execute(
        "DELETE FROM member WHERE grp = ? AND user = ? RETURNING how", (group.no, user.no)
    ).fetchone()
    if gone is None:
        return NO_CONTENT
    cause = cause_of(call)
    if gone[0] == "RULE":
        rules.exclude(call.connection, cause, group, user)
    group_records.touch(call.connection, call.now, group)
    emit(call.connection, cause, "group.user_membership.remove", user.target(), group.target())
    provisioning.member_removed(call.connection, cause, group.no, user)
    return NO_CONTENT


def _writable(call: Call) -> tuple[Group, User]:
    group = find(call.connection, call.parts["group"])
    user = user_records.find(call.connection, call.parts["user"])
    if group.type != "OKTA_GROUP":
        raise forbidden()  # the app or Okta itself owns this membership
    return group, user


def _field(fields: dict[str, Field], name: str) -> Field:
    if name not in fields:
        raise NotUnderstood(f"{name} cannot be used here")
    return fields[name]
