"""The event streams, to be archived before 1Password forgets them."""

import time
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime

from keyturn_providers.abilities import EventPage, StreamedEvent
from keyturn_providers.errors import Misconfigured
from keyturn_providers.onepassword.events.client import EventsClient
from keyturn_providers.onepassword.events.payloads import (
    CursorPage,
    audited,
    entry_id,
    raw_of,
    text,
)
from keyturn_providers.onepassword.events.token import Feature
from keyturn_providers.onepassword.moments import moment_ms

_DAY_MS = 86_400_000
STREAMS: Mapping[str, Feature] = {
    "audit events": Feature.AUDIT_EVENTS,
    "item usages": Feature.ITEM_USAGES,
    "sign-in attempts": Feature.SIGN_INS,
}
OVERLAP_MS = 600_000
"""How much is read again where a position is refused: events may become visible late."""
# Asking for what is just being forgotten may be refused, so the oldest minutes are left out.
_MARGIN_MS = 300_000
_REMEMBERED = 20_000
_VAULT_KINDS = frozenset({"vault", "uva", "gva", "items"})


class Streaming:
    """Reads the streams that the token's `features` allow, from `kept_days` back at most."""

    def __init__(self, client: EventsClient, features: frozenset[str], kept_days: int) -> None:
        self._client = client
        self._kept_days = kept_days
        self._names = tuple(name for name, feature in STREAMS.items() if feature.value in features)

    def streams(self) -> tuple[str, ...]:
        return self._names

    async def stream(
        self, name: str, position: str | None, last_ms: int | None
    ) -> AsyncIterator[EventPage]:
        """Everything after `position`, a page at a time, each event once.

        Where the position is refused, reading starts anew a little before `last_ms`; only what
        1Password has forgotten by then is a gap.
        """
        if name not in self._names:
            raise Misconfigured(
                self._client.source,
                f"reading the stream {name}",
                "The Events API token may not read it.",
                "Make a token with this feature, or leave the stream off.",
            )
        floor_ms = self._now_ms() - self._kept_days * _DAY_MS + _MARGIN_MS
        gap = self._gap(floor_ms, last_ms) if position is not None else ""
        seen: dict[str, None] = {}
        given = False
        if position is not None:
            async for page in self._pages(name, seen, cursor=position):
                given = True
                yield _with_gap(page, gap, floor_ms)
                gap = ""
        if given:
            return
        start_ms = floor_ms
        if position is not None and last_ms is not None:
            start_ms = max(floor_ms, last_ms - OVERLAP_MS)
        elif position is not None:
            gap = _REFUSED
        async for page in self._pages(name, seen, start_ms=start_ms):
            yield _with_gap(page, gap, start_ms)
            gap = ""

    async def _pages(
        self, name: str, seen: dict[str, None], *, cursor: str = "", start_ms: int = 0
    ) -> AsyncIterator[EventPage]:
        feature = STREAMS[name]
        async for page in self._client.pages(
            feature, cursor=cursor, start_ms=start_ms, what=f"reading the {name}"
        ):
            yield EventPage(_events(feature, page, seen), page.cursor, not page.has_more)

    def _gap(self, floor_ms: int, last_ms: int | None) -> str:
        if last_ms is None or last_ms >= floor_ms:
            return ""
        since, until = (
            datetime.fromtimestamp(moment // 1000, UTC).strftime("%d %b %Y")
            for moment in (last_ms, floor_ms)
        )
        return (
            f"1Password keeps events for {self._kept_days} days: those between {since} and {until}"
            " are lost."
        )

    def _now_ms(self) -> int:
        return int(time.time() * 1000) + self._client.clock_ahead_ms


_REFUSED = (
    "1Password did not accept the position reached before, so reading started anew with the oldest"
    " event it still has."
)


def _with_gap(page: EventPage, gap: str, until_ms: int) -> EventPage:
    if not gap:
        return page
    return EventPage(page.events, page.position, page.last, gap, until_ms)


def _events(feature: Feature, page: CursorPage, seen: dict[str, None]) -> tuple[StreamedEvent, ...]:
    found = []
    at_ms = 0
    for entry in page.items:
        uuid = entry_id(entry)
        if uuid in seen:
            continue
        seen[uuid] = None
        if len(seen) > _REMEMBERED:
            del seen[next(iter(seen))]
        # An entry without a time is kept beside its neighbour rather than lost.
        told_ms = moment_ms(entry.get("timestamp"))
        at_ms = at_ms if told_ms is None else told_ms
        found.append(_event(feature, entry, uuid, at_ms))
    return tuple(found)


def _event(feature: Feature, entry: Mapping[str, object], uuid: str, at_ms: int) -> StreamedEvent:
    raw = raw_of(entry)
    if feature is Feature.ITEM_USAGES:
        return StreamedEvent(
            uuid,
            at_ms,
            text(entry.get("action"), 60),
            raw,
            user_id=_uuid_in(entry.get("user")),
            vault_id=text(entry.get("vault_uuid"), 128),
            item_id=text(entry.get("item_uuid"), 128),
        )
    if feature is Feature.SIGN_INS:
        action = text(entry.get("category"), 60)
        return StreamedEvent(uuid, at_ms, action, raw, user_id=_uuid_in(entry.get("target_user")))
    return _audit_event(entry, uuid, at_ms, raw)


def _audit_event(entry: Mapping[str, object], uuid: str, at_ms: int, raw: str) -> StreamedEvent:
    event = audited(entry)
    if event is None:
        return StreamedEvent(uuid, at_ms, text(entry.get("action"), 60), raw)
    kind, subject, other = event.object_type, event.object_uuid, event.aux_uuid
    user = subject if kind == "user" else other if kind in {"gm", "uva", "device"} else ""
    if (event.action, kind) == ("export", "vault"):
        # It names nobody but who did it, and is about what they took along.
        user = event.actor_uuid
    vault = subject if kind in _VAULT_KINDS else other if kind == "item" else ""
    item = subject if kind == "item" else ""
    return StreamedEvent(uuid, at_ms, f"{event.action} {kind}", raw, user, vault, item)


def _uuid_in(value: object) -> str:
    return text(value.get("uuid"), 128) if isinstance(value, dict) else ""
