"""Groups and who is in them."""

import sqlite3
from sqlite3 import Connection

from keyturn_providers.simulated.onepassword.actor import Actor
from keyturn_providers.simulated.onepassword.clock import now_ms
from keyturn_providers.simulated.onepassword.ids import new_id
from keyturn_providers.simulated.onepassword.people import refuse_protected
from keyturn_providers.simulated.onepassword.refusals import Refused, bad_request, not_found
from keyturn_providers.simulated.onepassword.trail import record

CUSTOM = "USER_DEFINED"
_SIGNS = {"MEMBER": "R", "MANAGER": "A"}


def create_group(
    conn: Connection,
    actor: Actor,
    name: str,
    description: str = "",
    *,
    external_id: str | None = None,
    managed: bool = False,
) -> str:
    """Makes an empty group; its id. Two groups may have the same name."""
    group_id, now = new_id(), now_ms(conn)
    conn.execute(
        "INSERT INTO team_group VALUES (?, ?, ?, 'USER_DEFINED', 'ACTIVE', ?, ?, '', ?, ?)",
        (group_id, name, description, now, now, external_id, int(managed)),
    )
    record(conn, actor, "create", "group", group_id)
    return group_id


def edit_group(
    conn: Connection, actor: Actor, group_id: str, *, name: str | None, description: str | None
) -> None:
    """Renames or describes anew. Built-in groups keep their names."""
    row = group(conn, group_id)
    if row["type"] != CUSTOM:
        raise bad_request("Built-in groups can't be edited.")
    conn.execute(
        "UPDATE team_group SET name = ?, description = ?, updated_ms = ? WHERE id = ?",
        (
            row["name"] if name is None else name,
            row["description"] if description is None else description,
            now_ms(conn),
            group_id,
        ),
    )
    record(conn, actor, "update", "group", group_id)


def delete_group(conn: Connection, actor: Actor, group_id: str) -> None:
    """Removes the group with its memberships and grants."""
    if group(conn, group_id)["type"] != CUSTOM:
        raise bad_request("Built-in groups can't be deleted.")
    conn.execute("DELETE FROM member WHERE group_id = ?", (group_id,))
    conn.execute("DELETE FROM vault_access WHERE kind = 'group' AND principal_id = ?", (group_id,))
    conn.execute("DELETE FROM team_group WHERE id = ?", (group_id,))
    record(conn, actor, "delete", "group", group_id)


def put_member(
    conn: Connection, actor: Actor, group_id: str, user_id: str, role: str = "MEMBER"
) -> None:
    """Adds a member, or gives a member another role. A manager must be a member first."""
    _refuse_team_members(conn, group_id)
    held = role_of(conn, group_id, user_id)
    if held == role:
        raise Refused("The user is already a member of this group.", 409, "Conflict")
    if held is None and role == "MANAGER":
        raise bad_request("The user must be a member of the group before managing it.")
    conn.execute("INSERT OR REPLACE INTO member VALUES (?, ?, ?)", (group_id, user_id, role))
    action = "join" if held is None else "role"
    record(conn, actor, action, "gm", group_id, aux_id=user_id, aux_info=_SIGNS[role])


def remove_member(conn: Connection, actor: Actor, group_id: str, user_id: str) -> None:
    """Takes somebody out of the group."""
    _refuse_team_members(conn, group_id)
    if role_of(conn, group_id, user_id) is None:
        raise not_found()
    if group(conn, group_id)["type"] == "OWNERS":
        refuse_protected(conn, user_id)
    conn.execute("DELETE FROM member WHERE group_id = ? AND user_id = ?", (group_id, user_id))
    record(conn, actor, "leave", "gm", group_id, aux_id=user_id)


def role_of(conn: Connection, group_id: str, user_id: str) -> str | None:
    """The role in the group; None for somebody who is not in it."""
    row = conn.execute(
        "SELECT role FROM member WHERE group_id = ? AND user_id = ?", (group_id, user_id)
    ).fetchone()
    return None if row is None else str(row[0])


def group(conn: Connection, group_id: str) -> sqlite3.Row:
    """The group's row."""
    row: sqlite3.Row | None = conn.execute(
        "SELECT * FROM team_group WHERE id = ?", (group_id,)
    ).fetchone()
    if row is None:
        raise not_found()
    return row


def _refuse_team_members(conn: Connection, group_id: str) -> None:
    if group(conn, group_id)["type"] == "TEAM_MEMBERS":
        raise bad_request("Everybody is in Team Members; its membership can't be changed.")
