"""Opens or joins the cases of those whom a plan is about, and keeps what was decided."""

from keyturn.cli.case_shown import blast_json, short_json
from keyturn.cli.invocation import Answer, Json
from keyturn.cli.work import now_ms, operator
from keyturn.decide.blast_radius import BlastRadius
from keyturn.decide.people import Person
from keyturn.decide.world import World
from keyturn.run.cases import (
    case_of,
    note_decision,
    note_held,
    open_or_join,
    standing_of,
    successor,
    waiver,
)
from keyturn.run.leavers import LeaversPlanned
from keyturn_storage.case_rows import CaseRow
from keyturn_storage.journal import Journal


def open_cases(
    journal: Journal, planned: LeaversPlanned, facts: dict[str, object]
) -> tuple[CaseRow, ...]:
    """A case for each leaver, with what was stated, decided and held."""
    by, at_ms = operator(), now_ms()
    found: list[CaseRow] = []
    for person, held in zip(planned.people, planned.held, strict=True):
        row = open_one(journal, planned.world, person, held, facts)
        vaults = {vault.id: vault.name for vault in held.vaults}
        note_decision(
            journal,
            row,
            *(
                successor(vault_id, vaults[vault_id], who, by, at_ms)
                for vault_id, who in planned.successors.items()
                if vault_id in vaults
            ),
            *(
                waiver(vault_id, vaults[vault_id], reason, by, at_ms)
                for vault_id, reason in planned.waivers.items()
                if vault_id in vaults
            ),
        )
        found.append(case_of(journal, person) or row)
    return tuple(found)


def open_one(
    journal: Journal,
    world: World,
    person: Person,
    held: BlastRadius,
    facts: dict[str, object],
) -> CaseRow:
    """The person's case, with what was stated and could be reached."""
    by, at_ms = operator(), now_ms()
    row = open_or_join(journal, world, person, facts, by, at_ms)
    note_held(journal, row, held, by, at_ms)
    return row


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
