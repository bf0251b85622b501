"""The first line of every screen: whose data this is, how old, how complete, how drifted."""

from dataclasses import dataclass

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from keyturn.tui.ages import age, clock_time
from keyturn.tui.safe import joined, printable
from keyturn_storage.list_rows import DriftCounts, SourceRow

Part = str | tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderFacts:
    """What the line says. `sources` is empty before the first refresh."""

    organisation: str = ""
    sources: tuple[SourceRow, ...] = ()
    drift: DriftCounts | None = None
    read_only: bool = False
    reopened: int = 0
    """How many cases are open again because something came back."""
    now_ms: int = 0
    as_of: bool = False
    """Whether this is the past: then the times of the reads are shown, not their age."""


class HeaderLine(Widget):
    """Chooses the longest wording that fits its width; it never says less than the signs."""

    facts: reactive[HeaderFacts] = reactive(HeaderFacts())

    def render(self) -> Content:
        """The line."""
        for brevity in range(4):
            left, right = _left(self.facts, brevity), _right(self.facts, brevity)
            spare = self.size.width - _length(left) - _length(right)
            if spare >= 1 or brevity == 3:
                break
        return joined(*left, " " * max(1, spare), *right)


def _length(parts: list[Part]) -> int:
    return sum(cell_len(printable(part if isinstance(part, str) else part[0])) for part in parts)


def _left(facts: HeaderFacts, brevity: int) -> list[Part]:
    gap = "   " if brevity == 0 else "  "
    parts: list[Part] = [(" keyturn", "bold $accent")]
    if facts.organisation and brevity < 3:
        parts += [" ", (facts.organisation, "bold")]
    if not facts.sources:
        parts += [gap, ("nothing read yet", "$quiet")]
    for row in facts.sources:
        parts += [gap, row.source.name, (f" {_when(row, facts)}", "$quiet")]
        if row.error:
            # What was read before stands; that it is not what is so now must not look like a tick.
            parts += [(" ! not refreshed" if brevity < 2 else " ! old", "bold $urgent")]
        elif row.complete:
            parts += [(" ✓" if brevity else " ✓ complete", "$accent")]
        else:
            missing = row.listings_total - row.listings_complete
            words = f" ✗ {missing} of {row.listings_total} incomplete"
            parts += [(words if brevity < 2 else " ✗ incomplete", "bold $remove")]
    return parts


def _when(row: SourceRow, facts: HeaderFacts) -> str:
    return clock_time(row.taken_ms) if facts.as_of else age(row.taken_ms, facts.now_ms)


def _right(facts: HeaderFacts, brevity: int) -> list[Part]:
    parts: list[Part] = []
    if facts.reopened:
        where = " (7)" if brevity < 2 else ""
        parts += [(f"! {facts.reopened} re-opened{where}", "bold $urgent"), "  "]
    if facts.drift is not None:
        if facts.drift.urgent:
            parts += [(f"! {facts.drift.urgent} urgent", "bold $urgent"), "  "]
        parts += [f"{facts.drift.total} drift "]
    if facts.read_only:
        parts += [("read-only " if brevity < 2 else "r/o ", "bold $change")]
    return parts
