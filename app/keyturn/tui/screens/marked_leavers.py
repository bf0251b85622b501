"""From the marks of the Users pane to the case of the one, or of all of them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from keyturn.tui.data import EVERYTHING, Pane
from keyturn.tui.hand import Named
from keyturn.tui.screens.leavers import MOST, Leavers
from keyturn.tui.screens.offboard import Offboard
from keyturn_storage.rows import PersonRow

if TYPE_CHECKING:
    from keyturn.tui.app import KeyturnApp


async def offboard_marked(app: "KeyturnApp", marks: Sequence[int], hidden: int) -> None:
    """Opens the case of whoever is marked; `hidden` of the marks cannot be seen now."""
    if len(marks) > MOST:
        words = f"Offboard: {len(marks):,} are marked, and at most {MOST} are put out at once."
        app.tell(f"{words} u takes all marks away.")
        return
    source = app.parts.data.pane(Pane.USERS, EVERYTHING, drift_only=False)
    rows = await app.parts.reads.ask(lambda: source.rows(marks))
    people = [Named(r.about.key, r.about.name) for r in rows if isinstance(r.about, PersonRow)]
    people.sort(key=lambda one: (one.name.casefold(), one.key))
    if len(people) == 1:
        _ = app.push_screen(Offboard(people[0].key, people[0].name))
        app.tell(f"{people[0].name} is marked, so this is about them. u unmarks all.")
    elif people:
        note = f"{hidden} of them hidden where they are marked" if hidden else ""
        _ = app.push_screen(Leavers(people, note))
