"""What may be purged and what was, as values. All times are UTC milliseconds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stays:
    """Something older than the limit that is not purged, and why. `what` is "run" or "case"."""

    what: str
    id: str
    why: str


@dataclass(frozen=True, slots=True)
class Purgeable:
    """What is older than `before_ms` and may go. `held` are the ids of accounts whose events stay,
    `events_held` how many events that are."""

    before_ms: int
    runs: tuple[str, ...]
    cases: tuple[str, ...]
    lines: int
    texts: int
    events: int
    events_held: int
    stays: tuple[Stays, ...]
    held: tuple[str, ...]

    @property
    def nothing(self) -> bool:
        return not (self.runs or self.cases or self.texts or self.events)


@dataclass(frozen=True, slots=True)
class PurgeDone:
    """One purge as the chain has it. `entry` is the number of its entry; `days` the limit that was
    given, `before_ms` the moment before which everything was to go."""

    entry: int
    at_ms: int
    by: str
    days: int
    before_ms: int
    runs: int
    cases: int
    lines: int
    texts: int
    events: int

    @property
    def words(self) -> str:
        """What went, in numbers."""
        counts = (
            (self.runs, "run", "runs"),
            (self.cases, "case", "cases"),
            (self.lines, "journal line", "journal lines"),
            (self.texts, "text", "texts"),
            (self.events, "archived event", "archived events"),
        )
        return ", ".join(f"{n} {one if n == 1 else many}" for n, one, many in counts if n)
