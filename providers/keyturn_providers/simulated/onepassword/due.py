"""What happens by itself as time goes on: the watcher confirms people, devices are cut off."""

import sqlite3
from sqlite3 import Connection

from keyturn_providers.simulated.onepassword.actor import Actor, bridge
from keyturn_providers.simulated.onepassword.clock import now_ms
from keyturn_providers.simulated.onepassword.people import accept, confirm
from keyturn_providers.simulated.onepassword.schema import setting, writing
from keyturn_providers.simulated.onepassword.switches import is_on, number, switch
from keyturn_providers.simulated.onepassword.trail import record


def catch_up(conn: Connection) -> None:
    """Does everything that has become due. Every surface calls this before it answers."""
    if _devices(conn) or _to_accept(conn) or _to_confirm(conn):
        with writing(conn):
            for user_id, at_ms in _to_accept(conn):
                accept(conn, user_id, at_ms=at_ms)
            for row in _devices(conn):
                _cut_devices(conn, row["seq"], row["at_ms"], row["user_id"], row["actor"])
            for user_id, at_ms in _to_confirm(conn):
                confirm(conn, bridge(conn), user_id, at_ms=at_ms)


def last_watch_ms(conn: Connection) -> int | None:
    """When the confirmation watcher last ran; None while the bridge is locked."""
    unlocked = setting(conn, "bridge_unlocked_ms")
    if not unlocked:
        return None
    interval = watch_interval_ms(conn)
    return int(unlocked) + (now_ms(conn) - int(unlocked)) // interval * interval


def watch_interval_ms(conn: Connection) -> int:
    """The watcher's interval; 30 s is the shortest the bridge accepts."""
    return int(max(30.0, number(conn, "confirmation_interval_s")) * 1000)


def _devices(conn: Connection) -> list[sqlite3.Row]:
    return conn.execute(
        "SELECT * FROM due WHERE at_ms <= ? ORDER BY at_ms", (now_ms(conn),)
    ).fetchall()


def _cut_devices(conn: Connection, seq: int, at_ms: int, user_id: str, actor_id: str) -> None:
    row = conn.execute("SELECT name, email FROM user WHERE id = ?", (actor_id,)).fetchone()
    actor = Actor(actor_id, row["name"], row["email"], "1Password CLI") if row else bridge(conn)
    conn.execute("UPDATE user SET devices_until_ms = ? WHERE id = ?", (at_ms, user_id))
    conn.execute("DELETE FROM due WHERE seq = ?", (seq,))
    record(conn, actor, "dealldev", "user", user_id, at_ms=at_ms)


def _to_accept(conn: Connection) -> list[tuple[str, int]]:
    after = number(conn, "accepts_after_s")
    if after < 0:
        return []
    rows = conn.execute(
        "SELECT id, invited_ms + ?1 FROM user WHERE state = 'TRANSFER_PENDING'"
        " AND invited_ms + ?1 <= ?2 AND invited_ms > ?2 - ?3",
        (int(after * 1000), now_ms(conn), int(number(conn, "invitation_days") * 86_400_000)),
    )
    return [(row[0], row[1]) for row in rows]


def _to_confirm(conn: Connection) -> list[tuple[str, int]]:
    ran = last_watch_ms(conn)
    stopped = switch(conn, "stopped_reports")
    if ran is None or not is_on(conn, "provisioning_on"):
        return []
    if isinstance(stopped, list) and "ConfirmationWatcher" in stopped:
        return []
    unlocked, interval = int(setting(conn, "bridge_unlocked_ms")), watch_interval_ms(conn)
    waiting = conn.execute(
        "SELECT id, accepted_ms FROM user WHERE state = 'TRANSFER_ACCEPTED' AND managed"
        " AND accepted_ms <= ?",
        (ran,),
    ).fetchall()
    return [
        (row["id"], unlocked + max(0, -((unlocked - row["accepted_ms"]) // interval)) * interval)
        for row in waiting
    ]
