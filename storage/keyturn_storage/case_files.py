"""Opening cases and noting what becomes of them. Nothing is ever changed or taken back here.

What is personal stays out of the chain: an entry holds the digest of its row, so that names can be
erased one day and the chain still be checked.
"""

import hashlib
import json
import sqlite3
from dataclasses import asdict, fields
from typing import TYPE_CHECKING

from keyturn_storage.case_rows import CaseIn, Facts, Noted, NoteIn
from keyturn_storage.journal_append import append
from keyturn_storage.leases import refuse_if_lost

if TYPE_CHECKING:
    from keyturn_storage.journal import Journal

CASE_COLUMNS = tuple(field.name for field in fields(CaseIn))
NOTE_COLUMNS = ("what", "run_id", "body", "by", "at_ms")


def open_case(journal: "Journal", case: CaseIn) -> None:
    """Writes down that a case is opened. Raises ValueError for an id that is taken."""
    row = tuple(asdict(case).values())
    with journal.transaction() as connection:
        if connection.execute("select 1 from case_file where id = ?", (case.id,)).fetchone():
            raise ValueError(f"case {case.id} is in the journal already")
        content: dict[str, str | int | bool] = {
            "kind": "case",
            "case": case.id,
            "at_ms": case.opened_ms,
            "sha256": row_digest(row),
        }
        entry = append(connection, content)
        no = _next_no(connection, "case_file")
        marks = ", ".join("?" * (len(row) + 2))
        connection.execute(
            f"insert into case_file (no, entry, {', '.join(CASE_COLUMNS)}) values ({marks})",  # noqa: S608 -- names of fields
            (no, entry, *row),
        )


def note_case(journal: "Journal", case_id: str, *notes: NoteIn, generation: int = 0) -> None:
    """Notes these things of a case, all or none. Raises ValueError for an unknown case, and
    LeaseLost where a `generation` other than 0 is not held any more."""
    with journal.transaction() as connection:
        refuse_if_lost(connection, generation)
        found = connection.execute("select no from case_file where id = ?", (case_id,)).fetchone()
        if found is None:
            raise ValueError(f"case {case_id} is not in the journal")
        for note in notes:
            row = (note.what.value, note.run_id, note.body, note.by, note.at_ms)
            content: dict[str, str | int | bool] = {
                "kind": "case note",
                "case": case_id,
                "what": note.what.value,
                "at_ms": note.at_ms,
                "sha256": row_digest(row),
            }
            if note.run_id:
                content["run"] = note.run_id
            entry = append(connection, content)
            connection.execute(
                "insert into case_note (no, entry, case_no, what, run_id, body, by, at_ms) "
                "values (?, ?, ?, ?, ?, ?, ?, ?)",
                (_next_no(connection, "case_note"), entry, found[0], *row),
            )


def facts_body(before: Facts, after: Facts) -> str:
    """The body of a note that says which facts changed; "" where none did."""
    old, new = asdict(before), asdict(after)
    changed = {name: value for name, value in new.items() if value != old[name]}
    return json.dumps(changed, sort_keys=True) if changed else ""


def note_of_facts(before: Facts, after: Facts, by: str, at_ms: int) -> tuple[NoteIn, ...]:
    """The note that `facts_body` makes; nothing where nothing changed."""
    body = facts_body(before, after)
    return (NoteIn(Noted.FACTS, body, by, at_ms),) if body else ()


def row_digest(row: tuple[str | int, ...]) -> str:
    """What the chain keeps of a case or a note: SHA-256 over all that is stored of it."""
    return hashlib.sha256(json.dumps(row).encode()).hexdigest()


def _next_no(connection: sqlite3.Connection, table: str) -> int:
    row = connection.execute(f"select coalesce(max(no), 0) + 1 from {table}").fetchone()  # noqa: S608 -- two names of this module
    return int(row[0])
