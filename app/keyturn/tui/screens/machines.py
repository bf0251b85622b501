"""The Machines screen: accounts, tokens and agents that are nobody's, and who answers for them."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on

from keyturn.tui.actions import Where, bindings
from keyturn.tui.hand import EMPTY_HAND, Hand, Named
from keyturn.tui.machine_rows import COLUMNS, machine_lines
from keyturn.tui.screens.access import Access
from keyturn.tui.screens.list_screen import ListScreen
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.paragraphs import Line
from keyturn.tui.widgets.row_source import RowSource
from keyturn.tui.widgets.virtual_list import VirtualList
from keyturn_storage.queries.machines import MachineRow


class Machines(ListScreen):
    """Those something was found about come first; `enter` goes to the owner in Access."""

    WHERE = Where.MACHINES
    BINDINGS = bindings(Where.MACHINES)
    TITLE_OF_LIST = "Machine identities"
    TITLE_OF_TEXT = "Machine identity"
    EMPTY = "No machine identities were read. Sources (6) says what can be seen."
    COLUMNS: ClassVar[tuple[Column, ...]] = COLUMNS

    def rows(self) -> RowSource:
        """Every machine identity of both sources."""
        return self.keyturn.parts.data.machine_lines(self.keyturn.parts.now_ms())

    async def about(self, row: object, label: str) -> Sequence[Line]:
        """All that is known of a machine identity."""
        if not isinstance(row, MachineRow):
            return ()
        data = self.keyturn.parts.data
        used = await self.keyturn.parts.reads.ask(lambda: data.machine_use((row,)))
        return tuple(machine_lines(row, self.keyturn.parts.now_ms(), used.get(row.no)))

    @property
    def hand(self) -> Hand:
        """The owner of the machine identity under the cursor."""
        row = self.table.row if self.alive else None
        found = row.about if row is not None else None
        if not isinstance(found, MachineRow) or not found.owner_key:
            return EMPTY_HAND
        return Hand(Named(found.owner_key, found.owner_name))

    @on(VirtualList.Chosen)
    def _open(self) -> None:
        row = self.table.row
        found = row.about if row is not None else None
        if not isinstance(found, MachineRow):
            return
        if not found.owner_key:
            self.keyturn.tell(f"{found.machine.name} has no owner that keyturn knows.")
            return
        self.keyturn.action_go_access()
        access = self.keyturn.screen_stack[0]
        if isinstance(access, Access):
            access.go_to_person(found.owner_key)
