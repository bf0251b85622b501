"""A page of text scrolled by keys: for what is read from top to bottom."""

from collections.abc import Sequence
from pathlib import Path

from textual.containers import VerticalScroll
from textual.widgets import Static

from keyturn.tui.safe import literal
from keyturn.tui.widgets.paragraphs import Line, parts, wrapped

SHEET_STYLE = Path(__file__).parents[1] / "screens" / "sheet.tcss"
"""The style of screens that are sheets: not read before the first of them is shown."""


class Sheet(VerticalScroll, can_focus=True):
    """Shows one literal content under a title in its border."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._text = Static(markup=False)
        self._lines: Sequence[Line] = ()

    def compose(self) -> Sequence[Static]:
        """One text."""
        return [self._text]

    def put(self, title: str, lines: Sequence[Line], *, note: str = "") -> None:
        """Replaces title and text; the place scrolled to stays."""
        self.border_title = literal(title)
        self.border_subtitle = literal(note) if note else None
        self._lines = lines
        self._text.update(wrapped(lines, self._width))

    def bring(self, index: int) -> None:
        """Scrolls until the line with this index is in view, and the next few with it."""
        top = sum(len(parts(line, self._width)) for line in self._lines[:index])
        height, y = self.scrollable_content_region.height, int(self.scroll_offset.y)
        if top < y + 1:
            self.scroll_to(y=max(0, top - 2), animate=False)
        elif top > y + height - 4:
            self.scroll_to(y=top - height + 4, animate=False)

    @property
    def lines(self) -> Sequence[Line]:
        """What it shows, before it was wrapped."""
        return self._lines

    @property
    def _width(self) -> int:
        # One cell stays free beside the scroll bar.
        return max(20, self.scrollable_content_region.width - 1)

    def on_resize(self) -> None:
        """Lines wrap anew."""
        self._text.update(wrapped(self._lines, self._width))
