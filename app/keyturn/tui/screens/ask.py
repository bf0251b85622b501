"""One line is asked for in front of the screen: a reason, a time, a name."""

from collections.abc import Callable

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from keyturn.tui.safe import briefly, literal
from keyturn.tui.screens.picker import MOST_WORDS, MOST_WRONG, PROMPT_STYLE
from keyturn.tui.widgets.typed_line import TypedLine


class Ask(ModalScreen[str | None]):
    """Gives what was typed, stripped; None where nothing is to change. `check` says in words what
    is wrong with it, and then the field stays."""

    CSS_PATH = PROMPT_STYLE
    BINDINGS = [Binding("escape", "leave", "leave it")]

    def __init__(
        self, title: str, words: str, *, value: str = "", check: Callable[[str], str] = lambda _: ""
    ) -> None:
        super().__init__()
        self.heading, self.words, self.value, self.check = title, words, value, check

    def compose(self) -> ComposeResult:
        """The words, the field, and what is wrong."""
        field = TypedLine(self.value, compact=True, select_on_focus=False, id="answer")
        field.cursor_blink = False
        wrong = Static("", id="wrong", markup=False)
        wrong.display = False
        box = Vertical(
            Static(briefly(self.words, MOST_WORDS), markup=False), field, wrong, id="box"
        )
        box.border_title = literal(self.heading)
        box.border_subtitle = literal("enter keeps it   esc leaves it as it is")
        yield box

    def on_mount(self) -> None:
        """Typing at once."""
        self.set_focus(self.query_one("#answer", Input))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Kept where nothing is wrong with it."""
        event.stop()
        text = event.value.strip()
        problem = self.check(text)
        if problem:
            wrong = self.query_one("#wrong", Static)
            wrong.update(briefly(problem, MOST_WRONG))
            wrong.display = True
            return
        _ = self.dismiss(text)

    def action_leave(self) -> None:
        """Nothing changes."""
        _ = self.dismiss(None)


def needs_words(what: str, kept: str = "it is kept with the case") -> Callable[[str], str]:
    """A check that something was typed, which says what becomes of it."""
    return lambda text: "" if text else f"Say {what}: {kept}."
