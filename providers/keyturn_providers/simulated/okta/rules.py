"""Group rules: who is a member because of what they are."""

import json
import re
import sqlite3
from dataclasses import dataclass

from keyturn_providers.simulated.okta import group_records, paging, provisioning
from keyturn_providers.simulated.okta.events import SYSTEM, Cause, Target, emit
from keyturn_providers.simulated.okta.group_records import Group
from keyturn_providers.simulated.okta.moments import moment
from keyturn_providers.simulated.okta.user_records import User
from keyturn_providers.simulated.okta.web import Answer, Call, Document, document, not_found

_OR, _AND = re.compile(r"\s+OR\s+|\|\|"), re.compile(r"\s+AND\s+|&&")
_TERM = re.compile(r"\s*user\.(?P<name>\w+)\s*(?P<sign>==|!=)\s*\"(?P<value>[^\"]*)\"\s*")


@dataclass(frozen=True, slots=True)
class _Rule:
    id: str
    name: str
    expression: str
    groups: frozenset[str]
    excluded: tuple[str, ...]


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
            "groupIdToGroupNameMap": {g: group_records.find(call.connection, g).name for g in given}
        }
    return shown


def exclude(connection: sqlite3.Connection, cause: Cause, group: Group, user: User) -> None:
    """Who is taken out of a group by hand is excluded from the rules that give it."""
    for told in _active(connection):
        if group.id not in told.groups or user.id in told.excluded:
            continue
        connection.execute(
            "UPDATE rule SET excluded = ?, last_updated = ? WHERE id = ?",
            (json.dumps([*told.excluded, user.id]), moment(cause.now), told.id),
        )
        emit(
            connection,
            cause,
            "group.user_membership.rule.add_exclusion",
            Target("GroupRule", told.id, "unknown", told.name),
            user.target(),
        )


def evaluate(connection: sqlite3.Connection, cause: Cause, user: User) -> None:
    """Puts a user whose profile is new into the groups that rules give, and takes them out of
    those that no rule gives any more. Of a rule that cannot be read nothing is taken away."""
    given: set[str] = set()
    ruled: set[str] = set()
    for told in _active(connection):
        fits = _fits(told.expression, user)
        if fits is None:
            given |= told.groups & _by_rule(connection, user)
        else:
            ruled |= told.groups
            given |= told.groups if fits and user.id not in told.excluded else set()
    system = Cause(cause.now, SYSTEM, cause.transaction_id)
    for group_id in sorted(given - _all_of(connection, user)):
        group = group_records.find(connection, group_id)
        connection.execute("INSERT INTO member VALUES (?, ?, 'RULE')", (group.no, user.no))
        _changed(connection, system, group, user, "add")
        provisioning.member_added(connection, system, group.no, user)
    for group_id in sorted((ruled & _by_rule(connection, user)) - given):
        group = group_records.find(connection, group_id)
        connection.execute("DELETE FROM member WHERE grp = ? AND user = ?", (group.no, user.no))
        _changed(connection, system, group, user, "remove")
        provisioning.member_removed(connection, system, group.no, user)


def _changed(
    connection: sqlite3.Connection, cause: Cause, group: Group, user: User, word: str
) -> None:
    group_records.touch(connection, cause.now, group)
    emit(connection, cause, f"group.user_membership.{word}", user.target(), group.target())


def _active(connection: sqlite3.Connection) -> list[_Rule]:
    rows = connection.execute(
        "SELECT id, name, expression, groups, excluded FROM rule WHERE status = 'ACTIVE'"
    ).fetchall()
    return [
        _Rule(number, name, value, frozenset(json.loads(groups)), tuple(json.loads(excluded)))
        for number, name, value, groups, excluded in rows
    ]


def _by_rule(connection: sqlite3.Connection, user: User) -> set[str]:
    rows = connection.execute(
        "SELECT grp.id FROM member JOIN grp ON grp.no = member.grp"
        " WHERE user = ? AND how = 'RULE' AND type = 'OKTA_GROUP'",
        (user.no,),
    )
    return {row[0] for row in rows}


def _all_of(connection: sqlite3.Connection, user: User) -> set[str]:
    rows = connection.execute(
        "SELECT grp.id FROM member JOIN grp ON grp.no = member.grp WHERE user = ?", (user.no,)
    )
    return {row[0] for row in rows}


def _fits(expression: str, user: User) -> bool | None:
    """Whether `user.attribute=="value"` terms, joined by AND and OR, hold; None: not readable."""
    fields = user.fields
    alternatives: list[bool] = []
    for alternative in _OR.split(expression):
        terms = [_TERM.fullmatch(term) for term in _AND.split(alternative)]
        found = [term for term in terms if term is not None]
        if len(found) < len(terms):
            return None
        alternatives.append(
            all((fields.get(t["name"]) == t["value"]) == (t["sign"] == "==") for t in found)
        )
    return any(alternatives)
