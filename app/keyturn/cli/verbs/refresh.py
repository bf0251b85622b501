"""`keyturn refresh`: reads both sources into the cache, decides anew, and archives events."""

import click

from keyturn.cli.archived import archive_json, show_archive
from keyturn.cli.exit_codes import Exit
from keyturn.cli.invocation import Answer, Invocation, Json, json_option
from keyturn.cli.work import (
    cache_of,
    loaded_policy,
    now_ms,
    operator,
    stoppable,
    tell,
    with_connections,
)
from keyturn.decide.values import to_plain
from keyturn.run.archive import archive
from keyturn.run.archive_report import ArchiveReport
from keyturn.run.assess import NothingRead, assess
from keyturn.run.clock import system_clock
from keyturn.run.connections import Connections
from keyturn.run.late_verdicts import LaterVerdicts, later_verdicts
from keyturn.run.refresh import RefreshReport, SourceReport, refresh
from keyturn_storage.journal import open_journal


@click.command(name="refresh")
@json_option
@click.pass_obj
def command(invocation: Invocation, answer: Answer) -> int:
    """Read both sources into the cache, and archive their events.

    Steps of the last day's runs that wait for their audit event are looked at again, and get a
    later verdict where there is one.

    Exits with 0 if both are complete and no event stream failed, else with 3: an incomplete read
    may be browsed, but takes nothing away from anybody; events that are not archived in time are
    lost when their source forgets them.
    """
    return refresh_both(invocation, answer)


def refresh_both(invocation: Invocation, answer: Answer) -> Exit:
    """Refreshes, decides, and answers how complete it is."""
    loaded = loaded_policy(invocation)
    with cache_of(invocation) as cache, stoppable(answer) as stop:

        async def work(
            connections: Connections,
        ) -> tuple[RefreshReport, int | None, ArchiveReport, tuple[LaterVerdicts, ...]]:
            read = await refresh(
                connections,
                cache,
                observe=lambda event: tell(answer, event),
                stop=stop,
                clock=system_clock(),
            )
            found: int | None = None
            try:
                found = len(assess(cache, loaded.rules, now_ms()).findings)
            except NothingRead as nothing:
                answer.progress(str(nothing))
            archived = await archive(
                connections,
                lambda: open_journal(invocation.places().journal),
                observe=lambda event: tell(answer, event),
                stop=stop,
                clock=system_clock(),
            )
            later = await later_verdicts(
                connections,
                invocation.places().journal,
                observe=lambda event: tell(answer, event),
                stop=stop,
                clock=system_clock(),
                operator=operator(),
            )
            return read, found, archived, later

        report, found, archived, later = with_connections(invocation, loaded, answer, work)
    answer.document(
        {
            "complete": report.complete,
            "stopped": report.stopped,
            "sources": [_source_json(one) for one in (report.directory, report.secrets)],
            "findings": found,
            "events": archive_json(archived),
            "verdicts": to_plain(later),
        }
    )
    show_archive(answer, archived, now_ms())
    for run in later:
        for words in (*run.words, *run.remarks):
            answer.line(words)
    if report.stopped:
        answer.line("stopped; the snapshots before stand")
        return Exit.STOPPED
    if not report.complete:
        cut = [one.source for one in (report.directory, report.secrets) if not one.complete]
        answer.line(
            f"{' and '.join(cut)} not read completely: what was read may be browsed, "
            "but nothing is removed by it"
        )
        return Exit.INCOMPLETE
    if not archived.well:
        answer.line(f"both sources complete, {found} findings; but their events were not archived")
        return Exit.INCOMPLETE
    answer.line(f"both sources complete, {found} findings")
    return Exit.IN_STEP


def _source_json(report: SourceReport) -> Json:
    return {
        "source": report.source,
        "side": report.side.value,
        "complete": report.complete,
        "snapshot": report.snapshot.id if report.snapshot else None,
        "words": report.words,
    }
