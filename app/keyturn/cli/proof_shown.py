"""The audit event behind a verdict, as a line for people and as JSON for programs."""

from keyturn.cli.invocation import Json
from keyturn.decide.logged import entry
from keyturn_storage.rows import ArchivedEvent


def event_json(event: ArchivedEvent | None) -> Json:
    """Id, time, actor and address of the event that proves a step; None where there is none."""
    if event is None:
        return None
    return {
        "id": event.event_id,
        "at_ms": event.at_ms,
        "actor": event.actor,
        "source_address": event.source_address or None,
    }


def event_words(event: ArchivedEvent) -> str:
    """The same in one line."""
    return entry(event.event_id, event.actor, event.at_ms, event.source_address)
