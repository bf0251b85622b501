"""Giving an open step up by keys: which one, what that does, and why; kept in the journal."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from keyturn.decide.names import counted
from keyturn.tui.engine import Ended
from keyturn.tui.screens.ask import Ask
from keyturn.tui.screens.asked import Asked
from keyturn.tui.screens.picker import Choice, Picker, in_memory
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.row_source import Row

if TYPE_CHECKING:
    from keyturn.run.giving_up import OpenStep
    from keyturn.tui.app import KeyturnApp

OTHERWISE = "Which steps are open is known now: X once more."
MOST_AT_ONCE = 12
"""So many lines fit below what is said of them in 80x24; more have the whole box."""
COLUMNS = (Column("step", 4, right=True), Column("what it was to do", 20, 3), Column("stands", 12))


def give_up_step(
    app: "KeyturnApp",
    run_ids: Sequence[str],
    done: Callable[[Ended], None],
    only: frozenset[str] = frozenset(),
    case_id: str = "",
) -> None:
    """One of the open steps of these runs, or of `only` these operations of them, or of those about
    the leaver of a case. `done` is called with the run as it stands then; a question that is left
    changes nothing."""
    desk, asked = app.parts.engine.desk, Asked.here(app)

    async def work(_observe: object, _stop: object) -> "tuple[OpenStep, ...]":
        found = await desk.open_steps(run_ids, case_id)
        return tuple(one for one in found if not only or one.operation_id in only)

    def show(found: "tuple[OpenStep, ...]") -> None:
        if not found:
            app.tell("Give up: no step of it is open, so there is nothing to give up.")
        elif len(found) == 1:
            asked.show(_why(found[0]), OTHERWISE, _reason_taken(app, found[0], done))
        else:
            asked.show(_choice(app, found, done), OTHERWISE)

    app.start("looking which steps are open", work, show, only_reads=True)


def _choice(
    app: "KeyturnApp", found: "tuple[OpenStep, ...]", done: Callable[[Ended], None]
) -> Picker:
    def taken(row: Row | None, _typed: str) -> None:
        if row is not None:
            one = found[row.id]
            _ = app.push_screen(_why(one), _reason_taken(app, one, done))

    runs = dict.fromkeys(one.title for one in found)
    words = f"{len(found)} steps are open: {'; '.join(runs)}. R goes on with them instead."
    rows = tuple(
        Row(
            at, "?" if one.called else "·",
            (str(one.number), one.words, "not known" if one.called else "not sent"),
            ("dim", "strong", "unknown" if one.called else "dim"), label=one.words,
        )
        for at, one in enumerate(found)
    )  # fmt: skip
    choice = Choice(
        "Give up which step?", COLUMNS, lambda typed: in_memory(_having(typed, rows)), taken,
        words=words, placeholder="type to narrow the list",
        height=1 + len(rows) if len(rows) <= MOST_AT_ONCE else 0,
    )  # fmt: skip
    return Picker(choice)


def _having(typed: str, rows: Sequence[Row]) -> Sequence[Row]:
    words = typed.casefold().split()
    return [row for row in rows if all(word in row.label.casefold() for word in words)]


def _why(one: "OpenStep") -> Ask:
    words = f"{' '.join(one.effect)} Say why: the reason is kept in the journal, under your name."
    return Ask(f"Give up step {one.number} of {one.title}?", words, check=_needs_why)


def _reason_taken(
    app: "KeyturnApp", one: "OpenStep", done: Callable[[Ended], None]
) -> Callable[[str | None], None]:
    desk = app.parts.engine.desk

    def said(reason: str | None) -> None:
        if reason is None:
            return

        async def work(_observe: object, _stop: object) -> Ended:
            return await desk.give_up(one.run_id, one.number, reason)

        def show(ended: Ended) -> None:
            app.count_open_runs()
            done(ended)
            app.tell(f"Step {one.number} is given up. {_rest(ended)}")

        app.start("giving a step up", work, show)

    return said


def _rest(ended: Ended) -> str:
    waiting = sum(step.state in {"planned", "intended", "unknown"} for step in ended.steps)
    if not waiting:
        return "Every step of the run is settled now."
    return f"{counted(waiting, 'step is', 'steps are')} still open: R goes on with them."


def _needs_why(text: str) -> str:
    return "" if text else "Say why, for whoever reads it later; esc gives nothing up."
