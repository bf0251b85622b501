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
from keyturn_providers.records import Collection

_PARENTS = {Collection.MEMBERSHIPS: "group", Collection.GRANTS: "vault"}


def words_of(event: object) -> str:
    """One line for an event; empty for one that is not worth a line."""
    if isinstance(event, ListingProgress):
        return f"reading {event.source}: {_listed(event)}"
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


def _listed(event: ListingProgress) -> str:
    if event.parents:
        parent = _PARENTS[event.collection]
        return f"{event.collection} of {parent} {event.parent_no:,} of {event.parents:,}"
    of = f" of {event.expected:,}" if event.expected else ""
    return f"{event.rows:,}{of} {event.collection}"
