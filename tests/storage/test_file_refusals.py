"""Files that are not to be used: shared with others, newer, edited, damaged or not ours."""

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest
from tests.children import LIMIT_S, reaped
from tests.storage.worlds import account, refresh, whole

from keyturn_storage import files, migrations
from keyturn_storage.connections import connect, writing
from keyturn_storage.errors import NewerFile, StorageBusy, StorageRefused
from keyturn_storage.journal import open_journal
from keyturn_storage.migrations import Migration, Shape, migrate
from keyturn_storage.queries.persons import person_nos
from keyturn_storage.queries.reader import open_reader
from keyturn_storage.schema_journal import JOURNAL
from keyturn_storage.snapshots import open_cache

Open = Callable[[Path], object]
BOTH = pytest.mark.parametrize(
    "opened", [open_cache, open_journal, open_reader], ids=["cache", "journal", "reader"]
)


def _made(opened: Open, path: Path) -> None:
    if opened is open_journal:
        open_journal(path).close()
    else:
        open_cache(path).close()


@BOTH
def test_a_new_file_is_private(opened: Callable[[Path], object], tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    old = os.umask(0)
    try:
        _made(opened, path)
    finally:
        os.umask(old)
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in tmp_path.iterdir()}
    assert set(modes.values()) == {0o600}


def test_what_sqlite_puts_beside_the_file_is_private(cache_path: Path) -> None:
    old = os.umask(0)
    try:
        with open_cache(cache_path) as cache:
            refresh(cache, whole((account("a"),)))
            modes = {stat.S_IMODE(p.stat().st_mode) for p in cache_path.parent.iterdir()}
            names = {p.name for p in cache_path.parent.iterdir()}
    finally:
        os.umask(old)
    assert names == {"cache.db", "cache.db-wal", "cache.db-shm"}
    assert modes == {0o600}


@BOTH
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_file_others_can_get_at_is_refused_with_the_fix(
    opened: Callable[[Path], object], tmp_path: Path, mode: int
) -> None:
    path = tmp_path / "f.db"
    _made(opened, path)
    path.chmod(mode)
    with pytest.raises(StorageRefused, match=f"mode 0{mode:o}.*chmod 600") as caught:
        opened(path)
    assert caught.value.who == str(path)


@BOTH
def test_a_directory_others_can_enter_is_refused_with_the_fix(
    opened: Callable[[Path], object], tmp_path: Path
) -> None:
    path = tmp_path / "f.db"
    _made(opened, path)
    tmp_path.chmod(0o750)
    with pytest.raises(StorageRefused, match="chmod 700"):
        opened(path)
    tmp_path.chmod(0o700)


def test_the_data_directory_is_made_private_and_refused_when_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = tmp_path / "from-environment"
    monkeypatch.setenv(files.ENVIRONMENT_NAME, str(named))
    assert files.data_dir() == named
    assert stat.S_IMODE(named.stat().st_mode) == 0o700
    assert files.data_dir(tmp_path / "given") == tmp_path / "given"
    named.chmod(0o755)
    with pytest.raises(StorageRefused, match="chmod 700"):
        files.data_dir()


def test_the_platforms_directory_is_used_where_none_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(files.ENVIRONMENT_NAME, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert tmp_path in files.data_dir().parents


def test_a_directory_that_cannot_be_made_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageRefused, match=r"cannot make the data directory.*--data-dir"):
        files.data_dir(tmp_path / "file" / "inside")


def test_another_users_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    with pytest.raises(StorageRefused, match="keyturn runs as user 4242"):
        files.refuse_if_shared(tmp_path)


@BOTH
def test_a_newer_file_is_refused_by_the_first_step_we_do_not_know(
    opened: Callable[[Path], object], tmp_path: Path
) -> None:
    path = tmp_path / "f.db"
    _made(opened, path)
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("insert into migration_digest (name, digest) values ('0008 moons', 'x')")
        raw.execute("insert into migration_digest (name, digest) values ('0009 stars', 'y')")
        raw.commit()
    before = path.read_bytes()
    with pytest.raises(NewerFile, match=r"newer keyturn.*'0008 moons'") as caught:
        opened(path)
    assert caught.value.migration == "0008 moons"
    assert path.read_bytes() == before


@BOTH
def test_a_file_with_an_edited_step_is_refused(
    opened: Callable[[Path], object], tmp_path: Path
) -> None:
    path = tmp_path / "f.db"
    _made(opened, path)
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("update migration_digest set digest = 'edited' where no = 1")
        raw.commit()
    with pytest.raises(StorageRefused, match=r"'0001 .* was edited"):
        opened(path)


@BOTH
@pytest.mark.parametrize("content", ["text", "other", "foreign"])
def test_what_is_not_a_keyturn_file_is_refused_and_left_as_it_is(
    opened: Callable[[Path], object], tmp_path: Path, content: str
) -> None:
    path = tmp_path / "f.db"
    if content == "text":
        path.write_text("version: 1\n" * 200)
    else:
        with closing(sqlite3.connect(path)) as raw:
            raw.execute("create table theirs (x)")
            if content == "foreign":
                raw.execute("pragma application_id = 7")
            raw.commit()
    path.chmod(0o600)
    before = path.read_bytes()
    with pytest.raises(StorageRefused, match="not a keyturn database"):
        opened(path)
    assert path.read_bytes() == before
    assert [found.name for found in tmp_path.iterdir()] == ["f.db"]


def test_a_cache_is_not_taken_for_a_journal(tmp_path: Path) -> None:
    open_cache(tmp_path / "cache.db").close()
    with pytest.raises(StorageRefused, match="not a keyturn database"):
        open_journal(tmp_path / "cache.db")


def test_a_journal_with_entries_is_copied_before_it_is_migrated(journal_path: Path) -> None:
    with open_journal(journal_path) as journal:
        journal.note("decision", "{}", 1)
    further = replace(
        JOURNAL,
        migrations=(*JOURNAL.migrations, Migration("9999 more", ("create table more (x) ",))),
    )
    with closing(connect(journal_path)) as connection:
        migrate(connection, journal_path, further, lambda: 123)
        assert connection.execute("select count(*) from more").fetchone() == (0,)
    copy = journal_path.with_name(f"journal.db.before-{len(further.migrations)}-123")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with open_journal(copy) as old:
        assert old.notes("decision") == ("{}",)
    with pytest.raises(NewerFile, match="9999 more"):
        open_journal(journal_path)


def test_a_migration_that_fails_leaves_the_old_shape(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    files.create_private(path)
    good = Migration("0001 one", ("create table one (x)",))
    shape = Shape("test", 99, (good,))
    broken = replace(
        shape, migrations=(good, Migration("0002", ("create table two (x)", "create rubbish")))
    )
    with closing(connect(path)) as connection:
        migrate(connection, path, shape, lambda: 1)
        with pytest.raises(StorageRefused, match="syntax error"):
            migrate(connection, path, broken, lambda: 2)
        assert migrations.is_current(connection, path, shape)
        tables = connection.execute("select name from sqlite_master where name = 'two'").fetchall()
        assert tables == []


def test_a_locked_file_is_said_to_be_busy(
    journal_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keyturn_storage.connections.BUSY_MS", 1)
    open_journal(journal_path).close()
    with closing(connect(journal_path)) as one, open_journal(journal_path) as journal:
        with writing(one, journal_path), pytest.raises(StorageBusy, match="another keyturn"):
            journal.note("x", "{}", 1)
        journal.note("x", "{}", 1)


def test_a_full_disk_is_said_and_nothing_is_half_written(journal_path: Path) -> None:
    with open_journal(journal_path) as journal:
        journal.note("x", "1", 1)
        pages = journal.connection.execute("pragma page_count").fetchone()[0]
        journal.connection.execute(f"pragma max_page_count = {pages}")
        with pytest.raises(StorageRefused, match=r"database or disk is full.*Check free space"):
            journal.note("x", "2" * 100_000, 2)
        assert journal.notes("x") == ("1",)
        assert journal.verify_chain().unbroken
        journal.connection.execute("pragma max_page_count = 100000")
        journal.note("x", "3", 3)
        assert journal.notes("x") == ("1", "3")


def test_a_locked_cache_is_waited_for_and_then_said_to_be_busy(
    cache_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keyturn_storage.connections.BUSY_MS", 1)
    files.create_private(cache_path)
    with closing(sqlite3.connect(cache_path, isolation_level=None)) as other:
        other.execute("begin exclusive")
        with pytest.raises(StorageBusy, match="another keyturn"):
            open_cache(cache_path)
        other.execute("rollback")
    open_cache(cache_path).close()


def test_a_reader_makes_an_empty_cache_where_there_is_none(cache_path: Path) -> None:
    with open_reader(cache_path) as reader:
        assert list(person_nos(reader)) == []
        assert reader.assessed() is None
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.connection.execute("delete from source")


def test_a_journal_that_is_not_there_is_not_made_by_reading(journal_path: Path) -> None:
    with pytest.raises(StorageRefused, match="there is no journal yet"):
        open_journal(journal_path, read_only=True)
    assert not journal_path.exists()


_RACE = """
import sys
from pathlib import Path
from keyturn_storage.journal import open_journal
from keyturn_storage.snapshots import open_cache
sys.stdin.read()
for number in range(3):
    open_journal(Path(sys.argv[1]) / f"j{number}.db").close()
    open_cache(Path(sys.argv[1]) / f"c{number}.db").close()
"""


def test_processes_that_make_the_same_file_at_once_all_succeed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _RACE, str(tmp_path)]
    with ExitStack() as at_once:
        racers = [
            at_once.enter_context(reaped(subprocess.Popen(command, stdin=subprocess.PIPE)))
            for _ in range(3)
        ]
        for racer in racers:
            racer.communicate(timeout=LIMIT_S)
    assert [racer.returncode for racer in racers] == [0, 0, 0]


def test_reading_from_an_up_to_date_cache_imports_nothing_heavy(cache_path: Path) -> None:
    open_cache(cache_path).close()
    script = (
        "import sys; from pathlib import Path\n"
        "from keyturn_storage.queries.reader import open_reader\n"
        "from keyturn_storage.queries import findings, grants, groups, persons, sources\n"
        "open_reader(Path(sys.argv[1])).close()\n"
        "print([m for m in ('sqlite_utils', 'httpx', 'pydantic', 'platformdirs') "
        "if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(cache_path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=LIMIT_S,
    )
    assert done.stdout.strip() == "[]"
