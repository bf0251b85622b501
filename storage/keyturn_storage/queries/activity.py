"""What was done and what failed: runs and their steps, reads of the sources, pushes that stand."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from keyturn_storage import codec
from keyturn_storage.leases import standing
from keyturn_storage.queries.reader import Reader
from keyturn_storage.rows import RunRow, StepRow
from keyturn_storage.schema_cache import STANDING_PUSH

if TYPE_CHECKING:
    from keyturn_storage.journal import Journal

RUNS_SHOWN = 300
STEPS_SHOWN = 200
FAILED_SHOWN = 5_000
READS_SHOWN = 100
PUSHES_SHOWN = 500
URGENT_SHOWN = 5

_TROUBLED = (
    "(s.state in ('refused', 'unknown', 'not_seen', 'given_up') or s.error <> '' "
    "or (s.verdict <> '' and s.verdict not in ('effective and logged', 'effective, not logged', "
    "'logged, cannot be read back')))"
)
_STEP = (
    "select r.id, s.operation_id, s.number, s.state, s.words, s.at_ms, s.attempts, s.intent, "
    "s.outcome, s.verdict, s.error, s.done_ms from step s join run r on r.no = s.run_no "
)

_TROUBLED_SINCE = f"where {_TROUBLED} and (r.state <> 'ended' or r.ended_ms >= ?)"

# From the few pushes that stand, by their own index, to whose they are.
_PUSHED = (
    f"from (select no, body from version where {STANDING_PUSH}) v "  # noqa: S608 -- a constant
    "cross join presence p on p.version_no = v.no cross join object o on o.no = p.object_no "
    "and o.kind in (1, 2) cross join assessment a join snapshot s on s.id = a.directory_snapshot "
    "and s.source_no = o.source_no join source c on c.no = s.source_no "
    "where p.from_snapshot <= s.id and (p.to_snapshot is null or p.to_snapshot > s.id)"
)
_GOOD = frozenset({"verified", "already_so"})
_FAILED = frozenset({"refused", "not_seen", "given_up"})

EXCHANGE = "exchange"
"""The kind of note that tells what was asked and answered when a step failed."""


@dataclass(frozen=True, slots=True)
class ExchangeRow:
    """One request of a step that failed, and how it was answered: no header, no credential."""

    source: str
    method: str
    path: str
    status: int | None
    request_id: str
    code: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run without its plan. `state` is "running", "broken off" where nobody works on it now,
    "stopped" or "ended"; `done` counts the steps
    that were read back as wanted, `troubled` those that failed, are not known, or lack proof."""

    no: int
    id: str
    plan_id: str
    scope: str
    title: str
    operator: str
    started_ms: int
    ended_ms: int | None
    state: str
    steps: int
    done: int
    troubled: int


@dataclass(frozen=True, slots=True)
class ReadLine:
    """One read of a source. `state` is "reading", "sealed" or "abandoned". `why` is the snapshot's
    own error, or that of its first incomplete listing, of which there are `incomplete`."""

    snapshot_id: int
    source: str
    side: str
    state: str
    complete: bool
    started_ms: int
    ended_ms: int | None
    listings: int
    incomplete: int
    unreadable: int
    why: str


@dataclass(frozen=True, slots=True)
class PushLine:
    """An account or group whose push from the directory has failed or is paused."""

    no: int
    source: str
    kind: str
    name: str
    state: str
    said: str
    error: str
    at_ms: int | None
    off: bool
    """Whether the account is switched off in the directory: then the push is what would say so."""


def run_lines(journal: "Journal", now_ms: int, limit: int = RUNS_SHOWN) -> tuple[RunLine, ...]:
    """Open runs first, then the newest."""
    at_work = {lease.run_id for lease in standing(journal, now_ms=now_ms)}
    found = journal.connection.execute(
        "select r.no, r.id, r.plan_id, r.scope, r.title, r.operator, r.started_ms, r.ended_ms, "  # noqa: S608 -- constants of this module
        "r.state, (select count(*) from step s where s.run_no = r.no), "
        "(select count(*) from step s where s.run_no = r.no and s.state = 'verified'), "
        f"(select count(*) from step s where s.run_no = r.no and {_TROUBLED}) "
        "from run r order by r.state = 'ended', r.no desc limit ?",
        (limit,),
    )
    lines = (RunLine(*row) for row in found)
    return tuple(
        replace(line, state="broken off")
        if line.state == "running" and line.id not in at_work
        else line
        for line in lines
    )


def runs_count(journal: "Journal") -> int:
    """How many runs there are without the limit."""
    return int(journal.connection.execute("select count(*) from run").fetchone()[0])


def steps_of(journal: "Journal", run_id: str, limit: int = STEPS_SHOWN) -> tuple[StepRow, ...]:
    """A run's steps: the troubled first, then those still open, then those that are done."""
    found = journal.connection.execute(
        f"{_STEP}where r.id = ? order by not {_TROUBLED}, s.state = 'verified', s.number limit ?",
        (run_id, limit),
    )
    return tuple(StepRow(*row) for row in found)


def runs_with_verdicts(
    journal: "Journal", verdicts: Sequence[str], since_ms: int, limit: int
) -> tuple[RunRow, ...]:
    """The newest runs begun since a moment of which a step has one of these verdicts, oldest
    first."""
    marks = ", ".join("?" * len(verdicts))
    found = journal.connection.execute(
        "select r.id, r.plan_id, r.scope, r.title, r.operator, r.started_ms, r.ended_ms, r.state, "  # noqa: S608 -- constants of this module
        "r.plan_json from run r where r.started_ms >= ? and exists (select 1 from step s "
        f"where s.run_no = r.no and s.verdict in ({marks})) order by r.no desc limit ?",
        (since_ms, *verdicts, limit),
    )
    return tuple(reversed([RunRow(*row) for row in found]))


def troubled_steps(
    journal: "Journal", since_ms: int, limit: int = FAILED_SHOWN
) -> tuple[StepRow, ...]:
    """Steps that failed, are not known or lack proof: of every open run, and of those that ended
    since a moment. The newest first."""
    found = journal.connection.execute(
        f"{_STEP}{_TROUBLED_SINCE} order by s.at_ms desc limit ?", (since_ms, limit)
    )
    return tuple(StepRow(*row) for row in found)


def troubled_count(journal: "Journal", since_ms: int) -> int:
    """How many `troubled_steps` gives without a limit."""
    asked = f"select count(*) from step s join run r on r.no = s.run_no {_TROUBLED_SINCE}"  # noqa: S608 -- constants of this module
    return int(journal.connection.execute(asked, (since_ms,)).fetchone()[0])


def read_lines(reader: Reader, limit: int = READS_SHOWN) -> tuple[ReadLine, ...]:
    """The newest reads of all sources, newest first."""
    found = reader.connection.execute(
        "select s.id, c.name, c.side, s.state, s.complete, s.started_ms, s.ended_ms, "
        "(select count(*) from listing l where l.snapshot_id = s.id), "
        "(select count(*) from listing l where l.snapshot_id = s.id and l.complete = 0), "
        "s.unreadable, case when s.error <> '' then s.error else ifnull((select l.collection || "
        "case when l.parent_id = '' then '' else ' of ' || l.parent_id end || ': ' || "
        "case when l.error = '' then 'ended without proof that it is whole' else l.error end "
        "from listing l where l.snapshot_id = s.id and l.complete = 0 limit 1), '') end "
        "from snapshot s join source c on c.no = s.source_no where s.state <> 'forgotten' "
        "order by s.id desc limit ?",
        (limit,),
    )
    return tuple(
        ReadLine(no, source, side, state, bool(complete), *rest)
        for no, source, side, state, complete, *rest in found
    )


def reads_count(reader: Reader) -> int:
    """How many reads there are without the limit."""
    asked = "select count(*) from snapshot where state <> 'forgotten'"
    return int(reader.connection.execute(asked).fetchone()[0])


def push_lines(reader: Reader, limit: int = PUSHES_SHOWN) -> tuple[PushLine, ...]:
    """Accounts and groups of the directory of which its own provisioning pushes nothing now."""
    found = reader.connection.execute(
        f"select o.no, c.name, o.kind, o.id, v.body {_PUSHED} order by o.kind, o.no limit ?",
        (limit,),
    )
    return tuple(_push(*row) for row in found)


def pushes_count(reader: Reader) -> int:
    """How many `push_lines` gives without a limit."""
    return int(reader.connection.execute(f"select count(*) {_PUSHED}").fetchone()[0])


def urgent_names(reader: Reader, limit: int = URGENT_SHOWN) -> tuple[int, tuple[str, ...]]:
    """How many people left and still have access, and the names of the first."""
    count = reader.connection.execute(
        "select count(*) from finding where kind = 'leaver still active'"
    ).fetchone()[0]
    found = reader.connection.execute(
        "select subject_name from finding where kind = 'leaver still active' "
        "order by position limit ?",
        (limit,),
    )
    return int(count), tuple(str(row[0]) for row in found)


def words_of_operations(journal: "Journal", run_ids: Collection[str]) -> dict[str, str]:
    """What each operation of some runs was to do, by its id."""
    found: dict[str, str] = {}
    for run_id in run_ids:
        rows = journal.connection.execute(
            "select json_extract(o.value, '$.id'), json_extract(o.value, '$.words') "
            "from run r, json_each(r.plan_json, '$.operations') o where r.id = ?",
            (run_id,),
        )
        found.update({str(id_): str(words) for id_, words in rows})
    return found


def exchanges_of(journal: "Journal", run_id: str) -> dict[str, tuple[ExchangeRow, ...]]:
    """What was asked and answered when steps of a run failed last, by the operation's id. What a
    newer keyturn wrote in another form is left out."""
    found: dict[str, tuple[ExchangeRow, ...]] = {}
    for text in journal.notes(EXCHANGE, run_id=run_id):
        try:
            body = json.loads(text)
            rows = tuple(ExchangeRow(**one) for one in body["exchanges"])
        except (ValueError, TypeError, KeyError):
            continue
        found[str(body["operation"])] = rows
    return found


def overtaken(journal: "Journal", steps: Collection[StepRow]) -> frozenset[str]:
    """The operations among these steps that are no failure of their own any more: a later run has
    brought about their very change, or, where nothing of them is open, has failed at it again and
    is among these steps itself."""
    if not steps:
        return frozenset()
    rows = journal.connection.execute(
        "select r.no, r.id, json_extract(o.value, '$.id'), json_extract(o.value, '$.change'), "
        "s.state from run r, json_each(r.plan_json, '$.operations') o "
        "join step s on s.run_no = r.no and s.operation_id = json_extract(o.value, '$.id') "
        "where r.no >= (select min(no) from run where id in (select value from json_each(?)))",
        (json.dumps(sorted({step.run_id for step in steps})),),
    ).fetchall()
    wanted = {(step.run_id, step.operation_id) for step in steps}
    last_good: dict[str, int] = {}
    last_told: dict[str, int] = {}
    for no, run, operation, change, state in rows:
        if state in _GOOD:
            last_good[change] = max(no, last_good.get(change, no))
        if (run, operation) in wanted:
            last_told[change] = max(no, last_told.get(change, no))
    return frozenset(
        str(operation) for no, run, operation, change, state in rows
        if (run, operation) in wanted
        and (last_good.get(change, no) > no or (state in _FAILED and last_told[change] > no))
    )  # fmt: skip


def _push(no: int, source: str, kind: int, id_: str, body: str) -> PushLine:
    record = codec.account(id_, body) if kind == 1 else codec.group(id_, body)
    push = record.push
    name = getattr(record, "display_name", "") or record.name
    state = getattr(record, "state", None)
    if push is None:
        raise ValueError(f"object {no} has no push")
    return PushLine(
        no, source, "account" if kind == 1 else "group", str(name), push.state.value,
        push.state_raw, push.error, push.at_ms, bool(state is not None and state.is_off),
    )  # fmt: skip
