"""`keyturn move PERSON`: what a new role does not justify is taken away; nobody is suspended."""

from pathlib import Path

import click

from keyturn.cli.case_facts import fact_options, said
from keyturn.cli.case_opened import open_cases, told
from keyturn.cli.case_shown import blast_json
from keyturn.cli.invocation import Answer, Invocation, Json, json_option
from keyturn.cli.planned import apply_or_save
from keyturn.cli.work import cache_of, journal_of, loaded_policy, with_connections
from keyturn.run.cases import MOVER
from keyturn.run.clock import system_clock
from keyturn.run.connections import Connections
from keyturn.run.leavers import LeaversPlanned
from keyturn.run.mover import plan_move


@click.command(name="move")
@click.argument("person")
@click.option("--plan-only", is_flag=True, help="Show and save the plan; change nothing.")
@click.option("--confirm", metavar="LOGIN", help="The person's login, typed, to go on unasked.")
@click.option("--out", type=click.Path(path_type=Path), help="Where to save the plan.")
@fact_options
@json_option
@click.pass_obj
def command(
    invocation: Invocation,
    person: str,
    plan_only: bool,
    confirm: str | None,
    out: Path | None,
    left_at: str | None,
    approver: str | None,
    ticket: str | None,
    legal_hold: str | None,
    answer: Answer,
) -> int:
    """Plan what PERSON's new role does not justify any more, and take it away.

    The person is read now, by id, and what differs from the policy and the directory is decided
    anew; only what takes access away is done, and the account stays active. It rests on complete
    and fresh snapshots: run keyturn refresh first. The move has a case like a leaver's.
    """
    facts = said(
        left_at=left_at, approver=approver, ticket=ticket, legal_hold=legal_hold, kind=MOVER
    )
    loaded = loaded_policy(invocation)
    with cache_of(invocation) as cache, journal_of(invocation) as journal:

        async def work(connections: Connections) -> LeaversPlanned:
            return await plan_move(
                person, connections, cache, journal, loaded=loaded, clock=system_clock()
            )

        planned = with_connections(invocation, loaded, answer, work, planning=True)
        more: dict[str, Json] = {"cases": [], "blast_radius": [blast_json(x) for x in planned.held]}
        if invocation.read_only or loaded.read_only:
            answer.line("read-only: no case is opened")
        elif planned.plan.operations:
            more = told(journal, answer, open_cases(journal, planned, facts), planned.held)
    return apply_or_save(
        invocation,
        loaded,
        planned.plan,
        answer,
        plan_only=plan_only,
        confirm=confirm,
        out=out,
        more=more,
    )
