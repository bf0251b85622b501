"""How a list looks: its border, its lines in the styles of the theme, and the part in view."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from textual.cache import LRUCache
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip

from keyturn.tui.safe import literal
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.list_content import (
    ListContent,
    note_words,
    title_words,
    words_for_nothing,
)
from keyturn.tui.widgets.list_keys import ListKeys
from keyturn.tui.widgets.list_lines import ROLES, ListLines, reversed_line
from keyturn.tui.widgets.list_look import ListLook
from keyturn.tui.widgets.row_source import Row


class DrawnList(ListKeys):
    """Draws `content`, only the lines in view. A subclass has the rows, and says what changed."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "list--head",
        "list--cursor",
        "list--rest",
        "list--mark",
        "list--gone",
        "list--words",
        *(f"list--{role}" for role in ROLES),
    }

    title: reactive[str] = reactive("", init=False)
    note: reactive[str] = reactive("", init=False)
    trail: reactive[str] = reactive("", init=False)

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        title: str,
        empty: str,
        id: str | None,  # noqa: A002 - Textual's own name for it
    ) -> None:
        super().__init__(id=id)
        self.empty = empty
        self.counted = True  # whether the title says how many rows there are
        self.content = ListContent()
        self.fits_rows = True  # whether columns give room to others whose words are longer
        self.problem = ""
        self.hint = ""
        self._loading = True
        self._failure = ""
        self._gone_words = ""
        self._strips: LRUCache[tuple[object, ...], Strip] = LRUCache(1024)
        self._looks: dict[str, Style] = {}
        self._lines = ListLines(columns, self._look)
        self._laid_out: tuple[Size, Size] | None = None
        self.set_reactive(DrawnList.title, title)

    @abstractmethod
    def row_at(self, place: int) -> Row | None:
        """The row at a place of those shown; None while it is being read, and drawn after."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns, those that are left out too."""
        return self._lines.columns

    @property
    def look(self) -> ListLook:
        """By what it is sorted, and what is left out."""
        return self._lines.look

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Other columns for the same rows."""
        self._lines.columns = tuple(columns)
        self._draw_anew()

    def mark_gone(self, words: str) -> None:
        """Sets what the border says when the row under the cursor has gone, e.g. "12:04"."""
        self._gone_words = words
        self._say_titles()

    def _draw_anew(self) -> None:
        self._lines.forget()
        self._strips.clear()
        self.refresh()

    def _draw_content(self) -> None:
        """The rows shown are others."""
        self._strips.clear()
        self._fit_size()
        self._keep_in_view()
        self._say_titles()
        self.refresh()

    # ------------------------------------------------------------------ the border

    def _say_titles(self) -> None:
        counted = self.counted or bool(self.content.needle.strip())
        said = title_words(self.content, self.title) if counted else self.title
        self.border_title = literal(said)
        notes = note_words(self.content, self.note, self._gone_words, self.trail)
        self.border_subtitle = literal(notes) if notes else None

    def watch_title(self) -> None:
        """The border follows."""
        self._say_titles()

    def watch_note(self) -> None:
        """The lower border follows."""
        self._say_titles()

    def watch_trail(self) -> None:
        """The lower border follows."""
        self._say_titles()

    def on_mount(self) -> None:
        """A list says that it is being read before there is anything to show."""
        self._say_titles()

    # ------------------------------------------------------------------ the part in view

    def _size_updated(
        self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True
    ) -> bool:
        # Textual compares the size inside the border with the one around it, takes a list for
        # resized at every layout, and draws its scrollbar once more after it.
        laid_out = (size, self.virtual_size)
        if laid_out == self._laid_out:
            return False
        self._laid_out = laid_out
        return super()._size_updated(size, virtual_size, container_size, layout)

    def _fit_size(self) -> None:
        # Columns fit the width there is: nothing scrolls sideways.
        self.virtual_size = Size(0, len(self.content.shown) + 1)

    def _keep_in_view(self) -> None:
        top, rows = int(self.scroll_offset.y), self.page_rows()
        cursor = self.content.cursor
        if cursor < top:
            top = cursor
        elif cursor >= top + rows:
            top = cursor - rows + 1
        self.scroll_to(y=top, animate=False, force=True, immediate=True)

    def on_resize(self) -> None:
        """Columns and the scroll range follow the size."""
        self._strips.clear()
        self._fit_size()
        self._keep_in_view()

    # ------------------------------------------------------------------ lines

    def notify_style_update(self) -> None:
        """Another theme, or another pseudo-class: all strips are drawn anew."""
        super().notify_style_update()
        self._looks.clear()
        self._strips.clear()

    def _look(self, name: str) -> Style:
        if name not in self._looks:
            self._looks[name] = self.get_component_rich_style(f"list--{name}", partial=True)
        return self._looks[name]

    def _base(self) -> Style:
        # Textual works it out through every ancestor: for each line that is a third of the work.
        if "" not in self._looks:
            self._looks[""] = self.rich_style
        return self._looks[""]

    def render_line(self, y: int) -> Strip:
        """One line of the list; the head stays where it is."""
        width, base = self.scrollable_content_region.width, self._base()
        if y == 0:
            return self._lines.head(width, base)
        index = int(self.scroll_offset.y) + y - 1
        if not self.content.shown:
            words, role = words_for_nothing(
                self.content, self.empty, self._failure, self.problem, loading=self._loading
            )
            # Such words are all there is to read here: they go on below rather than being cut.
            lines = literal(words).wrap(max(1, width - 3))
            line = y - (1 if self.size.height < 4 else 2)
            said = f"  {lines[line].plain}" if 0 <= line < len(lines) else ""
            return self._lines.words(said, role, width, base)
        if index >= len(self.content.shown):
            return Strip.blank(width, base)
        number = self.content.shown[index]
        row = self.row_at(index)
        if row is None:
            return self._lines.words("    …", "dim", width, base)
        here, marked = index == self.content.cursor, number in self.content.marks
        key = (number, here, here and self.has_focus, marked, width)
        strip = self._strips.get(key)
        if strip is None:
            if here:
                base += self._look("cursor" if self.has_focus else "rest")
            if self.content.gone is not None and number == self.content.gone.id:
                base += self._look("gone")
            strip = self._lines.row(row, width, base, marked=marked)
            # Without a terminal, as for a picture, there are all colours.
            few = not self.app.is_headless and self.app.console.color_system == "standard"
            if here and few:
                strip = reversed_line(strip, base)
            self._strips[key] = strip
        return strip
