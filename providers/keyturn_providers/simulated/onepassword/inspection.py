"""What tests and the demo look at and set behind the tenant's surfaces.

Every function opens the tenant's file, does one thing and closes it again.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection

from keyturn_providers.simulated.onepassword import clock, due, people, permissions, switches
from keyturn_providers.simulated.onepassword.events_token import new_events_token
from keyturn_providers.simulated.onepassword.op_program import faults
from keyturn_providers.simulated.onepassword.op_program.recorded import RECORDED
from keyturn_providers.simulated.onepassword.schema import connect, set_setting, setting, writing


@dataclass(frozen=True, slots=True)
class OpCall:
    """One invocation of `op`. `command` is its words, arguments and flags without the global ones;
    `exit_code` None: it was killed."""

    at_ms: int
    command: str
    arguments: tuple[str, ...]
    stdin: str
    exit_code: int | None
    error: str


@dataclass(frozen=True, slots=True)
class Happened:
    """One audit event, whether clients can see it yet or not."""

    at_ms: int
    visible_ms: int
    actor_email: str
    action: str
    object_type: str
    object_id: str
    aux_id: str
    aux_info: str


def user_state(path: Path, user_id: str) -> str | None:
    """The user's state now; None once they are deleted."""
    with _opened(path) as conn:
        row = conn.execute("SELECT state FROM user WHERE id = ?", (user_id,)).fetchone()
    return None if row is None else str(row["state"])


def user_id(path: Path, email: str) -> str | None:
    """The id of the user with this address."""
    with _opened(path) as conn:
        row = conn.execute("SELECT id FROM user WHERE email = ?", (email,)).fetchone()
    return None if row is None else str(row["id"])


def members(path: Path, group_id: str) -> dict[str, str]:
    """User id -> role of everybody in the group."""
    with _opened(path) as conn:
        rows = conn.execute("SELECT user_id, role FROM member WHERE group_id = ?", (group_id,))
        return {row[0]: row[1] for row in rows}


def groups_of(path: Path, user_id: str) -> frozenset[str]:
    """The ids of the groups somebody is in."""
    with _opened(path) as conn:
        rows = conn.execute("SELECT group_id FROM member WHERE user_id = ?", (user_id,))
        return frozenset(row[0] for row in rows)


def group_id(path: Path, name: str) -> str | None:
    """The id of the group with this name."""
    with _opened(path) as conn:
        row = conn.execute("SELECT id FROM team_group WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row["id"])


def grants_of(path: Path, kind: str, principal_id: str) -> dict[str, frozenset[str]]:
    """Vault id -> permissions that a principal (user, group, service_account) holds directly."""
    with _opened(path) as conn:
        rows = conn.execute(
            "SELECT vault_id, permissions FROM vault_access WHERE kind = ? AND principal_id = ?",
            (kind, principal_id),
        )
        return {row[0]: _names(row[1]) for row in rows}


def access_to(path: Path, vault_id: str) -> dict[tuple[str, str], frozenset[str]]:
    """(Kind, principal id) -> permissions on a vault."""
    with _opened(path) as conn:
        rows = conn.execute(
            "SELECT kind, principal_id, permissions FROM vault_access WHERE vault_id = ?",
            (vault_id,),
        )
        return {(row[0], row[1]): _names(row[2]) for row in rows}


def devices_cut_ms(path: Path, user_id: str) -> int | None:
    """When all of somebody's devices were deauthorised."""
    with _opened(path) as conn:
        due.catch_up(conn)
        row = conn.execute("SELECT devices_until_ms FROM user WHERE id = ?", (user_id,)).fetchone()
    return None if row is None else row[0]


def happened(path: Path, action: str = "*", object_type: str = "*") -> tuple[Happened, ...]:
    """The audit events of a kind in the order of time, hidden ones too."""
    with _opened(path) as conn:
        rows = conn.execute(
            "SELECT at_ms, visible_ms, body FROM event WHERE feature = 'auditevents'"
            " ORDER BY at_ms, seq"
        ).fetchall()
    found = []
    for at_ms, visible_ms, text in rows:
        body = json.loads(text)
        if action in ("*", body["action"]) and object_type in ("*", body["object_type"]):
            found.append(
                Happened(
                    at_ms,
                    visible_ms,
                    body["actor_details"]["email"],
                    body["action"],
                    body["object_type"],
                    body["object_uuid"],
                    body.get("aux_uuid", ""),
                    body.get("aux_info", ""),
                )
            )
    return tuple(found)


def op_calls(path: Path, command: str = "") -> tuple[OpCall, ...]:
    """The invocations of `op` whose command begins with these words, oldest first."""
    with _opened(path) as conn:
        rows = conn.execute("SELECT * FROM op_call ORDER BY seq").fetchall()
    return tuple(
        OpCall(
            row["at_ms"],
            row["command"],
            tuple(json.loads(row["arguments"])),
            row["standard_input"],
            row["exit_code"],
            row["error"],
        )
        for row in rows
        if row["command"].startswith(command)
    )


def set_switch(path: Path, name: str, value: switches.Value) -> None:
    """Sets one of `switches.DEFAULTS` to another value."""
    with _opened(path) as conn:
        switches.set_switch(conn, name, value)


def advance(path: Path, seconds: float) -> None:
    """Moves the tenant's clock on, and does what has become due."""
    with _opened(path) as conn:
        clock.advance(conn, seconds)
        due.catch_up(conn)


def now_ms(path: Path) -> int:
    """The tenant's time."""
    with _opened(path) as conn:
        return clock.now_ms(conn)


def accept_invitation(path: Path, user_id: str) -> None:
    """The invited person signs up. Raises `Refused` where the invitation has expired."""
    with _opened(path) as conn, writing(conn):
        people.accept(conn, user_id)


def sign_in_op(path: Path, user_id: str) -> None:
    """Signs `op` in as somebody else; "" signs out."""
    with _opened(path) as conn:
        set_setting(conn, "signed_in_user", user_id)


def restart_bridge(path: Path) -> None:
    """Restarts the bridge: it is locked until the first request that carries its bearer."""
    with _opened(path) as conn:
        set_setting(conn, "bridge_started_ms", str(clock.now_ms(conn)))
        set_setting(conn, "bridge_unlocked_ms", "")


def bridge_token(path: Path) -> str:
    """The bridge's bearer."""
    with _opened(path) as conn:
        return setting(conn, "bridge_token")


def account_id(path: Path) -> str:
    """The account's id."""
    with _opened(path) as conn:
        return str(conn.execute("SELECT id FROM account").fetchone()[0])


def events_token(
    path: Path,
    base_url: str,
    features: tuple[str, ...] | None = None,
    lifetime_s: int | None = None,
) -> str:
    """A new token of the Events API whose audience is `base_url`."""
    with _opened(path) as conn:
        return new_events_token(conn, base_url, features, lifetime_s=lifetime_s)


def lose_events(path: Path, action: str, object_type: str = "*") -> None:
    """From now on no event of this kind is written; "*" is every one."""
    with _opened(path) as conn:
        conn.execute("INSERT INTO missing_event VALUES (?, ?)", (action, object_type))


def keep_events(path: Path) -> None:
    """Takes back every `lose_events`."""
    with _opened(path) as conn:
        conn.execute("DELETE FROM missing_event")


def put_op_fault(
    path: Path,
    kind: str,
    command: str = "*",
    *,
    skip: int = 0,
    times: int = 1,
    seconds: float = 0.0,
    text: str = "",
    exit_code: int = 1,
) -> None:
    """Arms a fault of `op`; see `op_program.faults`."""
    with _opened(path) as conn:
        faults.put_fault(
            conn,
            kind,
            command,
            skip=skip,
            times=times,
            seconds=seconds,
            text=text,
            exit_code=exit_code,
        )


def refuse_op(
    path: Path, recorded: str, command: str = "*", *, skip: int = 0, times: int = 1
) -> None:
    """Has `op` refuse in one of the wordings of `op_program.recorded.RECORDED`."""
    text, exit_code = RECORDED[recorded]
    put_op_fault(path, "refuse", command, skip=skip, times=times, text=text, exit_code=exit_code)


def clear_op_faults(path: Path) -> None:
    """Disarms the faults of `op`."""
    with _opened(path) as conn:
        faults.clear_faults(conn)


def op_program() -> Path:
    """The file that is the simulated `op`; run it with `python -S -E FILE --state TENANT_FILE`."""
    return Path(__file__).with_name("op_program") / "op"


@contextmanager
def _opened(path: Path) -> Iterator[Connection]:
    conn = connect(path)
    try:
        yield conn
    finally:
        conn.close()


def _names(mask: int) -> frozenset[str]:
    return frozenset(permissions.names_of(mask)) - {"move_items"}
