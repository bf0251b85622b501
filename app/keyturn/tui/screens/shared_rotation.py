"""What has to be changed because several left: each item once, with who of them saw or used it."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.content import Content

from keyturn.decide.names import counted
from keyturn.evidence.moments import in_zone
from keyturn.tui.case_words import ENTRIES_NAMED, entry_line
from keyturn.tui.plan_words import BLANK
from keyturn.tui.safe import joined
from keyturn.tui.screens.rotation import RotationList, closing_lines, due_look, sum_words, told_line
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.paragraphs import Line
from keyturn.tui.widgets.row_source import Row, RowsInMemory, RowSource

if TYPE_CHECKING:
    from keyturn.decide.shared_rotation import Held, SharedEntry
    from keyturn.run.shared_rotation import SharedFound

COLUMNS = (
    Column("due", 9, right=True),
    Column("class", 8, drop=1),
    Column("vault", 12, 2, most=40),
    Column("item", 12, 3, most=48),
    Column("who", 14, 3, most=60),
    Column("why", 24, 5, most=60, drop=2),
)
NAMED = 3
"""How many of an entry's people are named before the whole list; all are below it."""


class SharedRotation(RotationList):
    """An entry closes by itself once its item is changed after all of them were out."""

    COLUMNS: ClassVar[tuple[Column, ...]] = COLUMNS

    def __init__(self, called: str, found: "SharedFound", zone: str) -> None:
        super().__init__()
        self.called, self.found, self.zone = called, found, zone

    def rows(self) -> RowSource:
        """Every entry, the closed ones last."""
        now_ms = self.keyturn.parts.now_ms()
        entries = enumerate(self.found.rotation.entries)
        return RowsInMemory(tuple(shared_row(number, one, now_ms) for number, one in entries))

    async def about(self, row: object, label: str) -> Sequence[Line]:
        """Who makes the item stand on the list, each in their own words, and how it closes."""
        number = row if isinstance(row, int) else 0
        one = self.found.rotation.entries[number]
        return (*shared_lines(one, self.zone), Line(joined("")), *shared_doubts(self.found))

    def about_nothing(self) -> Sequence[Line]:
        """What the list rests on."""
        return tuple(shared_doubts(self.found))

    def _sum(self) -> Content:
        found, now_ms = self.found.rotation, self.keyturn.parts.now_ms()
        number, of = len(found.usage_unknown_of), len(self.found.each)
        unknown = f"what {number} of {of} used is not known" if number else ""
        if number == of:
            unknown = "what was used is not known"
        return sum_words(self.called, [one.entry for one in found.entries], now_ms, unknown)


def shared_row(number: int, one: "SharedEntry", now_ms: int) -> Row:
    """One line."""
    entry = one.entry
    sign, due, role = due_look(entry, now_ms)
    item = entry.title or entry.item_id or "all that is in it"
    look = "" if entry.open else "dim"
    return Row(
        number, sign,
        (due, entry.urgency.value, entry.vault_name, item, _who(one), entry.because),
        (role, "", "strong" if entry.open else "dim", look, look, "dim"),
        label=item, about=number,
    )  # fmt: skip


def shared_lines(one: "SharedEntry", zone: str) -> Iterator[Line]:
    """All that is known of an entry."""
    entry = one.entry
    item = entry.title or entry.item_id or "all that is in it"
    yield Line(joined((f"{entry.vault_name}: {item}", "bold")))
    yield told_line("due", f"{in_zone(entry.due_ms, zone)}, {entry.urgency.words}")
    yield from (_of_one(held, zone) for held in one.of)
    yield from closing_lines(entry, zone)


def _of_one(held: "Held", zone: str) -> Line:
    entry = held.entry
    used = ""
    if entry.times:
        last = f", last {in_zone(entry.last_used_ms, zone)}" if entry.last_used_ms else ""
        used = f"; {counted(entry.times, 'use')}{last}"
    sign = ("  ~ ", "$change") if entry.open else ("  = ", "$accent")
    return Line(joined(sign, (held.name, "bold"), f": {entry.because}{used}"), 4)


def shared_rotation_lines(found: "SharedFound", zone: str, now_ms: int) -> Iterator[Line]:
    """The beginning of the list, for the line of it among those of the case."""
    waiting = found.rotation.open
    of = f" of {len(found.rotation.entries)}"
    yield Line(joined((f"{len(waiting)} to change", "bold"), of))
    yield from shared_doubts(found)
    yield BLANK
    for one in waiting[:ENTRIES_NAMED]:
        yield entry_line(one.entry, zone, now_ms, f"{_who(one)}: {one.entry.because}")
    if len(waiting) > ENTRIES_NAMED:
        yield Line(joined((f"  and {len(waiting) - ENTRIES_NAMED} more", "$quiet")))
    yield BLANK
    yield Line(joined(("enter", "bold $accent"), " shows the whole list"))


def _who(one: "SharedEntry") -> str:
    more = f" and {len(one.names) - NAMED} more" if len(one.names) > NAMED else ""
    return f"{', '.join(one.names[:NAMED])}{more}"


def shared_doubts(found: "SharedFound") -> Iterator[Line]:
    """What the list does not know, with of whom that is so where it is not so of all."""
    for words, names in found.doubts.items():
        who = f"{', '.join(names)}: " if len(names) < len(found.each) else ""
        yield Line(joined(("? ", "bold $unknown"), (who, "bold"), words), 2)
    if found.unlisted:
        vaults = ", ".join(vault.name for vault in found.unlisted)
        words = f"whether items were changed cannot be seen in {vaults}: an entry there stays open"
        yield Line(joined(("? ", "bold $unknown"), words), 2)
