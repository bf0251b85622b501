"""`keyturn offboard PERSON`: the plan of one leaver, shown, confirmed by name, applied, proven."""

from pathlib import Path

import click

from keyturn.cli.invocation import Answer, Invocation, json_option
from keyturn.cli.planned import apply_or_save
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
    return apply_or_save(
        invocation, loaded, plan, answer, plan_only=plan_only, confirm=confirm, out=out
    )
