"""Opens the dashboard."""

import click

from keyturn.cli.exit_codes import Exit
from keyturn.cli.invocation import Invocation
from keyturn.settings import require_config


def open_dashboard(
    invocation: Invocation, *, organisation: str = "", person: str = "", read_first: bool = False
) -> int:
    """Runs the dashboard until it is left. Without a terminal says so and exits with USAGE."""
    from keyturn.tui.start import DashboardOptions, run_dashboard

    found = invocation.places()
    require_config(found)
    options = DashboardOptions(
        config=found.config,
        data=found.data,
        read_only=invocation.read_only,
        organisation=organisation,
        person=person,
        read_first=read_first,
    )
    try:
        return run_dashboard(options, say=lambda words: click.echo(words, err=True))
    except KeyboardInterrupt:
        return int(Exit.INTERRUPTED)
