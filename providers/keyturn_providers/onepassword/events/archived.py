"""Finds in archived audit events what was done, as `audit` does in the log of now. Pure."""

import json
from collections.abc import Iterable, Mapping

from keyturn_providers.abilities import Sought
from keyturn_providers.onepassword.events.evidence import actions_of, matched
from keyturn_providers.onepassword.events.payloads import Audited, audited
from keyturn_providers.onepassword.events.proof import proof
from keyturn_providers.records import AuditEvent

STREAM = "audit events"


def archived_actions(sought: Sought) -> tuple[str, ...]:
    """The actions, as the archive writes them, of the events that may be of what is sought."""
    return tuple(sorted(f"{action} {kind}" for action, kind in actions_of(sought)))


def archived_events(raws: Iterable[str], sought: Sought) -> tuple[AuditEvent, ...]:
    """The events of what is sought, oldest first, of those in `raws` (each as it was received);
    what is no event is passed over."""
    entries: dict[str, tuple[Audited, str]] = {}
    for raw in raws:
        event = _event(raw)
        if event is not None:
            entries.setdefault(event.uuid, (event, raw))
    found = matched([event for event, _ in entries.values()], [sought])
    return tuple(proof(event, one, entries[event.uuid][1]) for event, one in found)


def _event(raw: str) -> Audited | None:
    try:
        entry = json.loads(raw)
    except ValueError:
        return None
    return audited(entry) if isinstance(entry, Mapping) else None
