"""Applies a plan from the command line: confirmed by typing, told step by step, summed up."""

import sys
from collections.abc import Mapping
from types import MappingProxyType

import click

from keyturn.cli.exit_codes import Exit
from keyturn.cli.invocation import Answer, Invocation, Json
from keyturn.cli.proof_shown import event_json, event_words
from keyturn.cli.work import journal_of, operator, stoppable, tell, with_connections
from keyturn.decide.plans import Plan
from keyturn.decide.undo import NOT_RESTORED, not_restored
from keyturn.policy.loaded import LoadedPolicy
from keyturn.run.apply import apply
from keyturn.run.clock import system_clock
from keyturn.run.connections import Connections
from keyturn.run.proofs import proofs
from keyturn.run.results import RunResult
from keyturn_storage.rows import ArchivedEvent


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
    invocation: Invocation,
    loaded: LoadedPolicy,
    plan: Plan,
    confirmed: str,
    answer: Answer,
    more: Mapping[str, Json] = MappingProxyType({}),
) -> Exit:
    """Applies and verifies `plan`, and answers with the verdict of every step; for programs with
    `more` beside it."""
    with journal_of(invocation) as journal, stoppable(answer) as stop:

        async def work(connections: Connections) -> RunResult:
            return await apply(
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

        result = with_connections(invocation, loaded, answer, work)
        found = proofs(journal, result.run_id)
    answer.document({"run": result_json(result, found), **more})
    show_result(answer, result, found)
    return exit_of((result,))


def exit_of(results: tuple[RunResult, ...]) -> Exit:
    """IN_STEP only if every change is in effect and, where a log can be read, found in it;
    REFUSED if nothing at all was changed."""
    if any(result.open for result in results):
        return Exit.STOPPED
    if all(result.proven for result in results):
        return Exit.IN_STEP
    changed = any(step.sent for result in results for step in result.steps)
    return Exit.NOT_VERIFIED if changed else Exit.REFUSED


def result_json(result: RunResult, found: Mapping[int, ArchivedEvent]) -> Json:
    """One run for programs: its state, and every step with state, verdict, error and the audit
    event that proves it, of those that are `found`. `undoes` is
    the run that it takes back, `not_restored` what that could not bring back."""
    return {
        "id": result.run_id,
        "plan": result.plan.id,
        "state": result.state,
        "words": result.words,
        "blocked": list(result.blocked),
        "undoes": result.plan.undoes,
        "not_restored": [
            {"words": lost.words.removeprefix(NOT_RESTORED), "reason": lost.reason}
            for lost in not_restored(result.plan)
        ],
        "steps": [
            {
                "number": step.operation.number,
                "operation": step.operation.id,
                "kind": step.operation.change.kind.value,
                "state": step.state.value,
                "verdict": step.verdict,
                "words": step.words,
                "error": step.error,
                "event": event_json(found.get(step.operation.number)),
                "back_to_plan": step.drifted,
            }
            for step in result.steps
        ],
    }


def show_result(answer: Answer, result: RunResult, found: Mapping[int, ArchivedEvent]) -> None:
    """Every step with its verdict and the audit event behind it, what is open, and the sum."""
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
    for number, event in sorted(found.items()):
        answer.line(f"{number}. logged as {event_words(event)}")
    for step in result.steps:
        if step.error:
            answer.line(f"{step.operation.number}. {step.error}")
    for words in result.blocked:
        answer.line(f"stopped working with a source: {words}")
    for lost in not_restored(result.plan):
        answer.line(f"{lost.words} ({lost.reason})")
    answer.line(result.words)
