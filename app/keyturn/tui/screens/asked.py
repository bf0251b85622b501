"""What a job has made, in front of the screen that asked for it, and of nothing else.

What is typed meanwhile on another screen, or into a field, is not meant for it: a question would
take it for its answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from textual.screen import Screen
from textual.widgets import Input

from keyturn.tui.screens.frame import Frame

if TYPE_CHECKING:
    from keyturn.tui.app import KeyturnApp

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """Where a key asked for something that takes a while."""

    app: "KeyturnApp"
    frame: Frame | None

    @classmethod
    def here(cls, app: "KeyturnApp") -> "Asked":
        """The screen in front now."""
        return cls(app, app.frame)

    def show(
        self,
        made: Screen[T],
        otherwise: str,
        answered: Callable[[T | None], None] | None = None,
    ) -> None:
        """Shows it where that screen is still in front and nothing is typed; else says this. What
        it gives goes to `answered`."""
        if self.app.screen is self.frame and not isinstance(self.app.focused, Input):
            _ = self.app.push_screen(made, answered)
        else:
            self.app.tell(otherwise)
