"""The History screen, what differs between two reads, and every screen as of an earlier one."""

from dataclasses import replace

import pytest
from tests.tui.looking import going_on, labels, lines_of, pane, ready, shows, text_of, until
from tests.tui.simulated import Bench
from tests.tui.two_reads import HOUR_MS, at_history, at_past, change, history, read

from keyturn.tui.app import KeyturnApp
from keyturn.tui.data import Pane
from keyturn.tui.screens.differences import Differences
from keyturn.tui.screens.history import History
from keyturn.tui.widgets.past_banner import PastBanner
from keyturn_providers.abilities import Ability
from keyturn_providers.simulated.faults import Effect, Fault

HOSTILE = "[bold red]\x1b]52;c;ZGVtbw==\x07\u202eeve\u202c" + "x" * 500


@pytest.fixture
async def twice(read_bench: Bench) -> Bench:
    """Read three days ago, changed, and read now."""
    await change(read_bench)
    read_bench.watch.at_ms += 72 * HOUR_MS
    await read(read_bench)
    return read_bench


async def test_reads_are_shown_with_the_long_time_between_them(twice: Bench) -> None:
    app = twice.app()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await at_history(pilot, app)
        await shows(pilot, "2 reads, 2 of them whole")
        assert "3d unseen" in text_of(app)
        assert "corp-vault" in text_of(app)
        await pilot.press("down")
        await shows(pilot, "Nothing was read from")
        await pilot.press("enter")
        await shows(pilot, "Nothing is known of that time")
        await pilot.press("t")
        await shows(pilot, "enter shows every screen as of it")
        await pilot.press("down")
        await shows(pilot, "this is the first read that is kept")
        assert "drift" in text_of(app)
        assert screen.timeline.points[0].total > 0


async def test_one_read_says_what_will_come(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await at_history(pilot, app, reads=1)
        await shows(pilot, "There is one read so far.")
        await pilot.press("d")
        await shows(pilot, "That is the newest read")


async def test_nothing_read_is_calm(empty_bench: Bench) -> None:
    app = empty_bench.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("4")
        await shows(pilot, "Nothing was read yet.")
        await pilot.press("d")
        await shows(pilot, "Put the cursor on a read")


async def test_a_failed_and_an_incomplete_read_are_told_as_such(twice: Bench) -> None:
    twice.pair.secrets.faults.add(Fault(Effect.NOT_ALLOWED, Ability.LIST_MEMBERSHIPS, times=None))
    await read(twice)
    app = twice.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await at_history(pilot, app, reads=3)
        await shows(pilot, "✗ 4 of 11")
        await shows(pilot, "3 reads, 2 of them whole")
        await pilot.press("d")
        await shows(pilot, "That is the newest read")


async def test_a_cache_that_cannot_be_read_is_an_error_on_the_screen(twice: Bench) -> None:
    app = twice.app()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await at_history(pilot, app)
        path = twice.data / "cache.db"
        for other in twice.data.glob("cache.db*"):
            other.unlink()
        path.write_bytes(b"no database at all" * 100)
        path.chmod(0o600)
        app.parts.reads.reopen()
        screen.show()
        await shows(pilot, "cannot open")


async def test_two_reads_are_compared_and_narrowed(twice: Bench) -> None:
    app = twice.app()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await at_history(pilot, app)
        await pilot.press("space", "G", "space")
        assert len(screen.table.content.marks) == 2
        await pilot.press("d")
        await shows(pilot, "Grants +1 -1")
        found = app.screen
        assert isinstance(found, Differences)
        await shows(pilot, "manage taken away")
        await shows(pilot, "state: active → suspended")
        assert found.table.put_cursor(_line_of(found, "Ravi Menon"))
        await pilot.press("p")
        await shows(pilot, "now: read")
        assert "Dana" not in text_of(app)
        await shows(pilot, "of Ravi Menon")
        await pilot.press("escape")
        await shows(pilot, "manage taken away")
        assert found.table.put_cursor(_line_of(found, "manage taken away"))
        await pilot.press("v")
        await shows(pilot, "of Payments")
        await shows(pilot, "no longer; was manage")
        assert "suspended" not in text_of(app)
        await pilot.press("a")
        await shows(pilot, "suspended")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, History))


def _line_of(screen: Differences, cell: str) -> int:
    """The number of the first line with this in a cell."""
    known = [screen.table._known.get(number) for number in screen.table.content.shown]
    return next(row.id for row in known if row is not None and cell in row.cells)


async def test_every_screen_shows_that_time_and_says_so(twice: Bench) -> None:
    app = twice.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await at_past(pilot, app)
        banner = app.screen.query_one(PastBanner)
        assert banner.display
        await pilot.press("1")
        await until(pilot, lambda: "Old Contractor" in labels(app, Pane.USERS))
        assert "AS OF" in text_of(app)
        assert pane(app, Pane.USERS).put_cursor(_number(app, "Dana Okafor"))
        await until(pilot, lambda: "Payments" in labels(app, Pane.GRANTS))
        await pilot.press("w")
        await shows(pilot, "Payments: manage, direct")
        await pilot.press("escape", "2")
        await shows(pilot, "AS OF")
        await pilot.press("t")
        await until(pilot, lambda: app.back is None)
        await until(pilot, lambda: "AS OF" not in text_of(app))
        await pilot.press("1")
        await until(pilot, lambda: "Old Contractor" not in labels(app, Pane.USERS))
        await shows(pilot, "Dana Okafor")


def _number(app: KeyturnApp, name: str) -> int:
    return next(
        number for number in pane(app, Pane.USERS).content.shown
        if (row := pane(app, Pane.USERS)._known.get(number)) is not None and row.label == name
    )  # fmt: skip


async def test_the_past_cannot_be_changed_and_says_why(twice: Bench) -> None:
    app = twice.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await at_past(pilot, app)
        await pilot.press("1")
        for key, label in (("o", "offboard"), ("s", "sync"), ("r", "refresh"), ("R", "resume")):
            await pilot.press(key)
            await shows(pilot, f"{label}: this is as of")
            assert "the past cannot be changed. t goes back to now." in text_of(app)
            assert not going_on(app)
            assert len(app.screen_stack) == 1
        assert " o offboard" not in lines_of(app)[-1]


async def test_a_plan_that_is_open_cannot_be_applied_from_the_past(twice: Bench) -> None:
    app = twice.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        await pilot.press("s")
        await shows(pilot, "c confirm")
        await pilot.press("4")
        await until(pilot, lambda: isinstance(app.screen, History))
        await until(pilot, lambda: history(app).table.row is not None)
        await pilot.press("G", "enter")
        await until(pilot, lambda: app.back is not None)
        await pilot.press("escape")
        await shows(pilot, "AS OF")
        await pilot.press("c")
        await shows(pilot, "the past cannot be changed")
        with pytest.raises(Exception, match="nothing is planned from it"):
            await app.parts.engine.plan_sync(None)


async def test_a_refresh_that_ends_meanwhile_does_not_leave_the_past(twice: Bench) -> None:
    app = twice.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await at_past(pilot, app)
        await read(twice)
        app.data_changed()
        await until(pilot, lambda: len(history(app).timeline.moments) == 3)
        await pilot.press("1")
        await until(pilot, lambda: "Old Contractor" in labels(app, Pane.USERS))
        assert "AS OF" in text_of(app)


async def test_opening_the_newest_read_is_coming_back_to_now(twice: Bench) -> None:
    app = twice.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await at_past(pilot, app)
        await pilot.press("g", "enter")
        await until(pilot, lambda: app.back is None)
        await shows(pilot, "every screen shows now")


async def test_hostile_names_change_nothing_around_them(twice: Bench) -> None:
    secrets = twice.pair.secrets.tenant
    secrets.add(replace(secrets.accounts["s-002"], display_name=HOSTILE, department=HOSTILE))
    await read(twice)
    app = twice.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await at_history(pilot, app, reads=3)
        await pilot.press("G", "d")
        await shows(pilot, "[bold red]")
        shown = text_of(app)
        assert not any(ord(char) < 32 and char != "\n" for char in shown)
        assert "\u202e" not in shown
        assert all(len(line) <= 80 for line in lines_of(app))


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
async def test_the_banner_fits_every_size(twice: Bench, size: tuple[int, int]) -> None:
    app = twice.app()
    async with app.run_test(size=size) as pilot:
        await at_past(pilot, app)
        line = next(line for line in lines_of(app) if "AS OF" in line)
        assert "now" in line
        assert len(line) == size[0]
