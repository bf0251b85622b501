"""An audit event that a source told, as it is kept with a run in the journal."""

from keyturn_providers.records import AuditEvent, Side
from keyturn_storage.rows import ArchivedEvent


def archived_event(
    event: AuditEvent, *, run_id: str, operation_id: str, source: str, side: Side
) -> ArchivedEvent:
    """`operation_id` is that of the step it proves, "" for an event that proves none."""
    return ArchivedEvent(
        run_id=run_id,
        operation_id=operation_id,
        source=source,
        side=side,
        event_id=event.id,
        at_ms=event.at_ms,
        actor=event.actor,
        action=event.action,
        target=event.target,
        source_address=event.source_address,
        raw=event.raw,
    )
