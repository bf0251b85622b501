"""Single flight per target: who works on what, in the journal's file, fenced by generations.

A lease is taken for a set of targets at once, all or none, so two runs cannot wait for each other.
Its generation is unique for ever; every journal write names it and is refused once any of the
targets was taken over. A lease does not stop a call that was already sent: recovery re-reads.
"""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from keyturn_storage.errors import LeaseHeld, LeaseLost
from keyturn_storage.processes import Probe, Process, is_dead, start_of, this_process
from keyturn_storage.rows import LeaseRow

if TYPE_CHECKING:
    from keyturn_storage.journal import Journal

TTL_MS = 120_000
LIVING_MS = 1_800_000
"""How much longer a lease that ran out stands while its process on this machine is seen alive: a
call of its may still be waiting to be sent."""
_COLUMNS = (
    "target, holder, host, pid, process_start, operation, generation, taken_ms, expires_ms, run_id"
)


def take(
    journal: "Journal",
    targets: str | Sequence[str],
    *,
    holder: str,
    operation: str,
    now_ms: int,
    run_id: str = "",
    ttl_ms: int = TTL_MS,
    process: Process | None = None,
    probe: Probe = start_of,
) -> int:
    """Takes the lease on every target and returns its generation (above 0).

    A lease that ran out, or whose process on this machine has ended, is taken over; one that ran
    out while another process here is alive with it only after `LIVING_MS` more. Believed
    afterwards: this process works on the targets until `now_ms + ttl_ms`.
    Raises LeaseHeld, naming who, where, since when and doing what; then nothing was taken.
    """
    wanted = sorted({targets} if isinstance(targets, str) else set(targets))
    if not wanted:
        raise ValueError("a lease needs at least one target")
    me = process or this_process()
    with journal.transaction() as connection:
        for target in wanted:
            _refuse(_held(connection, target), me, now_ms, probe)
        generation = int(
            connection.execute("update generation set last = last + 1 returning last").fetchone()[0]
        )
        connection.executemany(
            "insert or replace into lease (target, holder, host, pid, process_start, operation, "
            "generation, targets, taken_ms, expires_ms, run_id) "
            "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    target,
                    holder,
                    me.host,
                    me.pid,
                    me.start,
                    operation,
                    generation,
                    len(wanted),
                    now_ms,
                    now_ms + ttl_ms,
                    run_id,
                )
                for target in wanted
            ],
        )
    return generation


def refuse_if_held(
    journal: "Journal", targets: Sequence[str], *, now_ms: int, probe: Probe = start_of
) -> None:
    """Raises LeaseHeld where `take` would, and takes nothing: to say so before anybody is asked to
    confirm. Somebody may still come first."""
    me = this_process()
    for target in sorted(set(targets)):
        _refuse(_held(journal.connection, target), me, now_ms, probe)


def still_held(journal: "Journal", generation: int) -> None:
    """Raises LeaseLost unless all targets of `generation` are still its own."""
    refuse_if_lost(journal.connection, generation)


def renew(journal: "Journal", generation: int, *, now_ms: int, ttl_ms: int = TTL_MS) -> None:
    """Holds the lease until `now_ms + ttl_ms`. Raises LeaseLost if any target was taken over."""
    with journal.transaction() as connection:
        refuse_if_lost(connection, generation)
        connection.execute(
            "update lease set expires_ms = ? where generation = ?", (now_ms + ttl_ms, generation)
        )


def release(journal: "Journal", generation: int) -> None:
    """Gives the targets back. Nothing happens for those that somebody else took over."""
    with journal.transaction() as connection:
        connection.execute("delete from lease where generation = ?", (generation,))


def held(journal: "Journal") -> tuple[LeaseRow, ...]:
    """Every lease that stands, run out or not, by target."""
    found = journal.connection.execute(f"select {_COLUMNS} from lease order by target")  # noqa: S608 -- a constant of this module
    return tuple(LeaseRow(*row) for row in found)


def standing(journal: "Journal", *, now_ms: int, probe: Probe = start_of) -> tuple[LeaseRow, ...]:
    """Those of `held` that nobody may take over now: somebody is at work with them, also this
    process itself, or may be."""
    me = this_process()
    return tuple(
        lease for lease in held(journal)
        if not _over(lease, me, probe) and _until_ms(lease, me, probe) > now_ms
    )  # fmt: skip


def refuse_if_lost(connection: sqlite3.Connection, generation: int) -> None:
    """Raises LeaseLost unless all targets of `generation` are still its own; 0 is never refused.

    Call it inside the transaction whose writes rest on the lease.
    """
    if generation == 0:
        return
    row = connection.execute(
        "select count(*), max(targets) from lease where generation = ?", (generation,)
    ).fetchone()
    if row[0] == 0 or row[0] != row[1]:
        newer = connection.execute(
            f"select {_COLUMNS} from lease where generation > ? order by target",  # noqa: S608 -- a constant of this module
            (generation,),
        )
        raise LeaseLost(generation, tuple(LeaseRow(*found) for found in newer))


def _refuse(lease: LeaseRow | None, me: Process, now_ms: int, probe: Probe) -> None:
    """Raises LeaseHeld where the lease stands in the way of this process."""
    if lease is None or _over(lease, me, probe):
        return
    until_ms = _until_ms(lease, me, probe)
    if until_ms > now_ms:
        raise LeaseHeld(lease, _clock(lease.taken_ms), _clock(until_ms))


def _until_ms(lease: LeaseRow, me: Process, probe: Probe) -> int:
    return lease.expires_ms + (LIVING_MS if _at_work_here(lease, me, probe) else 0)


def _held(connection: sqlite3.Connection, target: str) -> LeaseRow | None:
    row = connection.execute(
        f"select {_COLUMNS} from lease where target = ?",  # noqa: S608 -- a constant of this module
        (target,),
    ).fetchone()
    return None if row is None else LeaseRow(*row)


def _over(lease: LeaseRow, me: Process, probe: Probe) -> bool:
    return is_dead(Process(lease.host, lease.pid, lease.process_start), me.host, probe)


def _at_work_here(lease: LeaseRow, me: Process, probe: Probe) -> bool:
    """Whether another process of this machine, seen alive just now, has the lease."""
    theirs = Process(lease.host, lease.pid, lease.process_start)
    known = theirs.host == me.host and theirs.start != ""
    return known and theirs != me and probe(theirs.pid) == theirs.start


def _clock(at_ms: int) -> str:
    try:
        return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):  # a machine with a clock far off wrote it
        return f"{at_ms} ms"
