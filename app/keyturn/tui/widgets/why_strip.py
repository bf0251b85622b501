"""The strip that says why the row in focus is as it is: its state, then a finding a line."""

from collections.abc import Sequence

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from keyturn.tui.safe import joined, literal
from keyturn.tui.widgets.paragraphs import Line, parts


class WhyStrip(Widget):
    """Lines under the title "Why": the first is the state of the row, the others are findings.

    What does not fit is cut with an ellipsis, and findings that find no line are counted.
    """

    lines: reactive[tuple[Line, ...]] = reactive(())
    beyond = 0
    """How many findings the last line stands for, where it says that there are more. Set first."""

    def on_mount(self) -> None:
        """The title never changes."""
        self.border_title = literal("Why")

    def render(self) -> Content:
        """As many lines as there is room for."""
        return fitted(self.lines, self.size.width, self.size.height, self.beyond)


def fitted(lines: Sequence[Line], width: int, height: int, beyond: int = 0) -> Content:
    """`lines` in at most `height` lines of `width` cells.

    Each line gets one; what is left over goes to the first lines that need more. Lines that get
    none are counted at the end of the last one shown; the last of them counts for `beyond`.
    """
    shown = list(lines[: max(0, height)])
    hidden = len(lines) - len(shown)
    if hidden and beyond:
        hidden += beyond - 1
    wrapped = [parts(line, width) for line in shown]
    spare = height - len(shown)
    rows: list[Content] = []
    for line, pieces in zip(shown, wrapped, strict=True):
        more = min(spare, len(pieces) - 1)
        spare -= more
        rows += pieces[:more]
        last = pieces[more]
        if more + 1 < len(pieces):
            last = _whole_parts(last, line.content)
            last = joined(last, " …") if last.cell_length + 2 <= width else _cut(last, width)
        rows.append(last)
    if hidden and rows:
        note = joined((f"  and {hidden:,} more: ", "$quiet"), ("w", "bold $accent"))
        room = max(1, width - note.cell_length)
        # The findings shown are one line each here: some were left without any.
        whole = shown[-1].content
        if whole.cell_length > room and (part := _whole_parts(whole, whole)) is not whole:
            whole = joined(part, " …")
        rows[-1] = joined(whole if whole.cell_length <= room else _cut(whole, room), note)
    return Content("\n").join(row if row.cell_length <= width else _cut(row, width) for row in rows)


def _whole_parts(content: Content, whole: Content) -> Content:
    """The begin of `whole` without a part after two spaces that is only begun: "for it.  direct …"
    says nothing more than "for it. …"."""
    text = content.plain.rstrip()
    at = text.rfind("  ")
    return content[:at] if at > 0 and f"{text[at:]}  " not in whole.plain else content


def _cut(content: Content, width: int) -> Content:
    return joined(content.truncate(max(1, width - 1)).rstrip(), "…")
