"""Purging personal data from the journal: what is taken out is gone, and the chain still holds.

Of a run that goes, its tables, texts and audit events are deleted, and of its lines those that may
hold names; their hashes stay, so every line that is kept hangs on the one before it. Of an archived
event its digest stays, so its page can still be checked. A purge is itself an entry of the chain,
which covers the list of everything that it took.
"""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from keyturn_storage.chain import PURGED_LINE
from keyturn_storage.journal_append import append
from keyturn_storage.purge_check import purge_digest
from keyturn_storage.purge_rows import PurgeDone
from keyturn_storage.purgeable import NOT_HELD, lines_of, purgeable, texts_of
from keyturn_storage.queries.cases import cases, cases_count
from keyturn_storage.queries.purges import purges
from keyturn_storage.stream_archive import EVENT_COLUMNS
from keyturn_storage.stream_digest import event_digest
from keyturn_storage.stream_rows import EventIn

if TYPE_CHECKING:
    import sqlite3

    from keyturn_storage.journal import Journal
    from keyturn_storage.purge_rows import Purgeable

BATCH = 20_000


def find_purgeable(journal: "Journal", before_ms: int) -> "Purgeable":
    """What a purge would take now. Reads only."""
    every = cases(journal, limit=cases_count(journal))
    return purgeable(journal.connection, every, before_ms)


def purge(
    journal: "Journal", *, before_ms: int, days: int, by: str, at_ms: int, batch: int = BATCH
) -> tuple[PurgeDone, ...]:
    """Takes out all that `find_purgeable` names. Every `batch` events are a purge of their own, in
    one transaction: after a crash the rest is found again. Empty if there was nothing."""
    connection = journal.connection
    first = connection.execute("select max(seq) from entry").fetchone()[0] or 0
    # What was deleted is written over, and not only let go.
    connection.execute("pragma secure_delete=on").fetchall()
    try:
        while _one(journal, before_ms, days, by, at_ms, batch):
            pass
    finally:
        connection.execute("pragma secure_delete=off").fetchall()
    return tuple(one for one in purges(journal) if one.entry > first)


def _one(journal: "Journal", before_ms: int, days: int, by: str, at_ms: int, batch: int) -> bool:
    with journal.transaction() as connection:
        found = find_purgeable(journal, before_ms)
        if found.nothing:
            return False
        gone = [*_gone(connection, found)]
        events = _events(connection, found, batch)
        digest = purge_digest(sorted(gone), sorted(events))
        counts = {
            "runs": len(found.runs),
            "cases": len(found.cases),
            "lines": sum(what == "entry" for what, _, _ in gone),
            "texts": sum(what == "text" for what, _, _ in gone),
            "events": len(events),
        }
        entry = append(
            connection,
            {
                "kind": "purge",
                "at_ms": at_ms,
                "by": by,
                "days": days,
                "before_ms": before_ms,
                **counts,
                "sha256": digest,
            },
        )
        connection.executemany(
            "insert into purged (purge, what, key, stands) values (?, ?, ?, ?)",
            [(entry, *row) for row in gone],
        )
        connection.executemany(
            "insert into purged_event (no, purge, sha256) values (?, ?, ?)",
            [(no, entry, sha256) for no, sha256 in events],
        )
        for statement in _DELETE:
            connection.execute(statement, {"purge": entry})
    return True


def _gone(connection: "sqlite3.Connection", found: "Purgeable") -> Iterator[tuple[str, str, str]]:
    """(what, its key, what stands for it): of a run the id of its plan, which is not applied again,
    of a line its hash, of a text its digest."""
    plans = dict(connection.execute("select id, plan_id from run"))
    yield from (("run", run_id, str(plans[run_id])) for run_id in found.runs)
    yield from (("case", case_id, "") for case_id in found.cases)
    yield from (("entry", str(seq), hash_) for seq, hash_ in lines_of(connection, found.runs))
    yield from (
        ("text", str(no), digest)
        for no, digest in texts_of(connection, found.runs, found.before_ms)
    )


def _events(
    connection: "sqlite3.Connection", found: "Purgeable", batch: int
) -> list[tuple[int, str]]:
    rows = connection.execute(
        f"select no, {EVENT_COLUMNS} from stream_event where {NOT_HELD} order by no limit :batch",  # noqa: S608 -- constants
        {"before": found.before_ms, "held": json.dumps(found.held), "batch": batch},
    )
    return [(int(no), event_digest(EventIn(*event))) for no, *event in rows]


_RUNS = "(select key from purged where what = 'run' and purge = :purge)"
_CASES = "(select key from purged where what = 'case' and purge = :purge)"
_NUMBERS = "(select cast(key as integer) from purged where what = '{}' and purge = :purge)"
_DELETE = (
    f"delete from event where run_id in {_RUNS}",  # noqa: S608 -- constants of this module
    f"delete from step where run_no in (select no from run where id in {_RUNS})",  # noqa: S608
    f"delete from run where id in {_RUNS}",  # noqa: S608
    f"delete from case_note where case_no in (select no from case_file where id in {_CASES})",  # noqa: S608
    f"delete from case_file where id in {_CASES}",  # noqa: S608
    f"update entry set line = '{PURGED_LINE}' where seq in {_NUMBERS.format('entry')}",  # noqa: S608
    f"update kept_text set body = '' where no in {_NUMBERS.format('text')}",  # noqa: S608
    "delete from stream_event where no in (select no from purged_event where purge = :purge)",
)
"""What is taken out once it is listed as purged."""
