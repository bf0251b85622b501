"""`keyturn resume`: goes on with what was interrupted, re-reading before anything is sent."""

import click

from keyturn.cli.applying import exit_of, result_json, show_result
from keyturn.cli.exit_codes import Exit
from keyturn.cli.failures import VerbFailed
from keyturn.cli.invocation import Answer, Invocation, json_option
from keyturn.cli.work import (
    journal_of,
    loaded_policy,
    operator,
    stoppable,
    tell,
    with_connections,
)
from keyturn.run.clock import system_clock
from keyturn.run.connections import Connections
from keyturn.run.giving_up import give_up
from keyturn.run.proofs import proofs
from keyturn.run.recover import NOTHING_OPEN, resume
from keyturn.run.results import RunResult

GIVE_UP_NEEDS = (
    "resume goes on with every run. To give up one step: keyturn resume RUN --give-up STEP "
    '--reason "...". Nothing was done.'
)


@click.command(name="resume")
@click.argument("run", required=False)
@click.option("--give-up", "step", type=int, metavar="STEP", help="Give up this step of RUN.")
@click.option("--reason", metavar="TEXT", help="Why it is given up; kept in the journal.")
@json_option
@click.pass_obj
def command(
    invocation: Invocation, run: str | None, step: int | None, reason: str | None, answer: Answer
) -> int:
    """Go on with every run that was interrupted.

    A change of which only the intent is known is looked up in the target first; what is already as
    wanted is not sent again. Says so when nothing is open.

    With --give-up STEP and --reason, an open step of RUN (its id, or the beginning of it) is given
    up instead: no source is asked, nothing is sent, and no run does that step any more.
    """
    if run is not None or step is not None or reason is not None:
        if run is None or step is None or reason is None:
            raise VerbFailed(Exit.USAGE, GIVE_UP_NEEDS)
        return _give_up(invocation, run, step, reason, answer)
    loaded = loaded_policy(invocation)
    with journal_of(invocation) as journal:
        if not journal.open_runs():
            answer.document({"runs": []})
            answer.line(NOTHING_OPEN)
            return Exit.IN_STEP
        with stoppable(answer) as stop:

            async def work(connections: Connections) -> tuple[RunResult, ...]:
                return await resume(
                    journal,
                    connections,
                    loaded=loaded,
                    observe=lambda event: tell(answer, event),
                    stop=stop,
                    clock=system_clock(),
                    operator=operator(),
                )

            results = with_connections(invocation, loaded, answer, work)
        found = {result.run_id: proofs(journal, result.run_id) for result in results}
    answer.document({"runs": [result_json(one, found[one.run_id]) for one in results]})
    for result in results:
        show_result(answer, result, found[result.run_id])
    return exit_of(results)


def _give_up(invocation: Invocation, run: str, step: int, reason: str, answer: Answer) -> int:
    with journal_of(invocation) as journal:
        result = give_up(journal, run, step, reason, clock=system_clock(), operator=operator())
        found = proofs(journal, result.run_id)
    answer.document({"runs": [result_json(result, found)]})
    show_result(answer, result, found)
    return exit_of((result,))
