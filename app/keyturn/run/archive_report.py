"""How archiving the event streams ended, stream by stream."""

from dataclasses import dataclass, field

from keyturn_storage.stream_rows import PageStored, StreamCoverage


@dataclass(frozen=True, slots=True)
class StreamReport:
    """How archiving one stream ended. `whole`: it has all that the source had to give.

    `events` are those new to the archive; `repeated` were in it already, of which `differing` came
    with another content (the first one stands). `failure` is the error in words, "" if there was
    none: then a stream that is not whole goes on with the next refresh. `gaps` are the sentences of
    what was found lost this time.
    """

    source: str
    stream: str
    whole: bool
    words: str
    events: int = 0
    repeated: int = 0
    differing: int = 0
    pages: int = 0
    gaps: tuple[str, ...] = ()
    failure: str = ""

    @property
    def name(self) -> str:
        """Source and stream, to be shown."""
        return f"{self.source}, {self.stream}"


@dataclass(frozen=True, slots=True)
class ArchiveReport:
    """How archiving ended; empty where no source has event streams.

    `coverage` is what the archive has of these sources now. `failure` says why nothing could be
    archived at all.
    """

    streams: tuple[StreamReport, ...] = ()
    coverage: tuple[StreamCoverage, ...] = ()
    failure: str = ""

    @property
    def failed(self) -> tuple[StreamReport, ...]:
        """The streams that could not be read to their end, or at all, because of an error."""
        return tuple(one for one in self.streams if one.failure)

    @property
    def well(self) -> bool:
        """Whether nothing failed; a rest may still come with the next refresh."""
        return not self.failure and not self.failed


@dataclass(slots=True)
class Tally:
    """What was archived of one stream so far."""

    events: int = 0
    repeated: int = 0
    differing: int = 0
    pages: int = 0
    gaps: list[str] = field(default_factory=list)

    def add(self, stored: PageStored, gap: str) -> None:
        """One more page."""
        self.pages += 1
        self.events += stored.new
        self.repeated += stored.repeated
        self.differing += stored.differing
        if gap:
            self.gaps.append(gap)

    def report(
        self, source: str, stream: str, *, whole: bool, failure: str = "", note: str = ""
    ) -> StreamReport:
        """The report with this as its counts. `note` says why the rest comes later."""
        words = [self._new()]
        if failure:
            words = [f"not archived to the end ({self._new()}): {failure.rstrip('.')}"]
        elif not whole:
            words.append(note or "the rest comes with the next refresh")
        if self.differing:
            words.append(
                f"{self.differing:,} came again with another content, and the first one stands"
            )
        words += [f"lost: {gap.rstrip('.')}" for gap in self.gaps]
        return StreamReport(
            source,
            stream,
            whole,
            "; ".join(words),
            self.events,
            self.repeated,
            self.differing,
            self.pages,
            tuple(self.gaps),
            failure,
        )

    def _new(self) -> str:
        if not self.events:
            return "nothing new"
        return f"{self.events:,} new {'event' if self.events == 1 else 'events'} archived"
