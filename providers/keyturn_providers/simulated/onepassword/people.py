"""The life of a user: invited, accepted, confirmed, suspended, reactivated, deleted."""

import sqlite3
from sqlite3 import Connection

from keyturn_providers.simulated.onepassword.actor import Actor
from keyturn_providers.simulated.onepassword.clock import now_ms
from keyturn_providers.simulated.onepassword.ids import new_id
from keyturn_providers.simulated.onepassword.refusals import Refused, bad_request, not_found
from keyturn_providers.simulated.onepassword.switches import number
from keyturn_providers.simulated.onepassword.trail import record

SUSPENDED = ("SUSPENDED", "TRANSFER_SUSPENDED")
_NOT_YET_IN = ("TRANSFER_PENDING", "TRANSFER_STARTED", "TRANSFER_ACCEPTED")


def provision(
    conn: Connection,
    actor: Actor,
    email: str,
    name: str,
    *,
    language: str = "en",
    external_id: str | None = None,
    managed: bool = False,
) -> str:
    """Invites a person; their new id. They are TRANSFER_PENDING until they accept."""
    host = email.rpartition("@")[2]
    if "@" not in email or "." not in host or " " in email:
        raise bad_request(
            f"Resource Invalid: {email!r} is not an e-mail address of a known domain."
        )
    if conn.execute("SELECT 1 FROM user WHERE email = ?", (email,)).fetchone():
        raise Refused(f"{email} is already a member of this account.", 409, "Conflict")
    user_id, invitation, now = new_id(capital=True), new_id(), now_ms(conn)
    conn.execute(
        "INSERT INTO user (id, name, email, type, state, language, created_ms, updated_ms,"
        " invited_ms, invitation_id, external_id, managed)"
        " VALUES (?, ?, ?, 'MEMBER', 'TRANSFER_PENDING', ?, ?, ?, ?, ?, ?, ?)",
        (user_id, name, email, language, now, now, now, invitation, external_id, int(managed)),
    )
    record(conn, actor, "provsn", "user", user_id)
    record(conn, actor, "create", "invite", invitation, aux_info=email)
    return user_id


def accept(conn: Connection, user_id: str, *, at_ms: int | None = None) -> None:
    """What the invited person does themselves: signs up. Refused once the invitation expired."""
    row = _user(conn, user_id)
    now = now_ms(conn) if at_ms is None else at_ms
    if row["state"] not in ("TRANSFER_PENDING", "TRANSFER_STARTED", "PENDING"):
        raise bad_request("This invitation was already used.")
    if now - row["invited_ms"] > number(conn, "invitation_days") * 86_400_000:
        raise bad_request("This invitation has expired.")
    _move(conn, user_id, "TRANSFER_ACCEPTED")
    conn.execute("UPDATE user SET accepted_ms = ? WHERE id = ?", (now, user_id))


def resend(conn: Connection, user_id: str) -> None:
    """What an administrator does in the console: the invitation is sent again."""
    conn.execute("UPDATE user SET invited_ms = ? WHERE id = ?", (now_ms(conn), user_id))


def confirm(conn: Connection, actor: Actor, user_id: str, *, at_ms: int | None = None) -> None:
    """Lets in a person who has accepted."""
    if _user(conn, user_id)["state"] != "TRANSFER_ACCEPTED":
        raise bad_request("The user isn't waiting to be confirmed.")
    _move(conn, user_id, "ACTIVE")
    team = conn.execute("SELECT id FROM team_group WHERE type = 'TEAM_MEMBERS'").fetchone()
    if team:
        conn.execute("INSERT OR IGNORE INTO member VALUES (?, ?, 'MEMBER')", (team["id"], user_id))
    record(conn, actor, "activate", "user", user_id, at_ms=at_ms)


def suspend(
    conn: Connection, actor: Actor, user_id: str, *, devices_after_s: int | None = None
) -> None:
    """Suspends. With `devices_after_s` all devices are deauthorised so much later."""
    row = _user(conn, user_id)
    if row["state"] in SUSPENDED:
        raise bad_request("The user is already suspended.")
    refuse_protected(conn, user_id)
    _move(
        conn,
        user_id,
        "TRANSFER_SUSPENDED" if row["state"] in _NOT_YET_IN else "SUSPENDED",
        before=row["state"],
    )
    record(conn, actor, "suspend", "user", user_id)
    if devices_after_s is not None:
        at = now_ms(conn) + devices_after_s * 1000
        conn.execute(
            "INSERT INTO due (at_ms, action, user_id, actor) VALUES (?, 'dealldev', ?, ?)",
            (at, user_id, actor.id),
        )


def reactivate(conn: Connection, actor: Actor, user_id: str) -> None:
    """Undoes a suspension: the person is what they were before, with everything they had."""
    row = _user(conn, user_id)
    if row["state"] not in SUSPENDED:
        raise bad_request("The user isn't suspended.")
    fallback = "ACTIVE" if row["state"] == "SUSPENDED" else "TRANSFER_PENDING"
    _move(conn, user_id, row["state_before"] or fallback)
    conn.execute("DELETE FROM due WHERE user_id = ?", (user_id,))
    record(conn, actor, "reactive", "user", user_id)


def delete(conn: Connection, actor: Actor, user_id: str) -> None:
    """Removes the user and everything that was only theirs."""
    row = _user(conn, user_id)
    refuse_protected(conn, user_id)
    record(conn, actor, "delete", "user", user_id)
    if row["invitation_id"] and row["state"] == "TRANSFER_PENDING":
        record(conn, actor, "delete", "invite", row["invitation_id"], aux_info=row["email"])
    for sql in (
        "DELETE FROM member WHERE user_id = ?",
        "DELETE FROM vault_access WHERE kind = 'user' AND principal_id = ?",
        "DELETE FROM vault WHERE type = 'PERSONAL' AND owner_id = ?",
        "DELETE FROM due WHERE user_id = ?",
        "DELETE FROM user WHERE id = ?",
    ):
        conn.execute(sql, (user_id,))


def rename(conn: Connection, actor: Actor, user_id: str, name: str) -> None:
    """Changes the display name."""
    if _user(conn, user_id)["name"] != name:
        conn.execute(
            "UPDATE user SET name = ?, updated_ms = ? WHERE id = ?", (name, now_ms(conn), user_id)
        )
        record(conn, actor, "changenm", "user", user_id)


def travel(conn: Connection, actor: Actor, user_id: str, *, away: bool) -> None:
    """Turns travel mode on or off."""
    conn.execute("UPDATE user SET travel_mode = ? WHERE id = ?", (int(away), user_id))
    record(conn, actor, "trvlaway" if away else "trvlback", "user", user_id)


def refuse_protected(conn: Connection, user_id: str) -> None:
    """Refuses to touch externally managed administrators and the last owner who can sign in."""
    row = _user(conn, user_id)
    if row["externally_managed"]:
        raise bad_request("The user is managed by an external administrator.")
    owners = [
        found[0]
        for found in conn.execute(
            "SELECT user_id FROM member JOIN team_group ON team_group.id = group_id"
            " JOIN user ON user.id = user_id"
            " WHERE team_group.type = 'OWNERS' AND user.state = 'ACTIVE'"
        )
    ]
    if owners == [user_id]:
        raise bad_request("The user is the last remaining owner of this account.")


def _user(conn: Connection, user_id: str) -> sqlite3.Row:
    row: sqlite3.Row | None = conn.execute("SELECT * FROM user WHERE id = ?", (user_id,)).fetchone()
    if row is None:
        raise not_found()
    return row


def _move(conn: Connection, user_id: str, state: str, before: str | None = None) -> None:
    conn.execute(
        "UPDATE user SET state = ?, state_before = ?, updated_ms = ? WHERE id = ?",
        (state, before, now_ms(conn), user_id),
    )
