"""`keyturn plan`: a plan that mends drift, shown and saved, applied by `keyturn apply`."""

from pathlib import Path

import click

from keyturn.cli.exit_codes import Exit
from keyturn.cli.failures import VerbFailed
from keyturn.cli.invocation import Answer, Invocation, json_option
from keyturn.cli.plan_choices import asked_one_by_one, skips_named
from keyturn.cli.plan_diff import PERSON, VAULT, diff_json, show_diff
from keyturn.cli.plan_files import nothing_to_do, save_plan
from keyturn.cli.shown import plan_json
from keyturn.cli.work import (
    cache_of,
    journal_of,
    loaded_policy,
    now_ms,
    operator,
    with_connections,
)
from keyturn.decide.plans import Plan
from keyturn.decide.skipping import skipped
from keyturn.run.assess import Assessment, read_assessment
from keyturn.run.clock import system_clock
from keyturn.run.connections import Connections
from keyturn.run.planning import plan_sync


@click.command(name="plan")
@click.option(
    "--finding",
    "findings",
    multiple=True,
    metavar="ID",
    help="Only this finding (see keyturn drift --json). May be given repeatedly.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Where to save the plan; else the data directory.",
)
@click.option(
    "--by",
    type=click.Choice([PERSON, VAULT]),
    default=PERSON,
    show_default=True,
    help="How the rows are grouped.",
)
@click.option(
    "--skip",
    "skips",
    multiple=True,
    metavar="ROW[=REASON]",
    help="Leave this row out. May be given repeatedly.",
)
@click.option("--reason", help="Why, for every row that is skipped without its own reason.")
@click.option("--ask", is_flag=True, help="Ask for every row whether it is applied or skipped.")
@json_option
@click.pass_obj
def command(
    invocation: Invocation,
    findings: tuple[str, ...],
    out: Path | None,
    by: str,
    skips: tuple[str, ...],
    reason: str | None,
    ask: bool,
    answer: Answer,
) -> int:
    """Write a plan that mends drift, for review. Changes nothing.

    Each row begins with + (adds), ~ (changes) or - (removes) and its own id; --skip leaves it out,
    and the reason stays in the plan, the journal and the evidence.

    Exits with 0 if there is nothing to do, 1 if the plan has operations or rows were skipped, 4 if
    a guard refuses it.
    """
    loaded = loaded_policy(invocation)
    choose = skips_named(skips, reason, operator())
    if ask:
        choose = asked_one_by_one(answer, choose, operator())
    chosen = frozenset(findings) or None
    with cache_of(invocation) as cache, journal_of(invocation) as journal:
        _refuse_unknown(findings, read_assessment(cache, loaded.rules, now_ms()))

        async def work(connections: Connections) -> Plan:
            return await plan_sync(
                connections,
                cache,
                journal,
                loaded=loaded,
                clock=system_clock(),
                chosen=chosen,
                choose=choose,
            )

        plan = with_connections(invocation, loaded, answer, work, planning=True)
    path = save_plan(plan, invocation, out) if plan.operations else None
    answer.document(
        {"plan": plan_json(plan), **diff_json(plan), "file": str(path) if path else None}
    )
    show_diff(answer, plan, by)
    if plan.refused:
        answer.line("a guard refuses this plan as it stands")
        return Exit.REFUSED
    if path is None:
        return Exit.DRIFT if skipped(plan) else nothing_to_do(plan)
    answer.line(f"saved: {path}")
    answer.line(f"apply it with: keyturn apply {path} --confirm {plan.confirm_with}")
    return Exit.DRIFT


def _refuse_unknown(wanted: tuple[str, ...], found: Assessment) -> None:
    """Raises VerbFailed where a finding is named that is not there."""
    known = {finding.id for finding in found.findings}
    unknown = [one for one in wanted if one not in known]
    if unknown:
        raise VerbFailed(
            Exit.NOT_FOUND,
            f"{', '.join(unknown)}: no such finding in the newest snapshots. It may have been "
            "mended since: keyturn drift lists what there is.",
        )
