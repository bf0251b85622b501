"""`keyturn drill`: the demo on a bad day, with a timed report at the end."""

import signal
import sys

import click

from keyturn.cli.exit_codes import Exit
from keyturn.cli.invocation import Answer, Invocation, json_option
from keyturn.cli.verbs.demo import end_on_sigterm


@click.command(name="drill")
@click.option(
    "--check",
    is_flag=True,
    help="No dashboard: keyturn goes through the bad day by itself, and is looked at from outside.",
)
@json_option
@click.pass_obj
def command(invocation: Invocation, check: bool, answer: Answer) -> int:
    """Practise a bad day on the simulated Okta and 1Password of the demo.

    Okta refuses with 429, the bridge restarts locked, the session with 1Password ends, an answer is
    lost in the middle of an offboarding, and keyturn is killed with -9. A timed report says how
    each ended. Needs the extra: pip install "keyturn[demo]".
    """
    signal.signal(signal.SIGTERM, end_on_sigterm)
    try:
        return _drill(invocation, check, answer)
    except KeyboardInterrupt:
        answer.progress("keyturn drill: interrupted. Its servers and its files are gone.")
        return Exit.INTERRUPTED


def _drill(invocation: Invocation, check: bool, answer: Answer) -> int:
    from keyturn.cli.verbs.demo import first_refresh
    from keyturn.demo.okta_onepassword.session import demo_session

    if not check and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise click.UsageError("The drill needs a terminal; without one: keyturn drill --check")
    with demo_session(answer.progress) as session:
        if check:
            from keyturn.demo.drill.unattended import run_drill

            code = run_drill(session, answer.line)
            answer.document({"passed": code == 0, "exit_code": code})
            return code
        from keyturn.demo.drill.attended import attend

        first_refresh(
            Invocation(session.places.config, session.places.data, invocation.read_only), answer
        )
        answer.line("")
        answer.line("The bad day: offboard Dana Okafor (o in the dashboard). Things will go wrong.")
        answer.line("What keyturn says then is what it would say to you at work. Leave with q.")
        click.pause("Press any key to begin ...", err=True)
        return attend(session, answer.line)
