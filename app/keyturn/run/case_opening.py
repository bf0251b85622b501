"""Opens or joins the cases of those whom a plan is about, and keeps what was decided."""

from collections.abc import Iterable, Mapping

from keyturn.decide.blast_radius import BlastRadius
from keyturn.decide.people import Person
from keyturn.decide.plans import Plan, Verdict
from keyturn.decide.world import World
from keyturn.run.cases import (
    case_of,
    note_decision,
    note_held,
    open_or_join,
    successor,
    waiver,
)
from keyturn.run.leavers import LeaversPlanned
from keyturn_storage.case_rows import CaseRow
from keyturn_storage.journal import Journal


def never_touched(plan: Plan) -> bool:
    """Whether the policy says that somebody in it is not to be put out at all: then nobody of it
    has a case."""
    return any(one.guard == "never touch" and one.verdict is Verdict.REFUSE for one in plan.guards)


def open_cases(
    journal: Journal,
    planned: LeaversPlanned,
    facts: Mapping[str, object],
    *,
    by: str,
    at_ms: int,
) -> tuple[CaseRow, ...]:
    """A case for each leaver, with what was stated, decided and held."""
    return tuple(_cases(journal, planned, facts, by, at_ms))


def _cases(
    journal: Journal, planned: LeaversPlanned, facts: Mapping[str, object], by: str, at_ms: int
) -> Iterable[CaseRow]:
    for person, held in zip(planned.people, planned.held, strict=True):
        row = open_one(journal, planned.world, person, held, facts, by=by, at_ms=at_ms)
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
        yield case_of(journal, person) or row


def open_one(
    journal: Journal,
    world: World,
    person: Person,
    held: BlastRadius,
    facts: Mapping[str, object],
    *,
    by: str,
    at_ms: int,
) -> CaseRow:
    """The person's case, with what was stated and could be reached."""
    row = open_or_join(journal, world, person, facts, by, at_ms)
    note_held(journal, row, held, by, at_ms)
    return row
