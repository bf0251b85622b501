"""`keyturn policy check`: every mistake in keyturn.yaml, by line and column."""

import click

from keyturn.cli.exit_codes import Exit
from keyturn.cli.invocation import Answer, Invocation, Json, json_option
from keyturn.cli.work import cache_of, loaded_policy, now_ms
from keyturn.policy.check import check_against
from keyturn.policy.problems import PolicyInvalid, Problem
from keyturn.run.assess import NothingRead, read_assessment


@click.group(name="policy")
def command() -> None:
    """Work on keyturn.yaml."""


@command.command(name="check")
@json_option
@click.pass_obj
def check(invocation: Invocation, answer: Answer) -> int:
    """Check keyturn.yaml, every mistake by line and column.

    The form is always checked; names and ids are checked against the newest snapshots, if there are
    any. Exits with 0, or with 2 if there is a mistake.
    """
    try:
        loaded = loaded_policy(invocation)
    except PolicyInvalid as invalid:
        return _answer(answer, str(invocation.places().config), invalid.problems, ())
    found: tuple[Problem, ...] = ()
    not_checked: tuple[str, ...] = ()
    with cache_of(invocation) as cache:
        try:
            read = read_assessment(cache, loaded.rules, now_ms())
            found = check_against(
                loaded.rules, read.directory, read.secrets, places=loaded.places, now_ms=now_ms()
            )
        except NothingRead as nothing:
            not_checked = (f"ids and names were not checked against the sources: {nothing}",)
    return _answer(answer, loaded.path, found, not_checked)


def _answer(
    answer: Answer, path: str, problems: tuple[Problem, ...], not_checked: tuple[str, ...]
) -> int:
    listed: list[Json] = [
        {
            "line": problem.line,
            "column": problem.column,
            "path": problem.path,
            "code": problem.code.value,
            "message": problem.message,
            "warning": problem.warning,
        }
        for problem in problems
    ]
    answer.document({"file": path, "problems": listed, "not_checked": list(not_checked)})
    for problem in problems:
        answer.line(problem.render(path))
    for words in not_checked:
        answer.line(words)
    mistakes = [problem for problem in problems if not problem.warning]
    warnings = len(problems) - len(mistakes)
    answer.line(f"{path}: {_count(len(mistakes), 'mistake')}, {_count(warnings, 'warning')}")
    return Exit.USAGE if mistakes else Exit.IN_STEP


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
