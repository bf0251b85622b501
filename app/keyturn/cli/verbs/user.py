"""`keyturn user PERSON`: the dashboard, opened there."""

import click

from keyturn.cli.dashboard import open_at
from keyturn.cli.invocation import Answer, Invocation, json_option


@click.command(name="user")
@click.argument("text", metavar="PERSON")
@json_option
@click.pass_obj
def command(invocation: Invocation, text: str, answer: Answer) -> int:
    """Open the dashboard at the card of PERSON: a login, e-mail, name or id.

    Where several could be meant they are listed, and the exit code is 2.
    With --json nothing is opened: the answer says what it is.
    """
    return open_at(invocation, "user", text, answer)
