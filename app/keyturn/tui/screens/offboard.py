"""Offboard: what the leaver has on both sides, then the plan that takes it away."""

from collections.abc import Iterable, Iterator

from textual.widget import Widget

from keyturn.decide.plans import Plan
from keyturn.tui.actions import Where, bindings
from keyturn.tui.engine import Card
from keyturn.tui.plan_words import counts_words
from keyturn.tui.safe import joined
from keyturn.tui.screens.frame import Frame
from keyturn.tui.screens.plan import PlanReview
from keyturn.tui.why_words import STYLE
from keyturn.tui.widgets.list_content import SIGN_ROLE
from keyturn.tui.widgets.paragraphs import Line
from keyturn.tui.widgets.sheet import SHEET_STYLE, Sheet


class Offboard(Frame):
    """One leaver. `p` (or enter) shows the plan; nothing is done from here."""

    CSS_PATH = SHEET_STYLE
    WHERE = Where.OFFBOARD
    BINDINGS = bindings(Where.OFFBOARD)

    def __init__(self, person_key: str, name: str) -> None:
        super().__init__()
        self.person_key = person_key
        self.person_name = name
        self.card: Card | None = None

    def body(self) -> Iterable[Widget]:
        """The card."""
        yield Sheet()

    def on_mount(self) -> None:
        """The card is read while its place is already there."""
        sheet = self.query_one(Sheet)
        sheet.put(f"Offboard {self.person_name}", [Line(joined(("Reading …", "$quiet")))])
        sheet.focus()
        engine, key = self.keyturn.parts.engine, self.person_key

        async def work(_observe: object, _stop: object) -> Card:
            return await engine.card(key)

        self.keyturn.start(f"reading what {self.person_name} has", work, self._show)

    def _show(self, card: Card) -> None:
        self.card = card
        if self.alive:
            self.query_one(Sheet).put(f"Offboard {card.title}", list(_lines(card)))

    def action_make_plan(self) -> None:
        """The plan, about the leaver as she is now."""
        engine, key = self.keyturn.parts.engine, self.person_key

        async def work(_observe: object, _stop: object) -> Plan:
            return await engine.plan_offboard(key)

        def show(plan: Plan) -> None:
            if self.is_current:
                _ = self.keyturn.switch_screen(PlanReview(plan))
            else:
                self.keyturn.tell(f"The plan is made ({counts_words(plan)}), but not shown here.")

        self.keyturn.start(f"planning the offboarding of {self.person_name}", work, show)


def _lines(card: Card) -> Iterator[Line]:
    for heading, lines in card.parts:
        yield Line(joined((heading, "bold $accent")))
        for line in lines:
            style = STYLE.get(SIGN_ROLE.get(line.sign, ""), "")
            yield Line(
                joined((f" {line.sign} ", style), (line.words, "$quiet" if line.role else "")),
                hang=3,
            )
        yield Line(joined(""))
    words = (
        " shows the plan: every cut by name, in order, with what guards say. Nothing is done yet."
    )
    yield Line(joined(("p", "bold $accent"), words))
