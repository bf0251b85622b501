"""What must be read: an error that stays until it is dismissed, and the line for smaller words."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

from keyturn.tui.safe import joined, literal
from keyturn.tui.widgets.paragraphs import Line, parts
from keyturn.tui.widgets.why_strip import fitted

MOST_LINES = 4
"""What an error says takes so many lines at most: what to do next is never cut away."""
MOST_NOTED = 3


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error in the parts every error has: who, what, why, and what to do next."""

    who: str
    what: str
    why: str
    next_step: str = ""


class ErrorPanel(Widget):
    """Stays on the screen until esc. The newest is shown, with how many are behind it. Hidden
    while there is no trouble."""

    troubles: reactive[tuple[Trouble, ...]] = reactive((), layout=True)

    def watch_troubles(self, troubles: tuple[Trouble, ...]) -> None:
        """Appears and disappears."""
        self.display = bool(troubles)
        older = len(troubles) - 1
        self.border_title = f"{older + 1:,} errors, the newest first" if older > 0 else ""
        shows = f", and shows the {older:,} older" if older > 1 else ", and shows the older one"
        self.border_subtitle = f"esc dismisses it{shows}" if older > 0 else "esc dismisses it"

    async def on_click(self) -> None:
        """As esc, where nothing else is to be left first."""
        await self.run_action("app.dismiss_error")

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the words take."""
        return len(self._parts(width))

    def render(self) -> Content:
        """What and why, then what next."""
        return Content("\n").join(self._parts(self.size.width))

    def _parts(self, width: int) -> Sequence[Content]:
        if not self.troubles:
            return ()
        found = self.troubles[0]
        what = joined(
            ("! ", "bold $urgent"), (f"{found.who}: {found.what}:", "bold"), f" {found.why}"
        )  # fmt: skip
        said = parts(Line(what, hang=2), width)
        if len(said) > MOST_LINES:
            said = [*said[: MOST_LINES - 1], said[MOST_LINES - 1].truncate(width - 1).append("…")]
        next_ = literal(f"  {found.next_step}")
        return [*said, *(parts(Line(next_, hang=2), width) if found.next_step else ())]


class NoteLine(Widget):
    """Above the footer: why a key cannot act, or what a running job is doing."""

    note: reactive[str] = reactive("", layout=True)
    job: reactive[str] = reactive("")

    def watch_note(self) -> None:
        """Appears and disappears."""
        self.display = bool(self.note or self.job)

    def watch_job(self, before: str, now: str) -> None:
        """Appears and disappears. Progress alone moves nothing."""
        self.display = bool(self.note or self.job)
        if bool(before) != bool(now):
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the words take."""
        return min(MOST_NOTED, len(parts(Line(self._said()), width)))

    def render(self) -> Content:
        """The words; what does not fit is cut with an ellipsis."""
        return fitted((Line(self._said()),), self.size.width, self.size.height)

    def _said(self) -> Content:
        """The note first: it answers the last key."""
        said: list[str | tuple[str, str]] = []
        if self.note:
            said.append((self.note, "bold"))
        if self.note and self.job:
            said.append("   ")
        if self.job:
            said += [("⟳ ", "bold $accent"), self.job, ("   x stops", "$quiet")]
        return joined(*said)
