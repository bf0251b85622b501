"""A journal with old and recent runs, cases and events, of which each names its person."""

import json

from keyturn_providers.records import Side, SourceIdentity
from keyturn_storage.case_files import note_case, open_case
from keyturn_storage.case_rows import CaseIn, Noted, NoteIn
from keyturn_storage.journal import Journal
from keyturn_storage.kept_texts import keep_text
from keyturn_storage.rows import ArchivedEvent, RunRow, StepRow
from keyturn_storage.stream_archive import begin_stream, store_page
from keyturn_storage.stream_rows import EventIn, PageIn

OLD, LIMIT, NEW = 1_000, 5_000, 9_000
SOURCE = SourceIdentity("1password", "onepassword", Side.SECRETS, "ACME")


def run_of(journal: Journal, number: int, at_ms: int, who: str, *, ended: bool = True) -> str:
    """A run about somebody, with everything a run leaves behind, each with their name."""
    run, operation = f"run{number}", f"op{number}"
    plan = json.dumps({"title": f"Offboard {who}", "policy_digest": f"{number}" * 64})
    journal.start_run(
        RunRow(run, f"plan{number}", "offboard", f"Offboard {who}", "h.lund@ops", at_ms, None,
               "running", plan),
        [StepRow(run, operation, 1, "planned", f"Suspend {who}", at_ms, 0, "", "", "", "")],
    )  # fmt: skip
    intent = json.dumps({"read_before": {"words": f"{who} is active"}})
    journal.record_step(run, operation, 1, "intended", f"{who} is active", at_ms, intent=intent)
    journal.archive_events(
        [ArchivedEvent(run, operation, "1password", Side.SECRETS, f"ev{number}", at_ms, who,
                       "user.suspend", who, "192.0.2.7", json.dumps({"who": who}))]
    )  # fmt: skip
    keep_text(journal, "sources", f"read as {who}", at_ms, run_id=run)
    journal.note("recheck", json.dumps({"words": f"{who} is out"}), at_ms, run_id=run)
    if ended:
        journal.end_run(run, "ended", at_ms)
    return run


def case_of(
    journal: Journal, number: int, who: str, *runs: str, hold: bool | None = False,
    closed: bool = True, at_ms: int = OLD,
) -> str:  # fmt: skip
    """A case about somebody, closed unless told otherwise, that runs belong to."""
    case = f"case{number}"
    open_case(
        journal,
        CaseIn(case, f"d:d-{number}", who, who, "okta", f"d-{number}", who, "ACME",
               f"ACCOUNT{number}", who, "h.lund", at_ms),
    )  # fmt: skip
    facts = json.dumps({"legal_hold": hold})
    notes = [NoteIn(Noted.FACTS, facts, "h.lund", at_ms)]
    notes += [NoteIn(Noted.RUN, "", "h.lund", at_ms, run) for run in runs]
    if closed:
        notes.append(NoteIn(Noted.CLOSED, json.dumps({"reason": f"{who} is out"}), "x", at_ms))
    note_case(journal, case, *notes)
    return case


def archive(journal: Journal, *events: tuple[str, int]) -> None:
    """Uses of items: by whom, and when. Each has its user's name in it, a page to three events."""
    state = begin_stream(journal, SOURCE, "item usages", 0)
    position = state.position
    for start in range(0, len(events), 3):
        page = tuple(
            EventIn(f"u{start}-{n}", at_ms, "reveal", json.dumps({"by": f"name of {who}"}), who,
                    "v", "i")
            for n, (who, at_ms) in enumerate(events[start : start + 3])
        )  # fmt: skip
        store_page(journal, state.no, PageIn(page, position, f"p{start}", NEW, NEW))
        position = f"p{start}"


def everything(journal: Journal) -> None:
    """An old run with its case, a held one, an open one, a recent one, and events of each."""
    case_of(journal, 1, "Dana Okafor", run_of(journal, 1, OLD, "Dana Okafor"))
    case_of(journal, 2, "Ravi Menon", run_of(journal, 2, OLD, "Ravi Menon"), hold=True)
    case_of(journal, 3, "Lea Baum", run_of(journal, 3, OLD, "Lea Baum"), closed=False)
    run_of(journal, 4, NEW, "Tom Ong")
    run_of(journal, 5, OLD, "Ida Roth", ended=False)
    text = "never_touch: [dana.okafor@acme.example]"
    keep_text(journal, "policy", text, OLD)
    archive(
        journal, ("ACCOUNT1", OLD), ("ACCOUNT2", OLD), ("OTHER", OLD + 1), ("ACCOUNT1", NEW),
        ("ACCOUNT3", OLD), ("OTHER", NEW), ("OTHER", OLD + 2), ("OTHER", OLD + 3),
    )  # fmt: skip
