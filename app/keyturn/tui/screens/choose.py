"""One thing is chosen from a list in front of the screen: type to narrow it, enter takes it."""

from collections.abc import Sequence
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from keyturn.tui.safe import literal
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.row_source import RowSource
from keyturn.tui.widgets.virtual_list import VirtualList

CHOOSE_STYLE = Path(__file__).with_name("choose.tcss")
FEW = 4


class Chooser(ModalScreen[int | None]):
    """Gives the id of the row that was taken, None where none was. Enter takes what the filter
    shows, never what it is about to take away."""

    CSS_PATH = CHOOSE_STYLE
    BINDINGS = [
        Binding("escape", "leave", "leave it"),
        Binding("enter", "take", "take it", priority=True),
        Binding("down", "step(1)", "down", priority=True),
        Binding("up", "step(-1)", "up", priority=True),
        Binding("pagedown", "step(10)", "page down", priority=True),
        Binding("pageup", "step(-10)", "page up", priority=True),
    ]

    def __init__(
        self,
        title: str,
        words: str,
        columns: Sequence[Column],
        rows: RowSource,
        *,
        few: bool = False,
        at: int | None = None,
    ) -> None:
        super().__init__()
        self.heading, self.words, self.columns, self.rows = title, words, columns, rows
        self.few, self.at = few, at

    def compose(self) -> ComposeResult:
        """The words, a field, the list. A few rows need no field."""
        field = Input(compact=True, placeholder="type to narrow the list", id="needle")
        field.cursor_blink = False
        field.display = not self.few
        shown = VirtualList(self.columns, empty="There is nobody to choose.", id="choices")
        box = Vertical(Static(literal(self.words), markup=False), field, shown, id="box")
        box.border_title = literal(self.heading)
        box.border_subtitle = literal("enter takes it   esc leaves it")
        yield box

    @property
    def list(self) -> VirtualList:
        """The list."""
        return self.query_one("#choices", VirtualList)

    async def on_mount(self) -> None:
        """What is typed narrows the list."""
        self.set_class(self.few, "-few")
        self.set_focus(self.list if self.few else self.query_one("#needle", Input))
        self.list.show(self.rows)
        await self.list.settled()
        if self.at is not None:
            _ = self.list.put_cursor(self.at)

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self.list.filter(event.value)

    def action_step(self, rows: int) -> None:
        """The cursor, whatever has the focus."""
        self.list.action_down(rows)

    async def action_take(self) -> None:
        """The row under the cursor, once the filter last typed has been applied."""
        await self.list.settled()
        row = self.list.row
        if row is not None:
            _ = self.dismiss(row.id)

    def action_leave(self) -> None:
        """Nothing is taken."""
        _ = self.dismiss(None)

    @on(VirtualList.Chosen)
    def _chosen(self) -> None:
        row = self.list.row
        if row is not None:
            _ = self.dismiss(row.id)
