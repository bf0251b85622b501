"""The pickers of the dashboard: jumping anywhere, a list's columns, its saved filters."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from keyturn.tui.actions import Where, actions, shown_key
from keyturn.tui.job_board import COLUMNS as JOB_COLUMNS
from keyturn.tui.job_board import JobLine
from keyturn.tui.jump_rows import COLUMNS, Screen
from keyturn.tui.screens import ways
from keyturn.tui.screens.picker import Choice, Picker, in_memory
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.row_source import Row, RowSource
from keyturn.tui.widgets.virtual_list import VirtualList
from keyturn_storage.queries.jump import Place

if TYPE_CHECKING:
    from keyturn.tui.app import KeyturnApp

SAVE = -1


def jump(app: "KeyturnApp") -> Picker:
    """To any screen, person, group or vault by a few letters."""
    screens = _screens()

    def go(row: Row | None, _typed: str) -> None:
        about = row.about if row is not None else None
        if isinstance(about, Screen):
            ways.go_by_name(app, about.name)
        elif isinstance(about, Place):
            ways.open_place(app, about)

    return Picker(
        Choice(
            "Jump to",
            COLUMNS,
            lambda typed: app.parts.data.jump(typed, screens),
            go,
            note="enter goes there   esc closes",
            empty="Nothing has these letters.",
            placeholder="a few letters of a person, group, vault or screen",
            ask=app.parts.reads.ask,
        )
    )


def jobs(app: "KeyturnApp") -> Picker:
    """What runs and what has ended; one that runs can be stopped."""

    def stop(row: Row | None, _typed: str) -> None:
        about = row.about if row is not None else None
        if not isinstance(about, JobLine):
            return
        if app.jobs.stop_one(about.name):
            app.tell(f"Stopping {about.name} after the request in flight.")
        else:
            app.tell(f"Stop: {about.name} has ended already.")

    return Picker(
        Choice(
            "Jobs",
            JOB_COLUMNS,
            lambda _typed: in_memory(list(app.board.rows())),
            stop,
            note="enter or x stops one   esc closes",
            height=12,
            empty="Nothing runs, and nothing has run since keyturn was started.",
            stays=True,
            keys={"x": stop},
            renewed_s=0.5,
        )
    )


def _screens() -> Sequence[Screen]:
    keys = {action.id: shown_key(action.keys[0]) for action in actions(Where.EVERYWHERE)}
    return [
        Screen(name, keys[f"go_{name}"])
        for name in ("access", *ways.NUMBERED)
        if f"go_{name}" in keys
    ]


def columns(shown: VirtualList) -> Picker:
    """Which columns a list has; the first one stays."""

    def rows(_typed: str) -> RowSource:
        return in_memory([
            Row(number, "=" if one.key not in shown.look.hidden else " ",
                (one.title, _state(shown, number, one)), ("", "dim"), label=one.title, about=one)
            for number, one in enumerate(shown.columns)
        ])  # fmt: skip

    def toggle(row: Row | None, _typed: str) -> None:
        if row is not None and isinstance(row.about, Column):
            shown.toggle_column(row.about.key)

    return Picker(
        Choice(
            "Columns",
            (Column("column", 16, 2), Column("is", 12, 1)),
            rows,
            toggle,
            note="enter or space shows or hides   esc closes",
            height=1 + len(shown.columns),
            stays=True,
            keys={"space": toggle},
        )
    )


def _state(shown: VirtualList, number: int, column: Column) -> str:
    if number == 0:
        return "always shown"
    return "hidden" if column.key in shown.look.hidden else "shown"


def filters(app: "KeyturnApp", shown: VirtualList) -> Picker:
    """A list's saved filters: recalled by enter, deleted by the delete key; the list's own filter
    is saved under the name that is typed."""
    place = shown.kept_as

    def rows(typed: str) -> RowSource:
        saved = app.remembered.saved.get(place, {})
        name, needle = typed.strip(), shown.needle.strip()
        found = [
            Row(number, "", (one, saved[one]), ("strong", ""), label=one, about=one)
            for number, one in enumerate(sorted(saved)) if name.casefold() in one.casefold()
        ]  # fmt: skip
        if needle and name and name not in saved:
            words = (f"save as “{name}”", needle)
            found.append(Row(SAVE, "+", words, ("add", ""), label=name))
        return in_memory(found)

    def choose(row: Row | None, typed: str) -> None:
        if row is None:
            return
        if row.id == SAVE:
            app.keep_filter(place, typed.strip(), shown.needle)
            app.tell(f"Saved as “{typed.strip()}”: F recalls it.")
        elif isinstance(row.about, str):
            shown.filter(app.remembered.saved.get(place, {}).get(row.about, ""))

    def delete(row: Row | None, _typed: str) -> None:
        if row is not None and isinstance(row.about, str):
            app.keep_filter(place, row.about, "")

    typing = "a name to save this filter under, or to find one"
    empty = "Nothing is saved for this list. Type a name to save its filter."
    if not shown.needle.strip():
        typing, empty = "a name to find one", "Nothing is saved. Filter the list by / first."
    return Picker(
        Choice(
            "Saved filters",
            (Column("name", 16, 2), Column("filter", 20, 3)),
            rows,
            choose,
            note="enter recalls or saves   ctrl+d deletes   esc closes",
            empty=empty,
            placeholder=typing,
            keys={"ctrl+d": delete, "delete": delete},
            height=12,
        )
    )
