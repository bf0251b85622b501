"""What is purged is gone from the file, what is kept is checked as before, and holds are kept."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.storage.purgeable import LIMIT, NEW, OLD, archive, case_of, everything, run_of

from keyturn_storage.errors import PlanAlreadyRun
from keyturn_storage.journal import Journal, open_journal
from keyturn_storage.kept_texts import kept_of_run, kept_with_digest
from keyturn_storage.purging import find_purgeable, purge
from keyturn_storage.queries.cases import cases
from keyturn_storage.queries.coverage import coverage, missing_between
from keyturn_storage.queries.purges import purged_runs, purges

MANY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    tmp_path.chmod(0o700)
    with open_journal(tmp_path / "journal.db") as made:
        yield made


def purged(journal: Journal, **more: int) -> None:
    purge(journal, before_ms=LIMIT, days=30, by="h.lund@ops", at_ms=NEW, **more)


def test_what_is_old_and_nobody_holds_goes_and_the_rest_is_named(journal: Journal) -> None:
    everything(journal)
    found = find_purgeable(journal, LIMIT)
    assert (found.runs, found.cases) == (("run1",), ("case1",))
    # Of the run: two lines of its step and the note; its own text, and the policy nobody needs.
    assert (found.lines, found.texts) == (3, 2)
    # The newest event stays whatever its age, those of people with a case that stays, too.
    assert (found.events, found.events_held) == (3, 2)
    assert {(one.what, one.id): one.why for one in found.stays} == {
        ("case", "case2"): "it is under legal hold",
        ("case", "case3"): "it is not closed",
        ("run", "run2"): "it belongs to case case2, which stays",
        ("run", "run3"): "it belongs to case case3, which stays",
        ("run", "run5"): "it is running: keyturn resume goes on with it",
    }
    assert journal.verify_chain().unbroken


def test_after_a_purge_the_chain_holds_and_says_what_when_and_by_whom(journal: Journal) -> None:
    everything(journal)
    head = journal.verify_chain()
    purged(journal)
    report = journal.verify_chain()
    assert report.unbroken
    assert report.entries == head.entries + 1
    (done,) = purges(journal)
    assert (done.by, done.days, done.before_ms, done.at_ms) == ("h.lund@ops", 30, LIMIT, NEW)
    assert done.words == "1 run, 1 case, 3 journal lines, 2 texts, 3 archived events"
    assert purged_runs(journal) == {"run1": done.entry}
    assert journal.run("run1") is None
    assert journal.events("run1") == ()
    assert kept_of_run(journal, "sources", "run1") == kept_with_digest(
        journal,
        "sources",
        kept_of_run(journal, "sources", "run1").sha256,  # type: ignore[union-attr]
    )
    assert {one.id for one in cases(journal)} == {"case2", "case3"}
    assert find_purgeable(journal, LIMIT).nothing
    purged(journal)
    assert len(purges(journal)) == 1


def test_what_was_purged_is_in_no_byte_of_the_file(journal: Journal) -> None:
    everything(journal)
    assert b"Dana Okafor" in journal.path.read_bytes()
    purged(journal)
    left = journal.path.read_bytes()
    for gone in (b"Dana Okafor", b"dana.okafor@", b"d-1", b"192.0.2.7Dana"):
        assert gone not in left, gone
    for stays in (b"Ravi Menon", b"Lea Baum", b"Tom Ong", b"name of ACCOUNT2"):
        assert stays in left, stays


def test_a_small_batch_gives_several_purges_and_the_same_end(
    journal: Journal, tmp_path: Path
) -> None:
    everything(journal)
    purged(journal, batch=2)
    assert [one.events for one in purges(journal)] == [2, 1]
    assert journal.verify_chain().unbroken
    assert find_purgeable(journal, LIMIT).nothing


def test_the_archive_does_not_claim_what_was_purged(journal: Journal) -> None:
    archive(journal, ("A", OLD), ("A", OLD + 1), ("A", NEW))
    assert coverage(journal)[0].since_ms == 0
    purged(journal)
    (covered,) = coverage(journal)
    assert covered.since_ms == LIMIT
    assert [one.until_ms for one in missing_between(covered, OLD, NEW)] == [LIMIT]
    # Reading goes on from where it stood, and numbers go on too.
    archive(journal, ("B", NEW + 1))
    assert journal.verify_chain().unbroken


def test_a_plan_of_a_purged_run_is_not_applied_again(journal: Journal) -> None:
    run_of(journal, 1, OLD, "Dana Okafor")
    purged(journal)
    with pytest.raises(PlanAlreadyRun, match="which was purged since"):
        run_of(journal, 1, NEW, "Dana Okafor")


def test_a_run_of_two_cases_stays_with_the_one_that_is_held(journal: Journal) -> None:
    run = run_of(journal, 1, OLD, "Dana Okafor and Ravi Menon")
    case_of(journal, 1, "Dana Okafor", run)
    case_of(journal, 2, "Ravi Menon", run, hold=True)
    found = find_purgeable(journal, LIMIT)
    assert found.nothing
    assert {one.id: one.why for one in found.stays} == {
        "case1": "its run run1 stays",
        "case2": "it is under legal hold",
        "run1": "it belongs to case case2, which stays",
    }


def test_a_hold_is_named_however_new_its_case_is(journal: Journal) -> None:
    run_of(journal, 1, OLD, "Dana Okafor")
    case_of(journal, 2, "Ravi Menon", hold=True, at_ms=NEW)
    archive(journal, ("ACCOUNT2", OLD), ("OTHER", OLD), ("OTHER", NEW))
    found = find_purgeable(journal, LIMIT)
    assert [(one.id, one.why) for one in found.stays] == [("case2", "it is under legal hold")]
    assert (found.runs, found.events, found.events_held) == (("run1",), 1, 1)


@pytest.mark.parametrize(
    "statement",
    [
        'update entry set line = \'{"kind":"purged"}\' where seq = 1',
        "update entry set line = '{}' where seq = 2",
        "delete from stream_event where no = 8",
        "delete from case_file",
        "delete from event",
        "insert into purged (purge, what, key, stands) values (1, 'run', 'run4', 'plan4')",
        "delete from purged",
        "update purged set stands = 'x'",
        "delete from purged_event",
        "update kept_text set body = ''",
        "update kept_text set body = 'x'",
    ],
)
def test_nothing_is_purged_by_accident(journal: Journal, statement: str) -> None:
    everything(journal)
    purged(journal)
    with pytest.raises(sqlite3.IntegrityError):
        journal.connection.execute(statement)


COVERED = {
    "entry": ("seq", "prev_hash", "line", "hash"),
    "run": ("id", "plan_id", "scope", "title", "operator", "state", "plan_json"),
    "step": ("operation_id", "state", "words", "intent", "outcome", "verdict", "error"),
    "event": ("run_id", "operation_id", "source", "side", "event_id", "actor", "action", "target",
              "source_address", "raw"),
    "stream_event": ("id", "action", "raw", "user_id", "vault_id", "item_id", "at_ms", "page"),
    "case_file": ("id", "person_key", "name", "login", "directory_id", "opened_by"),
    "case_note": ("what", "run_id", "body", "by"),
    "kept_text": ("what", "run_id", "sha256", "body"),
    "purged": ("what", "key", "stands", "purge"),
    "purged_event": ("sha256", "purge", "no"),
}  # fmt: skip


@pytest.fixture(scope="module")
def rest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journal]:
    """A journal after a purge, without the triggers that stop accidents."""
    folder = tmp_path_factory.mktemp("rest")
    folder.chmod(0o700)
    with open_journal(folder / "journal.db") as made:
        everything(made)
        purged(made, batch=2)
        connection = made.connection
        connection.execute("pragma foreign_keys=off")
        connection.execute("pragma ignore_check_constraints=on")
        for (name,) in connection.execute(
            "select name from sqlite_master where type = 'trigger'"
        ).fetchall():
            connection.execute(f"drop trigger {name}")
        assert made.verify_chain().unbroken
        yield made


@contextmanager
def taken_back(connection: sqlite3.Connection) -> Iterator[None]:
    """Whatever is changed in the block is as before after it."""
    copy = sqlite3.connect(":memory:")
    connection.backup(copy)
    try:
        yield
    finally:
        copy.backup(connection)
        copy.close()


@MANY
@given(st.data())
def test_after_a_purge_every_changed_byte_of_what_is_left_is_found(
    rest: Journal, data: st.DataObject
) -> None:
    table = data.draw(st.sampled_from(sorted(COVERED)))
    column = data.draw(st.sampled_from(COVERED[table]))
    connection = rest.connection
    keys = {"purged": "what, key", "step": "operation_id", "entry": "seq", "purged_event": "no"}
    key = keys.get(table, "rowid")
    rows = connection.execute(f"select {key}, {column} from {table}").fetchall()
    *where, old = data.draw(st.sampled_from(rows))
    new: int | str
    if isinstance(old, int):
        new = old ^ (1 << data.draw(st.integers(0, 7)))
    else:
        raw = bytearray(str(old).encode())
        assume(raw)
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 127))
        new = raw.decode("utf-8", "replace")
        assume("\x00" not in new)
    condition = " and ".join(f"{name} = ?" for name in key.split(", "))
    with taken_back(connection):
        try:
            connection.execute(f"update {table} set {column} = ? where {condition}", (new, *where))
        except sqlite3.IntegrityError:
            assume(False)
        report = rest.verify_chain()
        assert not report.unbroken, (table, column, old, new)
        assert report.why


def test_a_purged_line_whose_number_is_none_is_told_and_not_stumbled_over(rest: Journal) -> None:
    with taken_back(rest.connection):
        changed = rest.connection.execute(
            "update purged set key = key || 'x' where what = 'entry'"
            " and key = (select min(key) from purged where what = 'entry')"
        )
        assert changed.rowcount == 1
        assert rest.verify_chain().why


@MANY
@given(st.sampled_from(sorted(COVERED)), st.data())
def test_after_a_purge_every_row_that_is_gone_is_found(
    rest: Journal, table: str, data: st.DataObject
) -> None:
    connection = rest.connection
    key = {"purged": "key", "step": "operation_id"}.get(table, "rowid")
    keys = [row[0] for row in connection.execute(f"select {key} from {table}")]
    gone = data.draw(st.sampled_from(keys))
    with taken_back(connection):
        connection.execute(f"delete from {table} where {key} = ?", (gone,))
        assert not rest.verify_chain().unbroken
