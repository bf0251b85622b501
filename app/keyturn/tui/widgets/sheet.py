"""A page of text scrolled by keys: for what is read from top to bottom."""

from collections.abc import Sequence
from pathlib import Path

from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widgets import Static

from keyturn.tui.safe import literal
from keyturn.tui.widgets.backdrop import backdrop_lines
from keyturn.tui.widgets.paragraphs import Line, parts, wrapped

SHEET_STYLE = Path(__file__).parents[1] / "screens" / "sheet.tcss"
"""The style of screens that are sheets: not read before the first of them is shown."""


class _Text(Static):
    """Wraps to whatever width it is laid out in: text that is there before the first layout needs
    no second one."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.lines: Sequence[Line] = ()
        self._at: tuple[int, Content] = (-1, Content())

    def put(self, lines: Sequence[Line]) -> None:
        """Other lines."""
        self.lines, self._at = lines, (-1, Content())
        self.refresh(layout=True)

    def render(self) -> Content:
        """The lines, wrapped."""
        return self._wrapped(self.size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many as they take in that width."""
        return self._wrapped(width).get_height({}, width)

    def _wrapped(self, width: int) -> Content:
        if self._at[0] != width:
            self._at = (width, wrapped(self.lines, _room(width)))
        return self._at[1]


class Sheet(VerticalScroll, can_focus=True):
    """Shows one literal content under a title in its border."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._text = _Text()

    def compose(self) -> Sequence[Static]:
        """One text."""
        return [self._text]

    def render_lines(self, crop: Region) -> list[Strip]:
        """Its own lines, which others cover, are not drawn one by one."""
        return backdrop_lines(super().render_lines, crop)

    def put(self, title: str, lines: Sequence[Line], *, note: str = "") -> None:
        """Replaces title and text; the place scrolled to stays."""
        self.border_title = literal(title)
        self.border_subtitle = literal(note) if note else None
        self._text.put(lines)

    def bring(self, index: int) -> None:
        """Scrolls until the line with this index is in view, and the next few with it."""
        room = _room(self.scrollable_content_region.width)
        top = sum(len(parts(line, room)) for line in self.lines[:index])
        height, y = self.scrollable_content_region.height, int(self.scroll_offset.y)
        if top < y + 1:
            self.scroll_to(y=max(0, top - 2), animate=False)
        elif top > y + height - 4:
            self.scroll_to(y=top - height + 4, animate=False)

    # At once: a scroll that waits for the next paint starts where the one before it started, so of
    # two keys pressed quickly only the last would count.

    def action_page_down(self) -> None:
        """A page on."""
        self._go(self.scroll_offset.y + self.scrollable_content_region.height)

    def action_page_up(self) -> None:
        """A page back."""
        self._go(self.scroll_offset.y - self.scrollable_content_region.height)

    def action_scroll_home(self) -> None:
        """To the first line."""
        self._go(0)

    def action_scroll_end(self) -> None:
        """To the last line."""
        self._go(self.max_scroll_y)

    def _go(self, y: float) -> None:
        self.scroll_to(y=y, animate=False, immediate=True)

    @property
    def lines(self) -> Sequence[Line]:
        """What it shows, before it was wrapped."""
        return self._text.lines


def _room(width: int) -> int:
    # One cell stays free beside the scroll bar.
    return max(20, width - 1)
