"""Reading the journal's tables into rows."""

import sqlite3

from keyturn_providers.records import Side
from keyturn_storage.rows import ArchivedEvent, RunRow, StepRow
from keyturn_storage.schema_lookups import NOTE, RUN

_RUN = (
    "select id, plan_id, scope, title, operator, started_ms, ended_ms, state, plan_json from run "
)
_STEP = (
    "select r.id, s.operation_id, s.number, s.state, s.words, s.at_ms, s.attempts, s.intent, "
    "s.outcome, s.verdict, s.error, s.done_ms from step s join run r on r.no = s.run_no "
)


def runs(connection: sqlite3.Connection, *, open_only: bool) -> tuple[RunRow, ...]:
    """Newest first."""
    where = "where state <> 'ended' " if open_only else ""
    return tuple(RunRow(*row) for row in connection.execute(_RUN + where + "order by no desc"))


def run(connection: sqlite3.Connection, run_id: str) -> RunRow | None:
    row = connection.execute(_RUN + "where id = ?", (run_id,)).fetchone()
    return None if row is None else RunRow(*row)


def steps(connection: sqlite3.Connection, run_id: str) -> tuple[StepRow, ...]:
    """In the order of their numbers."""
    return tuple(
        StepRow(*row)
        for row in connection.execute(
            _STEP + "where r.id = ? order by s.number, s.operation_id", (run_id,)
        )
    )


def events(connection: sqlite3.Connection, run_id: str) -> tuple[ArchivedEvent, ...]:
    """Oldest first."""
    found = connection.execute(
        "select run_id, operation_id, source, side, event_id, at_ms, actor, action, target, "
        "source_address, raw from event where run_id = ? order by at_ms, no",
        (run_id,),
    )
    return tuple(
        ArchivedEvent(run, operation, source, Side(side), *rest)
        for run, operation, source, side, *rest in found
    )


def removals_since(connection: sqlite3.Connection, at_ms: int) -> int:
    row = connection.execute(
        "select count(*) from step where removes = 1 and done_ms is not null and done_ms >= ?",
        (at_ms,),
    ).fetchone()
    return int(row[0])


def removals_of_runs_since(
    connection: sqlite3.Connection, at_ms: int
) -> tuple[tuple[str, int, int], ...]:
    """(scope, how many removals were done, how many people the plan names as its subject, a line
    each) of each run with any at or after `at_ms`."""
    subject = "ifnull(iif(json_valid(r.plan_json), r.plan_json ->> '$.subject_key', ''), '')"
    found = connection.execute(
        f"select r.scope, count(*), 1 + length({subject}) "  # noqa: S608 -- a constant of this function
        f"- length(replace({subject}, char(10), '')) from step s join run r on r.no = s.run_no "
        "where s.removes = 1 and s.done_ms is not null and s.done_ms >= ? "
        "group by r.no order by r.no",
        (at_ms,),
    )
    return tuple((str(scope), int(number), int(people)) for scope, number, people in found)


def notes(connection: sqlite3.Connection, kind: str, run_id: str) -> tuple[str, ...]:
    """Oldest first."""
    # "+": of a run there are few entries, of a kind there may be many; SQLite cannot tell.
    which = f"{RUN} = :run and +{NOTE} = :kind" if run_id else f"{NOTE} = :kind"
    found = connection.execute(
        f"select json_extract(line, '$.body') from entry where {which} "  # noqa: S608 -- constants
        "and json_extract(line, '$.kind') = 'note' order by seq",
        {"run": run_id, "kind": kind},
    )
    return tuple(str(row[0]) for row in found)


def lines(connection: sqlite3.Connection, run_id: str) -> tuple[str, ...]:
    """Oldest first."""
    where = f"where {RUN} = ?" if run_id else ""
    found = connection.execute(
        f"select line from entry {where} order by seq",  # noqa: S608 -- a constant
        (run_id,) if run_id else (),
    )
    return tuple(str(row[0]) for row in found)
