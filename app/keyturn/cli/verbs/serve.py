"""`keyturn serve`: the dashboard in a browser on this machine."""

import sys
from importlib.util import find_spec

import click

from keyturn.cli.exit_codes import Exit
from keyturn.cli.failures import VerbFailed
from keyturn.cli.invocation import Answer, Invocation, json_option
from keyturn.settings import require_config

PORT = 8137


@click.command(name="serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--with-credentials",
    is_flag=True,
    help="Hand the environment on, tokens too, so that the sources can be read again.",
)
@click.option(
    "--writable",
    is_flag=True,
    help="Not read-only: there is no login, so whoever reaches the port can do all that you can.",
)
@json_option
@click.pass_obj
def command(
    invocation: Invocation,
    host: str,
    port: int,
    with_credentials: bool,
    writable: bool,
    answer: Answer,
) -> int:
    """Show the dashboard in a browser on this machine, until Ctrl-C.

    There is no login. So it listens on a loopback address only, is read-only, and hands no
    credentials on: the page shows what was read before. Needs an extra: pip install
    "keyturn[serve]".
    """
    if find_spec("textual_serve") is None:
        raise VerbFailed(
            Exit.USAGE,
            "keyturn serve needs textual-serve, which comes as the extra `serve`. Install it with: "
            'pip install "keyturn[serve]"',
        )
    from keyturn.tui.browser import NotLoopback, require_loopback, serve

    if writable and invocation.read_only:
        raise VerbFailed(
            Exit.USAGE, "keyturn serve: --read-only and --writable exclude each other."
        )
    try:
        _ = require_loopback(host)
    except NotLoopback as reachable:
        raise VerbFailed(Exit.REFUSED, str(reachable)) from None
    found = invocation.places()
    config = require_config(found)
    arguments = [sys.executable, "-m", "keyturn", "--config", str(config.absolute())]
    arguments += ["--data-dir", str(found.data.absolute())]
    if not writable:
        arguments.append("--read-only")
    credentials = with_credentials or writable
    answer.document(
        {"url": f"http://{host}:{port}", "read_only": not writable, "credentials": credentials}
    )
    answer.line(f"The dashboard is at http://{host}:{port} until Ctrl-C.")
    if writable:
        answer.line(
            "It is WRITABLE: every program and every user of this machine that reaches the port "
            "can change what you can change. There is no login."
        )
    elif credentials:
        answer.line("It is read-only, and may read the sources with your credentials.")
    else:
        answer.line("It is read-only and has no credentials: it shows what was read before.")
    serve(arguments, host, port, credentials=credentials)
    return Exit.IN_STEP
