"""A process that kills itself at a chosen moment of archiving, and the next one that goes on.

`python -m tests.crash.archive_victim FOLDER STEP` forks, per kill point K, a first child that
archives a simulated tenant's events and is killed at its K-th moment (each statement's start, and
every few steps inside one), and a second one that goes on and is killed at its own K-th. After each
the parent opens the journal as a new process would; a third one then archives to the end. A JSON
line per K says what was found: {"point": K, "killed": [bool, bool], "archived": [n, n, n],
"broken": "..."}. It ends with the first K that no child reached.
"""

import asyncio
import json
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.crash.killer import Killer, attempt
from tests.run.event_source import AUDIT, USAGES, audits, logging, usages

from keyturn.run.archive import archive
from keyturn.run.clock import Clock
from keyturn.run.connections import Connections
from keyturn.run.progress import never, unobserved
from keyturn_providers.simulated import Effect, Fault, Pair, simulated_pair
from keyturn_storage.journal import Journal, open_journal
from keyturn_storage.queries.coverage import coverage

START_MS = 1_800_000_000_000
EVENTS = {AUDIT: 2, USAGES: 8}


def tenant() -> Pair:
    """A secret manager that repeats events on every page of its item usages."""
    pair = simulated_pair(people=4, page_size=3)
    log = logging(pair)
    log.add(AUDIT, audits(1, EVENTS[AUDIT], at_ms=START_MS))
    log.add(USAGES, usages(1, EVENTS[USAGES], at_ms=START_MS))
    pair.secrets.faults.add(Fault(Effect.DUPLICATES, target=USAGES, times=None))
    return pair


def archive_all(path: Path, killer: Killer | None = None) -> None:
    """One archiving to the end, or to the killer's moment."""
    pair = tenant()

    def opened() -> Journal:
        journal = open_journal(path)
        if killer is not None:
            killer.watch(journal.connection)
        return journal

    report = asyncio.run(
        archive(
            Connections(pair.directory, pair.secrets),
            opened,
            observe=unobserved,
            stop=never,
            clock=Clock(lambda: START_MS + 86_400_000, asyncio.sleep),
        )
    )
    if not report.well:
        raise SystemExit(3)


@dataclass(frozen=True, slots=True)
class Found:
    """How many events there are, and what is wrong with them."""

    events: int
    broken: str


def look(path: Path) -> Found:
    """What a new process finds. The tenant's positions count events: "1:5" is after the fifth."""
    with open_journal(path) as journal:
        chain = journal.verify_chain()
        if not chain.unbroken:
            return Found(0, chain.why)
        rows = journal.connection.execute(
            "select s.name, e.id from stream_event e join stream s on s.no = e.stream_no "
            "order by e.no"
        ).fetchall()
        positions = dict(journal.connection.execute("select name, position from stream"))
        counted = sum(one.events for one in coverage(journal))
    broken = ""
    if len(set(rows)) != len(rows) or counted != len(rows):
        broken = f"an event is there twice: {rows}"
    for name, position in positions.items():
        ids = [event for stream, event in rows if stream == name]
        told = 0 if position is None else int(position.split(":")[1])
        letter = "a" if name == AUDIT else "u"
        if ids != [f"{letter}{number}" for number in range(1, told + 1)]:
            broken = f"the position of {name} is after {told} events, and there are {ids}"
    return Found(len(rows), broken)


def main() -> None:
    folder = Path(sys.argv[1])
    step = int(sys.argv[2])
    for point in range(1, 10_000, step):
        path = folder / f"{point}.db"
        open_journal(path).close()
        killed, archived, broken = [], [], ""
        for _ in range(2):
            killed.append(attempt(partial(archive_all, path, Killer(point)), point))
            found = look(path)
            archived.append(found.events)
            broken = broken or found.broken
        archive_all(path)
        found = look(path)
        archived.append(found.events)
        broken = broken or found.broken
        path.unlink()
        print(json.dumps({
            "point": point, "killed": killed, "archived": archived, "broken": broken,
        }))  # fmt: skip
        if not any(killed):
            return


if __name__ == "__main__":
    main()
