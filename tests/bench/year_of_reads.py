"""A data directory after a year of refreshes and runs, and how the screens over it answer.

`uv run python -m tests.bench.year_of_reads [folder]` makes 35,000 reads of either side (every
quarter of an hour), 2,000 offboardings that were run and 1,000 cases, in `folder` or a temporary
directory, and prints how long History, Activity and Cases take: opened, a key to the repaint, a
filter. What is made is made by copying one read and one run, which keyturn made itself. Nothing is
asserted: the machine decides.
"""

import asyncio
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.dashboard import CONFIG, Painted, Table, _keys, _letters, _settled, _until, driven
from tests.run.conftest import Watch
from tests.run.office import Office, policy_of
from tests.run.plans_by_hand import Loaded
from textual.pilot import Pilot

from keyturn.run.connections import Connections
from keyturn.tui.app import KeyturnApp
from keyturn.tui.start import now_ms
from keyturn.tui.widgets.virtual_list import VirtualList
from keyturn_providers.simulated import simulated_pair
from keyturn_storage.case_files import note_case, open_case
from keyturn_storage.case_rows import CaseIn, Noted, NoteIn
from keyturn_storage.journal import Journal, open_journal
from keyturn_storage.journal_append import append
from keyturn_storage.snapshots import open_cache

READS, RUNS, CASES, OPEN, ENTRIES = 35_000, 2_000, 1_000, 8, 150_000
QUARTER_MS = 15 * 60_000
SCREENS = (("History", "4", "2026"), ("Activity", "3", "kind:run"), ("Cases", "7", "dana"))


async def _one(folder: Path) -> str:
    """One read of both sides and one offboarding; the run's id."""
    pair, watch = simulated_pair(people=8, page_size=3), Watch()
    watch.at_ms = now_ms()
    with open_cache(folder / "cache.db") as cache, open_journal(folder / "journal.db") as journal:
        loaded = Loaded(policy_of(pair))
        connections = Connections(pair.directory, pair.secrets)
        office = Office(connections, cache, journal, watch, loaded)
        await office.look()
        result = await office.apply(await office.offboarding("d-001"))
    return result.run_id


def _many_reads(path: Path) -> None:
    """The two snapshots again and again, each pair a quarter of an hour after the one before, up to
    now."""
    with sqlite3.connect(path) as cache:
        cache.execute("pragma synchronous = off")
        columns = [
            str(row[1]) for row in cache.execute("pragma table_info(snapshot)")
            if row[1] not in {"id", "started_ms", "ended_ms"}
        ]  # fmt: skip
        kept, last = ", ".join(columns), now_ms()
        first = last - READS * QUARTER_MS
        cache.execute("update snapshot set started_ms = ?, ended_ms = ? + 9000", (first, first))
        for number in range(1, READS):
            at = first + number * QUARTER_MS
            pair = [
                cache.execute(
                    f"insert into snapshot ({kept}, started_ms, ended_ms) "
                    f"select {kept}, ?, ? + 9000 from snapshot where id = ?",
                    (at, at, old),
                ).lastrowid
                for old in (1, 2)
            ]
            cache.execute(
                "insert into decided (directory_snapshot, secrets_snapshot, made_ms, people, "
                "urgent, findings) select ?, ?, ?, people, urgent, findings + ? from assessment",
                (*pair, at + 10_000, number % 7),
            )
        cache.execute("update assessment set directory_snapshot = ?, secrets_snapshot = ?", pair)
    cache.close()


def _many_runs(path: Path, run_id: str) -> None:
    """The run and its steps again and again, and cases of which all but a few old ones are
    closed."""
    with open_journal(path) as journal:
        journal.connection.execute("pragma synchronous = off")
        with journal.transaction() as connection:
            for number in range(RUNS):
                at = now_ms() - (RUNS - number) * 4 * 3_600_000
                no = connection.execute(
                    "insert into run (id, plan_id, scope, title, operator, started_ms, ended_ms, "
                    "state, plan_json) select id || ?, plan_id, scope, title, operator, ?, ?, "
                    "state, plan_json from run where id = ?",
                    (f"-{number}", at, at + 60_000, run_id),
                ).lastrowid
                connection.execute(
                    "insert into step select ?, s.number, s.operation_id || ?, s.state, s.words, "
                    "?, s.attempts, s.intent, s.outcome, s.verdict, s.error, s.removes, s.done_ms "
                    "from step s join run r on r.no = s.run_no where r.id = ?",
                    (no, f"-{number}", at, run_id),
                )
            for number in range(ENTRIES):
                append(connection, {"kind": "note", "what": "a", "run": f"r-{number}", "at_ms": 1})
        for number in range(CASES):
            _case(journal, number, run_id)


def _case(journal: Journal, number: int, run_id: str) -> None:
    at, id_ = now_ms() - (CASES - number) * 8 * 3_600_000, f"ca5e{number:08x}"
    open_case(
        journal,
        CaseIn(
            id_, f"d:x{number}", f"Dana Okafor {number:04}", f"dana{number}@acme.example",
            "bench-directory", f"x{number}", "okta", "bench-secrets", f"y{number}", "vault",
            "t.ong", at,
        ),
    )  # fmt: skip
    note_case(journal, id_, NoteIn(Noted.RUN, "", "t.ong", at, run_id))
    if number >= OPEN:
        note_case(journal, id_, NoteIn(Noted.CLOSED, '{"reason": "done"}', "t.ong", at + 1))


async def _screens(app: KeyturnApp, pilot: Pilot[None], painted: Painted, table: Table) -> None:
    for name, key, word in SCREENS:
        opened = []
        for _ in range(5):
            await pilot.press("1")
            await pilot.pause(0.3)
            begun = time.perf_counter()
            await pilot.press(key)
            await _until(lambda: isinstance(app.focused, VirtualList) and app.focused.row)
            opened.append((time.perf_counter() - begun) * 1000)
        await _settled(app, pilot)
        shown = app.focused
        assert isinstance(shown, VirtualList)
        table.row(f"{name} ({len(shown.content.shown):,} lines): opened", opened)
        await _keys(app, pilot, painted, table, name)
        await _letters(shown, table, name, (word,))


async def measured(folder: Path, table: Table) -> None:
    """The three screens."""
    async with driven(folder) as (app, pilot, painted):
        await _screens(app, pilot, painted, table)


def main(folder: str = "") -> None:
    """Makes what is not there, and prints the table."""
    with tempfile.TemporaryDirectory() as made:
        data = Path(folder or made) / "year"
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        (data / "keyturn.yaml").write_text(CONFIG, encoding="utf-8")
        if not (data / "cache.db").exists():
            run_id = asyncio.run(_one(data))
            _many_reads(data / "cache.db")
            _many_runs(data / "journal.db", run_id)
        asyncio.run(measured(data, Table()))


if __name__ == "__main__":
    main(*sys.argv[1:2])
