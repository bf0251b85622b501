"""Cases in the journal: opened once, only ever added to, and covered by the chain."""

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from keyturn_storage.case_files import note_case, note_of_facts, open_case
from keyturn_storage.case_rows import CaseIn, Facts, Noted, NoteIn
from keyturn_storage.journal import Journal, open_journal
from keyturn_storage.queries.cases import (
    case,
    cases,
    cases_beginning,
    cases_called,
    cases_count,
    cases_of,
    cases_of_run,
)

DANA = CaseIn(
    id="c1",
    person_key="d:d1",
    name="Dana Okafor",
    login="dana@acme.example",
    directory_tenant="acme",
    directory_id="d1",
    directory_name="okta",
    secrets_tenant="vaults",
    secrets_id="s1",
    secrets_name="1password",
    opened_by="ana@desk",
    opened_ms=10,
)
BO = replace(DANA, id="c2", person_key="s:s2", name="Bo", login="bo", directory_id="",
             secrets_id="s2")  # fmt: skip


def test_a_case_is_read_back_with_the_last_word_on_each_fact(journal: Journal) -> None:
    open_case(journal, DANA)
    first = Facts(kind="voluntary", left_ms=5, left_zone="+02:00", ticket="HR-1")
    note_case(journal, "c1", *note_of_facts(Facts(), first, "ana", 11))
    second = replace(first, approver="r.silva", legal_hold=False)
    note_case(journal, "c1", *note_of_facts(first, second, "ben", 12))
    assert note_of_facts(second, second, "ben", 13) == ()
    found = case(journal, "c1")
    assert found is not None
    assert (found.name, found.secrets_id, found.opened_ms) == ("Dana Okafor", "s1", 10)
    assert found.facts == second
    assert [json.loads(note.body) for note in found.of(Noted.FACTS)] == [
        {"kind": "voluntary", "left_ms": 5, "left_zone": "+02:00", "ticket": "HR-1"},
        {"approver": "r.silva", "legal_hold": False},
    ]
    assert case(journal, "c9") is None


def test_runs_are_of_the_cases_that_they_were_noted_of(journal: Journal) -> None:
    open_case(journal, DANA)
    open_case(journal, BO)
    for case_id in ("c1", "c2"):
        note_case(journal, case_id, NoteIn(Noted.RUN, "", "ana", 11, "r1"))
    note_case(journal, "c1", NoteIn(Noted.RUN, "", "ana", 12, "r2"))
    note_case(journal, "c1", NoteIn(Noted.RUN, "", "ana", 13, "r1"))
    note_case(journal, "c1", NoteIn(Noted.COMMENT, "called twice", "ana", 14, "r3"))
    assert [found.id for found in cases_of_run(journal, "r1")] == ["c1", "c2"]
    assert [found.id for found in cases_of_run(journal, "r2")] == ["c1"]
    assert cases_of_run(journal, "r3") == cases_of_run(journal, "") == ()
    found = case(journal, "c1")
    assert found is not None
    assert found.run_ids == ("r1", "r2")
    assert len(journal.lines("r1")) == 3


def test_cases_are_found_by_account_name_and_beginning(journal: Journal) -> None:
    open_case(journal, DANA)
    open_case(journal, BO)
    assert [found.id for found in cases(journal)] == ["c2", "c1"]
    assert [found.id for found in cases(journal, limit=1)] == ["c2", "c1"]
    assert cases_count(journal) == 2
    assert [found.id for found in cases_of(journal, directory_id="d1")] == ["c1"]
    assert [found.id for found in cases_of(journal, secrets_id="s2")] == ["c2"]
    assert cases_of(journal) == ()
    assert [found.id for found in cases_called(journal, "DANA okafor")] == ["c1"]
    assert cases_called(journal, "") == ()
    assert [found.id for found in cases_beginning(journal, "c")] == ["c2", "c1"]
    assert cases_beginning(journal, "%") == ()


def test_a_note_without_its_case_and_a_case_twice_are_refused(journal: Journal) -> None:
    open_case(journal, DANA)
    with pytest.raises(ValueError, match="c1 is in the journal already"):
        open_case(journal, DANA)
    with pytest.raises(ValueError, match="c9 is not in the journal"):
        note_case(journal, "c9", NoteIn(Noted.COMMENT, "x", "ana", 1))
    assert journal.verify_chain().entries == 1


@pytest.mark.parametrize(
    "statement",
    [
        "update case_file set name = 'Somebody'",
        "update case_note set body = '{}'",
        "delete from case_note",
        "delete from case_file",
        "insert or replace into case_note select * from case_note",
        "insert or replace into case_file select * from case_file",
        (
            "insert into case_note select no + 1, entry, case_no, what, run_id, body, by, at_ms "
            "from case_note"
        ),
        (
            "insert into case_file select no + 1, 2, id, person_key, name, login, "
            "directory_tenant, directory_id, directory_name, secrets_tenant, secrets_id, "
            "secrets_name, opened_by, opened_ms from case_file"
        ),
    ],
)
def test_nothing_of_a_case_is_changed_or_taken_back(journal: Journal, statement: str) -> None:
    open_case(journal, DANA)
    note_case(journal, "c1", NoteIn(Noted.COMMENT, "x", "ana", 1))
    with pytest.raises(sqlite3.IntegrityError):
        journal.connection.execute(statement)
    assert journal.verify_chain().unbroken


@pytest.mark.parametrize(
    ("table", "statement"),
    [
        ("case_file", "update case_file set login = 'somebody'"),
        ("case_note", "update case_note set body = 'y'"),
        ("case_note", "update case_note set case_no = 2"),
        ("case_note", "delete from case_note"),
    ],
)
def test_a_row_changed_behind_the_triggers_is_found(
    tmp_path: Path, table: str, statement: str
) -> None:
    with open_journal(tmp_path / "journal.db") as journal:
        open_case(journal, DANA)
        open_case(journal, BO)
        note_case(journal, "c1", NoteIn(Noted.COMMENT, "x", "ana", 1))
        assert journal.verify_chain().unbroken
        for what in ("no_update", "no_delete"):
            journal.connection.execute(f"drop trigger {table}_{what}")
        journal.connection.execute(statement)
        report = journal.verify_chain()
    assert report.first_bad == (1 if table == "case_file" else 3)
    assert "is not stored as the entries say" in report.why


def test_no_limit_leaves_out_a_case_that_is_not_closed(journal: Journal) -> None:
    closed = NoteIn(Noted.CLOSED, '{"reason": "done"}', "ana", 11)
    for number in range(1, 7):
        open_case(journal, replace(DANA, id=f"c{number}", opened_ms=number))
        if number > 1:
            note_case(journal, f"c{number}", closed)
    note_case(journal, "c3", NoteIn(Noted.REOPENED, '{"reason": "is back"}', "ana", 12))
    assert [row.id for row in cases(journal, limit=3)] == ["c6", "c3", "c1"]
    assert [row.id for row in cases(journal, limit=1)] == ["c3", "c1"]
    assert len(cases(journal)) == cases_count(journal) == 6
    note_case(journal, "c3", closed)
    assert [row.id for row in cases(journal, limit=2)] == ["c6", "c1"]
