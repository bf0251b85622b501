"""`keyturn case CASE|PERSON`: one case whole; closed here, with the reason."""

import click

from keyturn.cli.case_shown import case_json, show_case
from keyturn.cli.exit_codes import Exit
from keyturn.cli.failures import VerbFailed
from keyturn.cli.invocation import Answer, Invocation, json_option
from keyturn.cli.work import journal_of, now_ms, operator
from keyturn.decide.case_state import CaseRun, CaseState
from keyturn.run.cases import close, find_case, is_closed, runs_of, standing_of
from keyturn_providers.records import Side
from keyturn_storage.case_files import note_case
from keyturn_storage.case_rows import CaseRow, Noted, NoteIn

_NAMES = {Side.DIRECTORY: "the directory", Side.SECRETS: "the secret manager"}


@click.command(name="case")
@click.argument("case", metavar="CASE|PERSON")
@click.option("--note", "comment", metavar="TEXT", help="Keep a note with the case.")
@click.option("--close", "reason", metavar="REASON", help="Close the case, and say why.")
@json_option
@click.pass_obj
def command(
    invocation: Invocation, case: str, comment: str | None, reason: str | None, answer: Answer
) -> int:
    """Show one case: by its id, the beginning of it, or the leaver's login or name.

    Nothing of a case is ever changed or taken back; notes are added. A case with open steps is not
    closed. Exits with 1 where the case is not verified yet.
    """
    with journal_of(invocation) as journal:
        row = find_case(journal, case)
        if comment is not None and comment.strip():
            note_case(journal, row.id, NoteIn(Noted.COMMENT, comment.strip(), operator(), now_ms()))
        if reason is not None:
            _refuse(row, reason.strip(), runs_of(journal, row))
            close(journal, row, reason.strip(), operator(), now_ms())
        row = find_case(journal, row.id)
        answer.document({"case": case_json(journal, row)})
        show_case(answer, journal, row, _NAMES)
        state = standing_of(journal, row).state
    return Exit.DRIFT if state in {CaseState.OPEN, CaseState.CUT} else Exit.IN_STEP


def _refuse(row: CaseRow, reason: str, runs: tuple[CaseRun, ...]) -> None:
    if not reason:
        raise VerbFailed(Exit.USAGE, f"{row.id}: say why the case is closed: --close REASON.")
    if is_closed(row):
        raise VerbFailed(Exit.REFUSED, f"{row.id}: is closed already. Nothing was changed.")
    number = sum(run.open_steps for run in runs)
    if number:
        raise VerbFailed(
            Exit.STOPPED,
            f"{row.id}: cannot be closed: {number} steps of its runs are open. Go on with them "
            "first (keyturn resume).",
        )
