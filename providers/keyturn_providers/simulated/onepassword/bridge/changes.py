"""What SCIM requests change: attributes of people, names and members of groups."""

import re
from sqlite3 import Connection

from keyturn_providers.simulated.onepassword import groups, people
from keyturn_providers.simulated.onepassword.actor import Actor
from keyturn_providers.simulated.onepassword.bridge.resources import user_row
from keyturn_providers.simulated.onepassword.clock import now_ms
from keyturn_providers.simulated.onepassword.refusals import Refused, bad_request
from keyturn_providers.simulated.onepassword.surface import Json
from keyturn_providers.simulated.onepassword.trail import record

_MEMBER_PATH = re.compile(r'^members\[\s*value\s+eq\s+"([^"]+)"\s*\]$', re.IGNORECASE)


def operations(body: Json) -> list[tuple[str, str, object]]:
    """The operations of a PATCH: op in lower case, path ("" for none), value."""
    given = body.get("Operations")
    if not isinstance(given, list) or not given:
        raise bad_request("Operations are missing")
    found: list[tuple[str, str, object]] = []
    for one in given:
        if not isinstance(one, dict) or str(one.get("op", "")).lower() not in (
            "add",
            "remove",
            "replace",
        ):
            raise bad_request("an operation is neither add, remove nor replace")
        path = one.get("path")
        found.append(
            (str(one["op"]).lower(), path if isinstance(path, str) else "", one.get("value"))
        )
    return found


def patch_user(conn: Connection, actor: Actor, user_id: str, body: Json) -> None:
    """Carries out a PATCH of a person."""
    for op, path, value in operations(body):
        if op == "remove":
            if path != "externalId":
                raise Refused(f"{path!r} can't be removed", 400, "invalidPath")
            conn.execute("UPDATE user SET external_id = NULL WHERE id = ?", (user_id,))
        elif path:
            set_attribute(conn, actor, user_id, path, value)
        elif isinstance(value, dict):
            set_attributes(conn, actor, user_id, value)
        else:
            raise bad_request("an operation without a path needs an object as its value")


def set_attributes(conn: Connection, actor: Actor, user_id: str, values: Json) -> None:
    """Sets several attributes; those that are not 1Password's are ignored."""
    for name, value in values.items():
        if name in ("schemas", "id", "meta", "groups", "password"):
            continue
        if name == "name" and isinstance(value, dict):
            if "displayName" not in values:
                set_attribute(conn, actor, user_id, "displayName", full_name(values))
        elif name == "emails" or name.startswith("urn:"):
            continue
        else:
            set_attribute(conn, actor, user_id, name, value)


def set_attribute(conn: Connection, actor: Actor, user_id: str, path: str, value: object) -> None:
    """Sets one attribute of a person."""
    row = user_row(conn, user_id)
    given, _, family = row["name"].partition(" ")
    match path:
        case "active":
            _set_active(conn, actor, user_id, value, suspended=row["state"] in people.SUSPENDED)
        case "displayName" | "name.formatted":
            people.rename(conn, actor, user_id, str(value))
        case "name.givenName":
            people.rename(conn, actor, user_id, f"{value} {family}".strip())
        case "name.familyName":
            people.rename(conn, actor, user_id, f"{given} {value}".strip())
        case "userName":
            _set_email(conn, actor, user_id, str(value))
        case "externalId":
            conn.execute("UPDATE user SET external_id = ? WHERE id = ?", (str(value), user_id))
        case "preferredLanguage":
            conn.execute("UPDATE user SET language = ? WHERE id = ?", (str(value), user_id))
        case _ if path.startswith("emails"):
            pass  # 1Password has one address per person, the userName
        case _:
            raise Refused(f"{path!r} is not an attribute of a user", 400, "invalidPath")


def full_name(body: Json) -> str:
    """The name to show, from displayName or the parts of the name."""
    if isinstance(body.get("displayName"), str) and body["displayName"]:
        return str(body["displayName"])
    name = body.get("name")
    if not isinstance(name, dict):
        return ""
    if name.get("formatted"):
        return str(name["formatted"])
    return f"{name.get('givenName', '')} {name.get('familyName', '')}".strip()


def patch_group(conn: Connection, actor: Actor, group_id: str, body: Json) -> None:
    """Carries out a PATCH of a group, members included."""
    for op, path, value in operations(body):
        member = _MEMBER_PATH.match(path)
        if member and op == "remove":
            _leave(conn, actor, group_id, member[1])
        elif path == "members":
            _change_members(conn, actor, group_id, op, value)
        elif path == "displayName" and op != "remove":
            rename_group(conn, actor, group_id, str(value))
        elif path == "externalId" and op != "remove":
            conn.execute(
                "UPDATE team_group SET external_id = ? WHERE id = ?", (str(value), group_id)
            )
        elif not path and isinstance(value, dict):
            if "displayName" in value:
                rename_group(conn, actor, group_id, str(value["displayName"]))
            if "members" in value:
                _change_members(conn, actor, group_id, op, value["members"])
        else:
            raise Refused(f"{path!r} is not an attribute of a group", 400, "invalidPath")


def rename_group(conn: Connection, actor: Actor, group_id: str, name: str) -> None:
    """Gives the group the directory's name."""
    if groups.group(conn, group_id)["name"] != name:
        groups.edit_group(conn, actor, group_id, name=name, description=None)


def set_members(conn: Connection, actor: Actor, group_id: str, value: object) -> None:
    """Makes the members exactly these; managers that stay keep their role."""
    wanted = _ids(value)
    rows = conn.execute("SELECT user_id FROM member WHERE group_id = ?", (group_id,)).fetchall()
    for row in rows:
        if row[0] not in wanted:
            _leave(conn, actor, group_id, row[0])
    for user_id in wanted:
        _join(conn, actor, group_id, user_id)


def _change_members(conn: Connection, actor: Actor, group_id: str, op: str, value: object) -> None:
    if op == "replace" or (op == "remove" and value is None):
        set_members(conn, actor, group_id, value or [])
        return
    for user_id in _ids(value):
        if op == "add":
            _join(conn, actor, group_id, user_id)
        else:
            _leave(conn, actor, group_id, user_id)


def _ids(value: object) -> list[str]:
    given = value if isinstance(value, list) else [value]
    ids = [one.get("value") if isinstance(one, dict) else None for one in given]
    if not all(isinstance(one, str) for one in ids):
        raise bad_request("a member has no value")
    return list(dict.fromkeys(str(one) for one in ids))


def _join(conn: Connection, actor: Actor, group_id: str, user_id: str) -> None:
    user_row(conn, user_id)
    if groups.role_of(conn, group_id, user_id) is None:
        groups.put_member(conn, actor, group_id, user_id)


def _leave(conn: Connection, actor: Actor, group_id: str, user_id: str) -> None:
    if groups.role_of(conn, group_id, user_id) is not None:
        groups.remove_member(conn, actor, group_id, user_id)


def _set_active(
    conn: Connection, actor: Actor, user_id: str, value: object, *, suspended: bool
) -> None:
    active = value if isinstance(value, bool) else str(value).lower() == "true"
    if active and suspended:
        people.reactivate(conn, actor, user_id)
    elif not active and not suspended:
        people.suspend(conn, actor, user_id)


def _set_email(conn: Connection, actor: Actor, user_id: str, email: str) -> None:
    row = conn.execute("SELECT id, email FROM user WHERE email = ?", (email,)).fetchone()
    if row is not None and row["id"] != user_id:
        raise Refused(f"{email} is already in use.", 409, "uniqueness")
    if row is not None and row["email"] == email:
        return
    conn.execute(
        "UPDATE user SET email = ?, updated_ms = ? WHERE id = ?", (email, now_ms(conn), user_id)
    )
    record(conn, actor, "update", "user", user_id)
