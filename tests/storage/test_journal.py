"""The journal: what is folded, what is refused, what counts."""

import json
import sqlite3
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from tests.children import LIMIT_S, reaped

from keyturn_providers.records import Side
from keyturn_storage.errors import PlanAlreadyRun
from keyturn_storage.journal import Journal, open_journal
from keyturn_storage.rows import ArchivedEvent, RunRow, StepRow

RUN = RunRow("r1", "p1", "offboard", "Dana leaves", "ana", 10, None, "running", '{"plan":1}')
EVENT = ArchivedEvent("r1", "o1", "bao", Side.SECRETS, "e1", 5, "ana", "update", "x", "::1", "{}")


def _step(number: int, state: str = "planned") -> StepRow:
    return StepRow("r1", f"o{number}", number, state, f"step {number}", 10, 0, "", "", "", "")


def test_a_run_begins_with_its_steps_planned(journal: Journal) -> None:
    journal.start_run(RUN, [_step(2), _step(1)])
    assert journal.run("r1") == RUN
    assert [(s.number, s.state, s.attempts) for s in journal.steps("r1")] == [
        (1, "planned", 0),
        (2, "planned", 0),
    ]
    assert journal.run("r2") is None
    assert journal.steps("r2") == ()


def test_a_step_is_the_newest_entry_about_it_with_intent_and_outcome_kept(
    journal: Journal,
) -> None:
    journal.start_run(RUN, [_step(1)])
    journal.record_step("r1", "o1", 1, "intended", "cut", 11, intent='{"path":"/x"}')
    journal.record_step("r1", "o1", 1, "unknown", "cut", 12, error="the answer was lost")
    journal.record_step("r1", "o1", 1, "intended", "cut again", 13)
    journal.record_step("r1", "o1", 1, "applied", "cut again", 14, outcome='{"status":204}')
    journal.record_step("r1", "o1", 1, "verified", "cut again", 15, verdict="effective and logged")
    assert journal.steps("r1") == (
        StepRow(
            "r1",
            "o1",
            1,
            "verified",
            "cut again",
            15,
            2,
            '{"path":"/x"}',
            '{"status":204}',
            "effective and logged",
            "",
            done_ms=12,
        ),
    )
    states = [json.loads(line).get("state") for line in journal.lines("r1")]
    assert states == [
        "running",
        "planned",
        "intended",
        "unknown",
        "intended",
        "applied",
        "verified",
    ]


def test_open_runs_are_those_not_ended(journal: Journal) -> None:
    for number in range(3):
        journal.start_run(replace(RUN, id=f"r{number}", started_ms=number))
    journal.end_run("r0", "ended", 20)
    journal.end_run("r1", "stopped", 21)
    assert [r.id for r in journal.open_runs()] == ["r1", "r2"]
    assert [r.id for r in journal.runs(open_only=True)] == ["r2", "r1"]
    assert [(r.id, r.ended_ms) for r in journal.runs()] == [("r2", None), ("r1", 21), ("r0", 20)]
    journal.end_run("r1", "running", 22)
    found = journal.run("r1")
    assert found is not None
    assert (found.state, found.ended_ms) == ("running", None)


def test_what_does_not_fit_is_refused_and_leaves_nothing(journal: Journal) -> None:
    journal.start_run(RUN)
    before = journal.lines()
    with pytest.raises(ValueError, match="is in the journal already"):
        journal.start_run(RUN)
    with pytest.raises(ValueError, match="run nobody is not in the journal"):
        journal.record_step("nobody", "o1", 1, "planned", "w", 1)
    with pytest.raises(ValueError, match="run nobody is not in the journal"):
        journal.end_run("nobody", "ended", 1)
    with pytest.raises(ValueError, match="not a state of a run"):
        journal.end_run("r1", "finished", 1)
    assert journal.lines() == before
    assert journal.verify_chain().unbroken


def test_removals_done_or_perhaps_done_are_counted_from_when_they_were(journal: Journal) -> None:
    journal.start_run(RUN)

    def step(number: int, state: str, at_ms: int, *, removes: bool = True) -> None:
        journal.record_step("r1", f"o{number}", number, state, "w", at_ms, removes=removes)

    step(1, "intended", 50)
    step(1, "applied", 51)
    step(1, "verified", 60)
    step(2, "intended", 52)
    step(2, "unknown", 53)
    step(3, "already_so", 54)
    step(4, "refused", 55)
    step(5, "applied", 56, removes=False)
    assert [journal.removals_since(at) for at in (0, 51, 52, 53, 54)] == [2, 2, 1, 1, 0]


def test_a_removal_found_done_after_a_lone_intent_counts_as_done(journal: Journal) -> None:
    journal.start_run(RUN, [_step(1), _step(2), _step(3)])
    journal.record_step("r1", "o1", 1, "intended", "cut", 100, intent="{}", removes=True)
    journal.record_step("r1", "o1", 1, "already_so", "read again", 110, removes=True)
    journal.record_step("r1", "o2", 2, "already_so", "nothing was sent", 110, removes=True)
    journal.record_step("r1", "o3", 3, "intended", "cut", 100, intent="{}", removes=True)
    journal.record_step("r1", "o3", 3, "already_so", "x", 110, outcome="already so", removes=True)
    assert journal.removals_since(0) == 1
    assert journal.removals_since(111) == 0


@pytest.mark.parametrize("state", ["running", "stopped", "ended"])
def test_a_plan_is_not_run_twice_and_the_first_run_keeps_its_record(
    journal: Journal, state: str
) -> None:
    journal.start_run(RUN, [_step(1), _step(2)])
    journal.record_step("r1", "o1", 1, "verified", "done", 11, verdict="effective and logged")
    journal.end_run("r1", state, 12)
    before = journal.steps("r1")
    again = replace(_step(2), run_id="r2")
    with pytest.raises(PlanAlreadyRun, match=r"plan p1 again: .*run r1.*keyturn resume"):
        journal.start_run(replace(RUN, id="r2"), [again])
    assert journal.steps("r1") == before
    assert journal.run("r2") is None
    assert journal.verify_chain().unbroken


def test_an_event_is_archived_once(journal: Journal) -> None:
    later = replace(EVENT, event_id="e2", at_ms=4)
    assert journal.archive_events([EVENT, EVENT, later]) == 2
    assert journal.archive_events([EVENT]) == 0
    assert journal.events("r1") == (later, EVENT)
    assert journal.archive_events([replace(EVENT, source="people")]) == 1


def test_notes_are_found_by_kind_and_run(journal: Journal) -> None:
    journal.note("checkpoint", "1", 1, run_id="r1")
    journal.note("checkpoint", "2", 2, run_id="r2")
    journal.note("decision", "3", 3)
    assert journal.notes("checkpoint") == ("1", "2")
    assert journal.notes("checkpoint", run_id="r2") == ("2",)


@pytest.mark.parametrize(
    "statement",
    [
        "update entry set line = '{}' where seq = 1",
        "update entry set hash = hash where seq = 1",
        "delete from entry where seq = 2",
        "delete from entry",
        "insert into entry select seq + 7, prev_hash, line, hash from entry where seq = 1",
        "insert into entry select 9, (select hash from head), line, hash from entry where seq = 1",
        "insert or replace into entry select seq, prev_hash, 'x', hash from entry where seq = 1",
        "replace into entry select 2, prev_hash, 'x', hash from entry where seq = 2",
        "insert into entry select 3, prev_hash, line, hash from entry where seq = 1",
        "update head set seq = 1",
        "delete from head",
        "update event set raw = 'x'",
        "delete from event",
    ],
)
def test_the_file_itself_refuses_to_be_changed(journal: Journal, statement: str) -> None:
    journal.note("a", "1", 1)
    journal.archive_events([EVENT])
    before = journal.lines()
    with pytest.raises(sqlite3.IntegrityError, match=r"journal|events"):
        journal.connection.execute(statement)
    assert journal.lines() == before
    assert journal.verify_chain().unbroken


def test_names_are_not_in_the_chain(journal: Journal) -> None:
    """They can be erased one day: the chain keeps ids and proof."""
    journal.start_run(RUN)
    journal.record_step("r1", "o1", 1, "planned", "Suspend Dana Okafor", 11)
    journal.archive_events([replace(EVENT, actor="Dana Okafor")])
    assert "Dana" not in "".join(journal.lines())


def test_hostile_words_come_back_as_they_went_in(journal: Journal) -> None:
    words = "\x00\u202e[red]'); drop table entry;--\U0001f600" + "x" * 10_000
    journal.start_run(replace(RUN, title=words))
    journal.record_step("r1", words, 1, "planned", words, 1, intent=words, error=words)
    step = journal.steps("r1")[0]
    assert (step.operation_id, step.words, step.intent, step.error) == (words,) * 4
    assert journal.verify_chain().unbroken


def test_a_reader_sees_what_was_written_and_cannot_write(
    journal: Journal, journal_path: Path
) -> None:
    journal.start_run(RUN, [_step(1)])
    with open_journal(journal_path, read_only=True) as reader:
        assert reader.runs() == (RUN,)
        assert reader.verify_chain().entries == 2
        with pytest.raises(Exception, match="readonly"):
            reader.note("x", "1", 1)


_APPENDER = """
import sys
from pathlib import Path
from keyturn_storage.journal import open_journal
with open_journal(Path(sys.argv[1])) as journal:
    sys.stdin.read()
    for number in range(40):
        journal.note("by", f"{sys.argv[2]}.{number}", number)
"""


def test_four_processes_appending_make_one_unbroken_chain(
    journal: Journal, journal_path: Path
) -> None:
    with ExitStack() as at_once:
        writers = [
            at_once.enter_context(
                reaped(
                    subprocess.Popen(
                        [sys.executable, "-c", _APPENDER, str(journal_path), str(number)],
                        stdin=subprocess.PIPE,
                    )
                )
            )
            for number in range(4)
        ]
        for writer in writers:
            writer.communicate(timeout=LIMIT_S)
    assert [writer.returncode for writer in writers] == [0, 0, 0, 0]
    report = journal.verify_chain()
    assert (report.entries, report.first_bad) == (160, None)
    notes = journal.notes("by")
    for number in range(4):
        own = [note for note in notes if note.startswith(f"{number}.")]
        assert own == [f"{number}.{count}" for count in range(40)]
