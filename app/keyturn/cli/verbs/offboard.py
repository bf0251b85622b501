"""`keyturn offboard PERSON...`: the plan of who leaves, shown, confirmed, applied, proven."""

from pathlib import Path

import click

from keyturn.cli.case_facts import TYPES, by_vault, fact_options, said
from keyturn.cli.case_opened import open_cases, told
from keyturn.cli.case_shown import blast_json, show_blast
from keyturn.cli.emergency_shown import show_emergency
from keyturn.cli.invocation import Answer, Invocation, Json, json_option
from keyturn.cli.planned import apply_or_save
from keyturn.cli.shown import show_plan
from keyturn.cli.work import cache_of, journal_of, loaded_policy, with_connections
from keyturn.decide.plans import Plan
from keyturn.run.case_opening import never_touched
from keyturn.run.clock import system_clock
from keyturn.run.connections import Connections
from keyturn.run.leavers import Decisions, LeaversPlanned, plan_leavers
from keyturn_providers.errors import ReadOnly
from keyturn_providers.records import Side


@click.command(name="offboard")
@click.argument("people", metavar="PERSON...", nargs=-1, required=True)
@click.option("--plan-only", is_flag=True, help="Show and save the plan; change nothing.")
@click.option(
    "--confirm",
    metavar="TEXT",
    help="The leaver's login, or how many leave, typed, to go on unasked.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Where to save the plan.")
@click.option("--type", "kind", type=click.Choice(TYPES), help="Why the person leaves.")
@fact_options
@click.option(
    "--emergency",
    is_flag=True,
    help="A compromise: the plan on one screen, and whatever was used is to be changed today.",
)
@click.option(
    "--successor",
    "successors",
    metavar="VAULT=PERSON",
    multiple=True,
    help="Who becomes manager of a vault before it is taken from the leaver.",
)
@click.option(
    "--waive",
    "waivers",
    metavar='VAULT="REASON"',
    multiple=True,
    help="Why a vault may be left without a manager; kept in the case.",
)
@json_option
@click.pass_obj
def command(
    invocation: Invocation,
    people: tuple[str, ...],
    plan_only: bool,
    confirm: str | None,
    out: Path | None,
    kind: str | None,
    left_at: str | None,
    approver: str | None,
    ticket: str | None,
    legal_hold: str | None,
    emergency: bool,
    successors: tuple[str, ...],
    waivers: tuple[str, ...],
    answer: Answer,
) -> int:
    """Plan the offboarding of each PERSON (login, e-mail, name or id) and apply it.

    The accounts, sessions, direct grants and memberships are read now, by id, as far as the sources
    can be asked for those of one account; what is known from the refresh only, or was not read to
    its end, is said. Nothing is done before the login, or of several people their number, has been
    typed or given with --confirm.

    Each leaver has a case: it is opened here, or joined where there is one, and keeps what is
    stated, who takes over, and every run. A vault that only a leaver can manage needs a successor,
    who is made manager first, or a waiver. With --plan-only also what could be reached is shown.
    """
    facts = said(
        left_at=left_at,
        approver=approver,
        ticket=ticket,
        legal_hold=legal_hold,
        kind=kind,
        emergency=emergency,
    )
    decisions = Decisions(
        by_vault(successors, "--successor", "PERSON"), by_vault(waivers, "--waive", "REASON")
    )
    loaded = loaded_policy(invocation)
    if confirm is not None and not plan_only and (invocation.read_only or loaded.read_only):
        raise ReadOnly(
            "keyturn",
            "cannot offboard anybody",
            "it was started read-only, so nothing was read or planned.",
            "Start it without --read-only and `mode: read-only`, or only plan with --plan-only.",
        )
    with cache_of(invocation) as cache, journal_of(invocation) as journal:

        async def work(connections: Connections) -> LeaversPlanned:
            return await plan_leavers(
                people,
                connections,
                cache,
                journal,
                loaded=loaded,
                clock=system_clock(),
                decisions=decisions,
            )

        planned = with_connections(invocation, loaded, answer, work, planning=True)
        names = {side: planned.world.side(side).name for side in Side}
        if plan_only:
            for held in planned.held:
                answer.line(f"What {held.name} can reach:")
                show_blast(answer, held, names)
                answer.line("")
        more: dict[str, Json] = {"cases": [], "blast_radius": [blast_json(x) for x in planned.held]}
        if invocation.read_only or loaded.read_only:
            answer.line("read-only: no case is opened")
        elif never_touched(planned.plan):
            answer.line("never_touch refuses it: no case is opened, nothing stated is kept")
        else:
            rows = open_cases(journal, planned, facts)
            more = told(journal, answer, rows, planned.held)

    def show(answer: Answer, plan: Plan) -> None:
        show_emergency(answer, plan, planned.held, names)

    return apply_or_save(
        invocation,
        loaded,
        planned.plan,
        answer,
        plan_only=plan_only,
        confirm=confirm,
        out=out,
        more=more,
        show=show if emergency and not plan_only else show_plan,
    )
