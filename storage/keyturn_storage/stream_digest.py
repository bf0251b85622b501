"""What the chain keeps of a page of archived events.

Each event is hashed by itself, and the page is the hash of its events' hashes: a bundle can prove
some events of a page by giving only the hashes of the others.
"""

import hashlib
import json
from collections.abc import Iterable

from keyturn_storage.stream_rows import EventIn

_encode = json.JSONEncoder(separators=(",", ":")).encode


def event_digest(event: EventIn) -> str:
    """SHA-256 over all that is stored of the event, as a compact JSON list in the order id, time,
    action, user, vault, item, raw."""
    stored = (
        event.id,
        event.at_ms,
        event.action,
        event.user_id,
        event.vault_id,
        event.item_id,
        event.raw,
    )
    return hashlib.sha256(_encode(stored).encode()).hexdigest()


def page_digest(event_digests: Iterable[str]) -> str:
    """SHA-256 over the digests of a page's events in the order they were archived, each followed
    by a newline."""
    page = hashlib.sha256()
    for digest in event_digests:
        page.update(f"{digest}\n".encode())
    return page.hexdigest()
