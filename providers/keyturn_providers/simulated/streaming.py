"""Event streams of a simulated tenant: pages, late and repeated events, positions that are refused,
and a source that forgets. Errors come from the faults of its `Remote`, by stream and page."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field

from keyturn_providers.abilities import (
    Ability,
    EventPage,
    StreamedEvent,
)
from keyturn_providers.records import Side
from keyturn_providers.simulated.faults import Effect
from keyturn_providers.simulated.reading import (
    AuditedDirectoryReader,
    DirectoryReader,
    SecretsReader,
    UnauditedSecretsReader,
)
from keyturn_providers.simulated.remote import Moment, Remote, When

OVERLAP_MS = 600_000
"""How much is given again where a position was refused."""


@dataclass(slots=True)
class _Stream:
    arrived: list[StreamedEvent] = field(default_factory=list)
    forgotten: int = 0
    oldest_ms: int = 0


@dataclass(slots=True)
class EventLog:
    """What a tenant has logged, by stream, in the order in which it became visible.

    `kept_s` is what the source says about how long it keeps events; `forget` makes it forget.
    `asked` keeps every (stream, position) a reader began at.
    """

    names: tuple[str, ...] = ("audit events", "item usages")
    kept_s: float | None = None
    generation: int = 1
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    _streams: dict[str, _Stream] = field(default_factory=dict)

    def add(self, name: str, events: Iterable[StreamedEvent]) -> None:
        """These become visible now, whatever their times are: an older one is a late one."""
        self._of(name).arrived.extend(events)

    def forget(self, name: str, before_ms: int) -> None:
        """Events older than `before_ms` can never be had again."""
        stream = self._of(name)
        kept = [event for event in stream.arrived if event.at_ms >= before_ms]
        stream.forgotten += len(stream.arrived) - len(kept)
        stream.arrived, stream.oldest_ms = kept, before_ms

    def refuse_positions(self) -> None:
        """No position given so far is accepted any more."""
        self.generation += 1

    def begin(self, name: str, position: str | None, last_ms: int | None) -> tuple[int, str]:
        """(number of the first event to give, why something is missing before it)."""
        self.asked.append((name, position))
        stream = self._of(name)
        if position is None:
            return stream.forgotten, ""
        generation, _, number = position.partition(":")
        if generation == str(self.generation):
            first = max(int(number), stream.forgotten)
            return first, self._gap(stream, last_ms) if first > int(number) else ""
        start_ms = 0 if last_ms is None else last_ms - OVERLAP_MS
        place = next(
            (n for n, event in enumerate(stream.arrived) if event.at_ms >= start_ms),
            len(stream.arrived),
        )
        lost = last_ms is None or last_ms < stream.oldest_ms
        return stream.forgotten + place, self._gap(stream, last_ms) if lost else ""

    def slice(self, name: str, first: int, size: int) -> tuple[tuple[StreamedEvent, ...], bool]:
        """(up to `size` events from number `first` on, whether these are all)."""
        stream = self._of(name)
        place = first - stream.forgotten
        return tuple(stream.arrived[place : place + size]), place + size >= len(stream.arrived)

    def oldest_ms(self, name: str) -> int:
        """From when on nothing was forgotten."""
        return self._of(name).oldest_ms

    def _gap(self, stream: _Stream, last_ms: int | None) -> str:
        since = "" if last_ms is None else f" since {last_ms}"
        return f"the source keeps events only from {stream.oldest_ms} on; those{since} are lost."

    def _of(self, name: str) -> _Stream:
        return self._streams.setdefault(name, _Stream())


class _Streams:
    __slots__ = ()
    remote: Remote
    log: EventLog

    def streams(self) -> tuple[str, ...]:
        return self.log.names

    def stream(
        self, name: str, position: str | None, last_ms: int | None
    ) -> AsyncIterator[EventPage]:
        return _pages(self.remote, self.log, name, position, last_ms)


@dataclass(frozen=True, slots=True)
class StreamingDirectoryReader(DirectoryReader, _Streams):
    """A directory whose events can be archived."""

    log: EventLog


@dataclass(frozen=True, slots=True)
class StreamingAuditedDirectoryReader(AuditedDirectoryReader, _Streams):
    """A directory with an audit log that can also be archived."""

    log: EventLog


@dataclass(frozen=True, slots=True)
class StreamingSecretsReader(SecretsReader, _Streams):
    """Everything a secret manager can show, its events for archiving as well."""

    log: EventLog


@dataclass(frozen=True, slots=True)
class StreamingUnauditedSecretsReader(UnauditedSecretsReader, _Streams):
    """A secret manager whose events can be archived, but not asked for a proof."""

    log: EventLog


def streaming_reader(remote: Remote, log: EventLog, *, audited: bool) -> object:
    """The reader of a source of that side, with its event streams."""
    if remote.tenant.source.side is Side.SECRETS:
        secrets = StreamingSecretsReader if audited else StreamingUnauditedSecretsReader
        return secrets(remote, log)
    directory = StreamingAuditedDirectoryReader if audited else StreamingDirectoryReader
    return directory(remote, log)


async def _pages(
    remote: Remote, log: EventLog, name: str, position: str | None, last_ms: int | None
) -> AsyncIterator[EventPage]:
    """Pages up to what was visible when each was asked for; the last one may be empty."""
    source = remote.tenant.source.name
    number, gap = log.begin(name, position, last_ms)
    page_no = 0
    before: tuple[StreamedEvent, ...] = ()
    last = False
    while not last:
        page_no += 1
        await remote.at(Moment(When.BEFORE, source, Ability.STREAM_EVENTS, name))
        fault = remote.faults.take(Ability.STREAM_EVENTS, name, page_no)
        remote.fail(fault, Ability.STREAM_EVENTS, name)
        effect = fault.effect if fault else None
        events, last = log.slice(name, number, remote.page_size)
        number += len(events)
        given = (*before[-1:], *events, *events[:1]) if effect is Effect.DUPLICATES else events
        await remote.at(Moment(When.AFTER, source, Ability.STREAM_EVENTS, name))
        cut = effect is Effect.NO_PROOF
        yield EventPage(
            given,
            f"{log.generation}:{number}",
            last and not cut,
            gap,
            log.oldest_ms(name) if gap else None,
        )
        if cut:
            return
        gap, before = "", events
