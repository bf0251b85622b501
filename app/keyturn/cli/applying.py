"""Applies a plan from the command line: confirmed by typing, told step by step, summed up."""

import sys

import click

from keyturn.cli.exit_codes import Exit
from keyturn.cli.invocation import Answer, Invocation, Json
from keyturn.cli.work import journal_of, operator, stoppable, tell, with_connections
from keyturn.decide.plans import Plan
from keyturn.policy.loaded import LoadedPolicy
from keyturn.run.apply import apply
from keyturn.run.clock import system_clock
from keyturn.run.connections import Connections
from keyturn.run.results import RunResult
from keyturn_providers.contract import Ability
from keyturn_providers.records import Side


def confirmation(plan: Plan, given: str | None, answer: Answer) -> str:
    """What the operator typed: `--confirm`, else asked for where there is a terminal, else ""."""
    if given is not None or not plan.operations:
        return given or ""
    if answer.as_json or not sys.stdin.isatty():
        return ""
    typed = click.prompt(
        f"Type {plan.confirm_with} to apply this plan", default="", show_default=False, err=True
    )
    return str(typed).strip()


def apply_plan(
    invocation: Invocation, loaded: LoadedPolicy, plan: Plan, confirmed: str, answer: Answer
) -> Exit:
    """Applies and verifies `plan`, and answers with the verdict of every step."""
    with journal_of(invocation) as journal, stoppable(answer) as stop:

        async def work(connections: Connections) -> tuple[RunResult, frozenset[Side]]:
            result = await apply(
                plan,
                connections,
                journal,
                loaded=loaded,
                observe=lambda event: tell(answer, event),
                stop=stop,
                clock=system_clock(),
                operator=operator(),
                confirmed=confirmed,
            )
            return result, await sides_with_log(connections)

        result, logged = with_connections(invocation, loaded, answer, work)
    answer.document({"run": result_json(result)})
    show_result(answer, result)
    return exit_of((result,), logged)


async def sides_with_log(connections: Connections) -> frozenset[Side]:
    """The sides whose audit log keyturn can read."""
    abouts = {side: await connections.of(side).about() for side in Side}
    return frozenset(s for s, about in abouts.items() if Ability.READ_AUDIT in about.abilities)


def exit_of(results: tuple[RunResult, ...], logged: frozenset[Side]) -> Exit:
    """IN_STEP only if every step is effective, and logged wherever there is a log to read."""
    if any(result.open for result in results):
        return Exit.STOPPED
    for result in results:
        for step in result.steps:
            matched = step.verdict == "effective and logged" or not step.sent
            if not step.verdict.startswith("effective"):
                return Exit.NOT_VERIFIED
            if step.operation.change.side in logged and not matched:
                return Exit.NOT_VERIFIED
    return Exit.IN_STEP


def result_json(result: RunResult) -> Json:
    """One run for programs: its state, and every step with state, verdict and error."""
    return {
        "id": result.run_id,
        "plan": result.plan.id,
        "state": result.state,
        "words": result.words,
        "blocked": list(result.blocked),
        "steps": [
            {
                "number": step.operation.number,
                "operation": step.operation.id,
                "kind": step.operation.change.kind.value,
                "state": step.state.value,
                "verdict": step.verdict,
                "words": step.words,
                "error": step.error,
            }
            for step in result.steps
        ],
    }


def show_result(answer: Answer, result: RunResult) -> None:
    """Every step with its verdict, what is open, and the sum."""
    answer.table(
        ["", "step", "state", "verdict"],
        [
            [
                str(step.operation.number),
                step.operation.words,
                step.state.value.replace("_", " "),
                step.verdict or "-",
            ]
            for step in result.steps
        ],
    )
    for step in result.steps:
        if step.error:
            answer.line(f"{step.operation.number}. {step.error}")
    for words in result.blocked:
        answer.line(f"stopped working with a source: {words}")
    answer.line(result.words)
