"""What people state of a case on the command line: type, leave time, approver, ticket, hold."""

from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

import click

from keyturn.cli.exit_codes import Exit
from keyturn.cli.failures import VerbFailed
from keyturn.evidence.moments import NotAMoment, zoned

P = ParamSpec("P")
R = TypeVar("R")
TYPES = ("voluntary", "involuntary", "contractor end")


def fact_options(command: Callable[P, R]) -> Callable[P, R]:
    """The options of what is stated, which no system could be asked for."""
    for option in (
        click.option(
            "--legal-hold", type=click.Choice(["yes", "no"]), help="Whether data is held."
        ),
        click.option("--ticket", metavar="ID", help="The ticket this is done for."),
        click.option("--approver", metavar="WHO", help="Who approved it."),
        click.option(
            "--left-at",
            metavar="TIME",
            help="When the person leaves, with the offset from UTC: 2027-01-15T17:30+01:00.",
        ),
    ):
        command = option(command)
    return command


def said(
    *,
    left_at: str | None,
    approver: str | None,
    ticket: str | None,
    legal_hold: str | None,
    kind: str | None = None,
    emergency: bool = False,
) -> dict[str, object]:
    """The facts that were given, by the fields of `Facts`; raises VerbFailed for a leave time that
    can be read in two ways."""
    found: dict[str, object] = {}
    if left_at is not None:
        try:
            found["left_ms"], found["left_zone"] = zoned(left_at)
        except NotAMoment as wrong:
            raise VerbFailed(Exit.USAGE, str(wrong)) from None
    for name, value in (("approver", approver), ("ticket", ticket), ("kind", kind)):
        if value is not None:
            found[name] = value.strip()
    if legal_hold is not None:
        found["legal_hold"] = legal_hold == "yes"
    if emergency:
        found["mode"] = "emergency"
    return found


def by_vault(pairs: Iterable[str], option: str, what: str) -> dict[str, str]:
    """`VAULT=SOMETHING`, once for each vault."""
    found: dict[str, str] = {}
    for pair in pairs:
        vault, equals, value = pair.partition("=")
        if not equals or not vault.strip() or not value.strip():
            raise VerbFailed(
                Exit.USAGE,
                f"{option} {pair}: write it as VAULT={what}: a vault's id or name first.",
            )
        if vault.strip() in found:
            raise VerbFailed(Exit.USAGE, f"{option} {pair}: {vault.strip()} is named twice.")
        found[vault.strip()] = value.strip()
    return found
