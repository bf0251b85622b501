"""What must be read: an error that stays until it is dismissed, and the line for smaller words."""

from dataclasses import dataclass

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from keyturn.tui.safe import joined


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error in the parts every error has: who, what, why, and what to do next."""

    who: str
    what: str
    why: str
    next_step: str = ""


class ErrorPanel(Widget):
    """Stays on the screen until esc. Hidden while there is no trouble."""

    trouble: reactive[Trouble | None] = reactive(None, layout=True)

    def watch_trouble(self, trouble: Trouble | None) -> None:
        """Appears and disappears."""
        self.display = trouble is not None

    def render(self) -> Content:
        """Two lines: what and why, then what next."""
        if self.trouble is None:
            return Content("")
        found = self.trouble
        return joined(
            ("! ", "bold $urgent"), (f"{found.who}: {found.what}:", "bold"), f" {found.why}\n",
            f"  {found.next_step}  " if found.next_step else "  ", ("esc dismisses", "$quiet"),
        )  # fmt: skip


class NoteLine(Widget):
    """One line above the footer: why a key cannot act, or what a running job is doing."""

    note: reactive[str] = reactive("")
    job: reactive[str] = reactive("")

    def watch_note(self) -> None:
        """Appears and disappears."""
        self.display = bool(self.note or self.job)

    def watch_job(self) -> None:
        """Appears and disappears."""
        self.display = bool(self.note or self.job)

    def render(self) -> Content:
        """The note first: it answers the last key."""
        parts: list[str | tuple[str, str]] = [" "]
        if self.note:
            parts.append((self.note, "bold"))
        if self.note and self.job:
            parts.append("   ")
        if self.job:
            parts += [("⟳ ", "bold $accent"), self.job, ("   x stops", "$quiet")]
        return joined(*parts)
