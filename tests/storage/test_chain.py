"""Any change to what was written is found, and the first bad entry is named."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.storage.edited_file import edit

from keyturn_providers.records import Side
from keyturn_storage.chain import GENESIS, Entry, Head, link, verify
from keyturn_storage.journal import open_journal
from keyturn_storage.rows import ArchivedEvent, RunRow


def _chain(lines: list[str]) -> tuple[list[Entry], Head]:
    entries: list[Entry] = []
    last = GENESIS
    for seq, line in enumerate(lines, start=1):
        entries.append(Entry(seq, last, line, link(last, line)))
        last = entries[-1].hash
    return entries, Head(len(lines), last)


LINES = st.lists(st.text(max_size=20), min_size=2, max_size=6)


@given(st.lists(st.text(max_size=20), max_size=6))
def test_what_was_written_is_unbroken(lines: list[str]) -> None:
    entries, head = _chain(lines)
    report = verify(entries, head)
    assert (report.unbroken, report.entries, report.head) == (True, len(lines), head.hash)


@given(LINES, st.data())
def test_a_single_changed_byte_is_found_where_it_is(lines: list[str], data: st.DataObject) -> None:
    entries, head = _chain(lines)
    place = data.draw(st.integers(0, len(entries) - 1))
    field = data.draw(st.sampled_from(("line", "hash", "prev_hash")))
    old = getattr(entries[place], field).encode()
    assume(old)
    at = data.draw(st.integers(0, len(old) - 1))
    flipped = bytearray(old)
    flipped[at] ^= data.draw(st.integers(1, 127))
    new = bytes(flipped).decode("utf-8", "surrogateescape")
    assume(new != old.decode())
    bad = {"line": entries[place].line, "hash": entries[place].hash}
    bad = {"prev_hash": entries[place].prev_hash, **bad, field: new}
    entries[place] = Entry(entries[place].seq, bad["prev_hash"], bad["line"], bad["hash"])
    assert verify(entries, head).first_bad == place + 1


@given(LINES, st.data())
def test_a_cut_is_found_wherever_it_is(lines: list[str], data: st.DataObject) -> None:
    entries, head = _chain(lines)
    start = data.draw(st.integers(0, len(entries) - 1))
    end = data.draw(st.integers(start + 1, len(entries)))
    assert verify(entries[:start] + entries[end:], head).first_bad == start + 1


@given(LINES, st.data())
def test_a_cut_that_is_renumbered_is_found(lines: list[str], data: st.DataObject) -> None:
    entries, head = _chain(lines)
    gone = data.draw(st.integers(0, len(entries) - 1))
    left = [replace(e, seq=n) for n, e in enumerate(entries[:gone] + entries[gone + 1 :], start=1)]
    assert verify(left, head).first_bad == gone + 1


@given(LINES, st.data())
def test_a_swap_is_found_at_the_first_of_the_two(lines: list[str], data: st.DataObject) -> None:
    entries, head = _chain(lines)
    one = data.draw(st.integers(0, len(entries) - 2))
    two = data.draw(st.integers(one + 1, len(entries) - 1))
    assume(lines[one] != lines[two])
    first, second = entries[one], entries[two]
    entries[one] = replace(second, seq=first.seq)
    entries[two] = replace(first, seq=second.seq)
    assert verify(entries, head).first_bad == one + 1
    entries[one] = replace(first, line=second.line)
    entries[two] = replace(second, line=first.line)
    assert verify(entries, head).first_bad == one + 1


@given(LINES)
def test_a_rewrite_from_the_first_entry_on_is_found_against_a_published_head(
    lines: list[str],
) -> None:
    _, published = _chain(lines)
    rewritten, own = _chain(["x" + lines[0], *lines[1:]])
    assert verify(rewritten, own).unbroken
    assert not verify(rewritten, published).unbroken


def _journal(path: Path) -> None:
    with open_journal(path) as journal:
        journal.start_run(RunRow("r", "p", "sync", "t", "ana", 1, None, "running", '{"a":1}'))
        journal.record_step("r", "o", 1, "intended", "cut Dana", 2, intent="{}")
        journal.record_step("r", "o", 1, "applied", "cut Dana", 3)
        event = ArchivedEvent("r", "o", "bao", Side.SECRETS, "e", 4, "ana", "act", "t", "", "{}")
        journal.archive_events([event])
        journal.end_run("r", "ended", 5)


@pytest.mark.parametrize(
    ("statement", "first_bad", "why"),
    [
        ("update entry set line = replace(line, 'sync', 'none') where seq = 1", 1, "was changed"),
        ("update entry set hash = prev_hash where seq = 3", 3, "was changed"),
        ("delete from entry where seq = 2", 2, "is missing"),
        ("delete from entry where seq > 3", 4, "ends at entry 3, but had 5"),
        ("delete from entry", 1, "ends at entry 0, but had 5"),
        ("update run set state = 'running'", 5, "run r is not stored as the entries say"),
        ("update run set plan_json = '{}'", 5, "run r is not stored as the entries say"),
        ("update step set state = 'verified'", 3, "step o is not stored as the entries say"),
        ("update step set words = 'kept Dana'", 3, "step o is not stored as the entries say"),
        ("update event set raw = '{\"x\":1}'", 5, "audit events"),
        ("delete from event", 5, "audit events"),
        ("delete from step", 3, "step o"),
    ],
)
def test_a_file_edited_around_the_triggers_is_found_out(
    tmp_path: Path, statement: str, first_bad: int, why: str
) -> None:
    path = tmp_path / "journal.db"
    _journal(path)
    edit(path, statement)
    with open_journal(path, read_only=True) as journal:
        report = journal.verify_chain()
    assert report.first_bad == first_bad
    assert why in report.why


def test_two_lines_swapped_with_their_hashes_are_found_out(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    _journal(path)
    for old, new in ((2, 99), (3, 2), (99, 3)):
        edit(path, f"update entry set seq = {new} where seq = {old}")
    with open_journal(path, read_only=True) as journal:
        assert journal.verify_chain().first_bad == 2
