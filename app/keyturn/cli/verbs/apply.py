"""`keyturn apply PLAN`: a reviewed plan, applied and proven."""

import click

from keyturn.cli.applying import apply_plan, confirmation
from keyturn.cli.invocation import Answer, Invocation, json_option
from keyturn.cli.plan_files import read_plan
from keyturn.cli.shown import show_plan
from keyturn.cli.work import cache_of, journal_of, loaded_policy, now_ms, operator
from keyturn.run.cases_of_plan import ensure_cases


@click.command(name="apply")
@click.argument("plan", metavar="PLAN")
@click.option(
    "--confirm", help="What the plan asks to be typed: the login, or the number of operations."
)
@json_option
@click.pass_obj
def command(invocation: Invocation, plan: str, confirm: str | None, answer: Answer) -> int:
    """Apply PLAN (a file, or the id of a saved plan): change, read back, match the audit log.

    A plan is refused if the policy, a tenant or keyturn itself has changed since it was made, or if
    its snapshots are too old. Exits with 0 only if every step is verified.
    """
    loaded = loaded_policy(invocation)
    reviewed = read_plan(plan, invocation)
    if confirm is None:
        show_plan(answer, reviewed)
    typed = confirmation(reviewed, confirm, answer)
    if typed == reviewed.confirm_with and not (invocation.read_only or loaded.read_only):
        with cache_of(invocation) as cache, journal_of(invocation) as journal:
            ensure_cases(reviewed, cache, journal, loaded.rules, by=operator(), at_ms=now_ms())
    return apply_plan(invocation, loaded, reviewed, typed, answer)
