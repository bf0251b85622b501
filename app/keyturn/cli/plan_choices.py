"""Which rows of a plan are skipped and why: named on the command line, or asked one by one."""

import sys
from collections.abc import Callable, Mapping, Sequence

import click

from keyturn.cli.exit_codes import Exit
from keyturn.cli.failures import VerbFailed
from keyturn.cli.invocation import Answer
from keyturn.cli.plan_diff import row_id, rows_called, show_row
from keyturn.decide.findings import Change
from keyturn.decide.plans import Plan

Choose = Callable[[Plan], Mapping[Change, str]]
"""Given the whole plan, the changes that are skipped, each with its reason."""


def skips_named(skips: Sequence[str], reason: str | None, by: str) -> Choose:
    """The rows of `--skip ROW` or `--skip ROW=REASON`; `reason` is of those without their own.
    Raises VerbFailed for a row without any."""
    reasons: dict[str, str] = {}
    for one in skips:
        row, _, own = one.partition("=")
        why = own.strip() or (reason or "").strip()
        if not why:
            raise VerbFailed(
                Exit.USAGE,
                f"--skip {row}: say why, with --reason, or as --skip {row}=REASON. The reason is "
                "kept in the plan and in the evidence.",
            )
        reasons[row.strip()] = f"{why} ({by})"

    def choose(plan: Plan) -> Mapping[Change, str]:
        found, unknown = rows_called(plan, reasons)
        if unknown:
            raise VerbFailed(
                Exit.NOT_FOUND,
                f"{', '.join(unknown)}: the plan has no such row now. keyturn plan shows the rows "
                "there are; one may have been mended since.",
            )
        return {change: reasons[row] for row, change in found.items()}

    return choose


def asked_one_by_one(answer: Answer, named: Choose, by: str) -> Choose:
    """Asks for every row that was not named whether it is applied. Raises VerbFailed where nobody
    is there to be asked."""
    if not sys.stdin.isatty() or answer.as_json:
        raise VerbFailed(
            Exit.USAGE, "--ask asks at a terminal. Name rows with --skip and --reason instead."
        )

    def choose(plan: Plan) -> Mapping[Change, str]:
        skips = dict(named(plan))
        for operation in plan.operations:
            if operation.change in skips:
                continue
            show_row(answer, operation)
            said = click.prompt(
                "apply, skip, apply all the rest, or quit",
                type=click.Choice(["a", "s", "r", "q"]),
                default="a",
                err=True,
            )
            if said == "q":
                raise click.Abort
            if said == "r":
                break
            if said == "s":
                why = ""
                while not why:
                    why = click.prompt(f"why is {row_id(operation.change)} skipped", err=True)
                    why = why.strip()
                skips[operation.change] = f"{why} ({by})"
        return skips

    return choose
