"""An audit event as proof of what it was sought for."""

from keyturn_providers.abilities import Sought
from keyturn_providers.onepassword.events.evidence import by_another
from keyturn_providers.onepassword.events.payloads import Audited
from keyturn_providers.records import AuditEvent


def proof(event: Audited, sought: Sought, raw: str) -> AuditEvent:
    """The event as a record; `raw` is how it was received."""
    return AuditEvent(
        id=event.uuid,
        at_ms=event.at_ms,
        actor=event.actor,
        action=f"{event.action} {event.object_type}",
        target=event.target,
        operation_id=sought.operation_id,
        source_address=event.address,
        raw=raw,
        by_another=by_another(event, sought),
    )
