"""Every screen that is not reached by its number says by which way one came to it."""

from tests.tui.looking import ready, shows, text_of
from tests.tui.simulated import Bench

from keyturn.tui.trail import LONGEST_NAME, trail_words


def test_a_trail_begins_with_the_second_screen() -> None:
    assert trail_words(["Access"]) == ""
    assert trail_words(["Access", "Dana Okafor"]) == "Access › Dana Okafor"


def test_of_a_long_way_the_end_is_shown() -> None:
    assert trail_words(["1", "2", "3", "4", "5", "6"]) == "… › 3 › 4 › 5 › 6"


def test_a_long_or_wide_name_leaves_room_for_the_next() -> None:
    for name in ("x" * 10_000, "漢" * 10_000):
        said = trail_words([name, "Plan"])
        assert said.endswith("… › Plan")
        assert len(said) <= LONGEST_NAME + len(" › Plan")


async def test_the_lower_border_shows_the_way_that_esc_goes_back(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        await pilot.press("2")
        await shows(pilot, "shows the plan")
        assert "›" not in text_of(app)  # its number leads there
        await pilot.press("1", "i")
        await shows(pilot, "Access › Dana Okafor ")
        await pilot.press("slash", *"pay", "enter", "enter")
        await shows(pilot, "Access › Dana Okafor › Payments ")
        await pilot.press("escape", "o")
        await shows(pilot, "Access › Dana Okafor › Offboard ")
        await pilot.press("p")
        await shows(pilot, "Access › Dana Okafor › Offboard › Plan ")
