"""The Rotation screen: what has to be changed because somebody left, the most urgent first."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.content import Content
from textual.widget import Widget

from keyturn.decide.names import counted
from keyturn.evidence.moments import in_zone
from keyturn.tui.actions import Where, bindings
from keyturn.tui.ages import age, until
from keyturn.tui.case_words import rotation_doubts
from keyturn.tui.safe import joined
from keyturn.tui.screens.list_screen import ListScreen
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.paragraphs import Line
from keyturn.tui.widgets.row_source import Row, RowsInMemory, RowSource
from keyturn.tui.widgets.tally import Tally

if TYPE_CHECKING:
    from keyturn.decide.rotation import Entry
    from keyturn.run.rotation import RotationFound

COLUMNS = (
    Column("due", 9, right=True),
    Column("class", 8, drop=1),
    Column("vault", 12, 2, most=40),
    Column("item", 12, 3, most=48),
    Column("why", 30, 5, most=60, drop=2),
)


class RotationList(ListScreen):
    """What has to be changed, and above it how much of it is open and late."""

    WHERE = Where.ROTATION
    BINDINGS = bindings(Where.ROTATION)
    TITLE_OF_LIST = "To change"
    TITLE_OF_TEXT = "Entry"
    EMPTY = "There is nothing to change: nothing was seen or used that keyturn knows of."

    def above(self) -> Iterable[Widget]:
        """How many are open, and how many of these are late."""
        yield Tally()

    def on_mount(self) -> None:
        """What was read before the screen was shown."""
        self.query_one(Tally).words = self._sum()

    @abstractmethod
    def _sum(self) -> Content:
        """Whose list it is, and how it stands."""


class RotationScreen(RotationList):
    """An entry closes by itself once its item is changed; nothing else closes it."""

    COLUMNS: ClassVar[tuple[Column, ...]] = COLUMNS

    def __init__(self, name: str, found: "RotationFound", zone: str) -> None:
        super().__init__()
        self.person_name, self.found, self.zone = name, found, zone

    def rows(self) -> RowSource:
        """Every entry, the closed ones last."""
        now_ms = self.keyturn.parts.now_ms()
        entries = enumerate(self.found.rotation.entries)
        return RowsInMemory(tuple(entry_row(number, entry, now_ms) for number, entry in entries))

    async def about(self, row: object, label: str) -> Sequence[Line]:
        """Why the item is on the list, and how it closes."""
        number = row if isinstance(row, int) else 0
        entry = self.found.rotation.entries[number]
        return (*entry_lines(entry, self.zone), Line(joined("")), *rotation_doubts(self.found))

    def about_nothing(self) -> Sequence[Line]:
        """What the list rests on."""
        return tuple(rotation_doubts(self.found))

    def _sum(self) -> Content:
        found, now_ms = self.found.rotation, self.keyturn.parts.now_ms()
        unknown = "" if found.usage_known else "what was used is not known"
        return sum_words(self.person_name, found.entries, now_ms, unknown)


def sum_words(name: str, entries: "Sequence[Entry]", now_ms: int, unknown: str) -> Content:
    """How many are late, open and changed; `unknown` is what of it nobody can know."""
    waiting = [entry for entry in entries if entry.open]
    late = sum(entry.due_ms < now_ms for entry in waiting)
    parts: list[str | tuple[str, str]] = [(f"{name}: ", "bold")]
    parts.append((f"! {late} late   ", "bold $urgent") if late else "")
    look = "bold $change" if waiting else "bold"
    parts += [(f"{len(waiting)} to change   ", look)]
    parts += [f"{len(entries) - len(waiting)} changed since"]
    parts.append((f"   ? {unknown}", "bold $unknown") if unknown else "")
    return joined(*parts)


def entry_row(number: int, entry: "Entry", now_ms: int) -> Row:
    """One line."""
    sign, due, role = due_look(entry, now_ms)
    item = entry.title or entry.item_id or "all that is in it"
    return Row(
        number, sign, (due, entry.urgency.value, entry.vault_name, item, entry.because),
        (role, "", "strong" if entry.open else "dim", "" if entry.open else "dim", "dim"),
        label=item, about=number,
    )  # fmt: skip


def due_look(entry: "Entry", now_ms: int) -> tuple[str, str, str]:
    """The sign of an entry, by when it is due, and the role of both."""
    late = entry.open and entry.due_ms < now_ms
    sign, role = ("!", "urgent") if late else ("~", "change") if entry.open else ("=", "dim")
    if not entry.open:
        due = "changed"
    elif late:
        due = f"{age(entry.due_ms, now_ms)} late"
    else:
        due = f"in {until(entry.due_ms, now_ms)}"
    return sign, due, role


def entry_lines(entry: "Entry", zone: str) -> Iterator[Line]:
    """All that is known of an entry."""
    item = entry.title or entry.item_id or "all that is in it"
    yield Line(joined((f"{entry.vault_name}: {item}", "bold")))
    yield told_line("due", f"{in_zone(entry.due_ms, zone)}, {entry.urgency.words}")
    yield told_line("because", entry.because)
    if entry.times:
        last = f", last {in_zone(entry.last_used_ms, zone)}" if entry.last_used_ms else ""
        yield told_line("used", f"{counted(entry.times, 'time')}{last}: {entry.contact.words}")
    yield from closing_lines(entry, zone)


def closing_lines(entry: "Entry", zone: str) -> Iterator[Line]:
    """That it was changed, or how it will be seen that it is."""
    if entry.closed_ms is not None:
        yield told_line("changed", in_zone(entry.closed_ms, zone))
    elif entry.visible:
        yield told_line("closes", "by itself, once the item is seen to be changed")
    else:
        yield told_line(
            "closes", ("not by itself: keyturn may not list this vault's items", "$unknown")
        )
    if entry.hint_ms is not None:
        yield told_line("perhaps", f"changed {in_zone(entry.hint_ms, zone)}, which is no proof")


def told_line(name: str, *parts: str | tuple[str, str]) -> Line:
    """What is told of an entry under a name of its own."""
    return Line(joined((f"  {name:<9}", "$quiet"), *parts), 11)
