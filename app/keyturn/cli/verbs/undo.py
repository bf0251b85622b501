"""`keyturn undo RUN`: the plan that takes a run back, shown, confirmed, applied, proven."""

from pathlib import Path

import click

from keyturn.cli.invocation import Answer, Invocation, json_option
from keyturn.cli.planned import apply_or_save
from keyturn.cli.work import cache_of, journal_of, loaded_policy, with_connections
from keyturn.decide.plans import Plan
from keyturn.run.clock import system_clock
from keyturn.run.connections import Connections
from keyturn.run.undo import plan_undo


@click.command(name="undo")
@click.argument("run")
@click.option(
    "--person",
    "person",
    metavar="WHO",
    default="",
    help="Take back only what the run did to this one of several people (login, e-mail, id, name "
    "or case).",
)
@click.option("--plan-only", is_flag=True, help="Show and save the plan; change nothing.")
@click.option(
    "--confirm",
    metavar="TEXT",
    help="What the plan asks to be typed (the login, or the number of operations), to go on "
    "unasked.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Where to save the plan.")
@json_option
@click.pass_obj
def command(
    invocation: Invocation,
    run: str,
    person: str,
    plan_only: bool,
    confirm: str | None,
    out: Path | None,
    answer: Answer,
) -> int:
    """Plan what takes RUN back (its id, or the beginning of it) and apply it.

    Everything the run changed is read now, by id. What is still as the run left it goes back to
    what it was before; what somebody changed since is left alone, by name. What cannot be brought
    back is named before anything is done. An undo is a run too, and can be undone. Of a run in
    which several people left, --person takes back one of them alone: the rest, and the others'
    cases, stay as they are.
    """
    loaded = loaded_policy(invocation)
    with cache_of(invocation) as cache, journal_of(invocation) as journal:

        async def work(connections: Connections) -> Plan:
            return await plan_undo(
                run, connections, cache, journal, loaded=loaded, clock=system_clock(),
                person=person,
            )  # fmt: skip

        plan = with_connections(invocation, loaded, answer, work, planning=True)
    return apply_or_save(
        invocation, loaded, plan, answer, plan_only=plan_only, confirm=confirm, out=out
    )
