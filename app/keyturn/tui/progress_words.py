"""Progress of a job in a few words for the note line."""

from keyturn.run.progress import (
    ArchiveProgress,
    ListingProgress,
    RunEnded,
    SourceDone,
    StepChanged,
    StreamDone,
)
from keyturn_providers.contract import Waiting


def words_of(event: object) -> str:
    """One line for an event; empty for one that is not worth a line."""
    if isinstance(event, ListingProgress):
        of = f" of {event.expected:,}" if event.expected else ""
        return f"reading {event.source}: {event.rows:,}{of} {event.collection}"
    if isinstance(event, SourceDone):
        return f"{event.source}: {event.words}"
    if isinstance(event, ArchiveProgress):
        return f"archiving {event.source}: {event.events:,} new {event.stream}"
    if isinstance(event, StreamDone):
        return f"{event.source}, {event.stream}: {event.words}"
    if isinstance(event, StepChanged):
        return f"step {event.number}: {event.state}"
    if isinstance(event, RunEnded):
        return f"run {event.state}"
    if isinstance(event, Waiting):
        return f"{event.source}: waiting {event.seconds:.0f} s: {event.reason}"
    return ""
