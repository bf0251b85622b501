"""`keyturn offboard PERSON`: the plan of one leaver, shown, confirmed by name, applied, proven."""

from pathlib import Path

import click

from keyturn.cli.applying import apply_plan, confirmation
from keyturn.cli.exit_codes import Exit
from keyturn.cli.invocation import Answer, Invocation, json_option
from keyturn.cli.plan_files import nothing_to_do, save_plan
from keyturn.cli.shown import plan_json, show_plan
from keyturn.cli.work import cache_of, journal_of, loaded_policy, with_connections
from keyturn.decide.plans import Plan
from keyturn.run.clock import system_clock
from keyturn.run.connections import Connections
from keyturn.run.planning import plan_offboard


@click.command(name="offboard")
@click.argument("person")
@click.option("--plan-only", is_flag=True, help="Show and save the plan; change nothing.")
@click.option("--confirm", metavar="LOGIN", help="The leaver's login, typed, to go on unasked.")
@click.option("--out", type=click.Path(path_type=Path), help="Where to save the plan.")
@json_option
@click.pass_obj
def command(
    invocation: Invocation,
    person: str,
    plan_only: bool,
    confirm: str | None,
    out: Path | None,
    answer: Answer,
) -> int:
    """Plan PERSON's offboarding (login, e-mail, name or id) and apply it.

    The accounts, sessions, direct grants and memberships of the person are read now, by id. Nothing
    is done before the login has been typed or given with --confirm.
    """
    loaded = loaded_policy(invocation)
    with cache_of(invocation) as cache, journal_of(invocation) as journal:

        async def work(connections: Connections) -> Plan:
            return await plan_offboard(
                person, connections, cache, journal, loaded=loaded, clock=system_clock()
            )

        plan = with_connections(invocation, loaded, answer, work, planning=True)
    show_plan(answer, plan)
    only_shown = plan_only or plan.refused or not plan.operations
    if not only_shown:
        typed = confirmation(plan, confirm, answer)
        if typed:
            return apply_plan(invocation, loaded, plan, typed, answer)
    path = save_plan(plan, invocation, out) if plan.operations else None
    answer.document({"plan": plan_json(plan), "file": str(path) if path else None})
    if plan.refused:
        answer.line("a guard refuses this plan as it stands")
        return Exit.REFUSED
    if path is None:
        return nothing_to_do(plan)
    answer.line(f"nothing was changed; saved: {path}")
    answer.line(f"apply it with: keyturn apply {path} --confirm {plan.confirm_with}")
    return Exit.DRIFT if plan_only else Exit.REFUSED
