"""`keyturn cases`: every leaver's case, open ones first, and what each lacks."""

import click

from keyturn.cli.case_shown import ORDER, short_json, show_missing
from keyturn.cli.exit_codes import Exit
from keyturn.cli.invocation import Answer, Invocation, json_option
from keyturn.cli.work import journal_of
from keyturn.decide.case_state import CaseState
from keyturn.evidence.moments import in_zone
from keyturn.run.cases import reopened, standing_of
from keyturn_storage.queries.cases import cases, cases_count


@click.command(name="cases")
@click.option("--open", "only_open", is_flag=True, help="Only those that are not closed.")
@click.option(
    "--limit",
    default=1_000,
    show_default=True,
    help="How many: all that are not closed, then the newest.",
)
@json_option
@click.pass_obj
def command(invocation: Invocation, only_open: bool, limit: int, answer: Answer) -> int:
    """List the cases of leavers and movers: open again because something came back (!), then open,
    cut, verified, closed.

    How a case stands is worked out from its runs. Exits with 1 where a case is not verified yet.
    """
    with journal_of(invocation) as journal:
        found = [(row, standing_of(journal, row)) for row in cases(journal, limit=limit)]
        total = cases_count(journal)
    found.sort(key=lambda one: (not reopened(one[0]), ORDER.index(one[1].state)))
    shown = [one for one in found if not only_open or one[1].state is not CaseState.CLOSED]
    answer.document({"cases": [short_json(*one) for one in shown], "total": total})
    for row, standing in shown:
        left = in_zone(row.facts.left_ms, row.facts.left_zone)
        when = f", left {left}" if left else ""
        sign = "!" if reopened(row) else " "
        answer.line(f"{sign} {standing.state.value:9} {row.id}  {row.name} ({row.login}){when}")
        show_missing(answer, standing)
    answer.line(f"{len(shown)} of {total} cases")
    waiting = any(one.state in {CaseState.OPEN, CaseState.CUT} for _, one in found)
    return Exit.DRIFT if waiting else Exit.IN_STEP
