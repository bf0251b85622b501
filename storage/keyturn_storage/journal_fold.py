"""What the journal's tables must hold, by its entries alone, and where they hold something else.

The folding here is the one that `Journal` does in SQL, told a second time: a table that was edited
does not agree with it, in whichever column.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from keyturn_providers.records import Side

DONE_STATES = frozenset({"applied", "unknown"})
Row = tuple[str | int | None, ...]


@dataclass(slots=True)
class _Step:
    run: str
    number: int
    state: str = ""
    words_sha256: str = ""
    at_ms: int = 0
    attempts: int = 0
    intent: str = ""
    outcome: str = ""
    verdict: str = ""
    error: str = ""
    removes: int = 0
    done_ms: int | None = None

    def take(self, entry: Mapping[str, object]) -> None:
        """The step after one more entry."""
        state, at_ms = str(entry["state"]), _number(entry["at_ms"])
        outcome = str(entry["outcome"])
        done_ms = at_ms if state in DONE_STATES else None
        # Found done after a lone intent or a lost answer: most likely by that very call.
        if done_ms is None and state == "already_so" and outcome == "" and self.attempts > 0:
            done_ms = at_ms
        self.done_ms = done_ms if self.done_ms is None else self.done_ms
        self.state, self.at_ms, self.words_sha256 = state, at_ms, str(entry["words_sha256"])
        self.attempts += state == "intended"
        self.intent = str(entry["intent"]) or self.intent
        self.outcome = outcome or self.outcome
        self.verdict = str(entry["verdict"]) or self.verdict
        self.error = str(entry["error"])
        self.removes = max(self.removes, int(bool(entry["removes"])))

    @property
    def row(self) -> Row:
        return (
            self.run,
            self.number,
            self.state,
            self.words_sha256,
            self.at_ms,
            self.attempts,
            self.intent,
            self.outcome,
            self.verdict,
            self.error,
            self.removes,
            self.done_ms,
        )


@dataclass(slots=True)
class _Folded:
    runs: dict[str, Row] = field(default_factory=dict)
    steps: dict[str, _Step] = field(default_factory=dict)
    events: set[Row] = field(default_factory=set)
    last_seq: dict[str, int] = field(default_factory=dict)


def disagreement(connection: sqlite3.Connection) -> tuple[int | None, str] | None:
    """The first row that is not as the entries say: (the last entry about it, what is wrong), the
    number None where no entry is about it. None if `run`, `step` and `event` agree. Of a run that
    was purged nothing must be stored.

    Call it in a transaction, after the chain itself was found to hold.
    """
    purged = {
        str(row[0]) for row in connection.execute("select key from purged where what = 'run'")
    }
    said = _fold(connection, purged)
    steps = {key: step.row for key, step in said.steps.items()}
    for what, told, stored in (
        ("run", said.runs, dict(_stored_runs(connection))),
        ("step", steps, dict(_stored_steps(connection))),
    ):
        for key in sorted(told.keys() | stored.keys()):
            if told.get(key) != stored.get(key):
                words = f"the {what} {key} is not stored as the entries say"
                return said.last_seq.get(key), words
    if said.events != set(_stored_events(connection)):
        return None, "the archived audit events are not those that the entries say"
    return None


def _fold(connection: sqlite3.Connection, purged: set[str]) -> _Folded:
    found = _Folded()
    for seq, line in connection.execute("select seq, line from entry order by seq"):
        entry: dict[str, object] = json.loads(line)
        if entry.get("run") in purged:
            continue
        match entry["kind"]:
            case "run":
                key = str(entry["run"])
                found.runs[key] = (
                    str(entry["plan"]),
                    str(entry["scope"]),
                    str(entry["operator"]),
                    _number(entry["at_ms"]),
                    str(entry["plan_sha256"]),
                    str(entry["state"]),
                    None,
                )
                found.last_seq[key] = seq
            case "end":
                key, state = str(entry["run"]), str(entry["state"])
                ended = None if state == "running" else _number(entry["at_ms"])
                found.runs[key] = (*found.runs[key][:-2], state, ended)
                found.last_seq[key] = seq
            case "step":
                key = str(entry["operation"])
                new = _Step(str(entry["run"]), _number(entry["number"]))
                found.steps.setdefault(key, new).take(entry)
                found.last_seq[key] = seq
            case "event":
                names = ("run", "operation", "source", "event", "at_ms", "sha256")
                found.events.add(tuple(_value(entry[name]) for name in names))
            case _:
                pass
    return found


def _stored_runs(connection: sqlite3.Connection) -> Iterator[tuple[str, Row]]:
    for id_, plan, scope, operator, started, ended, state, text, title in connection.execute(
        "select id, plan_id, scope, operator, started_ms, ended_ms, state, plan_json, title "
        "from run"
    ):
        # The title is the plan's, and the plan's text is in the chain.
        true = _title(text) in {None, title}
        digest = _sha256(text) if true else f"another title than its plan's: {title}"
        yield str(id_), (plan, scope, operator, started, digest, state, ended)


def _title(plan: str) -> str | None:
    try:
        found = json.loads(plan)["title"]
    except (ValueError, LookupError, TypeError):
        return None
    return str(found)


def _stored_steps(connection: sqlite3.Connection) -> Iterator[tuple[str, Row]]:
    for operation, run, number, state, words, *rest in connection.execute(
        "select s.operation_id, r.id, s.number, s.state, s.words, s.at_ms, s.attempts, s.intent, "
        "s.outcome, s.verdict, s.error, s.removes, s.done_ms "
        "from step s join run r on r.no = s.run_no"
    ):
        yield str(operation), (run, number, state, _sha256(f"{operation}\n{words}"), *rest)


def _stored_events(connection: sqlite3.Connection) -> Iterator[Row]:
    for run, operation, source, side, event, at_ms, *kept in connection.execute(
        "select run_id, operation_id, source, side, event_id, at_ms, actor, action, target, "
        "source_address, raw from event"
    ):
        known = side in set(Side)
        yield run, operation, source, event, at_ms, _sha256(json.dumps(kept)) if known else side


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _number(value: object) -> int:
    return int(str(value))


def _value(value: object) -> str | int:
    return value if isinstance(value, int) else str(value)
