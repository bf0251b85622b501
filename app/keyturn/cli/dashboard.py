"""Opens the dashboard."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from keyturn.cli.exit_codes import Exit
from keyturn.cli.invocation import Answer, Invocation
from keyturn.settings import require_config

if TYPE_CHECKING:
    from keyturn.run.deep_links import Link


def open_at(invocation: Invocation, kind: str, text: str, answer: Answer) -> int:
    """The dashboard, opened at the one person, group, vault or run that `text` means. Raises
    VerbFailed where it is not one."""
    from keyturn.cli.failures import VerbFailed
    from keyturn.run.deep_links import LinkKind, NotOneThing, find_link
    from keyturn_storage.files import data_dir
    from keyturn_storage.journal_if_any import journal_if_any
    from keyturn_storage.queries.reader import open_reader

    found = invocation.places()
    require_config(found)
    data_dir(found.data)
    with open_reader(found.cache) as reader, journal_if_any(found.journal) as journal:
        try:
            link = find_link(reader, journal, LinkKind(kind), text)
        except NotOneThing as several:
            code = Exit.USAGE if several.candidates else Exit.NOT_FOUND
            raise VerbFailed(code, str(several)) from None
    if answer.as_json:
        answer.document({"kind": link.kind.value, "id": link.key, "name": link.name})
        return int(Exit.IN_STEP)
    return open_dashboard(invocation, link=link)


def open_dashboard(
    invocation: Invocation,
    *,
    organisation: str = "",
    person: str = "",
    read_first: bool = False,
    after_read: Callable[[], None] | None = None,
    link: "Link | None" = None,
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
        after_read=after_read,
        tour=True,
        link=link,
    )
    try:
        return run_dashboard(options, say=lambda words: click.echo(words, err=True))
    except KeyboardInterrupt:
        return int(Exit.INTERRUPTED)
