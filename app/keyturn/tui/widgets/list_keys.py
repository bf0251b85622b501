"""The keys of every list: moving the cursor, marking, sorting by a column."""

from abc import abstractmethod
from dataclasses import replace

from textual.message import Message
from textual.scroll_view import ScrollView

from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.list_content import ListContent
from keyturn.tui.widgets.list_look import ListLook, stepped, toggled


class ListKeys(ScrollView):
    """For a list over `content`. A subclass draws what has changed."""

    content: ListContent

    class Asks(Message):
        """The operator wants to choose "columns" or "filters" of a list."""

        def __init__(self, sender: "ListKeys", what: str) -> None:
            super().__init__()
            self.list = sender
            self.what = what

    @property
    @abstractmethod
    def columns(self) -> tuple[Column, ...]:
        """All columns, those that are left out too."""

    @property
    @abstractmethod
    def orders(self) -> tuple[str, ...]:
        """The keys of the columns that can sort."""

    @property
    @abstractmethod
    def look(self) -> ListLook:
        """By what it is sorted, and what is left out."""

    @abstractmethod
    def look_so(self, look: ListLook) -> None:
        """Sorts and shows columns otherwise."""

    @abstractmethod
    def move_to(self, place: int) -> None:
        """The cursor to a place, or the nearest there is."""

    @abstractmethod
    def marks_changed(self) -> None:
        """Marks were set or taken away."""

    def page_rows(self) -> int:
        """How many rows are visible at once."""
        return max(1, self.scrollable_content_region.height - 1)

    def action_down(self, rows: int = 1) -> None:
        """The cursor down."""
        self.move_to(self.content.cursor + rows)

    def action_up(self, rows: int = 1) -> None:
        """The cursor up."""
        self.move_to(self.content.cursor - rows)

    def action_page_down(self) -> None:
        """A page down."""
        self.action_down(self.page_rows())

    def action_page_up(self) -> None:
        """A page up."""
        self.action_up(self.page_rows())

    def action_half_down(self) -> None:
        """Half a page down."""
        self.action_down(max(1, self.page_rows() // 2))

    def action_half_up(self) -> None:
        """Half a page up."""
        self.action_up(max(1, self.page_rows() // 2))

    def action_top(self) -> None:
        """To the first row."""
        self.move_to(0)

    def action_bottom(self) -> None:
        """To the last row."""
        self.move_to(len(self.content.shown) - 1)

    def action_mark(self) -> None:
        """Marks or unmarks the row, and goes on to the next."""
        self.content.toggle_mark()
        self.marks_changed()
        self.action_down()

    def action_invert_marks(self) -> None:
        """Inverts the marks of every row shown."""
        self.content.invert_marks()
        self.marks_changed()

    def clear_marks(self) -> None:
        """Takes every mark away."""
        self.content.marks.clear()
        self.marks_changed()

    def action_sort_next(self, by: int = 1) -> None:
        """Sorted by the next column."""
        self.look_so(stepped(self.look, self.columns, self.orders, by))

    def action_sort_previous(self) -> None:
        """Sorted by the column before."""
        self.action_sort_next(-1)

    def action_sort_backwards(self) -> None:
        """The other way round."""
        self.look_so(replace(self.look, backwards=not self.look.backwards))

    def action_columns(self) -> None:
        """Asks which columns to show."""
        self.post_message(self.Asks(self, "columns"))

    def action_filters(self) -> None:
        """Asks for a saved filter."""
        self.post_message(self.Asks(self, "filters"))

    def toggle_column(self, key: str) -> None:
        """Leaves a column out, or shows it again."""
        self.look_so(toggled(self.look, self.columns, key))
