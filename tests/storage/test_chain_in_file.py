"""Whatever somebody with the file and every right changes in the journal's chain is found."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from keyturn_storage.chain import ChainReport
from keyturn_storage.journal import Journal, open_journal
from keyturn_storage.rows import RunRow, StepRow

ENTRIES = 9
MANY = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Journal]:
    """A journal with a run of two steps, without the triggers that stop accidents."""
    folder = tmp_path_factory.mktemp("data")
    folder.chmod(0o700)
    with open_journal(folder / "journal.db") as opened:
        steps = [
            StepRow("r1", f"op{n}", n, "planned", f"Suspend {n}", 1, 0, "", "", "", "")
            for n in (1, 2)
        ]
        opened.start_run(RunRow("r1", "p", "offboard", "t", "who", 1, None, "running", "{}"), steps)
        for n in (1, 2):
            opened.record_step("r1", f"op{n}", n, "intended", "is active", 2, intent="{}")
            opened.record_step("r1", f"op{n}", n, "applied", "accepted", 3, outcome="applied")
        opened.note("audit checkpoint", '{"side": "secrets"}', 4, run_id="r1")
        opened.end_run("r1", "stopped", 5)
        connection = opened.connection
        for (name,) in connection.execute(
            "select name from sqlite_master where type = 'trigger'"
        ).fetchall():
            connection.execute(f"drop trigger {name}")
        connection.commit()
        assert opened.verify_chain() == ChainReport(ENTRIES, opened.verify_chain().head)
        yield opened


@contextmanager
def tampered(journal: Journal) -> Iterator[sqlite3.Connection]:
    """Changes that are taken back when the block ends."""
    connection = journal.connection
    snapshot = sqlite3.connect(":memory:")
    connection.backup(snapshot)
    try:
        yield connection
    finally:
        connection.commit()
        snapshot.backup(connection)
        snapshot.close()


def found(journal: Journal, connection: sqlite3.Connection) -> ChainReport:
    connection.commit()
    return journal.verify_chain()


@MANY
@given(st.integers(1, ENTRIES), st.sampled_from(("line", "hash", "prev_hash")), st.data())
def test_every_changed_byte_of_an_entry_is_found_at_that_entry(
    journal: Journal, seq: int, column: str, data: st.DataObject
) -> None:
    with tampered(journal) as connection:
        (old,) = connection.execute(f"select {column} from entry where seq = ?", (seq,)).fetchone()
        raw = bytearray(old.encode())
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at] ^= data.draw(st.integers(1, 127))
        new = raw.decode("utf-8", "replace")
        assume("\x00" not in new)
        connection.execute(f"update entry set {column} = ? where seq = ?", (new, seq))
        assert found(journal, connection).first_bad == seq


@MANY
@given(st.integers(1, ENTRIES), st.integers(1, ENTRIES))
def test_every_removed_stretch_is_found_where_it_begins(
    journal: Journal, first: int, last: int
) -> None:
    assume(first <= last)
    with tampered(journal) as connection:
        connection.execute("delete from entry where seq between ? and ?", (first, last))
        assert found(journal, connection).first_bad == first


@MANY
@given(st.integers(1, ENTRIES - 1), st.integers(2, ENTRIES))
def test_every_swap_is_found_at_the_first_of_the_two(journal: Journal, one: int, two: int) -> None:
    assume(one < two)
    with tampered(journal) as connection:
        connection.execute("update entry set seq = 1000 where seq = ?", (one,))
        connection.execute("update entry set seq = ? where seq = ?", (one, two))
        connection.execute("update entry set seq = ? where seq = 1000", (two,))
        assert found(journal, connection).first_bad == one


@MANY
@given(st.sampled_from(("seq", "hash")), st.data())
def test_every_changed_head_is_found(journal: Journal, column: str, data: st.DataObject) -> None:
    with tampered(journal) as connection:
        if column == "seq":
            value: int | str = data.draw(st.integers(0, 20).filter(lambda n: n != ENTRIES))
        else:
            value = data.draw(st.text("0123456789abcdef", min_size=64, max_size=64))
        connection.execute(f"update head set {column} = ?", (value,))
        assert not found(journal, connection).unbroken


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("state", "verified"),
        ("words", "Suspend nobody"),
        ("verdict", "effective and logged"),
        ("intent", "{ }"),
        ("outcome", "already_so"),
        ("error", "none"),
        ("at_ms", 99),
        ("attempts", 7),
        ("number", 12),
    ],
)
def test_a_folded_step_that_says_something_else_is_found(
    journal: Journal, column: str, value: str | int
) -> None:
    with tampered(journal) as connection:
        connection.execute(f"update step set {column} = ? where operation_id = 'op2'", (value,))
        report = found(journal, connection)
        assert not report.unbroken
        assert "the step op2 is not stored as the entries say" in report.why


@pytest.mark.parametrize(
    ("column", "value"),
    [("state", "ended"), ("plan_json", "{ }"), ("operator", "another"), ("started_ms", 9),
     ("scope", "sync"), ("plan_id", "q"), ("ended_ms", 6)],
)  # fmt: skip
def test_a_folded_run_that_says_something_else_is_found(
    journal: Journal, column: str, value: str | int
) -> None:
    with tampered(journal) as connection:
        connection.execute(f"update run set {column} = ?", (value,))
        report = found(journal, connection)
        assert not report.unbroken
        assert "the run r1 is not stored as the entries say" in report.why
