"""`keyturn history`: when both sources were read, what was there, and when nothing was seen."""

from collections.abc import Sequence
from itertools import pairwise

import click

from keyturn.cli.as_of_option import reader_of
from keyturn.cli.exit_codes import Exit
from keyturn.cli.invocation import Answer, Invocation, Json, json_option
from keyturn.cli.work import journal_of
from keyturn.run.as_of import utc
from keyturn_providers.records import Side
from keyturn_storage.queries.coverage import coverage
from keyturn_storage.queries.moments import Moment, SideRead, moments
from keyturn_storage.stream_rows import StreamCoverage

_UNITS = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"))


@click.command(name="history")
@click.option("--limit", default=30, show_default=True, help="How many of the newest reads.")
@json_option
@click.pass_obj
def command(invocation: Invocation, limit: int, answer: Answer) -> int:
    """List the reads of both sources, newest first, with what was there and how much had drifted.

    Between two reads nothing is known: "unseen before" says for how long. The number of a read is
    what `keyturn diff` and `--as-of` take.
    """
    with reader_of(invocation) as reader:
        found = moments(reader)
    archived: Sequence[StreamCoverage] = ()
    if invocation.places().journal.exists():
        with journal_of(invocation) as journal:
            archived = coverage(journal)
    shown = found[:limit]
    before = dict(pairwise(found))
    answer.document(
        {
            "reads": [_moment_json(one, before.get(one)) for one in shown],
            "more": len(found) - len(shown),
            "archive": [_archive_json(one) for one in archived],
        }
    )
    if not found:
        answer.line("Nothing was read yet: keyturn refresh reads both sources.")
    names = _names(found)
    answer.table(
        ["read", "began", *names, "people", "vaults", "grants", "drift", "unseen before"],
        [_row(one, before.get(one)) for one in shown],
    )
    if len(found) > len(shown):
        answer.line(f"... and {len(found) - len(shown)} earlier reads: --limit shows more")
    for stream in archived:
        for gap in stream.gaps:
            since = utc(gap.from_ms) if gap.from_ms is not None else "before anything was archived"
            answer.line(
                f"{stream.source}, {stream.stream}: events are missing from {since} to "
                f"{utc(gap.until_ms)}: {gap.words}"
            )
    return Exit.IN_STEP


def unseen_ms(moment: Moment, before: Moment | None) -> int | None:
    """How long nothing was read before a read; None for the first."""
    return None if before is None else max(0, moment.started_ms - before.ended_ms)


def duration(milliseconds: int) -> str:
    """ "3 d", "2 h", "5 min", "0 min"."""
    for size, unit in _UNITS:
        if milliseconds >= size:
            return f"{milliseconds // size} {unit}"
    return "0 min"


def _names(found: Sequence[Moment]) -> list[str]:
    names = {Side.DIRECTORY: "directory", Side.SECRETS: "secrets"}
    for moment in reversed(found):
        names.update({side.side: side.source for side in moment.sides})
    return [names[Side.DIRECTORY], names[Side.SECRETS]]


def _row(moment: Moment, before: Moment | None) -> list[str]:
    directory, secrets = moment.then
    unseen = unseen_ms(moment, before)
    drift = "-"
    if moment.drift is not None:
        urgent = f" ({moment.drift.urgent} urgent)" if moment.drift.urgent else ""
        drift = f"{moment.drift.total}{urgent}"
    return [
        f"#{moment.no}",
        utc(moment.started_ms),
        state_words(moment.directory),
        state_words(moment.secrets),
        str(directory.accounts) if directory else "-",
        str(secrets.vaults) if secrets else "-",
        str(secrets.grants) if secrets else "-",
        drift,
        "-" if unseen is None else duration(unseen),
    ]


def state_words(side: SideRead | None) -> str:
    """How one side of a read ended."""
    if side is None:
        return "not read"
    if side.state == "abandoned":
        return "failed"
    if side.state == "reading":
        return "being read"
    if side.complete:
        return "complete"
    return f"{side.incomplete} of {side.listings} incomplete" if side.incomplete else "incomplete"


def _moment_json(moment: Moment, before: Moment | None) -> Json:
    return {
        "read": moment.no,
        "started_ms": moment.started_ms,
        "ended_ms": moment.ended_ms,
        "unseen_before_ms": unseen_ms(moment, before),
        "drift": None if moment.drift is None else moment.drift.total,
        "urgent": None if moment.drift is None else moment.drift.urgent,
        "sources": [
            {
                "source": side.source,
                "snapshot": side.snapshot_id,
                "state": side.state,
                "complete": side.complete,
                "incomplete_listings": side.incomplete,
                "unreadable": side.unreadable,
                "accounts": side.accounts,
                "groups": side.groups,
                "memberships": side.memberships,
                "vaults": side.vaults,
                "grants": side.grants,
                "machines": side.machines,
                "error": side.error,
            }
            for side in moment.sides
        ],
    }


def _archive_json(stream: StreamCoverage) -> Json:
    return {
        "source": stream.source,
        "stream": stream.stream,
        "since_ms": stream.since_ms,
        "whole_ms": stream.whole_ms,
        "gaps": [
            {"from_ms": gap.from_ms, "until_ms": gap.until_ms, "words": gap.words}
            for gap in stream.gaps
        ],
    }
