"""The last line: the keys of this screen, from the table of actions. Each can be clicked."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget

from keyturn.tui.actions import Action, shown_key

LAST = ("help", "quit")


class KeyFooter(Widget):
    """As many keys as fit, most wanted first; help and quit are always there."""

    actions: reactive[tuple[Action, ...]] = reactive(())

    def render(self) -> Content:
        """The line."""
        gap = "  "
        pieces = [
            Content.assemble(
                (shown_key(action.keys[0]), "bold $accent"), " ", (action.label, "$quiet")
            ).stylize(Style.from_meta({"@click": f"app.press({action.keys[0]!r})"}))
            for action in self._fitting(len(gap))
        ]
        return Content.assemble(" ", Content(gap).join(pieces))

    def _fitting(self, gap: int) -> Sequence[Action]:
        room = self.size.width - 1
        last = [action for action in self.actions if action.id in LAST]
        room -= sum(_width(action) + gap for action in last)
        chosen: list[Action] = []
        for action in self.actions:
            if action in last:
                continue
            room -= _width(action) + gap
            if room < 0:
                break
            chosen.append(action)
        return [*chosen, *reversed(last)]


def _width(action: Action) -> int:
    return cell_len(shown_key(action.keys[0])) + 1 + cell_len(action.label)
