"""What belongs to a run, a case or a kind of note is found without reading the whole chain."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from keyturn_storage.connections import connect
from keyturn_storage.errors import StorageRefused
from keyturn_storage.journal import Journal, open_journal
from keyturn_storage.journal_if_any import journal_if_any
from keyturn_storage.migrations import migrate
from keyturn_storage.queries.entries import entries_around
from keyturn_storage.rows import RunRow
from keyturn_storage.schema_journal import JOURNAL


@pytest.fixture
def path(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with open_journal(path) as opened:
        for number in range(4):
            opened.note("exchange", f'{{"n": {number}}}', number, run_id=f"r{number % 2}")
        opened.note("checkpoint", "{}", 9, run_id="r1")
        yield opened


READS: tuple[Callable[[Journal], object], ...] = (
    lambda journal: journal.notes("exchange"),
    lambda journal: journal.notes("exchange", run_id="r1"),
    lambda journal: journal.lines("r1"),
    lambda journal: entries_around(journal, ["r0"], "c1"),
)


@pytest.mark.parametrize("read", READS)
def test_the_chain_is_not_read_through(journal: Journal, read: Callable[[Journal], object]) -> None:
    asked: list[str] = []
    journal.connection.set_trace_callback(asked.append)
    read(journal)
    journal.connection.set_trace_callback(None)
    for statement in asked:
        plan = [
            str(row[3]) for row in journal.connection.execute(f"explain query plan {statement}")
        ]
        assert not [one for one in plan if one.startswith("SCAN entry")], (statement, plan)


def test_notes_and_lines_are_those_of_the_run_and_kind(journal: Journal) -> None:
    assert journal.notes("exchange", run_id="r1") == ('{"n": 1}', '{"n": 3}')
    assert len(journal.notes("exchange")) == 4
    assert journal.notes("exchange", run_id="r2") == ()
    assert [line.count('"checkpoint"') for line in journal.lines("r1")] == [0, 0, 1]
    assert [entry.seq for entry in entries_around(journal, ["r0"])] == [1, 2, 3]


def test_a_line_that_was_damaged_does_not_keep_an_older_journal_from_opening(path: Path) -> None:
    older = replace(JOURNAL, migrations=JOURNAL.migrations[:4])
    path.touch(mode=0o600)
    with closing(connect(path)) as connection:
        migrate(connection, path, older, lambda: 1)
        connection.execute(
            "insert into entry (seq, prev_hash, line, hash) "
            "select 1, hash, 'no JSON {', hash from head"
        )
    with open_journal(path) as journal:
        journal.note("exchange", "{}", 1, run_id="r1")
        assert journal.notes("exchange", run_id="r1") == ("{}",)
        with pytest.raises(sqlite3.OperationalError, match="malformed"):
            journal.connection.execute("select json_extract(line, '$.run') from entry").fetchall()


def _older(path: Path, migrations: int) -> None:
    path.touch(mode=0o600)
    with closing(connect(path)) as connection:
        older = replace(JOURNAL, migrations=JOURNAL.migrations[:migrations])
        migrate(connection, path, older, lambda: 1)
        row = RunRow("r", "p", "sync", "t", "ana", 1, None, "running", "{}")
        Journal(path, connection).start_run(row)


def test_whoever_only_looks_sees_what_an_older_keyturn_wrote(path: Path) -> None:
    _older(path, 2)
    with journal_if_any(path) as journal:
        assert journal is not None
        assert [run.id for run in journal.runs()] == ["r"]
        with pytest.raises(StorageRefused, match="readonly"):
            journal.note("a", "{}", 1)
    copies = [one.name for one in path.parent.iterdir() if "before" in one.name]
    assert len(copies) == 1


def test_looking_makes_no_journal(path: Path) -> None:
    with journal_if_any(path) as journal:
        assert journal is None
    assert not path.exists()
