"""Groups, their members and the rules that give membership."""

import json
import sqlite3
from dataclasses import dataclass

from keyturn_providers.simulated.okta import (
    expression,
    paging,
    provisioning,
    user_records,
)
from keyturn_providers.simulated.okta.events import Target, cause_of, emit
from keyturn_providers.simulated.okta.expression import Condition, Field, NotUnderstood
from keyturn_providers.simulated.okta.moments import new_id
from keyturn_providers.simulated.okta.user_records import OF_U, User
from keyturn_providers.simulated.okta.web import (
    NO_CONTENT,
    Answer,
    Call,
    Document,
    Refused,
    document,
    forbidden,
    invalid,
    not_found,
)

COLUMNS = "no, id, type, name, description, created, last_updated, last_membership_updated"
_OF_G = ", ".join(f"g.{name.strip()}" for name in COLUMNS.split(","))
_CLASSES = {"OKTA_GROUP": "okta:user_group", "APP_GROUP": "okta:windows_security_principal"}
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


@dataclass(frozen=True, slots=True)
class Group:
    """One row."""

    no: int
    id: str
    type: str
    name: str
    description: str | None
    created: str
    last_updated: str
    last_membership_updated: str

    def target(self) -> Target:
        """The group in an event."""
        return Target("UserGroup", self.id, "unknown", self.name)


def find(connection: sqlite3.Connection, group_id: str) -> Group:
    """By id. Raises `Refused` (404) where there is none."""
    row = connection.execute(
        f"SELECT {COLUMNS} FROM grp WHERE id = ?",  # noqa: S608 - a constant
        (group_id,),
    ).fetchone()
    if row is None:
        raise not_found(group_id, "UserGroup")
    return Group(*row)


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
        f"SELECT {_OF_G} FROM member JOIN grp g ON g.no = member.grp"  # noqa: S608 - a constant
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
        _membership_changed(call, group)
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
        for rule, name, excluded in _rules_giving(call.connection, group, user):
            call.connection.execute(
                "UPDATE rule SET excluded = ?, last_updated = ? WHERE id = ?",
                (json.dumps([*excluded, user.id]), call.at, rule),
            )
            emit(
                call.connection,
                cause,
                "group.user_membership.rule.add_exclusion",
                Target("GroupRule", rule, "unknown", name),
                user.target(),
            )
    _membership_changed(call, group)
    emit(call.connection, cause, "group.user_membership.remove", user.target(), group.target())
    provisioning.member_removed(call.connection, cause, group.no, user)
    return NO_CONTENT


def rules(call: Call) -> Answer:
    """`GET /api/v1/groups/rules`."""
    limit = paging.limit_of(call, 50, 200)
    (after,) = paging.after_of(call, "rules") or [""]
    rows = call.connection.execute(
        "SELECT id, name, status, expression, groups, excluded, created, last_updated FROM rule"
        " WHERE id > ? ORDER BY id LIMIT ?",
        (after, limit + 1),
    ).fetchall()
    return paging.page(
        call, "rules", rows, limit, lambda row: [row[0]], lambda row: json.dumps(_rule(call, *row))
    )


def rule(call: Call) -> Answer:
    """`GET /api/v1/groups/rules/{id}`."""
    row = call.connection.execute(
        "SELECT id, name, status, expression, groups, excluded, created, last_updated FROM rule"
        " WHERE id = ?",
        (call.parts["rule"],),
    ).fetchone()
    if row is None:
        raise not_found(call.parts["rule"], "GroupRule")
    return document(_rule(call, *row))


def _rule(
    call: Call,
    number: str,
    name: str,
    status: str,
    value: str,
    groups: str,
    excluded: str,
    created: str,
    updated: str,
) -> Document:
    given: list[str] = json.loads(groups)
    shown: Document = {
        "id": number,
        "type": "group_rule",
        "name": name,
        "status": status,
        "created": created,
        "lastUpdated": updated,
        "conditions": {
            "people": {
                "users": {"exclude": json.loads(excluded)},
                "groups": {"exclude": []},
            },
            "expression": {"value": value, "type": "urn:okta:expression:1.0"},
        },
        "actions": {"assignUserToGroups": {"groupIds": given}},
    }
    if call.query.get("expand") == "groupIdToGroupNameMap":
        shown["_embedded"] = {
            "groupIdToGroupNameMap": {g: find(call.connection, g).name for g in given}
        }
    return shown


def _rules_giving(
    connection: sqlite3.Connection, group: Group, user: User
) -> list[tuple[str, str, list[str]]]:
    rows = connection.execute(
        "SELECT id, name, excluded FROM rule WHERE status = 'ACTIVE'"
        " AND EXISTS (SELECT 1 FROM json_each(rule.groups) WHERE value = ?)",
        (group.id,),
    ).fetchall()
    read = [(number, name, list(json.loads(excluded))) for number, name, excluded in rows]
    return [rule for rule in read if user.id not in rule[2]]


def _writable(call: Call) -> tuple[Group, User]:
    group = find(call.connection, call.parts["group"])
    user = user_records.find(call.connection, call.parts["user"])
    if group.type != "OKTA_GROUP":
        raise forbidden()  # the app or Okta itself owns this membership
    return group, user


def _membership_changed(call: Call, group: Group) -> None:
    call.connection.execute(
        "UPDATE grp SET last_membership_updated = ? WHERE no = ?", (call.at, group.no)
    )


def shown(call: Call, group: Group) -> str:
    """The group as JSON."""
    own = f"{call.base}/api/v1/groups/{group.id}"
    made: Document = {
        "id": group.id,
        "created": group.created,
        "lastUpdated": group.last_updated,
        "lastMembershipUpdated": group.last_membership_updated,
        "objectClass": [_CLASSES.get(group.type, "okta:user_group")],
        "type": group.type,
        "profile": {"name": group.name, "description": group.description},
        "_links": {"users": {"href": f"{own}/users"}, "apps": {"href": f"{own}/apps"}},
    }
    if call.query.get("expand") == "stats":
        counts = call.connection.execute(
            "SELECT (SELECT count(*) FROM member WHERE grp = ?1),"
            " (SELECT count(*) FROM app_group WHERE grp = ?1),"
            " (SELECT count(*) FROM push_mapping WHERE grp = ?1)",
            (group.no,),
        ).fetchone()
        names = ("usersCount", "appsCount", "groupPushMappingsCount")
        stats = dict(zip(names, counts, strict=True)) | {"hasAdminPrivlege": False}
        made["_embedded"] = {"stats": stats}
    return json.dumps(made)


def _field(fields: dict[str, Field], name: str) -> Field:
    if name not in fields:
        raise NotUnderstood(f"{name} cannot be used here")
    return fields[name]
