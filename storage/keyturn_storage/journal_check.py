"""Whether the journal is as it was written: the chain, its head, and the folded tables."""

import sqlite3
from collections.abc import Iterator

from keyturn_storage.case_check import first_bad_case
from keyturn_storage.chain import ChainReport, Entry, Head, verify
from keyturn_storage.journal_fold import disagreement
from keyturn_storage.kept_check import first_bad_text
from keyturn_storage.purge_check import first_bad_purge, purged_hashes
from keyturn_storage.stream_check import check_pages


def check(connection: sqlite3.Connection) -> ChainReport:
    """The chain first; if that holds, whether what was purged is what the purges took, whether
    `run`, `step` and `event` say what the chain says, whether cases and kept texts are as they were
    written, and then whether every page of archived events is the one that its entry covers."""
    connection.execute("begin")
    try:
        head = connection.execute("select seq, hash from head").fetchone()
        place = Head(*head) if head else None
        report = verify(_entries(connection), place, purged_hashes(connection))
        if report.unbroken:
            report = _with(report, first_bad_purge(connection))
        if report.unbroken:
            report = _folded(connection, report)
        if report.unbroken:
            report = _with(report, first_bad_case(connection) or first_bad_text(connection))
    finally:
        connection.execute("rollback")
    if not report.unbroken:
        return report
    bad = check_pages(connection, report.entries)
    return report if bad is None else ChainReport(report.entries, report.head, bad.seq, bad.why)


def _with(report: ChainReport, bad: tuple[int, str] | None) -> ChainReport:
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
