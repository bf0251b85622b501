"""Cases as the journal has them, each with what was stated of it and every note."""

import json
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from keyturn_storage.case_files import CASE_COLUMNS
from keyturn_storage.case_rows import CaseRow, Facts, Noted, NoteRow

if TYPE_CHECKING:
    from keyturn_storage.journal import Journal

_CLOSED = (
    "'closed' is (select n.what from case_note n where n.case_no = case_file.no "
    "and n.what in ('closed', 'reopened') order by n.no desc limit 1)"
)
"""The last word on the case is that it is closed."""
_CASE = f"select {', '.join(CASE_COLUMNS)}, entry, no from case_file "  # noqa: S608 -- names of fields


def cases(journal: "Journal", *, limit: int = 1_000) -> tuple[CaseRow, ...]:
    """Every case that is not closed, however many and however old, and the newest of the others, up
    to `limit` in all. The newest first."""
    found = journal.connection.execute(
        f"select no, {_CLOSED} from case_file order by no desc"  # noqa: S608 -- a constant of this module
    )
    every = [(int(no), bool(closed)) for no, closed in found]
    kept = {no for no, closed in every if not closed}
    rest = (no for no, closed in every if closed)
    kept.update(islice(rest, max(0, limit - len(kept))))
    return _read(
        journal,
        "where no in (select value from json_each(?)) order by no desc",
        (json.dumps(sorted(kept)),),
    )


def cases_count(journal: "Journal") -> int:
    """How many there are without the limit."""
    return int(journal.connection.execute("select count(*) from case_file").fetchone()[0])


def case(journal: "Journal", case_id: str) -> CaseRow | None:
    """The case with this id."""
    found = _read(journal, "where id = ?", (case_id,))
    return found[0] if found else None


def cases_beginning(journal: "Journal", start: str) -> tuple[CaseRow, ...]:
    """The cases whose id begins so, newest first."""
    return _read(journal, "where substr(id, 1, length(?)) = ? order by no desc", (start, start))


def cases_of(
    journal: "Journal", *, directory_id: str = "", secrets_id: str = ""
) -> tuple[CaseRow, ...]:
    """The cases of whoever has one of these accounts, newest first."""
    return _read(
        journal,
        "where (directory_id = ? and directory_id <> '') or (secrets_id = ? and secrets_id <> '') "
        "order by no desc",
        (directory_id, secrets_id),
    )


def cases_of_run(journal: "Journal", run_id: str) -> tuple[CaseRow, ...]:
    """The cases that a run belongs to, oldest first: more than one where several people left at
    once, none where nobody did."""
    return _read(
        journal,
        "where no in (select case_no from case_note where run_id = ? and run_id <> '' "
        "and what = 'run') order by no",
        (run_id,),
    )


def reopened_names(journal: "Journal", limit: int = 5) -> tuple[int, tuple[str, ...]]:
    """How many cases are open again because something came back, and the names of the newest: those
    that since were neither closed, settled, nor cut by another run."""
    found = journal.connection.execute(
        "select c.name from case_file c where 'reopened' = (select n.what from case_note n "
        "where n.case_no = c.no and n.what in ('closed', 'reopened', 'settled', 'run') "
        "order by n.no desc limit 1) order by c.no desc"
    ).fetchall()
    return len(found), tuple(str(row[0]) for row in found[:limit])


def cases_called(journal: "Journal", text: str) -> tuple[CaseRow, ...]:
    """The cases of whoever has exactly this login, name, account id or key, newest first. Upper and
    lower case are the same, and what is empty is nobody's."""
    return _read(
        journal,
        "where ? <> '' and lower(?) in (lower(login), lower(name), lower(person_key), "
        "lower(directory_id), lower(secrets_id), lower(directory_name), lower(secrets_name)) "
        "order by no desc",
        (text, text),
    )


def _read(journal: "Journal", where: str, values: tuple[str | int, ...]) -> tuple[CaseRow, ...]:
    found: list[CaseRow] = []
    for *row, no in journal.connection.execute(_CASE + where, values).fetchall():
        notes = tuple(
            NoteRow(*note)
            for note in journal.connection.execute(
                "select what, body, by, at_ms, run_id, entry from case_note where case_no = ? "
                "order by no",
                (no,),
            )
        )
        row += [_facts(notes), notes]
        found.append(CaseRow(*row))
    return tuple(found)


def _facts(notes: tuple[NoteRow, ...]) -> Facts:
    facts = Facts()
    for note in notes:
        if note.what == Noted.FACTS.value:
            facts = replace(facts, **note.plain)  # type: ignore[arg-type]  # fields by name, as they were written
    return facts
