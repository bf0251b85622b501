"""The audit events of the runs as the sources gave them, one JSON object to a line."""

import hashlib
import json
from collections.abc import Iterable, Iterator

from pydantic import BaseModel, ConfigDict, ValidationError

from keyturn_storage.rows import ArchivedEvent

EVENTS = "events.ndjson"


class KeptEvent(BaseModel):
    """A line of the file. `run` is "" where an older keyturn wrote it, which had one run only."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, strict=True)

    run: str = ""
    source: str
    id: str
    at_ms: int
    operation: str
    actor: str
    action: str
    target: str
    source_address: str
    raw: str


def written(events: Iterable[ArchivedEvent]) -> bytes:
    """The file: what the journal archived, `raw` exactly as the source's own log had it."""
    return "".join(_row(event) for event in events).encode("ascii")


def _row(event: ArchivedEvent) -> str:
    row = {
        "run": event.run_id,
        "source": event.source,
        "id": event.event_id,
        "at_ms": event.at_ms,
        "operation": event.operation_id,
        "actor": event.actor,
        "action": event.action,
        "target": event.target,
        "source_address": event.source_address,
        "raw": event.raw,
    }
    return json.dumps(row) + "\n"


def kept_events(content: bytes) -> Iterator[KeptEvent]:
    """The events in the file; lines that are none are passed over, `event_digests` names them."""
    for row in content.split(b"\n")[:-1]:
        try:
            yield KeptEvent.model_validate_json(row)
        except ValidationError:
            continue


def event_digests(content: bytes) -> Iterator[tuple[str, str]]:
    """Of each line its run, and what the journal's chain keeps of that event; both "" for a line
    that is none."""
    for row in content.split(b"\n")[:-1]:
        try:
            kept = KeptEvent.model_validate_json(row)
        except ValidationError:
            yield "", ""
            continue
        stored = (kept.actor, kept.action, kept.target, kept.source_address, kept.raw)
        yield kept.run, hashlib.sha256(json.dumps(stored).encode()).hexdigest()
