"""Whether what was cut is still cut, asked by a key, and shown in front: by name what came back."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from keyturn.tui.engine import Observe, Stop
from keyturn.tui.plan_words import BLANK
from keyturn.tui.safe import joined
from keyturn.tui.screens.dialog import Dialog
from keyturn.tui.widgets.paragraphs import Line

if TYPE_CHECKING:
    from keyturn.decide.rechecks import Recheck
    from keyturn.tui.app import KeyturnApp

RECHECKING = "looking whether what was cut is still cut"


def recheck_cases(app: "KeyturnApp", case_ids: Sequence[str], done: Callable[[], None]) -> None:
    """Reads everything that these cases' runs cut again, by id. `done` is called with the cases as
    they stand then."""
    if not case_ids:
        app.tell("Recheck: there is no case yet, so nothing was cut.")
        return
    desk = app.parts.engine.desk

    async def work(observe: Observe, stop: Stop) -> "tuple[Recheck, ...]":
        return await desk.recheck(case_ids, observe, stop)

    def show(found: "tuple[Recheck, ...]") -> None:
        app.count_open_runs()
        done()
        if not found:
            app.tell("Recheck: no run cut anything that stands, so there is nothing to look at.")
            return
        back = sum(len(one.came_back) for one in found)
        title = f"Came back: {back}" if back else "Nothing came back"
        _ = app.push_screen(Dialog(title, [line for one in found for line in _lines(one)][:-1]))

    app.start(RECHECKING, work, show)


def _lines(one: "Recheck") -> Iterator[Line]:
    look = "bold $urgent" if one.came_back else "bold"
    yield Line(joined((one.words, look)))
    for back in one.came_back:
        yield Line(joined(("! ", "bold $urgent"), back.words), 2)
        for words in (back.when, "" if back.event else back.likely):
            if words:
                yield Line(joined("  ", (words, "$quiet")), 2)
    for unseen in one.not_seen:
        yield Line(joined(("? ", "bold $unknown"), f"{unseen.words}: {unseen.reason}"), 2)
    for words in one.put_back:
        yield Line(joined("  put back by an undo: ", words), 4)
    for words in (*(step.told for step in one.upgraded), *one.remarks):
        yield Line(joined("  ", words), 2)
    yield BLANK
