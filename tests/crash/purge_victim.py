"""A process that kills itself at a chosen moment of a purge, and the next one that finishes it.

`python -m tests.crash.purge_victim FOLDER STEP` forks, per kill point K, a first child that purges
a data directory and is killed at its K-th moment (each statement's start, and every few steps
inside one), and a second one that is killed at its own K-th; a third purge then goes to the end. A
JSON line per K says what was found: {"point": K, "killed": [bool, bool], "left": [n, n, n],
"whole": bool, "broken": "..."}. It ends with the first K that no child reached.
"""

import json
import os
import shutil
import sys
from functools import partial
from pathlib import Path

from tests.crash.killer import Killer, attempt
from tests.storage.purgeable import NEW, everything

from keyturn.run.retention import DAY_MS, find_old, purge_old
from keyturn_storage.journal import open_journal

DAYS = 1
NOW_MS = NEW + DAY_MS - 4_000
"""What is older than a day then is what `everything` made as old."""


def made(data: Path) -> None:
    """A journal with old, held, open and new things, and an old saved plan."""
    (data / "plans").mkdir(parents=True, mode=0o700)
    data.chmod(0o700)
    with open_journal(data / "journal.db") as journal:
        everything(journal)
    plan = data / "plans" / "old.json"
    plan.write_text("{}", "utf-8")
    os.utime(plan, (1, 1))


def purge_all(data: Path, killer: Killer | None = None) -> None:
    """One purge to its end, or to the killer's moment."""
    with open_journal(data / "journal.db") as journal:
        old = find_old(journal, None, data, days=DAYS, now_ms=NOW_MS)
        if killer is not None:
            killer.watch(journal.connection)
        purge_old(journal, None, old, by="h.lund", now_ms=NOW_MS)


def look(data: Path) -> tuple[list[object], int, str]:
    """What is in the journal but its own chain, how much is still to go, and what is broken."""
    with open_journal(data / "journal.db") as journal:
        chain = journal.verify_chain()
        tables = ("run", "step", "event", "case_file", "case_note", "kept_text", "stream_event")
        rows: list[object] = [
            journal.connection.execute(f"select * from {table} order by 1, 2").fetchall()
            for table in tables
        ]
        rows.append(
            journal.connection.execute(
                "select what, key, stands from purged order by 1, 2"
            ).fetchall()
        )
        found = find_old(journal, None, data, days=DAYS, now_ms=NOW_MS)
    left = found.journal
    number = len(left.runs) + len(left.cases) + left.lines + left.texts + left.events
    return rows, number + len(found.files), chain.why if not chain.unbroken else ""


def main() -> None:
    folder, step = Path(sys.argv[1]), int(sys.argv[2])
    fresh, end = folder / "fresh", folder / "end"
    made(fresh)
    shutil.copytree(fresh, end)
    purge_all(end)
    wanted, _, _ = look(end)
    for point in range(1, 10_000, step):
        data = folder / str(point)
        shutil.copytree(fresh, data)
        killed, left, broken = [], [], ""
        for _ in range(2):
            killed.append(attempt(partial(purge_all, data, Killer(point)), point))
            _, number, why = look(data)
            left.append(number)
            broken = broken or why
        purge_all(data)
        rows, number, why = look(data)
        left.append(number)
        shutil.rmtree(data)
        print(json.dumps({
            "point": point, "killed": killed, "left": left, "whole": rows == wanted,
            "broken": broken or why,
        }))  # fmt: skip
        if not any(killed):
            return


if __name__ == "__main__":
    main()
