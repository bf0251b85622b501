"""Errors that stay until they are dismissed, and a footer that offers what can act."""

from tests.tui.looking import access, lines_of, ready, shows, text_of, until
from tests.tui.simulated import Bench

from keyturn.tui.actions import Where, footer, while_typing
from keyturn.tui.troubles import trouble_of
from keyturn.tui.widgets.notice import MOST_LINES
from keyturn_storage.errors import LeaseHeld
from keyturn_storage.rows import LeaseRow


async def test_every_error_stays_until_it_is_dismissed_on_whatever_screen(
    read_bench: Bench,
) -> None:
    app = read_bench.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        app.failed("reading a list", RuntimeError("the first"))
        app.failed("refresh", ValueError("the second"))
        app.failed("reading a card", ValueError("the third"))
        app.failed("refresh", ValueError("the second"))
        await shows(pilot, "ValueError: the second.")
        await shows(pilot, "3 errors, the newest first")
        await shows(pilot, "esc dismisses it, and shows the 2 older")

        await pilot.press("2")
        await shows(pilot, "3 errors, the newest first")
        await pilot.press("escape")
        await shows(pilot, "ValueError: the third.")
        await pilot.press("escape")
        await shows(pilot, "RuntimeError: the first.")
        assert "newest first" not in text_of(app)
        await pilot.press("escape")
        await until(pilot, lambda: "esc dismisses" not in text_of(app))
        assert app.screen is not access(app)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is access(app))
        assert not access(app).has_trouble


async def test_however_long_an_error_is_what_to_do_next_is_there(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        app.failed("reading a list", RuntimeError("word " * 400))
        await shows(pilot, "Try again; if it happens again")
        await shows(pilot, "esc dismisses it")
        assert sum("word word" in line for line in lines_of(app)) == MOST_LINES
        assert "…" in text_of(app)


async def test_while_a_filter_is_typed_the_footer_has_what_acts(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        await until(pilot, lambda: "o offboard" in lines_of(app)[-1])
        await pilot.press("slash", "d", "a")
        typed = " enter keep  ctrl+p commands  esc clear  f1 help  ctrl+q quit"
        await until(pilot, lambda: lines_of(app)[-1].rstrip() == typed)
        await pilot.press("f1")
        await shows(pilot, "Everywhere")
        await pilot.press("escape", "enter")
        await until(pilot, lambda: "o offboard" in lines_of(app)[-1])


def test_a_field_leaves_only_keys_that_are_no_text() -> None:
    for where in Where:
        for action in while_typing(footer(where), where):
            assert len(action.keys[0]) > 1
            assert action.keys[0] not in {"colon", "question_mark", "slash", "space"}


async def test_a_note_that_needs_more_than_a_line_is_there_whole(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        app.tell(f"Undo: {'word ' * 24}at last what to do.")
        await shows(pilot, "at last what to do.")
        assert "Undo: word word" in text_of(app)
        await pilot.press("j")
        await until(pilot, lambda: "word word" not in text_of(app))


async def test_a_program_that_was_changed_while_it_ran_is_to_be_started_again(
    read_bench: Bench,
) -> None:
    app = read_bench.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        app.failed("writing the evidence", ImportError("cannot import name 'x' from 'y'"))
        await shows(pilot, "changed on the disk while it ran")
        assert "report it with this line" not in text_of(app)


async def test_an_error_goes_when_the_same_is_done_again_and_well(read_bench: Bench) -> None:
    async def fail(_observe: object, _stop: object) -> None:
        raise ValueError("out of order")

    async def work(_observe: object, _stop: object) -> None:
        return None

    app = read_bench.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        app.start("counting", fail, lambda _: None)
        await shows(pilot, "ValueError: out of order.")
        app.failed("reading a list", RuntimeError("another"))
        app.start("reading", work, lambda _: None)
        await until(pilot, lambda: "reading" not in app.jobs.running())
        await shows(pilot, "2 errors, the newest first")
        app.start("counting", work, lambda _: None)
        await until(pilot, lambda: len(app.troubles) == 1)
        await shows(pilot, "RuntimeError: another.")


def test_a_lease_that_is_held_is_told_with_its_account() -> None:
    lease = LeaseRow(
        "directory/account/00uAbCdEfGhIjKlMnOp", "ana", "desk", 7, "", "offboard", 1, 0, 9, ""
    )
    found = trouble_of(LeaseHeld(lease, "09:00", "09:02"), "applying the plan")
    assert found.who == "account 00uAbCdEfGhIjKlMnOp of the directory"
    assert found.what == "cannot start"
    assert "ana on desk, process 7" in found.why
    assert "runs out at 09:02" in found.next_step
