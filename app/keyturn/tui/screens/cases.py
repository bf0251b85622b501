"""The Cases screen: every leaver's case, those that need somebody first."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import events, on
from textual.content import Content
from textual.widget import Widget

from keyturn.evidence.moments import in_zone
from keyturn.tui.actions import Where, bindings
from keyturn.tui.ages import age, moment
from keyturn.tui.case_desk import CaseLine, CasesSeen
from keyturn.tui.safe import joined
from keyturn.tui.screens.list_screen import ListScreen
from keyturn.tui.screens.rechecking import recheck_cases
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.paragraphs import Line
from keyturn.tui.widgets.row_source import Row, RowsInMemory, RowSource
from keyturn.tui.widgets.tally import Tally
from keyturn.tui.widgets.virtual_list import VirtualList

COLUMNS = (
    Column("state", 10),
    Column("name", 12, 3, most=40),
    Column("type", 11, 1, most=16, drop=2),
    Column("left", 6, right=True, drop=1),
    Column("missing", 28, 5),
    Column("opened", 6, right=True),
)
READING = "reading the cases"
SIGNS = {"open": ("!", "urgent"), "cut": ("~", "change"), "verified": ("=", ""),
         "closed": (" ", "dim")}  # fmt: skip


class Cases(ListScreen):
    """`enter` opens a case."""

    WHERE = Where.CASES
    BINDINGS = bindings(Where.CASES)
    TITLE_OF_LIST = "Cases"
    TITLE_OF_TEXT = "Case"
    COLUMNS: ClassVar[tuple[Column, ...]] = COLUMNS
    EMPTY = "There are no cases yet: offboarding somebody opens one (1, then o)."

    def __init__(self) -> None:
        super().__init__()
        self.seen: CasesSeen | None = None

    def above(self) -> Iterable[Widget]:
        """How many there are of each state."""
        yield Tally()

    def rows(self) -> RowSource:
        """What was read last."""
        self.table.empty = self.being_read(READING) if self.seen is None else self.EMPTY
        lines = self.seen.lines if self.seen is not None else ()
        now_ms = self.keyturn.parts.now_ms()
        return RowsInMemory(tuple(case_row(one, now_ms) for one in lines))

    def on_mount(self) -> None:
        """Read in a job: how each stands is worked out from its runs."""
        self.table.focus()
        self._read()

    def on_screen_resume(self, event: events.ScreenResume) -> None:
        """A case may have moved on meanwhile."""
        super().on_screen_resume(event)
        if self.seen is not None:
            self._read()

    def data_changed(self) -> None:
        """The same cases, read anew."""
        self._read()

    def _read(self) -> None:
        desk = self.keyturn.parts.engine.desk

        async def work(_observe: object, _stop: object) -> CasesSeen:
            return await desk.cases()

        self.read_in_turn(READING, work, self._show)

    def _show(self, seen: CasesSeen) -> None:
        again, self.seen = self.seen is not None, seen
        if self.alive:
            self.query_one(Tally).words = _sum(seen)
            self.show(again=again)

    async def about(self, row: object, label: str) -> Sequence[Line]:
        """What was stated, and what is missing."""
        return tuple(_about(row)) if isinstance(row, CaseLine) else ()

    def action_recheck(self) -> None:
        """Nothing is changed in a source; what came back opens the case again."""
        row = self.table.row
        found = row.about if row is not None else None
        recheck_cases(self.keyturn, (found.id,) if isinstance(found, CaseLine) else (), self._read)

    @on(VirtualList.Chosen)
    def _open(self) -> None:
        from keyturn.tui.screens.offboard import Offboard

        row = self.table.row
        found = row.about if row is not None else None
        if isinstance(found, CaseLine):
            _ = self.keyturn.push_screen(Offboard(found.person_key, found.name, found.id))


def case_row(one: CaseLine, now_ms: int) -> Row:
    """One line."""
    sign, role = ("!", "urgent") if one.reopened else SIGNS[one.state]
    state = "re-opened" if one.reopened else one.state
    left = "–" if one.facts.left_ms is None else age(one.facts.left_ms, now_ms)
    more = f" (+{len(one.missing) - 1})" if len(one.missing) > 1 else ""
    missing = f"{one.missing[0]}{more}" if one.missing else "nothing"
    quiet = "dim" if one.state == "closed" else ""
    return Row(
        one.no, sign,
        (state, one.name, one.facts.kind or "–", left, missing, age(one.opened_ms, now_ms)),
        (role, quiet or "strong", "dim", "dim", quiet, "dim"), label=one.name, about=one,
    )  # fmt: skip


def _about(one: CaseLine) -> Iterable[Line]:
    yield Line(joined((f"{one.name} ({one.login})", "bold"), (f", case {one.id}", "$quiet")))
    facts = one.facts
    hold = {True: "yes", False: "no", None: ""}[facts.legal_hold]
    for name, words in (
        ("missing", "; ".join(one.missing) or "nothing"),
        ("type", facts.kind),
        ("left", in_zone(facts.left_ms, facts.left_zone)),
        ("approver", facts.approver),
        ("ticket", facts.ticket),
        ("legal hold", hold),
        ("mode", facts.mode),
        ("opened", f"{moment(one.opened_ms)} by {one.opened_by}"),
        ("runs", str(one.runs) if one.runs else ""),
    ):
        if words:
            yield Line(joined((f"  {name:<11}", "$quiet"), words), 13)
    yield Line(joined(("enter", "bold $accent"), " opens it: plan, rotation, evidence"))


def _sum(seen: CasesSeen) -> Content:
    if not seen.lines:
        return joined(("No cases yet.", "$quiet"))
    counts: dict[str, int] = {}
    for one in seen.lines:
        state = "re-opened" if one.reopened else one.state
        counts[state] = counts.get(state, 0) + 1
    style = {"re-opened": "bold $urgent", "open": "bold $urgent", "cut": "bold $change"}
    parts: list[str | tuple[str, str]] = []
    for state, count in counts.items():
        sign = "! " if state in {"re-opened", "open"} else ""
        parts += [(f"{sign}{count} {state}", style.get(state, "")), "   "]
    if seen.total > len(seen.lines):
        left = seen.total - len(seen.lines)
        parts.append((f"{left:,} closed ones, older, not shown", "$quiet"))
    return joined(*parts)
