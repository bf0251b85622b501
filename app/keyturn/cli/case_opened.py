"""Opens or joins the cases of those whom a plan is about, and says which they are."""

from keyturn.cli.case_shown import blast_json, short_json
from keyturn.cli.invocation import Answer, Json
from keyturn.cli.work import now_ms, operator
from keyturn.decide.blast_radius import BlastRadius
from keyturn.run import case_opening
from keyturn.run.cases import standing_of
from keyturn.run.leavers import LeaversPlanned
from keyturn_storage.case_rows import CaseRow
from keyturn_storage.journal import Journal


def open_cases(
    journal: Journal, planned: LeaversPlanned, facts: dict[str, object]
) -> tuple[CaseRow, ...]:
    """A case for each leaver, with what was stated, decided and held."""
    return case_opening.open_cases(journal, planned, facts, by=operator(), at_ms=now_ms())


def told(
    journal: Journal, answer: Answer, rows: tuple[CaseRow, ...], held: tuple[BlastRadius, ...]
) -> dict[str, Json]:
    """Says which cases these are and what they lack; for programs, the part of the answer."""
    for row in rows:
        missing = "; ".join(standing_of(journal, row).missing) or "nothing"
        answer.line(f"case {row.id}: {row.name}, missing: {missing}")
    return {
        "cases": [short_json(row, standing_of(journal, row)) for row in rows],
        "blast_radius": [blast_json(one) for one in held],
    }
