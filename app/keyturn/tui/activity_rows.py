"""What the Activity screen lists: failures by cause, runs, pushes of the directory, reads."""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from keyturn.filters.parse import parse
from keyturn.tui.ages import age
from keyturn.tui.causes import Cause, causes
from keyturn.tui.known_words import KnownWords
from keyturn.tui.night_watch import Watch, watch
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.row_source import Found, Row, Wish
from keyturn_storage.filters import Facts, Field, holds
from keyturn_storage.queries.activity import PushLine, ReadLine, RunLine
from keyturn_storage.rows import DriftCounts, SourceRow, StepRow

COLUMNS = (
    Column("what", 7),
    Column("about", 22, 4),
    Column("how it stands", 20, 1, most=30),
    Column("when", 5, right=True),
)
ORDERS = tuple(column.key for column in COLUMNS)
KINDS = ("failure", "run", "push", "read")
RUN, READ, PUSH, CAUSE, OLDER, UNTOLD = (kind << 56 for kind in range(1, 7))


@dataclass(frozen=True, slots=True)
class Beyond:
    """How much more there is than what was read: older runs and reads, steps that failed, and
    pushes that stand."""

    runs: int = 0
    reads: int = 0
    failures: int = 0
    pushes: int = 0


@dataclass(frozen=True, slots=True)
class Happened:
    """All that the screen is made from, as it was read at one moment."""

    runs: tuple[RunLine, ...] = ()
    troubled: tuple[StepRow, ...] = ()
    reads: tuple[ReadLine, ...] = ()
    pushes: tuple[PushLine, ...] = ()
    leavers: tuple[int, tuple[str, ...]] = (0, ())
    drift: DriftCounts | None = None
    sources: tuple[SourceRow, ...] = ()
    names: dict[str, str] | None = None
    """What each operation that failed was to do, by its id."""
    reopened: tuple[int, tuple[str, ...]] = (0, ())
    """How many cases are open again because something came back, and names of theirs."""
    beyond: Beyond = Beyond()


ON_WHAT_FAILED = frozenset({"resume", "retry", "give_up", "undo"})
"""The actions that need something open, something that failed, or a run."""


def what_can_be_done(happened: Happened) -> frozenset[str]:
    """Those of `ON_WHAT_FAILED` that have something to act on."""
    found = causes(happened.troubled, happened.reads, happened.names or {})
    can = set[str]()
    if any(run.state != "ended" for run in happened.runs) or any(
        cause.open or cause.looks_again for cause in found
    ):
        can.add("resume")
    if any(run.state != "ended" for run in happened.runs):
        can.add("give_up")
    if any(run.state == "ended" for run in happened.runs):
        can.add("undo")
    if any(failure.can_be_retried for cause in found for failure in cause.failures):
        can.add("retry")
    return frozenset(can)


def what_failed(happened: Happened) -> frozenset[str]:
    """What failed, in words, of whatever cause."""
    found = causes(happened.troubled, happened.reads, happened.names or {})
    return frozenset(failure.what for cause in found for failure in cause.failures)


def watch_of(happened: Happened, now_ms: int) -> Watch:
    """Whether it can wait until morning."""
    return watch(
        happened.drift,
        happened.leavers,
        happened.runs,
        happened.sources,
        now_ms,
        happened.reopened,
    )


class ActivityLines(KnownWords):
    """Read when the list asks, all of it at once: every part of it has a limit."""

    orders = ORDERS
    fields = (Field.KIND, Field.NAME, Field.STATE, Field.SOURCE, Field.SINCE)

    def __init__(self, read: Callable[[], Happened], now_ms: int) -> None:
        self._read, self._now_ms = read, now_ms
        self._rows: dict[int, Row] = {}
        self.happened: Happened | None = None
        """What was read last."""

    def ids(self) -> Sequence[int]:
        self.happened = self._read()
        self._rows = {row.id: row for row in activity_rows(self.happened, self._now_ms)}
        return array("q", self._rows)

    def rows(self, ids: Sequence[int]) -> Sequence[Row]:
        return [self._rows[number] for number in ids if number in self._rows]

    def find(self, wish: Wish) -> Found:
        parsed = parse(wish.needle, self.fields, self._now_ms)
        if parsed.problems:
            return Found((), "  ".join(map(str, parsed.problems)))
        rows = [
            row for row in self._rows.values()
            if not isinstance(row.about, Beyond) and holds(parsed.filter, _facts(row))
        ]  # fmt: skip
        if wish.order in ORDERS:
            place = ORDERS.index(wish.order)
            rows.sort(key=lambda row: (
                -_at_ms(row.about) if wish.order == "when" else 0, row.cells[place].casefold(),
            ))  # fmt: skip
        if wish.backwards:
            rows.reverse()
        # A filter looks through what was read: that there is more stays in sight.
        rows += [row for row in self._rows.values() if isinstance(row.about, Beyond)]
        hint = "  ".join(map(str, parsed.hints))
        return Found(array("q", [row.id for row in rows]), "", hint)

    def words(self, field: Field) -> Iterable[str]:
        return KINDS if field is Field.KIND else ()


def _facts(row: Row) -> Facts:
    what, about, state, _when = (cell.casefold() for cell in row.cells)
    source = getattr(row.about, "source", "")
    return Facts(
        " ".join(row.cells).casefold(),
        {
            Field.KIND: (what,), Field.NAME: (about,), Field.STATE: (state,),
            Field.SOURCE: (str(source).casefold(),),
        },
        _at_ms(row.about),
    )  # fmt: skip


def _at_ms(about: object) -> int:
    found = getattr(about, "at_ms", None) or getattr(about, "started_ms", None)
    return found if isinstance(found, int) else 0


def activity_rows(happened: Happened, now_ms: int) -> Iterator[Row]:
    """Failures first, then what is open, then what the directory does not push, then what was done
    and read, the newest first."""
    for cause in causes(happened.troubled, happened.reads, happened.names or {}):
        yield _cause_row(cause, now_ms)
    if happened.beyond.failures:
        yield Row(
            UNTOLD, "!", ("failure", f"{happened.beyond.failures:,} more steps that failed",
                          "not counted above"),
            ("urgent", "strong", "urgent"), label="more failures", about=happened.beyond,
        )  # fmt: skip
    yield from (_run_row(run, now_ms) for run in happened.runs if run.state != "ended")
    yield from (_push_row(push, now_ms) for push in happened.pushes)
    if more := happened.beyond.pushes:
        what = "account or group" if more == 1 else "accounts and groups"
        yield Row(
            UNTOLD + 1, "~", ("push", f"{more:,} more {what}", "not shown"),
            ("dim", "strong", "change"), label="more pushes", about=happened.beyond,
        )  # fmt: skip
    done = [
        (run.started_ms, _run_row(run, now_ms)) for run in happened.runs if run.state == "ended"
    ]
    done += [(read.started_ms, _read_row(read, now_ms)) for read in happened.reads]
    yield from (row for _, row in sorted(done, key=lambda pair: -pair[0]))
    if happened.beyond.runs or happened.beyond.reads:
        yield _older_row(happened.beyond)


def _older_row(beyond: Beyond) -> Row:
    """The last line: what older there is."""
    both = ((beyond.runs, "run"), (beyond.reads, "read"))
    words = ", ".join(f"{count:,} {what}{'' if count == 1 else 's'}" for count, what in both
                         if count)  # fmt: skip
    return Row(
        OLDER, " ", ("older", words, "not shown: enter"), ("dim", "dim", "dim"),
        label=f"{words}, older", about=beyond,
    )  # fmt: skip


def _cause_row(cause: Cause, now_ms: int) -> Row:
    count = len(cause.failures)
    who = f"{cause.source}: " if cause.source else ""
    state = f"{count} failed" if count > 1 else "failed"
    state += f", {cause.open} open" if cause.open else ""
    sign, role = "!", "urgent"
    if cause.decided:
        sign, role, state = "~", "change", f"{count} given up" if count > 1 else "given up"
    return Row(
        CAUSE | cause.number, sign,
        ("failure", who + cause.why, state, _ago(cause.at_ms, now_ms)),
        (role, "strong", role, "dim"), label=cause.why, about=cause,
    )  # fmt: skip


def _run_row(run: RunLine, now_ms: int) -> Row:
    sign, role = "=", ""
    if run.state != "ended":
        sign, role = "!", "urgent"
    elif run.troubled or run.done < run.steps:
        sign, role = "~", "change"
    state = f"{run.state}, {run.done} of {run.steps}"
    if run.state != "broken off":  # as long as a narrow list has room for
        state += " done"
    return Row(
        RUN | run.no, sign, ("run", run.title, state, _ago(run.started_ms, now_ms)),
        ("dim", "strong", role, "dim"), label=run.title, about=run,
    )  # fmt: skip


def _push_row(push: PushLine, now_ms: int) -> Row:
    sign, role = ("!", "urgent") if push.off else ("~", "change")
    when = _ago(push.at_ms, now_ms) if push.at_ms is not None else "–"
    return Row(
        PUSH | push.no, sign,
        ("push", f"{push.source}: {push.kind} {push.name}", push.state, when),
        ("dim", "strong", role, "dim"), label=push.name, about=push,
    )  # fmt: skip


def _read_row(read: ReadLine, now_ms: int) -> Row:
    sign, role, state = "=", "dim", f"complete ({read.listings})"
    if read.state == "reading":
        sign, role, state = "~", "change", "being read"
    elif read.state == "abandoned":
        sign, role, state = "~", "change", "failed"
    elif not read.complete:
        sign, role = "?", "unknown"
        state = f"{read.incomplete} of {read.listings} incomplete" if read.incomplete else (
            "incomplete")  # fmt: skip
    return Row(
        READ | read.snapshot_id, sign, ("read", read.source, state, _ago(read.started_ms, now_ms)),
        ("dim", "", role, "dim"), label=f"read of {read.source}", about=read,
    )  # fmt: skip


def _ago(at_ms: int, now_ms: int) -> str:
    return age(at_ms, now_ms)
