"""What runs in the background and what has ended, for the tray and its list."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from keyturn.tui.ages import age
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.row_source import Row

COLUMNS = (
    Column("job", 16, 2, most=34),
    Column("how it stands", 14, 1, most=24),
    Column("what it does", 16, 3, drop=1),
    Column("since", 5, right=True),
)
KEPT = 20
RUNNING, ENDED, FAILED = "running", "ended", "failed"
_SIGN = {RUNNING: "~", ENDED: "=", FAILED: "!"}
_ROLE = {RUNNING: "change", ENDED: "dim", FAILED: "urgent"}


@dataclass(frozen=True, slots=True)
class JobLine:
    """One job. `share` is how much of the listing in hand has been read, where that is known."""

    number: int
    name: str
    begun_ms: int
    state: str = RUNNING
    words: str = ""
    share: float | None = None


@dataclass(slots=True)
class JobBoard:
    """Told of every job by the app, on its loop."""

    now_ms: Callable[[], int]
    lines: dict[int, JobLine] = field(default_factory=dict)
    _next: int = 1

    def begin(self, name: str) -> None:
        """A job was started."""
        self.lines[self._next] = JobLine(self._next, name, self.now_ms())
        self._next += 1
        for number in sorted(self.lines)[:-KEPT]:
            if self.lines[number].state != RUNNING:
                del self.lines[number]

    def moved(self, name: str, event: object, words: str) -> None:
        """Something happened in a job."""
        # What tells of progress is not needed for the first paint.
        from keyturn.run.progress import ListingProgress

        line = self._running(name)
        if line is None:
            return
        share = line.share
        if isinstance(event, ListingProgress):
            share = event.share
        self.lines[line.number] = replace(line, words=words or line.words, share=share)

    def end(self, name: str, error: BaseException | None) -> None:
        """A job has ended, well or not."""
        line = self._running(name)
        if line is not None:
            state = ENDED if error is None else FAILED
            words = line.words if error is None else str(error)
            self.lines[line.number] = replace(line, state=state, words=words, share=None)

    def last_words(self, name: str) -> str:
        """What a job that runs said last; before it has said anything, its name."""
        line = self._running(name)
        return line.words if line is not None and line.words else f"{name} …"

    def rows(self) -> Iterator[Row]:
        """Those that run first, then the newest."""
        found = sorted(self.lines.values(), key=lambda one: (one.state != RUNNING, -one.number))
        for one in found:
            # All of one listing is not all of the job: what comes next has its own share.
            part = one.share is not None and one.share < 1
            state = f"{one.state}, {one.share:.0%}" if part else one.state
            yield Row(
                one.number, _SIGN[one.state],
                (one.name, state, one.words, age(one.begun_ms, self.now_ms())),
                ("strong", _ROLE[one.state], "", "dim"), label=one.name, about=one,
            )  # fmt: skip

    def _running(self, name: str) -> JobLine | None:
        return next(
            (one for one in self.lines.values() if one.name == name and one.state == RUNNING), None
        )
