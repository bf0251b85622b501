"""Vaults, and who was given what on them."""

import sqlite3
from sqlite3 import Connection

from keyturn_providers.simulated.onepassword import permissions
from keyturn_providers.simulated.onepassword.actor import Actor
from keyturn_providers.simulated.onepassword.clock import now_ms
from keyturn_providers.simulated.onepassword.ids import new_id
from keyturn_providers.simulated.onepassword.refusals import Refused, not_found
from keyturn_providers.simulated.onepassword.trail import record

NO_PERMISSIONS = "the accessor doesn't have any permissions"
_OBJECT = {"user": "uva", "group": "gva"}


def create_vault(
    conn: Connection, actor: Actor, name: str, description: str, *, for_admins: bool
) -> str:
    """Makes a vault; its id. The creator may do everything; so may the Owners, if `for_admins`."""
    vault_id, now = new_id(), now_ms(conn)
    conn.execute(
        "INSERT INTO vault VALUES (?, ?, ?, 'USER_CREATED', 1, 1, 0, ?, ?, NULL)",
        (vault_id, name, description, now, now),
    )
    record(conn, actor, "create", "vault", vault_id)
    put_access(conn, actor, vault_id, "user", actor.id, permissions.ALL)
    if for_admins:
        for row in conn.execute(
            "SELECT id FROM team_group WHERE type IN ('OWNERS', 'ADMINISTRATORS')"
        ).fetchall():
            put_access(conn, actor, vault_id, "group", row["id"], permissions.MANAGE)
    return vault_id


def edit_vault(
    conn: Connection, actor: Actor, vault_id: str, *, name: str | None, description: str | None
) -> None:
    """Renames or describes anew."""
    row = vault(conn, vault_id)
    conn.execute(
        "UPDATE vault SET name = ?, description = ?, updated_ms = ?,"
        " attribute_version = attribute_version + 1 WHERE id = ?",
        (
            row["name"] if name is None else name,
            row["description"] if description is None else description,
            now_ms(conn),
            vault_id,
        ),
    )
    record(conn, actor, "update", "vault", vault_id)


def delete_vault(conn: Connection, actor: Actor, vault_id: str) -> None:
    """Removes the vault, what is in it and what was granted on it."""
    conn.execute("DELETE FROM vault WHERE id = ?", (vault_id,))
    conn.execute("DELETE FROM vault_access WHERE vault_id = ?", (vault_id,))
    conn.execute("DELETE FROM item WHERE vault_id = ?", (vault_id,))
    record(conn, actor, "delete", "vault", vault_id)


def grant(
    conn: Connection, actor: Actor, vault_id: str, kind: str, principal_id: str, mask: int
) -> int:
    """Adds permissions; the whole set then held. Refused unless the set given is closed."""
    lacking = permissions.lacking_for_grant(mask)
    if lacking:
        name, needs = lacking
        raise Refused(f"{name} is dependent on the permission(s) {', '.join(needs)}")
    held = held_by(conn, vault_id, kind, principal_id)
    put_access(conn, actor, vault_id, kind, principal_id, held | mask)
    return held | mask


def revoke(
    conn: Connection, actor: Actor, vault_id: str, kind: str, principal_id: str, mask: int | None
) -> int:
    """Takes permissions away, all with None; what is left. Only what is held directly can be."""
    held = held_by(conn, vault_id, kind, principal_id)
    taken = held if mask is None else mask & held
    if not taken:
        raise Refused(NO_PERMISSIONS)
    lacking = permissions.lacking_for_revoke(taken, held)
    if lacking:
        name, needs = lacking
        raise Refused(f"{name} is dependent on the permission(s) {', '.join(needs)}")
    put_access(conn, actor, vault_id, kind, principal_id, held & ~taken)
    return held & ~taken


def put_access(
    conn: Connection, actor: Actor, vault_id: str, kind: str, principal_id: str, mask: int
) -> None:
    """Sets what a principal holds directly, with the event for what changed."""
    held = held_by(conn, vault_id, kind, principal_id)
    if held == mask:
        return
    key = (vault_id, kind, principal_id)
    if mask:
        conn.execute("INSERT OR REPLACE INTO vault_access VALUES (?, ?, ?, ?)", (*key, mask))
    else:
        conn.execute(
            "DELETE FROM vault_access WHERE vault_id = ? AND kind = ? AND principal_id = ?", key
        )
    action = "revoke" if not mask else "update" if held else "grant"
    record(
        conn,
        actor,
        action,
        _OBJECT[kind],
        vault_id,
        aux_id=principal_id,
        aux_info=str(mask or held),
    )


def held_by(conn: Connection, vault_id: str, kind: str, principal_id: str) -> int:
    """The bits held directly; 0 for none."""
    row = conn.execute(
        "SELECT permissions FROM vault_access WHERE vault_id = ? AND kind = ? AND principal_id = ?",
        (vault_id, kind, principal_id),
    ).fetchone()
    return 0 if row is None else int(row[0])


def reached_by(conn: Connection, user_id: str) -> dict[str, int]:
    """What a person may do on each vault, directly or by a group."""
    reached: dict[str, int] = {}
    for row in conn.execute(
        "SELECT vault_id, permissions FROM vault_access WHERE kind = 'user' AND principal_id = ?1"
        " UNION ALL SELECT vault_id, permissions FROM vault_access JOIN member"
        " ON kind = 'group' AND principal_id = group_id AND user_id = ?1"
        " UNION ALL SELECT id, ?2 FROM vault WHERE type = 'PERSONAL' AND owner_id = ?1",
        (user_id, permissions.ALL),
    ):
        reached[row[0]] = reached.get(row[0], 0) | row[1]
    return reached


def vault(conn: Connection, vault_id: str) -> sqlite3.Row:
    """The vault's row."""
    row: sqlite3.Row | None = conn.execute(
        "SELECT * FROM vault WHERE id = ?", (vault_id,)
    ).fetchone()
    if row is None:
        raise not_found()
    return row
