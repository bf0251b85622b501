"""What is older than the lines of a screen is counted there, and shown when asked for."""

import pytest
from tests.tui.looking import lines_of, ready, shows, text_of, until
from tests.tui.simulated import Bench
from tests.tui.two_reads import at_history, history, read

from keyturn.tui.activity_rows import ActivityLines, Beyond, Happened
from keyturn.tui.screens.activity import Activity
from keyturn.tui.widgets.row_source import Wish
from keyturn_providers.records import PushState
from keyturn_storage.queries import activity
from keyturn_storage.schema_cache import STANDING_PUSH

SIZE = (149, 44)
READS = 4


@pytest.fixture
async def read_often(read_bench: Bench) -> Bench:
    for _ in range(READS - 1):
        await read(read_bench)
    return read_bench


async def test_older_reads_are_counted_in_activity_and_come_on_enter(
    read_often: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity, "READS_SHOWN", 2)
    app = read_often.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("3", "G")
        await shows(pilot, "6 reads")
        await shows(pilot, "2 of 8 reads are shown")
        screen = app.screen
        assert isinstance(screen, Activity)
        place = screen.table.content.cursor
        await pilot.press("enter")
        await shows(pilot, "4 reads")
        assert screen.table.content.cursor == place - 1
        await until(pilot, lambda: screen.table.row is not None
                    and not isinstance(screen.table.row.about, Beyond))  # fmt: skip
        await pilot.press("slash", *"kind:run", "enter")
        await shows(pilot, "4 reads")
        await pilot.press("escape")
        await screen.table.settled()
        await pilot.press("G", "enter")
        await until(pilot, lambda: not any("not shown" in line for line in lines_of(app)))
        assert "gone since" not in text_of(app)


async def test_older_snapshots_are_counted_in_history_and_come_on_enter(
    read_often: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keyturn.tui.screens.history.SNAPSHOTS_SHOWN", 4)
    app = read_often.app()
    async with app.run_test(size=SIZE) as pilot:
        _ = await at_history(pilot, app, 2)
        await shows(pilot, "The newest 2 reads, 2 of them whole.")
        await pilot.press("down")
        await shows(pilot, "the read before is not in this list")
        await pilot.press("G")
        await shows(pilot, "4 snapshots are kept that are not in this list")
        await pilot.press("d")
        await shows(pilot, "Put the cursor on a read of both sources")
        await pilot.press("enter")
        await until(pilot, lambda: len(history(app).timeline.moments) == READS)
        await shows(pilot, "4 reads, 4 of them whole.")
        await pilot.press("G")
        await shows(pilot, "this is the first read that is kept")


def test_what_is_not_told_of_failures_and_pushes_is_counted_whatever_the_filter() -> None:
    lines = ActivityLines(lambda: Happened(beyond=Beyond(failures=1_200, pushes=1)), 0)
    ids = lines.ids()
    assert [row.cells[1:3] for row in lines.rows(ids)] == [
        ("1,200 more steps that failed", "not counted above"),
        ("1 more account or group", "not shown"),
    ]
    assert list(lines.find(Wish("kind:read")).ids) == list(ids)


def test_a_push_stands_in_the_states_that_are_no_success() -> None:
    standing = {state for state in PushState if f"'{state.value}'" in STANDING_PUSH}
    assert standing == {PushState.FAILED, PushState.PAUSED}
