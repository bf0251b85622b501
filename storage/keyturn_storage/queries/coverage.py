"""What the archive of event streams covers: since when, how much, how new, and what is missing."""

from typing import TYPE_CHECKING

from keyturn_providers.records import Side
from keyturn_storage.stream_rows import DayCount, GapRow, StreamCoverage

if TYPE_CHECKING:
    from keyturn_storage.journal import Journal

DAY_MS = 24 * 60 * 60 * 1000
GAPS_SHOWN = 1_000

_STREAM = (
    "select s.no, s.source, s.side, s.kind, s.tenant, s.name, s.events, s.pages, "
    "(select min(at_ms) from stream_event where stream_no = s.no), "
    "(select max(at_ms) from stream_event where stream_no = s.no), "
    "s.first_ms, s.whole_ms, s.asked_ms, s.behind, s.error, s.error_ms, "
    "(select max(json_extract(line, '$.before_ms')) from entry "
    "where seq in (select purge from purged_event)) from stream s "
)


def coverage(journal: "Journal", source_name: str = "") -> tuple[StreamCoverage, ...]:
    """Every stream ever archived, or those of one source, in the order of their first archiving.

    Of a stream's gaps, the newest thousand are given, oldest first.
    """
    found = journal.connection.execute(
        _STREAM + "where ? = '' or s.source = ? order by s.no", (source_name, source_name)
    ).fetchall()
    return tuple(
        StreamCoverage(
            no=no,
            source=source,
            side=Side(side),
            kind=kind,
            tenant=tenant,
            stream=name,
            events=events,
            pages=pages,
            oldest_ms=oldest_ms,
            newest_ms=newest_ms,
            since_ms=_since(first_ms, oldest_ms, purged_ms),
            whole_ms=whole_ms,
            asked_ms=asked_ms,
            behind=bool(behind),
            gaps=gaps(journal, no),
            error=error,
            error_ms=error_ms,
        )
        for no, source, side, kind, tenant, name, events, pages, oldest_ms, newest_ms, first_ms,
        whole_ms, asked_ms, behind, error, error_ms, purged_ms in found
    )  # fmt: skip


def _since(first_ms: int, oldest_ms: int | None, purged_ms: int | None) -> int:
    """From when on everything is there. Before a purge's limit only what had to stay is."""
    since_ms = first_ms if oldest_ms is None else min(oldest_ms, first_ms)
    return since_ms if purged_ms is None else max(since_ms, purged_ms)


def gaps(journal: "Journal", stream_no: int, *, limit: int = GAPS_SHOWN) -> tuple[GapRow, ...]:
    """The newest gaps of a stream, oldest first."""
    found = journal.connection.execute(
        "select from_ms, until_ms, words, page from stream_gap where stream_no = ? "
        "order by until_ms desc, no desc limit ?",
        (stream_no, limit),
    ).fetchall()
    return tuple(GapRow(*row) for row in reversed(found))


def missing_between(covered: StreamCoverage, from_ms: int, until_ms: int) -> tuple[GapRow, ...]:
    """The parts of a period that the archive does not have: what lies before its beginning, its
    gaps, and what is newer than the last reading. Empty if the stream is whole in that period.

    Parts that are no gaps have 0 as their page.
    """
    found: list[GapRow] = []
    if from_ms < covered.since_ms:
        words = "the archive begins later."
        found.append(GapRow(from_ms, min(covered.since_ms, until_ms), words, 0))
    found += [
        gap
        for gap in covered.gaps
        if gap.until_ms > from_ms and (gap.from_ms is None or gap.from_ms < until_ms)
    ]
    whole_ms = covered.since_ms if covered.whole_ms is None else covered.whole_ms
    if whole_ms < until_ms:
        words = "it was not read yet."
        found.append(GapRow(max(from_ms, whole_ms), until_ms, words, 0))
    return tuple(found)


def counts_by_day(
    journal: "Journal", stream_no: int, *, since_ms: int, until_ms: int, limit: int = 1_000
) -> tuple[DayCount, ...]:
    """How many events of a stream there are of each UTC day that has any, newest day first."""
    found = journal.connection.execute(
        "select s.name, e.at_ms / :day * :day as day_ms, count(*) from stream_event e "
        "join stream s on s.no = e.stream_no where e.stream_no = :stream "
        "and e.at_ms >= :since and e.at_ms < :until group by day_ms order by day_ms desc "
        "limit :limit",
        {
            "day": DAY_MS,
            "stream": stream_no,
            "since": since_ms,
            "until": until_ms,
            "limit": limit,
        },
    )
    return tuple(DayCount(*row) for row in found)
