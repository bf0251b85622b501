"""Whether the journal is as it was written: the chain, its head, and the folded tables."""

import sqlite3
from collections.abc import Iterator

from keyturn_storage.case_check import first_bad_case
from keyturn_storage.chain import ChainReport, Entry, Head, verify
from keyturn_storage.journal_fold import disagreement
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
    bad = disagreement(connection)
    if bad is None:
        return report
    seq, why = bad
    return ChainReport(report.entries, report.head, report.entries if seq is None else seq, why)
