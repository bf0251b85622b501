"""A process that kills itself, with SIGKILL, at a chosen point of a storage write.

`python -m tests.crash.storage_victim FOLDER cache|journal` forks a child per kill point: the child
does one write and is killed at its K-th moment, which is each statement's start and every few steps
inside one. The parent then opens the file as a new process would and prints what it finds, as JSON
lines: {"point": K, "killed": bool, "found": "old" | "new" | "broken: ..."}. It ends with the first
K that no child reached.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.crash.killer import Killer, attempt

from keyturn_providers.records import (
    Account,
    AccountState,
    Collection,
    Group,
    Listing,
    Membership,
    Side,
    SourceIdentity,
)
from keyturn_storage.journal import Journal, open_journal
from keyturn_storage.rows import RunRow
from keyturn_storage.snapshots import Cache, open_cache

SOURCE = SourceIdentity("bao", "openbao", Side.SECRETS, "t")
RUN = RunRow("r", "p", "offboard", "t", "ana", 1, None, "running", "{}")
OLD = ("a", "b", "c")
NEW = ("b", "c", "d", "e")


def read_members(cache: Cache, ids: tuple[str, ...], killer: Killer | None = None) -> None:
    snapshot_id = cache.begin(SOURCE, 1)
    cache.stage(
        snapshot_id,
        [Account(x, x, x, AccountState.ACTIVE) for x in ids],
        collection=Collection.ACCOUNTS,
    )
    cache.stage(snapshot_id, [Group("g", "g")], collection=Collection.GROUPS)
    cache.stage(
        snapshot_id,
        [Membership("g", x) for x in ids],
        collection=Collection.MEMBERSHIPS,
        parent_id="g",
    )
    for collection, parent, rows in (
        (Collection.ACCOUNTS, "", len(ids)),
        (Collection.GROUPS, "", 1),
        (Collection.MEMBERSHIPS, "g", len(ids)),
    ):
        cache.end_listing(snapshot_id, Listing(collection, parent, True, "all", "", rows))
    if killer is not None:
        killer.watch(cache._connection)
    cache.seal(snapshot_id, 2)


def cache_found(path: Path) -> str:
    with open_cache(path) as cache:
        cache.recover()
        latest = cache.latest(SOURCE.name)
        if latest is None:
            return "broken: no snapshot"
        found = cache.load(latest.id)
        left = [info.state for info in cache.snapshots(SOURCE.name)]
    if "reading" in left:
        return "broken: a dead refresh still stands as reading"
    accounts = tuple(sorted(a.id for a in found.accounts))
    members = tuple(sorted(m.member_id for m in found.memberships))
    if not found.complete or accounts != members:
        return f"broken: {accounts} and {members}"
    return {OLD: "old", NEW: "new"}.get(accounts, f"broken: {accounts}")


def journal_found(path: Path) -> str:
    with open_journal(path) as journal:
        report = journal.verify_chain()
        if not report.unbroken:
            return f"broken: {report.why}"
        steps = journal.steps("r")
        lines = len(journal.lines())
    if [s.state for s in steps] == ["intended"] and lines == 2:
        return "old"
    if [s.state for s in steps] == ["applied"] and lines == 3:
        return "new"
    return f"broken: {steps} in {lines} lines"


def sweep(
    folder: Path, make: Callable[[Path], None], hurt: Callable[[Path, Killer], None],
    look: Callable[[Path], str],
) -> None:  # fmt: skip
    for point in range(1, 10_000):
        path = folder / f"{point}.db"
        make(path)
        killed = attempt(partial(hurt, path, Killer(point)), point)
        print(json.dumps({"point": point, "killed": killed, "found": look(path)}), flush=True)
        if not killed:
            return


def make_cache(path: Path) -> None:
    with open_cache(path) as cache:
        read_members(cache, OLD)


def hurt_cache(path: Path, killer: Killer) -> None:
    with open_cache(path) as cache:
        read_members(cache, NEW, killer)


def make_journal(path: Path) -> None:
    with open_journal(path) as journal:
        journal.start_run(RUN)
        journal.record_step("r", "o", 1, "intended", "cut", 2)


def hurt_journal(path: Path, killer: Killer) -> None:
    with open_journal(path) as journal:
        killer.watch(journal.connection)
        journal.record_step("r", "o", 1, "applied", "cut", 3)


def die_in_a_commit(path: Path) -> None:
    """With pages of the file overwritten and the way back on the disk, as at the end of a commit:
    here by a page cache that holds nothing."""
    with open_journal(path) as journal:
        journal.connection.execute("pragma cache_size=1")
        journal.connection.execute("begin immediate")
        journal.connection.execute("create table junk (words)")
        journal.connection.executemany("insert into junk values (?)", [("x" * 2_000,)] * 200)
        os.kill(os.getpid(), signal.SIGKILL)


def append_for_ever(path: Path) -> None:
    """Says each number once it is on the disk. Ended from outside."""
    with open_journal(path) as journal:
        number = 0
        while True:
            number += 1
            _note(journal, number)
            print(number, flush=True)


def _note(journal: Journal, number: int) -> None:
    journal.note("count", str(number), number)


def seal_for_ever(path: Path) -> None:
    """Says each snapshot once it is sealed. Ended from outside."""
    with open_cache(path) as cache:
        while True:
            for ids in (OLD, NEW):
                read_members(cache, ids)
                print("".join(ids), flush=True)


def main() -> None:
    target, what = Path(sys.argv[1]), sys.argv[2]
    match what:
        case "cache":
            sweep(target, make_cache, hurt_cache, cache_found)
        case "journal":
            sweep(target, make_journal, hurt_journal, journal_found)
        case "die":
            die_in_a_commit(target)
        case "append":
            append_for_ever(target)
        case "seal":
            seal_for_ever(target)
        case _:
            raise SystemExit(2)


if __name__ == "__main__":
    main()
