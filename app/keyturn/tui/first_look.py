"""What the first paint shows, read while the app is still being put together.

So the first frame is the whole Access screen, not an empty one that fills. Only for the plain case:
the Users pane in front and no filter remembered; anything else is read as always.
"""

from dataclasses import dataclass

from keyturn.tui.data import EVERYTHING, Behind, Data, Pane, View
from keyturn.tui.state import Remembered
from keyturn.tui.widgets.row_source import FIRST_ROWS, Answer, RowSource, Wish, answer_of
from keyturn_storage.list_rows import DriftCounts, PersonRow, SourceRow


@dataclass(frozen=True, slots=True)
class FirstPane:
    """One pane: what it is narrowed to, its source, and the source's answer."""

    view: View
    source: RowSource
    answer: Answer


@dataclass(frozen=True, slots=True)
class FirstLook:
    """The facts of the header, the three panes, and what the Why strip rests on.

    `cursor` is the place of the person in focus in the Users pane.
    """

    sources: tuple[SourceRow, ...]
    drift: DriftCounts | None
    panes: dict[Pane, FirstPane]
    cursor: int
    behind: Behind


def first_look(data: Data, remembered: Remembered, person: str) -> FirstLook | None:
    """Reads it all; None where there is nothing to show, or not the plain case."""
    plain = (person or remembered.pane == Pane.USERS) and not any(remembered.finds.values())
    if not plain or not data.exists() or data.drift() is None:
        return None
    drift_only = remembered.drift_only
    source = data.pane(Pane.USERS, EVERYTHING, drift_only=drift_only)
    users = answer_of(source, Wish(), 0, FIRST_ROWS, None)
    wanted = person or remembered.person
    found = data.people(wanted, 1) if wanted else ()
    number = found[0].no if found else None
    if number is None or number not in users.shown:
        if person or not users.shown:
            return None
        number = users.shown[0]
    row = next((row for row in users.rows if row.id == number), None)
    if row is None:
        row = next(iter(source.rows([number])), None)
        users.rows.extend([row] if row is not None else [])
    if row is None or not isinstance(row.about, PersonRow):
        return None
    view = View(person=row.about.key, label=row.label)
    panes = {Pane.USERS: FirstPane(EVERYTHING, source, users)}
    for pane in (Pane.GROUPS, Pane.GRANTS):
        driven = data.pane(pane, view, drift_only=drift_only)
        panes[pane] = FirstPane(view, driven, answer_of(driven, Wish(), 0, FIRST_ROWS, None))
    return FirstLook(
        data.sources(),
        data.drift(),
        panes,
        users.shown.index(number),
        data.findings_of(row.about, EVERYTHING),
    )
