"""`keyturn resume`: goes on with what was interrupted, re-reading before anything is sent."""

import click

from keyturn.cli.applying import exit_of, result_json, show_result
from keyturn.cli.exit_codes import Exit
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
from keyturn.run.proofs import proofs
from keyturn.run.recover import NOTHING_OPEN, resume
from keyturn.run.results import RunResult


@click.command(name="resume")
@json_option
@click.pass_obj
def command(invocation: Invocation, answer: Answer) -> int:
    """Go on with every run that was interrupted.

    A change of which only the intent is known is looked up in the target first; what is already as
    wanted is not sent again. Says so when nothing is open.
    """
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
