"""The Sources screen: what keyturn has seen of each source, how well, and what it cannot see."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from textual.widget import Widget

from keyturn.run.archive_words import covered_words, trouble_words
from keyturn.tui.actions import Where, bindings
from keyturn.tui.ages import age
from keyturn.tui.engine import Met
from keyturn.tui.safe import joined
from keyturn.tui.screens.frame import Frame
from keyturn.tui.widgets.paragraphs import Line
from keyturn.tui.widgets.sheet import SHEET_STYLE, Sheet
from keyturn_storage.rows import SnapshotInfo, SourceRow
from keyturn_storage.stream_rows import StreamCoverage

LAST_REQUESTS = 6
BLANK = Line(joined(""))


@dataclass(frozen=True, slots=True)
class _Read:
    row: SourceRow
    snapshot: SnapshotInfo | None
    unreadable: tuple[tuple[str, str], ...]
    archived: tuple[StreamCoverage, ...]


class Sources(Frame):
    """Each source from the cache; `c` asks the sources themselves, `r` reads them again."""

    CSS_PATH = SHEET_STYLE
    WHERE = Where.SOURCES
    BINDINGS = bindings(Where.SOURCES)

    def __init__(self) -> None:
        super().__init__()
        self._read: tuple[_Read, ...] | None = None
        self._met: tuple[Met, ...] = ()
        self._requests: deque[str] = deque(maxlen=LAST_REQUESTS)

    def body(self) -> Iterable[Widget]:
        """One sheet."""
        yield Sheet()

    def on_mount(self) -> None:
        """From the cache at once."""
        self.query_one(Sheet).focus()
        self._draw()
        self.data_changed()

    def data_changed(self) -> None:
        """Newer snapshots."""
        self.work("sources", "reading the sources' state", self._read_cache)

    async def _read_cache(self) -> None:
        data = self.keyturn.parts.data

        def read() -> tuple[_Read, ...]:
            archived = data.archived()
            return tuple(
                _Read(
                    row,
                    data.snapshot(row.snapshot_id),
                    tuple(data.unreadable(row.snapshot_id)),
                    tuple(one for one in archived if _is_of(one, row)),
                )
                for row in data.sources()
            )

        self._read = await self.keyturn.parts.reads.ask(read)
        self._draw()

    def watch_job(self, name: str, happened: list[object]) -> None:
        """The last requests, as they are made."""
        from keyturn_providers.contract import RequestSeen, Waiting

        for event in happened:
            if isinstance(event, RequestSeen):
                status = "no answer" if event.status is None else str(event.status)
                self._requests.append(
                    f"{event.source}  {event.method} {event.path}  {status}  "
                    f"{event.elapsed_ms:.0f} ms"
                )
            elif isinstance(event, Waiting):
                self._requests.append(
                    f"{event.source}  waits {event.seconds:.0f} s: {event.reason}"
                )
        if happened:
            self._draw()

    def action_refresh(self) -> None:
        """Reads both sources again."""
        self.keyturn.refresh_sources()

    def action_check(self) -> None:
        """Asks both sources who keyturn is there."""
        engine = self.keyturn.parts.engine

        async def work(_observe: object, _stop: object) -> tuple[Met, ...]:
            return await engine.meet()

        self.keyturn.start("checking the connections", work, self._show_met)

    def _show_met(self, met: tuple[Met, ...]) -> None:
        self._met = met
        if self.alive:
            self._draw()

    def _draw(self) -> None:
        now_ms = self.keyturn.parts.now_ms()
        lines: list[Line] = []
        for met in self._met:
            lines += _meeting(met, now_ms)
        if self._read is None:
            lines.append(_line(("Reading …", "$quiet")))
        for read in self._read or ():
            lines += _source(read, now_ms)
        if self._read == ():
            lines.append(_line(("Nothing has been read yet. r reads both sources.", "$quiet")))
        if not self._met:
            lines += [_line(("c", "bold $accent"), " asks both sources who keyturn is there, and "
                             "what it may do.")]  # fmt: skip
        if self._requests:
            lines += [BLANK, _line(("Last requests", "bold $accent"))]
            lines += [_line(f"   {words}") for words in self._requests]
        self.query_one(Sheet).put("Sources", lines)


def _is_of(covered: StreamCoverage, row: SourceRow) -> bool:
    return (covered.kind, covered.tenant) == (row.source.kind, row.source.tenant)


def _source(read: _Read, now_ms: int) -> Iterator[Line]:
    row = read.row
    yield _line(
        (row.source.name, "bold $accent"),
        f"  {row.source.kind}, {row.source.side.value}, tenant {row.source.tenant}",
    )
    whole = ("✓ complete", "$accent") if row.complete else ("✗ incomplete", "bold $remove")
    yield _line(
        f"   read {age(row.taken_ms, now_ms)} ago  ", whole,
        f"  {row.listings_complete} of {row.listings_total} listings  ",
        (f"{row.unreadable} unreadable", "bold $unknown" if row.unreadable else "$quiet"),
    )  # fmt: skip
    counts = [(row.accounts, "account", "accounts"), (row.groups, "group", "groups"),
              (row.vaults, "vault", "vaults"), (row.grants, "grant", "grants"),
              (row.machines, "machine identity", "machine identities")]  # fmt: skip
    said = [f"{count:,} {one if count == 1 else many}" for count, one, many in counts if count]
    yield _line("   " + ", ".join(said), hang=3)
    if row.error:
        yield _line(("   ! ", "bold $urgent"), row.error)
    if read.snapshot is not None:
        yield from _listings(read.snapshot)
    for collection, reason in read.unreadable[:5]:
        yield _line(("   ? ", "bold $unknown"), f"{collection}: {reason}")
    if len(read.unreadable) > 5:
        yield _line(f"     and {len(read.unreadable) - 5} more that could not be read")
    if read.archived:
        yield _line(f"   {covered_words(read.archived, now_ms)}", hang=5)
    for trouble in trouble_words(read.archived, now_ms):
        yield _line(("   ! ", "bold $urgent"), trouble)
    for spot in row.blind_spots:
        yield _line(("   ? ", "$unknown"), ("cannot see: ", "$quiet"), spot)
    yield BLANK


def _listings(snapshot: SnapshotInfo) -> Iterator[Line]:
    """One line per collection where all is well; every listing that is not, by itself."""
    by_collection: dict[str, list[tuple[str, int]]] = {}
    for listing in snapshot.listings:
        if listing.complete:
            found = by_collection.setdefault(listing.collection.value, [])
            found.append((listing.proof, listing.rows))
    for collection, found in by_collection.items():
        rows = sum(count for _proof, count in found)
        listings = "" if len(found) == 1 else f" in {len(found)} listings"
        yield _line(
            ("   ✓ ", "$accent"), f"{collection:<12} {rows:>7,}{listings}  ",
            (f"proof: {found[0][0]}", "$quiet"),
        )  # fmt: skip
    for listing in snapshot.listings:
        if not listing.complete:
            parent = f" of {listing.parent_id}" if listing.parent_id else ""
            yield _line(
                ("   ✗ ", "bold $remove"), f"{listing.collection.value}{parent}: ",
                listing.error or "ended without proof that it is whole",
            )  # fmt: skip
    failed = [(rule, words) for rule, words in snapshot.invariants if words != "passed"]
    passed = len(snapshot.invariants) - len(failed)
    if snapshot.invariants:
        yield _line(
            ("   ✓ " if not failed else "   ! ", "$accent" if not failed else "bold $urgent"),
            f"{passed} of {len(snapshot.invariants)} invariants passed",
        )
    for rule, words in failed:
        yield _line(("     ! ", "bold $urgent"), f"{rule}: {words}")


def _meeting(met: Met, now_ms: int) -> Iterator[Line]:
    yield _line((f"{met.name}, asked just now", "bold $accent"), f"  {met.address}")
    if met.error:
        yield _line(("   ✗ ", "bold $urgent"), met.error)
        yield BLANK
        return
    yield _line(f"   {met.kind} {met.version}  tenant {met.tenant}", hang=3)
    if met.own:
        ends = ""
        if met.expires_ms is not None:
            left = met.expires_ms - now_ms
            ends = f", token ends in {age(0, left)}" if left > 0 else ", token has ended"
        yield _line(f"   keyturn is {met.own} there{ends}")
    yield _line("   may: ", _commas(met.abilities) or "nothing", hang=8)
    for note in met.notes:
        yield _line((f"   {note}", "$quiet"), hang=3)
    for spot in met.blind_spots:
        yield _line(("   ? ", "$unknown"), ("cannot see: ", "$quiet"), spot)
    yield BLANK


def _commas(words: Sequence[str]) -> str:
    return ", ".join(words)


def _line(*parts: str | tuple[str, str], hang: int = 5) -> Line:
    return Line(joined(*parts), hang)
