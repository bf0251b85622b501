"""Where a plan is confirmed by typing, or cancelled. Enter alone never confirms anything."""

from collections.abc import Iterable

from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from keyturn.tui.widgets.typed_line import TypedLine


class ConfirmBar(Vertical):
    """The focus starts on Cancel. What was typed is posted as it is; the screen judges it."""

    class Typed(Message):
        """Enter in the field."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Cancelled(Message):
        """The Cancel button."""

    def __init__(self, words: Content, *, may_confirm: bool) -> None:
        super().__init__()
        self._words = words
        self._may_confirm = may_confirm

    def compose(self) -> Iterable[Widget]:
        """The question, then Cancel, then the field."""
        yield Static(self._words, id="ask", markup=False)
        field = TypedLine(compact=True, id="typed", placeholder="type here")
        field.cursor_blink = False
        yield Horizontal(
            Button("Cancel" if self._may_confirm else "Back", id="cancel", compact=True),
            *([field] if self._may_confirm else []),
        )

    def focus_cancel(self) -> None:
        """Where enter does nothing but go back."""
        self.screen.set_focus(self.query_one("#cancel", Button))

    def focus_field(self) -> bool:
        """Where the confirmation is typed; False if this plan cannot be confirmed."""
        if not self._may_confirm:
            return False
        self.screen.set_focus(self.query_one("#typed", Input))
        return True

    def say(self, words: Content) -> None:
        """Replaces the question."""
        self.query_one("#ask", Static).update(words)

    def close(self) -> None:
        """No more field: the plan is being applied or was applied."""
        self._may_confirm = False
        _ = self.query("#typed").remove()
        self.query_one("#cancel", Button).label = "Back"

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """The screen judges."""
        event.stop()
        self.post_message(self.Typed(event.value))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Back."""
        event.stop()
        self.post_message(self.Cancelled())
