"""The journal: what keyturn meant to do, did and saw. Append-only, chained, never lost.

Every write is one transaction that is on the disk when the call returns; a process starting after
a crash finds either all of it or nothing. The tables `run` and `step` are the entries folded, for
quick reading; the entries are the truth.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from keyturn_storage import journal_check, journal_read, leases
from keyturn_storage.chain import ChainReport
from keyturn_storage.clock import now_ms
from keyturn_storage.connections import (
    connect,
    connect_read_only,
    roll_back_unfinished,
    settle_journal,
    writing,
)
from keyturn_storage.errors import OlderFile, PlanAlreadyRun, StorageRefused
from keyturn_storage.files import check_file, create_private
from keyturn_storage.journal_append import append
from keyturn_storage.journal_fold import DONE_STATES
from keyturn_storage.migrations import is_current, migrate
from keyturn_storage.rows import ArchivedEvent, RunRow, StepRow
from keyturn_storage.schema_journal import JOURNAL

RUN_STATES = ("running", "stopped", "ended")


class Journal:
    """One connection to the journal. Use it in the thread that opened it, and close it."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._as_one = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """May be called twice."""
        self._connection.close()

    def start_run(
        self,
        run: RunRow,
        steps: Sequence[StepRow] = (),
        *,
        undoes: str = "",
        undoes_of: str = "",
        outline_sha256: str = "",
        generation: int = 0,
    ) -> None:
        """Writes down that a run begins, with its plan, and `steps` as they stand (planned). Of an
        undo its entry names the run that it takes back, `undoes`, and the key of the one person of
        whom it does, `undoes_of`; of any run the digest of its plan's outline, where it is given.

        Believed afterwards: the run is open and nothing of it was called yet. `generation` as in
        `record_step`. Raises ValueError for a run id that is taken, PlanAlreadyRun where a run has
        an operation of `steps` already: an operation's record is of one run, and stays.
        """
        digest = hashlib.sha256(run.plan_json.encode()).hexdigest()
        with self.transaction() as connection:
            leases.refuse_if_lost(connection, generation)
            if connection.execute("select 1 from run where id = ?", (run.id,)).fetchone():
                raise ValueError(f"run {run.id} is in the journal already")
            _refuse_known(connection, self.path, run, steps)
            content: dict[str, str | int | bool] = {
                "kind": "run",
                "run": run.id,
                "plan": run.plan_id,
                "plan_sha256": digest,
                "scope": run.scope,
                "operator": run.operator,
                "at_ms": run.started_ms,
                "state": run.state,
            }
            more = {"undoes": undoes, "undoes_of": undoes_of, "outline_sha256": outline_sha256}
            append(connection, content | {name: said for name, said in more.items() if said})
            connection.execute(
                "insert into run (id, plan_id, scope, title, operator, started_ms, ended_ms, "
                "state, plan_json) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    run.id,
                    run.plan_id,
                    run.scope,
                    run.title,
                    run.operator,
                    run.started_ms,
                    run.ended_ms,
                    run.state,
                    run.plan_json,
                ),
            )
            for step in steps:
                _record(connection, step, removes=False)

    def record_step(
        self,
        run_id: str,
        operation_id: str,
        number: int,
        state: str,
        words: str,
        at_ms: int,
        *,
        intent: str = "",
        outcome: str = "",
        verdict: str = "",
        error: str = "",
        generation: int = 0,
        removes: bool = False,
    ) -> None:
        """Writes down where one operation stands now.

        Believed afterwards: exactly this state. After "intended" without a later entry, that the
        call may or may not have been made, so the target is read before anything else.

        `intent`, `outcome` and `verdict` stay as they were where "" is given; `error` is of this
        state alone. Each "intended" counts one attempt. `removes` marks a removal, once and for
        all. With a `generation` other than 0 nothing is written unless that lease is still held:
        LeaseLost. Raises ValueError for an unknown run.
        """
        step = StepRow(
            run_id, operation_id, number, state, words, at_ms, 0, intent, outcome, verdict, error
        )
        with self.transaction() as connection:
            leases.refuse_if_lost(connection, generation)
            _record(connection, step, removes=removes)

    def end_run(self, run_id: str, state: str, at_ms: int, *, generation: int = 0) -> None:
        """Writes down that a run is "ended" (nothing left to do) or "stopped" (still open).

        Believed afterwards: an ended run is not resumed; a stopped one is. A run may be resumed
        with "running". Raises ValueError for an unknown run or state.
        """
        if state not in RUN_STATES:
            raise ValueError(f"{state!r} is not a state of a run: {', '.join(RUN_STATES)}")
        with self.transaction() as connection:
            leases.refuse_if_lost(connection, generation)
            changed = connection.execute(
                "update run set state = ?, ended_ms = ? where id = ?",
                (state, None if state == "running" else at_ms, run_id),
            ).rowcount
            if not changed:
                raise ValueError(f"run {run_id} is not in the journal")
            append(connection, {"kind": "end", "run": run_id, "state": state, "at_ms": at_ms})

    def note(
        self, kind: str, body: str, at_ms: int, *, run_id: str = "", generation: int = 0
    ) -> None:
        """Appends anything else worth keeping (a checkpoint, a decision). `body` is JSON text,
        `generation` as in `record_step`."""
        with self.transaction() as connection:
            leases.refuse_if_lost(connection, generation)
            append(
                connection,
                {"kind": "note", "what": kind, "run": run_id, "at_ms": at_ms, "body": body},
            )

    def notes(self, kind: str, *, run_id: str = "") -> tuple[str, ...]:
        """The bodies of the notes of one kind, oldest first; of one run where it is named."""
        return journal_read.notes(self._connection, kind, run_id)

    def archive_events(self, events: Sequence[ArchivedEvent], *, generation: int = 0) -> int:
        """Keeps audit events for evidence; those kept already are passed over. How many were new.

        Believed afterwards: these events were seen in the source's own log. `generation` as in
        `record_step`.
        """
        with self.transaction() as connection:
            leases.refuse_if_lost(connection, generation)
            return sum(_archive(connection, event) for event in events)

    def runs(self, *, open_only: bool = False) -> tuple[RunRow, ...]:
        """All runs, newest first; with `open_only` those that `resume` would take up."""
        return journal_read.runs(self._connection, open_only=open_only)

    def open_runs(self) -> tuple[RunRow, ...]:
        """Runs that are running or stopped, oldest first."""
        return tuple(reversed(self.runs(open_only=True)))

    def run(self, run_id: str) -> RunRow | None:
        return journal_read.run(self._connection, run_id)

    def steps(self, run_id: str) -> tuple[StepRow, ...]:
        """The steps of a run in the order of their numbers."""
        return journal_read.steps(self._connection, run_id)

    def events(self, run_id: str) -> tuple[ArchivedEvent, ...]:
        """The archived audit events of a run, oldest first."""
        return journal_read.events(self._connection, run_id)

    def removals_since(self, at_ms: int) -> int:
        """How many removals were done at or after `at_ms`; an unknown outcome counts."""
        return journal_read.removals_since(self._connection, at_ms)

    def removals_of_runs_since(self, at_ms: int) -> tuple[tuple[str, int, int], ...]:
        """Like `removals_since`, as (scope, number, people) of each run: what an offboarding takes
        from one person may count otherwise than what a sync takes from many."""
        return journal_read.removals_of_runs_since(self._connection, at_ms)

    def lines(self, run_id: str = "") -> tuple[str, ...]:
        """The stored lines, oldest first; of one run where it is named. For evidence."""
        return journal_read.lines(self._connection, run_id)

    def verify_chain(self) -> ChainReport:
        """Checks every entry, the head, and that the folded tables say what the entries say."""
        return journal_check.check(self._connection)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One durable transaction with the write lock taken at its start. Inside `as_one` it is
        that one."""
        if self._as_one:
            yield self._connection
            return
        with writing(self._connection, self.path) as connection:
            yield connection

    @contextmanager
    def as_one(self) -> Iterator[None]:
        """Everything that is written in the block becomes durable together when it ends, or, where
        anything in it fails, none of it. Nothing may be awaited inside."""
        with self.transaction():
            self._as_one = True
            try:
                yield
            finally:
                self._as_one = False

    @property
    def connection(self) -> sqlite3.Connection:
        """For `leases`, which keeps its table in the same file."""
        return self._connection


def open_journal(path: Path, *, read_only: bool = False) -> Journal:
    """Opens the journal, making or migrating it first (never with `read_only`).

    Raises StorageRefused where others can read it, it is newer or edited, or not there at all
    with `read_only`.
    """
    if not read_only:
        create_private(path)
    elif not path.exists():
        raise StorageRefused(
            str(path), "cannot open", "there is no journal yet.", "Nothing has been run so far."
        )
    check_file(path)
    if read_only:
        roll_back_unfinished(path)
    connection = connect_read_only(path) if read_only else connect(path)
    try:
        if read_only:
            _refuse_older(connection, path)
        else:
            is_current(connection, path, JOURNAL)
            settle_journal(connection, path)
            migrate(connection, path, JOURNAL, now_ms)
    except BaseException:
        connection.close()
        raise
    return Journal(path, connection)


def _refuse_older(connection: sqlite3.Connection, path: Path) -> None:
    if not is_current(connection, path, JOURNAL):
        raise OlderFile(
            str(path),
            "cannot open read-only",
            "it was written by an older keyturn.",
            "Run any command that writes once, e.g. `keyturn resume`.",
        )


def _refuse_known(
    connection: sqlite3.Connection, path: Path, run: RunRow, steps: Sequence[StepRow]
) -> None:
    if not steps:
        return
    gone = connection.execute(
        "select key from purged where what = 'run' and stands = ?", (run.plan_id,)
    ).fetchone()
    if gone is not None:
        raise PlanAlreadyRun(
            str(path),
            f"will not apply plan {run.plan_id} again",
            f"it was applied already, as run {gone[0]}, which was purged since.",
            "Refresh and plan again.",
        )
    for step in steps:
        earlier = connection.execute(
            "select r.id, r.state from step s join run r on r.no = s.run_no "
            "where s.operation_id = ?",
            (step.operation_id,),
        ).fetchone()
        if earlier is not None:
            raise PlanAlreadyRun(
                str(path),
                f"will not apply plan {run.plan_id} again",
                f"it was applied already, as run {earlier[0]}, which has {earlier[1]}."
                if earlier[1] != "running"
                else f"it is being applied already, as run {earlier[0]}.",
                "Go on with that run (keyturn resume), or refresh and plan again.",
            )


def _record(connection: sqlite3.Connection, step: StepRow, *, removes: bool) -> None:
    row = connection.execute("select no from run where id = ?", (step.run_id,)).fetchone()
    if row is None:
        raise ValueError(f"run {step.run_id} is not in the journal")
    append(
        connection,
        {
            "kind": "step",
            "run": step.run_id,
            "operation": step.operation_id,
            "number": step.number,
            "state": step.state,
            "words_sha256": words_digest(step.operation_id, step.words),
            "at_ms": step.at_ms,
            "intent": step.intent,
            "outcome": step.outcome,
            "verdict": step.verdict,
            "error": step.error,
            "removes": removes,
        },
    )
    connection.execute(
        "insert into step (run_no, number, operation_id, state, words, at_ms, attempts, intent, "
        "outcome, verdict, error, removes, done_ms) "
        "values (:run, :number, :operation, :state, :words, :at_ms, :state = 'intended', :intent, "
        ":outcome, :verdict, :error, :removes, :done_ms) "
        "on conflict (operation_id) do update set state = :state, words = :words, "
        "at_ms = :at_ms, attempts = attempts + (:state = 'intended'), "
        "intent = iif(:intent = '', intent, :intent), "
        "outcome = iif(:outcome = '', outcome, :outcome), "
        "verdict = iif(:verdict = '', verdict, :verdict), error = :error, "
        "removes = max(removes, :removes), done_ms = coalesce(done_ms, :done_ms, "
        # Found done after a lone intent or a lost answer: most likely by that very call.
        "iif(:state = 'already_so' and :outcome = '' and attempts > 0, :at_ms, null))",
        {
            "run": row[0],
            "number": step.number,
            "operation": step.operation_id,
            "state": step.state,
            "words": step.words,
            "at_ms": step.at_ms,
            "intent": step.intent,
            "outcome": step.outcome,
            "verdict": step.verdict,
            "error": step.error,
            "removes": int(removes),
            "done_ms": step.at_ms if step.state in DONE_STATES else None,
        },
    )


def _archive(connection: sqlite3.Connection, event: ArchivedEvent) -> int:
    new = connection.execute(
        "insert or ignore into event (run_id, operation_id, source, side, event_id, at_ms, actor, "
        "action, target, source_address, raw) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            event.run_id,
            event.operation_id,
            event.source,
            event.side.value,
            event.event_id,
            event.at_ms,
            event.actor,
            event.action,
            event.target,
            event.source_address,
            event.raw,
        ),
    ).rowcount
    if new:
        append(
            connection,
            {
                "kind": "event",
                "run": event.run_id,
                "operation": event.operation_id,
                "source": event.source,
                "event": event.event_id,
                "at_ms": event.at_ms,
                "sha256": event_digest(event),
            },
        )
    return new


def words_digest(operation_id: str, words: str) -> str:
    """What the chain keeps of a step's words: names can be erased later, ids and proof stay."""
    return hashlib.sha256(f"{operation_id}\n{words}".encode()).hexdigest()


def event_digest(event: ArchivedEvent) -> str:
    """What the chain keeps of an archived event: SHA-256 over all that is stored of it."""
    stored = (event.actor, event.action, event.target, event.source_address, event.raw)
    return hashlib.sha256(json.dumps(stored).encode()).hexdigest()
