"""`keyturn demo`: two tenants started here and now, a drifted organisation, the dashboard on it."""

import signal
from collections.abc import Callable
from types import FrameType

import click

from keyturn.cli.exit_codes import Exit
from keyturn.cli.invocation import Answer, Invocation, json_option
from keyturn.settings import Places


def end_on_sigterm(_number: int, _frame: FrameType | None) -> None:
    """A signal handler: SIGTERM ends the servers as Ctrl-C does."""
    raise KeyboardInterrupt


@click.command(name="demo")
@click.option(
    "--check",
    is_flag=True,
    help="No dashboard: refresh, list drift, offboard one leaver, prove it, exit 0.",
)
@click.option(
    "--with",
    "pair",
    type=click.Choice(["okta", "openbao"]),
    default="okta",
    show_default=True,
    help="okta: simulated Okta and 1Password. openbao: a real SCIM server and a real OpenBao.",
)
@json_option
@click.pass_obj
def command(invocation: Invocation, check: bool, pair: str, answer: Answer) -> int:
    """Try keyturn on an organisation that has drifted, started here and now.

    Serves a simulated Okta and a simulated 1Password on free loopback ports from a temporary
    directory, with 239 people, 60 groups, 90 vaults and two years of events, and opens the
    dashboard, with three months of earlier reads made up from its dates. With `--with openbao` it
    is two real servers and about 60 people. Everything is gone when you leave.
    Needs an extra: pip install "keyturn[demo]", or "keyturn[demo-openbao]".
    """
    signal.signal(signal.SIGTERM, end_on_sigterm)
    try:
        return (_openbao if pair == "openbao" else _okta)(invocation, check, answer)
    except KeyboardInterrupt:
        answer.progress("keyturn demo: interrupted. Its servers and its files are gone.")
        return Exit.INTERRUPTED


def _okta(invocation: Invocation, check: bool, answer: Answer) -> int:
    from keyturn.demo.okta_onepassword.session import demo_session

    with demo_session(answer.progress) as session:
        if check:
            from keyturn.demo.okta_onepassword.check import run_check

            return _checked(run_check(session, answer.line), answer)
        from keyturn.demo.okta_onepassword.past_states import add_past

        places = session.places
        return _dashboard(invocation, places, session.leaver_email, lambda: add_past(places))


def _openbao(invocation: Invocation, check: bool, answer: Answer) -> int:
    from keyturn.demo.openbao.session import demo_session

    with demo_session(answer.progress) as session:
        if check:
            from keyturn.demo.openbao.check import run_check

            return _checked(run_check(session, answer.line), answer)
        return _dashboard(invocation, session.places, session.leaver.login)


def _checked(code: int, answer: Answer) -> int:
    answer.document({"passed": code == 0, "exit_code": code})
    return code


def _dashboard(
    invocation: Invocation,
    places: Places,
    person: str,
    after_read: Callable[[], None] | None = None,
) -> int:
    from keyturn.cli.dashboard import open_dashboard

    opened = Invocation(places.config, places.data, invocation.read_only)
    return open_dashboard(opened, person=person, read_first=True, after_read=after_read)


def first_refresh(opened: Invocation, answer: Answer) -> None:
    """Fills the cache, so that the first thing seen is the organisation."""
    from keyturn.cli.verbs.refresh import refresh_both

    answer.progress("reading both sources ...")
    report = refresh_both(opened, answer)
    if report is not Exit.IN_STEP:
        answer.progress("the first refresh was not complete; press r in the dashboard")
