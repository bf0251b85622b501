"""Whether the journal is as it was written: the chain, its head, and the folded tables."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator

from keyturn_storage.case_check import first_bad_case
from keyturn_storage.chain import ChainReport, Entry, Head, verify
from keyturn_storage.stream_check import check_pages


def check(connection: sqlite3.Connection) -> ChainReport:
    """The chain first; if that holds, whether `run`, `step` and `event` say what it says, whether
    cases are as they were written, and then whether every page of archived events is the one that
    its entry covers."""
    connection.execute("begin")
    try:
        head = connection.execute("select seq, hash from head").fetchone()
        report = verify(_entries(connection), Head(*head) if head else None)
        if report.unbroken:
            report = _folded(connection, report)
        if report.unbroken:
            report = _cases(connection, report)
    finally:
        connection.execute("rollback")
    if not report.unbroken:
        return report
    bad = check_pages(connection, report.entries)
    return report if bad is None else ChainReport(report.entries, report.head, bad.seq, bad.why)


def _cases(connection: sqlite3.Connection, report: ChainReport) -> ChainReport:
    bad = first_bad_case(connection)
    return report if bad is None else ChainReport(report.entries, report.head, *bad)


def _entries(connection: sqlite3.Connection) -> Iterator[Entry]:
    for row in connection.execute("select seq, prev_hash, line, hash from entry order by seq"):
        yield Entry(*row)


def _folded(connection: sqlite3.Connection, report: ChainReport) -> ChainReport:
    run_states: dict[str, tuple[str, str]] = {}
    step_states: dict[str, tuple[str, str]] = {}
    event_digests: set[str] = set()
    last_seq: dict[str, int] = {}
    for seq, line in connection.execute("select seq, line from entry order by seq"):
        entry = json.loads(line)
        match entry["kind"]:
            case "run":
                run_states[entry["run"]] = (entry["state"], entry["plan_sha256"])
                last_seq[entry["run"]] = seq
            case "end":
                run_states[entry["run"]] = (entry["state"], run_states[entry["run"]][1])
                last_seq[entry["run"]] = seq
            case "step":
                step_states[entry["operation"]] = (entry["state"], entry["words_sha256"])
                last_seq[entry["operation"]] = seq
            case "event":
                event_digests.add(entry["sha256"])
            case _:
                pass
    stored_runs = {
        str(row[0]): (str(row[1]), hashlib.sha256(row[2].encode()).hexdigest())
        for row in connection.execute("select id, state, plan_json from run")
    }
    stored_steps = {
        str(row[0]): (str(row[1]), hashlib.sha256(f"{row[0]}\n{row[2]}".encode()).hexdigest())
        for row in connection.execute("select operation_id, state, words from step")
    }
    stored_events = {
        hashlib.sha256(json.dumps(row).encode()).hexdigest()
        for row in connection.execute(
            "select actor, action, target, source_address, raw from event"
        )
    }
    for what, said, stored in (
        ("run", run_states, stored_runs),
        ("step", step_states, stored_steps),
    ):
        for key in sorted(said.keys() | stored.keys()):
            if said.get(key) != stored.get(key):
                return ChainReport(
                    report.entries,
                    report.head,
                    last_seq.get(key, report.entries),
                    f"the {what} {key} is not stored as the entries say",
                )
    if event_digests != stored_events:
        return ChainReport(
            report.entries,
            report.head,
            report.entries,
            "the archived audit events are not those that the entries say",
        )
    return report
