"""Writes the audit log: every change on any surface leaves its event here."""

import json
from sqlite3 import Connection

from keyturn_providers.simulated.onepassword.actor import Actor
from keyturn_providers.simulated.onepassword.clock import nanoseconds_text, now_ms, seconds_text
from keyturn_providers.simulated.onepassword.ids import new_id
from keyturn_providers.simulated.onepassword.switches import number

PLACE = {
    "country": "Canada",
    "region": "Ontario",
    "city": "Toronto",
    "latitude": 43.64,
    "longitude": -79.43,
}
PEOPLE_IN_AUX = frozenset({"gm", "uva", "device"})
Details = dict[str, str]
# One encoder for all: a new one for each of fifty thousand events takes as long as the events.
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode


def record(
    conn: Connection,
    actor: Actor,
    action: str,
    object_type: str,
    object_id: str,
    *,
    aux_id: str = "",
    aux_info: str = "",
    at_ms: int | None = None,
) -> None:
    """Writes one audit event, unless a test has switched this kind off."""
    missing = conn.execute(
        "SELECT 1 FROM missing_event WHERE action IN (?, '*') AND object_type IN (?, '*')",
        (action, object_type),
    ).fetchone()
    if missing:
        return
    now = now_ms(conn)
    at = now if at_ms is None else at_ms
    body = audit_body(
        new_id(capital=True),
        account_id(conn),
        at,
        {"uuid": actor.id, "name": actor.name, "email": actor.email},
        action,
        (object_type, object_id, aux_id, aux_info),
        user_details(conn, object_id) if object_type == "user" else None,
        user_details(conn, aux_id) if object_type in PEOPLE_IN_AUX else None,
        actor.session_id,
        actor.kind,
    )
    # Never before a checkpoint that was already given out, however long ago it happened.
    visible = now + int(number(conn, "audit_delay_s") * 1000)
    conn.execute(
        "INSERT INTO event (feature, at_ms, visible_ms, body) VALUES ('auditevents', ?, ?, ?)",
        (at, visible, body),
    )


def audit_body(
    event_id: str,
    account: str,
    at_ms: int,
    actor: Details,
    action: str,
    touched: tuple[str, str, str, str],
    object_details: Details | None,
    aux_details: Details | None,
    session_id: str,
    actor_kind: str = "user",
) -> str:
    """An event as version 2 of the Events API gives it. `touched`: object type and id, aux id and
    info, the last two only where they mean something."""
    object_type, object_id, aux_id, aux_info = touched
    body: dict[str, object] = {
        "uuid": event_id,
        "timestamp": nanoseconds_text(at_ms, sum(map(ord, event_id)) * 997 % 1_000_000),
        "account_uuid": account,
        "actor_uuid": actor["uuid"],
        "actor_type": actor_kind,
        "actor_account_uuid": account,
        "actor_details": actor,
        "action": action,
        "object_type": object_type,
        "object_uuid": object_id,
    }
    if object_details:
        body["object_details"] = object_details
    if aux_id:
        body["aux_uuid"] = aux_id
    if aux_details:
        body["aux_details"] = aux_details
    if aux_info:
        body["aux_info"] = aux_info
    body["session"] = {
        "uuid": session_id,
        "login_time": seconds_text(at_ms - 1_200_000),
        "device_uuid": "rqtd557fn2husnstp5nc66w2xa",
        "ip": "203.0.113.7",
    }
    body["location"] = PLACE
    return _ENCODE(body)


def account_id(conn: Connection) -> str:
    """The tenant's account id."""
    value: str = conn.execute("SELECT id FROM account").fetchone()[0]
    return value


def user_details(conn: Connection, user_id: str) -> Details | None:
    """A user as events name one; None for an id that is nobody's."""
    row = conn.execute("SELECT name, email FROM user WHERE id = ?", (user_id,)).fetchone()
    return {"uuid": user_id, "name": row["name"], "email": row["email"]} if row else None
