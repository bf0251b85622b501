"""What differs between two reads: accounts, memberships, grants and machine identities."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.widget import Widget

from keyturn.run.as_of import AsOf, utc
from keyturn.run.change_words import HEADS, name_of
from keyturn.run.difference import EVERYTHING, Chosen, Difference
from keyturn.tui.actions import Where, bindings
from keyturn.tui.difference_rows import (
    COLUMNS,
    DifferenceLines,
    account_of,
    change_lines,
    vault_of,
)
from keyturn.tui.safe import joined
from keyturn.tui.screens.list_screen import ListScreen
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.paragraphs import Line
from keyturn.tui.widgets.row_source import RowSource
from keyturn.tui.widgets.tally import Tally
from keyturn.tui.widgets.virtual_list import VirtualList
from keyturn_storage.queries.changes import How, What

STYLE = {How.APPEARED: "$add", How.WENT: "$remove", How.CHANGED: "$change"}


class Differences(ListScreen):
    """`p` narrows to the person under the cursor, `v` to the vault, `a` shows everything again."""

    WHERE = Where.DIFFERENCES
    BINDINGS = bindings(Where.DIFFERENCES)
    TITLE_OF_LIST = "Differences"
    TITLE_OF_TEXT = "Difference"
    EMPTY = "Nothing differs between the two reads."
    COLUMNS: ClassVar[tuple[Column, ...]] = COLUMNS

    def __init__(self, one: AsOf, other: AsOf) -> None:
        super().__init__()
        self._ends = (one, other)
        self._chosen = EVERYTHING
        self._lines: DifferenceLines | None = None

    def above(self) -> Iterable[Widget]:
        """How many there are of each kind, and where the comparison is not whole."""
        yield Tally()

    def rows(self) -> RowSource:
        """Compared when the list asks."""
        data, (one, other), chosen = self.keyturn.parts.data, self._ends, self._chosen
        first, last = sorted((one, other), key=lambda end: end.moment.started_ms)
        span = f"{utc(first.moment.started_ms)} → {utc(last.moment.started_ms)}"
        self.table.title = f"{self.TITLE_OF_LIST} {span}"
        self.table.note = f"of {chosen.name}" if chosen.name else ""
        self._lines = DifferenceLines(partial(data.compared, one, other, chosen))
        return self._lines

    @property
    def found(self) -> Difference | None:
        """What was compared, once it was."""
        compared = self._lines.compared if self._lines is not None else None
        return compared.whole if compared is not None else None

    @on(VirtualList.CursorMoved)
    def _loaded(self, event: VirtualList.CursorMoved) -> None:
        found = self.found
        if not event.loaded or found is None:
            return
        parts: list[str | tuple[str, str]] = []
        for what in What:
            counts = [(how, n) for how in How if (n := found.count(what, how))]
            if counts:
                parts.append(HEADS[what])
                parts += [(f" {how.value}{n:,}", STYLE[how]) for how, n in counts]
                parts.append("   ")
        if not parts:
            parts = [("= ", "$accent"), "nothing differs   "]
        for caveat in found.caveats:
            parts.append((f"? {caveat} ", "$unknown"))
        self.query_one(Tally).words = joined(*parts)

    async def about(self, row: object, label: str) -> Sequence[Line]:
        """All that is known of one difference."""
        return tuple(change_lines(row, self.found)) if self.found is not None else ()

    # ------------------------------------------------------------------ actions

    @on(VirtualList.Chosen)
    def _open(self) -> None:
        row = self.table.row
        about = row.about if row is not None else None
        if account_of(about) is not None:
            self.action_of_person()
        elif vault_of(about) is not None:
            self.action_of_vault()
        else:
            self.keyturn.tell("This line is about neither a person nor a vault.")

    def action_of_person(self) -> None:
        """Only what is about the person under the cursor."""
        row = self.table.row
        account = account_of(row.about) if row is not None else None
        if account is None:
            self.keyturn.tell("Put the cursor on a line about a person.")
            return
        self.work("choose", "looking for a person",
                  partial(self._choose, account.no, name_of(account)))  # fmt: skip

    async def _choose(self, no: int, name: str) -> None:
        data = self.keyturn.parts.data
        self._narrow(await self.keyturn.parts.reads.ask(lambda: data.person_of(no, name)))

    def action_of_vault(self) -> None:
        """Only what is about the vault under the cursor."""
        row = self.table.row
        vault = vault_of(row.about) if row is not None else None
        if vault is None:
            self.keyturn.tell("Put the cursor on a line about a vault or a grant.")
            return
        self._narrow(Chosen(name_of(vault), vault_no=vault.no))

    def action_show_all(self) -> None:
        """Everything again."""
        self.table.begin_with("")
        self._narrow(EVERYTHING)

    def _narrow(self, chosen: Chosen) -> None:
        self._chosen = chosen
        self.show()

    def go_back(self) -> bool:
        """Esc: the filter, then what it is narrowed to."""
        if super().go_back():
            return True
        if self._chosen is not EVERYTHING and not self.has_trouble:
            self._narrow(EVERYTHING)
            return True
        return False

    def moment_changed(self) -> None:
        """The two reads are the same ones, whatever the other screens show."""
