"""The archive of event streams as lines for people and as JSON for programs."""

from keyturn.cli.invocation import Answer, Json
from keyturn.run.archive_report import ArchiveReport, StreamReport
from keyturn.run.archive_words import covered_words
from keyturn_storage.stream_rows import GapRow, StreamCoverage


def show_archive(answer: Answer, archived: ArchiveReport, now_ms: int) -> None:
    """A line for each source about what the archive has; one for each stream that failed, has more
    to come, or lost something. Nothing where no source has event streams."""
    if archived.failure:
        answer.line(f"events not archived: {archived.failure}")
    for source in dict.fromkeys(one.source for one in archived.coverage):
        own = [one for one in archived.coverage if one.source == source]
        answer.line(f"{source}: {covered_words(own, now_ms)}")
    for one in archived.streams:
        if one.failure or one.gaps or one.differing or not one.whole:
            answer.line(f"{one.name}: {one.words}")


def archive_json(archived: ArchiveReport) -> Json:
    """What this refresh archived and what there is, stream by stream."""
    covered = {(one.source, one.stream): one for one in archived.coverage}
    return {
        "well": archived.well,
        "error": archived.failure,
        "streams": [
            _stream_json(one, covered.get((one.source, one.stream))) for one in archived.streams
        ],
    }


def _stream_json(report: StreamReport, covered: StreamCoverage | None) -> Json:
    return {
        "source": report.source,
        "stream": report.stream,
        "whole": report.whole,
        "new": report.events,
        "repeated": report.repeated,
        "differing": report.differing,
        "pages": report.pages,
        "lost": list(report.gaps),
        "error": report.failure,
        "words": report.words,
        "archived": None
        if covered is None
        else {
            "events": covered.events,
            "oldest_ms": covered.oldest_ms,
            "newest_ms": covered.newest_ms,
            "since_ms": covered.since_ms,
            "whole_ms": covered.whole_ms,
            "gaps": [_gap_json(gap) for gap in covered.gaps],
        },
    }


def _gap_json(gap: GapRow) -> Json:
    return {"from_ms": gap.from_ms, "until_ms": gap.until_ms, "words": gap.words}
