"""Finds in the audit events what proves a change: from a position taken before it was made."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

from keyturn_providers.abilities import Sought
from keyturn_providers.errors import Conflict
from keyturn_providers.onepassword.events.client import EventsClient
from keyturn_providers.onepassword.events.evidence import matched
from keyturn_providers.onepassword.events.payloads import Audited, audited, raw_of
from keyturn_providers.onepassword.events.proof import proof
from keyturn_providers.onepassword.events.token import Feature
from keyturn_providers.records import AuditEvent

LOOK_BACK_S = 60
"""How much of the past is read to come to the log's present end."""
OVERLAP_S = 600
"""How much is read again where the position is refused, and time has to do instead."""
_WHAT = "reading the audit events"


@dataclass(frozen=True, slots=True)
class _Position:
    """Where the log ended. `at_ms` is the server's time then, for a cursor that is refused."""

    cursor: str
    at_ms: int

    @property
    def text(self) -> str:
        return json.dumps({"cursor": self.cursor, "at_ms": self.at_ms}, sort_keys=True)


class AuditReading:
    """The log as proof. Remembers nothing: every call reads from the position on."""

    def __init__(self, client: EventsClient) -> None:
        self._client = client

    async def audit_checkpoint(self) -> str:
        """The end of the log as it is visible now. An event that happened before and becomes
        visible later is after it: the time of the change is for telling these apart."""
        now_ms = self._now_ms()
        cursor = ""
        async for page in self._client.pages(
            Feature.AUDIT_EVENTS,
            start_ms=now_ms - LOOK_BACK_S * 1000,
            what="finding the end of the audit events",
        ):
            cursor = page.cursor
        return _Position(cursor, now_ms).text

    async def audit_events(self, since: str, sought: Sequence[Sought]) -> tuple[AuditEvent, ...]:
        """The events of what is sought, each once, however often they were delivered; those that
        somebody else left are marked."""
        position = self._position(since)
        entries = await self._read(position.cursor, 0) if position.cursor else None
        if entries is None:
            entries = await self._read("", position.at_ms - OVERLAP_S * 1000) or {}
        events = [event for event, _ in entries.values()]
        raws = {uuid: raw for uuid, (_, raw) in entries.items()}
        pairs = matched(events, sought, clock_ahead_ms=self._client.clock_ahead_ms)
        return tuple(proof(event, one, raws[event.uuid]) for event, one in pairs)

    async def _read(self, cursor: str, start_ms: int) -> dict[str, tuple[Audited, str]] | None:
        """Every event from there on by its id; None where the cursor is refused."""
        found: dict[str, tuple[Audited, str]] = {}
        refused = True
        async for page in self._client.pages(
            Feature.AUDIT_EVENTS, cursor=cursor, start_ms=start_ms, what=_WHAT
        ):
            refused = False
            for entry in page.items:
                event = audited(entry)
                if event is not None:
                    found.setdefault(event.uuid, (event, raw_of(entry)))
        return None if refused else found

    def _position(self, text: str) -> _Position:
        try:
            told = json.loads(text)
            return _Position(str(told["cursor"]), int(told["at_ms"]))
        except (ValueError, TypeError, KeyError):
            pass
        raise Conflict(
            self._client.source,
            _WHAT,
            "The position taken before the change cannot be read.",
            "The change itself is not affected; look for its event in 1Password's activity log.",
        )

    def _now_ms(self) -> int:
        return int(time.time() * 1000) + self._client.clock_ahead_ms
