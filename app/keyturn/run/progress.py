"""What a refresh or a run tells while it goes on. Frozen values; a screen only watches."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from keyturn_providers.contract import RequestSeen, Waiting
from keyturn_providers.records import Collection, Side


@dataclass(frozen=True, slots=True)
class ListingProgress:
    """A page of a listing came. `rows` so far; `expected` where the source says how many.

    Where each group or vault has a listing of its own, `parent_no` is which of `parents` it is, in
    the order in which they were begun; both are 0 for a listing of the whole source.
    """

    source: str
    collection: Collection
    parent_id: str
    rows: int
    expected: int | None
    pages: int
    parent_no: int = 0
    parents: int = 0

    @property
    def share(self) -> float | None:
        """How much of it is read, up to 1.0; None where nobody says how much there is."""
        if self.parents:
            return self.parent_no / self.parents
        return min(1.0, self.rows / self.expected) if self.expected else None


@dataclass(frozen=True, slots=True)
class SourceDone:
    """A source was read as far as it goes. `words` says that all is complete, or what is not."""

    source: str
    side: Side
    complete: bool
    words: str


@dataclass(frozen=True, slots=True)
class ArchiveProgress:
    """A page of an event stream is in the archive. `events` are the new ones so far."""

    source: str
    stream: str
    events: int
    pages: int


@dataclass(frozen=True, slots=True)
class StreamDone:
    """An event stream was archived as far as it goes now. `words` says how far, or why not."""

    source: str
    stream: str
    whole: bool
    words: str


@dataclass(frozen=True, slots=True)
class StepChanged:
    """One step of a run moved on. `state` is a word of `decide.steps.State`; `verdict` is "" until
    the step is verified."""

    run_id: str
    operation_id: str
    number: int
    state: str
    words: str
    verdict: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class RunEnded:
    """A run came to its end, or was stopped. `counts` is by verdict, then by state without one."""

    run_id: str
    state: str
    counts: Mapping[str, int] = field(default_factory=dict)


Event: TypeAlias = (
    ListingProgress
    | SourceDone
    | ArchiveProgress
    | StreamDone
    | StepChanged
    | RunEnded
    | RequestSeen
    | Waiting
)
Observer: TypeAlias = Callable[[Event], None]


def unobserved(_: Event) -> None:
    """Watches nothing."""


def never() -> bool:
    """A `stop` that never asks to stop."""
    return False
