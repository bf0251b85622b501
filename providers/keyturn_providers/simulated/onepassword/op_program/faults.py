"""The faults of `op`, kept in the tenant's file: each strikes invocations that match its command.

Kinds: `delay` (seconds), `refuse` (text and exit code, nothing is done), `die_before` and
`die_after` (killed before or after the change is committed, without output), `ignore` (reported as
done, not done), `cut` (half of the output, then killed).
"""

import time
from sqlite3 import Connection

from keyturn_providers.simulated.onepassword.op_program.invocation import FaultRefusal
from keyturn_providers.simulated.onepassword.schema import writing

KINDS = frozenset({"delay", "refuse", "die_before", "die_after", "ignore", "cut"})


def put_fault(
    conn: Connection,
    kind: str,
    command: str = "*",
    *,
    skip: int = 0,
    times: int = 1,
    seconds: float = 0.0,
    text: str = "",
    exit_code: int = 1,
) -> None:
    """Arms a fault for the next `times` invocations after `skip`. `command` is a GLOB over the
    command's words, arguments and flags, such as "user suspend *"."""
    if kind not in KINDS:
        raise ValueError(kind)
    conn.execute(
        "INSERT INTO op_fault (kind, command, skip, times, seconds, text, exit_code)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (kind, command, skip, times, seconds, text, exit_code),
    )


def clear_faults(conn: Connection) -> None:
    """Disarms everything."""
    conn.execute("DELETE FROM op_fault")


def strike(conn: Connection, command: str) -> list[str]:
    """Uses up what is armed for this invocation: waits, refuses, or names what happens later."""
    kinds: list[str] = []
    wait, refusal = 0.0, None
    if not conn.execute("SELECT 1 FROM op_fault").fetchone():
        return kinds
    with writing(conn):
        for row in conn.execute(
            "SELECT * FROM op_fault WHERE ? GLOB command ORDER BY seq", (command,)
        ).fetchall():
            if row["skip"]:
                conn.execute("UPDATE op_fault SET skip = skip - 1 WHERE seq = ?", (row["seq"],))
                continue
            conn.execute("UPDATE op_fault SET times = times - 1 WHERE seq = ?", (row["seq"],))
            conn.execute("DELETE FROM op_fault WHERE times <= 0")
            if row["kind"] == "delay":
                wait += row["seconds"]
            elif row["kind"] == "refuse":
                refusal = refusal or FaultRefusal(row["text"], row["exit_code"])
            else:
                kinds.append(row["kind"])
    time.sleep(wait)
    if refusal:
        raise refusal
    return kinds
