"""Cases as lines for people and as JSON for programs."""

from collections.abc import Iterator

from keyturn.cli.invocation import Answer, Json
from keyturn.cli.proof_shown import event_json, event_words
from keyturn.decide.blast_radius import BlastRadius
from keyturn.decide.blast_words import parts_of
from keyturn.decide.case_state import CaseRun, CaseState, CaseStep, Standing
from keyturn.decide.values import to_plain
from keyturn.evidence.moments import in_zone
from keyturn.run.cases import held_of, reopened, runs_of, standing_of
from keyturn.run.proofs import proofs
from keyturn_providers.records import Side
from keyturn_storage.case_rows import CaseRow, Noted, NoteRow
from keyturn_storage.journal import Journal
from keyturn_storage.rows import ArchivedEvent

ORDER = tuple(CaseState)


def short_json(row: CaseRow, standing: Standing) -> dict[str, Json]:
    """One case in a list."""
    return {
        "id": row.id,
        "person": row.person_key,
        "name": row.name,
        "login": row.login,
        "state": standing.state.value,
        "missing": list(standing.missing),
        "reopened": reopened(row) or None,
        "type": row.facts.kind or None,
        "left_at": in_zone(row.facts.left_ms, row.facts.left_zone) or None,
        "left_ms": row.facts.left_ms,
        "emergency": row.facts.mode == "emergency",
        "runs": list(row.run_ids),
    }


def case_json(journal: Journal, row: CaseRow) -> Json:
    """One case, whole."""
    held = held_of(row)
    return {
        **short_json(row, standing_of(journal, row)),
        "directory": {"tenant": row.directory_tenant, "id": row.directory_id},
        "secrets": {"tenant": row.secrets_tenant, "id": row.secrets_id},
        "opened_by": row.opened_by,
        "opened_ms": row.opened_ms,
        "approver": row.facts.approver or None,
        "ticket": row.facts.ticket or None,
        "legal_hold": row.facts.legal_hold,
        "decisions": [
            {
                "what": note.what,
                "by": note.by,
                "at_ms": note.at_ms,
                **_said(note),
            }
            for what in (
                Noted.SUCCESSOR,
                Noted.WAIVER,
                Noted.CLOSED,
                Noted.REOPENED,
                Noted.SETTLED,
            )
            for note in row.of(what)
        ],
        "comments": [
            {"words": note.body, "by": note.by, "at_ms": note.at_ms}
            for note in row.of(Noted.COMMENT)
        ],
        "applied": [
            {
                "run": run.id,
                "scope": run.scope.value,
                "undoes": run.undoes or None,
                "steps": [
                    {
                        "number": step.number,
                        "words": step.words,
                        "state": step.state.value,
                        "verdict": step.verdict or None,
                        "event": event_json(event),
                        "error": error or None,
                    }
                    for step, event, error in _proven(journal, run)
                ],
            }
            for run in runs_of(journal, row)
        ],
        "held": blast_json(held[-1]) if held else None,
    }


def _said(note: NoteRow) -> dict[str, Json]:
    return {name: str(value) for name, value in note.plain.items()}


def _proven(journal: Journal, run: CaseRun) -> Iterator[tuple[CaseStep, ArchivedEvent | None, str]]:
    """The leaver's steps of a run, each with the audit event that proves it, or what is missing:
    which deadline has passed, who else did it."""
    found = proofs(journal, run.id)
    errors = {step.number: step.error for step in journal.steps(run.id)}
    for step in run.steps:
        yield step, found.get(step.number), errors.get(step.number, "")


def blast_json(held: BlastRadius) -> Json:
    """A blast radius as it is kept in the case."""
    return to_plain(held)


def show_case(answer: Answer, journal: Journal, row: CaseRow, names: dict[Side, str]) -> None:
    """Who, what was stated, what was decided, what was done, and what is missing."""
    standing = standing_of(journal, row)
    answer.line(f"Case {row.id}: {row.name} ({row.login}), {standing.state.value}")
    for label, value in (
        ("type", row.facts.kind),
        ("mode", row.facts.mode),
        ("left", in_zone(row.facts.left_ms, row.facts.left_zone)),
        ("approver", row.facts.approver),
        ("ticket", row.facts.ticket),
        ("legal hold", {True: "yes", False: "no", None: ""}[row.facts.legal_hold]),
        ("opened", f"{in_zone(row.opened_ms, '')} by {row.opened_by}"),
    ):
        if value:
            answer.line(f"  {label:10} {value}")
    for note in row.of(Noted.SUCCESSOR):
        said = note.decision
        answer.line(f"  successor  {said.vault_name}: {said.person_name}")
    for note in row.of(Noted.WAIVER):
        said = note.decision
        answer.line(f"  waived     {said.vault_name}: {said.reason} ({note.by})")
    for note in row.of(Noted.COMMENT):
        answer.line(f"  note       {note.body} ({note.by})")
    for note in row.notes:
        if note.what in {Noted.CLOSED, Noted.REOPENED, Noted.SETTLED}:
            at = in_zone(note.at_ms, "")
            answer.line(f"  {note.what:10} {note.field('reason')} ({note.by}, {at})")
    for run in runs_of(journal, row):
        done = sum(step.good for step in run.steps)
        answer.line(f"  run        {run.id} ({run.scope.value}): {done} of {len(run.steps)} proven")
        for step, event, error in _proven(journal, run):
            verdict = step.verdict or step.state.value.replace("_", " ")
            answer.line(f"  {step.number:10} {step.words}: {verdict}")
            if event is not None or error:
                why = event_words(event) if event is not None else error
                answer.line(f"             {why}")
    show_missing(answer, standing)
    for held in held_of(row)[-1:]:
        answer.line("")
        answer.line("What could be reached before the cut:")
        show_blast(answer, held, names)


def show_missing(answer: Answer, standing: Standing) -> None:
    """What is missing, a line each."""
    for words in standing.missing:
        answer.line(f"  missing    {words}")


def show_blast(answer: Answer, held: BlastRadius, names: dict[Side, str]) -> None:
    """The parts of a blast radius; what somebody has to decide about is marked."""
    for part in parts_of(held, names):
        answer.line(f"{'!' if part.warns else ' '} {part.heading}")
        for words in part.lines:
            answer.line(f"      {words}")
    for spot in held.blind_spots:
        answer.line(f"? not visible to keyturn: {spot}")
