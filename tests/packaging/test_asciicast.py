"""The recording in screenshots/ is an asciinema v2 file that ends with what was proven."""

import json
import re
from itertools import pairwise

import pytest
from tests.asciicast import IDLE_S, LOGIN, MOST_BYTES, SIZE, TARGET, drawn_from, of_this_machine
from tests.terminal_screen import TerminalScreen

HOME = re.compile(r"/(?:home|root|Users|tmp|work|var)/")


def _played() -> list[str]:
    """What is on the screen after each event."""
    screen = TerminalScreen(SIZE)
    screens = []
    for line in TARGET.read_text("utf-8").splitlines()[1:]:
        screen.write(json.loads(line)[2])
        screens.append(screen.text)
    return screens


def test_it_is_a_header_and_events_in_order_with_nothing_standing_still() -> None:
    text = TARGET.read_text("utf-8")
    assert len(text.encode()) < MOST_BYTES
    header, *events = (json.loads(line) for line in text.splitlines())
    assert (header["version"], header["width"], header["height"]) == (2, *SIZE)
    assert header["title"]
    assert {kind for _, kind, _ in events} == {"o"}
    times = [at_s for at_s, _, _ in events]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert min(gaps) >= 0
    assert max(gaps) <= IDLE_S + 0.002


def test_it_shows_the_plan_the_typed_login_and_ends_with_the_verdicts() -> None:
    screens = _played()
    assert any("Nothing has been done yet" in one for one in screens)
    assert any(f"Cancel     {LOGIN}" in one for one in screens)
    assert "7 of 7 effective and logged" in screens[-1]
    assert "✓ verified   -  7" in screens[-1]


def test_nothing_in_it_tells_where_it_was_made() -> None:
    for text in {TARGET.read_text("utf-8"), *_played()}:
        assert HOME.search(text) is None
        assert of_this_machine(text) == []


def test_what_is_drawn_makes_one_screen_of_another() -> None:
    before, after, terminal = TerminalScreen((8, 2)), TerminalScreen((8, 2)), TerminalScreen((8, 2))
    for screen in (before, terminal):
        screen.write("\x1b[1;1Hplain文字\x1b[2;1H\x1b[1mold")
    after.write("\x1b[1;1Hpl\x1b[0;31man文字\x1b[2;3H\x1b[0me\u0301")
    drawn = drawn_from(before.cells, after.cells)
    terminal.write(drawn)
    assert terminal.lines == after.lines
    assert drawn_from(terminal.cells, after.cells) == ""


@pytest.mark.parametrize("cut", range(1, 16))
def test_a_screen_takes_sequences_that_come_in_two_parts(cut: int) -> None:
    written = "\x1b[2;3Hab\x1b[0;1mc\x1b]22;x\x07d"
    screen = TerminalScreen((8, 2))
    screen.write(written[:cut])
    screen.write(written[cut:])
    assert screen.lines == ["", "  abcd"]
