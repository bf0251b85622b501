"""The reads of both sources as lines of the History screen, and all that is known of one."""

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from keyturn.run.as_of import utc
from keyturn.tui.ages import age
from keyturn.tui.safe import joined
from keyturn.tui.why_words import STYLE
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.list_content import SIGN_ROLE
from keyturn.tui.widgets.paragraphs import Line
from keyturn.tui.widgets.row_source import Found, Row, RowsInMemory, Wish
from keyturn_storage.queries.moments import DriftPoint, Moment, SideRead
from keyturn_storage.stream_rows import GapRow, StreamCoverage

LONG_MS = 24 * 3_600_000
"""A time without any read that is longer gets a line of its own."""
HANG = 14
GAP, LOST, OLDER = -1, -(1 << 48), -(1 << 56)


def columns(directory: str, secrets: str) -> tuple[Column, ...]:
    """The two sides are headed by the names of their sources."""
    return (
        Column("ago", 4, right=True),
        Column("read", 16, 1, most=22),
        Column(directory, 10, 2, most=24),
        Column(secrets, 10, 2, most=24),
        Column("people", 7, right=True, drop=4),
        Column("groups", 7, right=True, drop=1),
        Column("vaults", 7, right=True, drop=2),
        Column("grants", 8, right=True, drop=3),
        Column("drift", 11, right=True),
        Column("unseen", 6, right=True, drop=5),
    )


@dataclass(frozen=True, slots=True)
class Timeline:
    """All that the screen is made from."""

    moments: tuple[Moment, ...] = ()
    archived: tuple[StreamCoverage, ...] = ()
    points: tuple[DriftPoint, ...] = ()
    older: int = 0
    """How many snapshots are older than those the moments were made from."""


@dataclass(frozen=True, slots=True)
class Older:
    """Reads that were not looked at yet: of so many snapshots."""

    snapshots: int


@dataclass(frozen=True, slots=True)
class Unseen:
    """A long time in which nothing was read, between two reads."""

    before: Moment
    after: Moment


@dataclass(frozen=True, slots=True)
class Lost:
    """A time of which a source's events are missing."""

    stream: StreamCoverage
    gap: GapRow


class TimelineLines:
    """Read when the list asks. `shown_no` is the read that every screen shows, 0 for now."""

    def __init__(self, read: Callable[[], Timeline], now_ms: int, shown_no: int) -> None:
        self._read, self._now_ms, self._shown = read, now_ms, shown_no
        self._rows: dict[int, Row] = {}
        self.timeline = Timeline()

    def ids(self) -> Sequence[int]:
        self.timeline = self._read()
        rows = timeline_rows(self.timeline, self._now_ms, self._shown)
        self._rows = {row.id: row for row in (*rows, *_older_row(self.timeline))}
        return array("q", self._rows)

    def rows(self, ids: Sequence[int]) -> Sequence[Row]:
        return [self._rows[number] for number in ids if number in self._rows]

    def find(self, wish: Wish) -> Found:
        known = [row for row in self._rows.values() if not isinstance(row.about, Older)]
        older = [row.id for row in self._rows.values() if isinstance(row.about, Older)]
        found = RowsInMemory(tuple(known)).find(wish)
        # A filter looks through what was read: that there is more stays in sight.
        return found if found.problem else found._replace(ids=array("q", [*found.ids, *older]))


def timeline_rows(found: Timeline, now_ms: int, shown_no: int) -> Iterator[Row]:
    """Reads, newest first, with the long times between them, and the times of which events are
    missing where they ended."""
    before = dict(pairwise(found.moments))
    lost = sorted(
        ((gap.until_ms, gap.from_ms or 0, stream, gap) for stream in found.archived
         for gap in stream.gaps),
        key=lambda one: (one[0], one[1]),
    )  # fmt: skip
    number = 0
    for moment in found.moments:
        while lost and lost[-1][0] > moment.started_ms:
            *_, stream, gap = lost.pop()
            yield _lost_row(Lost(stream, gap), number := number + 1, now_ms)
        earlier = before.get(moment)
        yield _moment_row(moment, earlier, now_ms, shown=moment.no == shown_no)
        if earlier is not None and moment.started_ms - earlier.ended_ms > LONG_MS:
            yield _unseen_row(Unseen(earlier, moment))
    while lost:
        *_, stream, gap = lost.pop()
        yield _lost_row(Lost(stream, gap), number := number + 1, now_ms)


def _moment_row(moment: Moment, before: Moment | None, now_ms: int, *, shown: bool) -> Row:
    directory, secrets = moment.then
    here, here_role = _state(moment.directory)
    there, there_role = _state(moment.secrets)
    unseen = "–" if before is None else age(before.ended_ms, moment.started_ms)
    read = utc(moment.started_ms).removesuffix(" UTC")
    return Row(
        moment.no,
        _sign(moment),
        (
            age(moment.started_ms, now_ms), f"{read} shown" if shown else read, here, there,
            _count(directory.accounts if directory else None),
            _count(secrets.groups if secrets else None),
            _count(secrets.vaults if secrets else None),
            _count(secrets.grants if secrets else None),
            _drift(moment, before), unseen,
        ),
        ("dim", "add" if shown else "strong", here_role, there_role, "", "", "", "",
         "urgent" if moment.drift and moment.drift.urgent else "", "dim"),
        label=f"the read of {read}",
        about=moment,
    )  # fmt: skip


def _unseen_row(unseen: Unseen) -> Row:
    length = age(unseen.before.ended_ms, unseen.after.started_ms)
    return Row(
        GAP * unseen.after.no, "?", ("", f"{length} unseen", "not read", "not read"),
        ("", "unknown", "unknown", "unknown"), label="a time in which nothing was read",
        about=unseen,
    )  # fmt: skip


def _lost_row(lost: Lost, number: int, now_ms: int) -> Row:
    directory = lost.stream.side.value == "directory"
    words = f"{lost.stream.stream} lost"
    return Row(
        LOST - number, "?",
        (age(lost.gap.until_ms, now_ms), "events missing",
         words if directory else "", "" if directory else words),
        ("dim", "unknown", "unknown", "unknown"), label="events that are missing", about=lost,
    )  # fmt: skip


def _older_row(found: Timeline) -> Iterator[Row]:
    """The last line: that there is more."""
    if found.older:
        yield Row(
            OLDER, " ", ("", "older: enter", f"{found.older:,} more", "snapshots"),
            ("dim", "dim", "dim", "dim"), label="older reads", about=Older(found.older),
        )  # fmt: skip


def _sign(moment: Moment) -> str:
    if any(side.state == "abandoned" for side in moment.sides):
        return "~"
    if not all(side.sealed and side.complete for side in moment.sides):
        return "?"
    return "="


def _state(side: SideRead | None) -> tuple[str, str]:
    if side is None:
        return "–", "dim"
    if side.state == "abandoned":
        return "✗ failed", "change"
    if side.state == "reading":
        return "being read", "change"
    if side.complete:
        return "✓ complete", "dim"
    return (f"✗ {side.incomplete} of {side.listings}" if side.incomplete else "✗ not whole",
            "unknown")  # fmt: skip


def _drift(moment: Moment, before: Moment | None) -> str:
    if moment.drift is None:
        return "–"
    sign = "! " if moment.drift.urgent else ""
    if before is None or before.drift is None or before.drift.total == moment.drift.total:
        return f"{sign}{moment.drift.total:,}"
    return f"{sign}{moment.drift.total:,} ({moment.drift.total - before.drift.total:+,})"


def _count(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"


# ---------------------------------------------------------------------- the text about a line


def timeline_lines(about: object, found: Timeline, now_ms: int) -> Iterator[Line]:
    """All that is known of a read, or of a time in which nothing is."""
    if isinstance(about, Moment):
        yield from _moment_lines(about, found, now_ms)
    elif isinstance(about, Unseen):
        yield Line(joined(("? ", "bold $unknown"), ("Nothing was read", "bold"),
                          f" from {utc(about.before.ended_ms)} to {utc(about.after.started_ms)} "
                          f"({age(about.before.ended_ms, about.after.started_ms)})."),
                   hang=2)  # fmt: skip
        words = (
            "What was so in between is not known: somebody may have had access and lost it "
            "again. The sources' own logs, where they are archived, may tell."
        )
        yield Line(joined(f"  {words}"), hang=2)
    elif isinstance(about, Lost):
        since = utc(about.gap.from_ms) if about.gap.from_ms is not None else (
            "before anything was archived")  # fmt: skip
        yield Line(joined(("? ", "bold $unknown"),
                          (f"Events of {about.stream.source} ({about.stream.stream}) are missing",
                           "bold"),
                          f" from {since} to {utc(about.gap.until_ms)}."), hang=2)  # fmt: skip
        yield Line(joined(f"  {about.gap.words}"), hang=2)
    elif isinstance(about, Older):
        words = (
            f": {about.snapshots:,} snapshots are kept that are not in this list; the newest "
            f"{len(found.moments):,} reads are."
        )
        yield Line(joined(("Older reads", "bold"), words))
        yield Line(joined(("enter", "bold $accent"), " shows twice as many reads as now."))


def _moment_lines(moment: Moment, found: Timeline, now_ms: int) -> Iterator[Line]:
    sign = _sign(moment)
    style = STYLE[SIGN_ROLE.get(sign, "dim")] if sign != "=" else "$accent"
    yield Line(joined((f"{sign} ", style), (utc(moment.started_ms), "bold"),
                      (f"  {age(moment.started_ms, now_ms)} ago, read #{moment.no}", "$quiet")),
               hang=2)  # fmt: skip
    if moment.pair is None:
        yield _line("as of", "Nothing can be shown: one of the two sides was never read before.")
    else:
        yield _line("keys", ("enter", "bold $accent"), " shows every screen as of this read; ",
                    ("d", "bold $accent"), " says what differs from now, or between two marked ",
                    "with ", ("space", "bold $accent"))  # fmt: skip
    for side in moment.sides:
        yield from _side_lines(side)
    if moment.drift is not None:
        yield _line("drift", f"{moment.drift.total:,} findings, {moment.drift.urgent:,} urgent, "
                    "by the policy of that time")  # fmt: skip
    yield _line("around", *_around(moment, found))


def _side_lines(side: SideRead) -> Iterator[Line]:
    words, _role = _state(side)
    style = "$accent" if side.sealed and side.complete else "bold $unknown"
    ended = "" if side.ended_ms is None else f" to {utc(side.ended_ms)}"
    yield _line(side.source, (words, style), f", {utc(side.started_ms)}{ended}")
    if side.sealed:
        parts = [f"{side.accounts:,} accounts", f"{side.groups:,} groups",
                 f"{side.memberships:,} memberships"]  # fmt: skip
        if side.vaults or side.grants:
            parts += [f"{side.vaults:,} vaults", f"{side.grants:,} grants"]
        machines = "machine identity" if side.machines == 1 else "machine identities"
        parts += [f"{side.machines:,} {machines}"]
        yield _line("", ", ".join(parts))
    if side.unreadable:
        yield _line("", (f"{side.unreadable:,} records could not be understood", "$unknown"))
    if side.error:
        yield _line("", (side.error, "$change"))


def _around(moment: Moment, found: Timeline) -> Iterator[str]:
    earlier = [one for one in found.moments if one.started_ms < moment.started_ms]
    later = [one for one in found.moments if one.started_ms > moment.started_ms]
    if earlier:
        yield f"the read before ended {utc(earlier[0].ended_ms)}; "
    elif found.older:
        yield "the read before is not in this list (older, at its end); "
    else:
        yield "this is the first read that is kept; "
    if later:
        yield f"the next began {utc(later[-1].started_ms)}. Between reads nothing is known."
    else:
        yield "there is none after it yet."


def _line(name: str, *parts: str | tuple[str, str]) -> Line:
    return Line(joined((f"  {name[:11]:<12}", "$quiet"), *parts), hang=HANG)
