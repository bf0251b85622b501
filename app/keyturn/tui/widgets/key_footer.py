"""The last line: the keys of this screen, from the table of actions. Each can be clicked."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from keyturn.tui.actions import Action, shown_key

GAP = "  "
LAST = ("back", "help", "quit")


class KeyFooter(Widget):
    """As many keys as fit, most wanted first; back, help and quit are always there, at the end."""

    actions: reactive[tuple[Action, ...]] = reactive(())

    def render(self) -> Content:
        """The line."""
        pieces = [
            Content.assemble(
                (shown_key(action.keys[0]), "bold $accent"), " ", (action.label, "$quiet")
            )
            for action in self._fitting(len(GAP))
        ]
        return Content.assemble(" ", Content(GAP).join(pieces))

    def on_click(self, event: events.Click) -> None:
        """Presses the key that was clicked."""
        right = 1
        for action in self._fitting(len(GAP)):
            left, right = right, right + _width(action) + len(GAP)
            if left <= event.x < right - len(GAP):
                self.app.simulate_key(action.keys[0])

    def _fitting(self, gap: int) -> Sequence[Action]:
        room = self.size.width - 1
        last = sorted(
            (action for action in self.actions if action.id in LAST),
            key=lambda action: LAST.index(action.id),
        )
        room -= sum(_width(action) + gap for action in last)
        chosen: list[Action] = []
        for action in self.actions:
            if action in last:
                continue
            room -= _width(action) + gap
            if room < 0:
                break
            chosen.append(action)
        return [*chosen, *last]


def _width(action: Action) -> int:
    return cell_len(shown_key(action.keys[0])) + 1 + cell_len(action.label)
