"""What reaches the terminal of colours: none under NO_COLOR, sixteen where there are only those."""

import os
import re
import subprocess
import sys

import pytest

SHOW = """
import asyncio, sys, tempfile
from pathlib import Path
from textual.drivers.headless_driver import HeadlessDriver
from tests.tui.looking import ready, shows
from tests.tui.simulated import bench

written = []
HeadlessDriver.is_headless = False
HeadlessDriver.write = lambda self, data: written.append(data)

async def main(folder):
    made = bench(folder)
    await made.engine.refresh(lambda _: None, lambda: False)
    app = made.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        if sys.argv[1] == "light":
            app.action_theme()
        await pilot.press("o")
        await shows(pilot, "t-dana-1")
        await pilot.press("p")
        await shows(pilot, "then type")
    made.close()

with tempfile.TemporaryDirectory() as folder:
    Path(folder).chmod(0o700)
    asyncio.run(main(Path(folder)))
sys.stdout.write("".join(written))
"""
STYLES = re.compile(r"\x1b\[([0-9;]*)m")


def _sent(theme: str, **environment: str) -> tuple[str, set[str]]:
    """What the terminal gets, and every style in it."""
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    kept |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONUTF8": "1"} | environment
    found = subprocess.run(
        [sys.executable, "-c", SHOW, theme], env=kept, capture_output=True, check=True, timeout=120
    )
    text = found.stdout.decode()
    return text, set(STYLES.findall(text))


def _numbers(styles: set[str]) -> set[int]:
    return {int(part) for style in styles for part in style.split(";") if part}


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_no_color_sends_no_colour_and_the_signs_are_there(theme: str) -> None:
    text, styles = _sent(theme, NO_COLOR="1")
    plain = STYLES.sub("", text)

    assert not {n for n in _numbers(styles) if 30 <= n <= 38 or 40 <= n <= 48 or n >= 90}
    for words in ("! Dana Okafor", "✓ complete", "- ", "1 urgent"):
        assert words in plain
    assert 7 in _numbers(styles), "the row in focus is seen without a colour"


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_sixteen_colours_are_enough(theme: str) -> None:
    text, styles = _sent(theme, TEXTUAL_COLOR_SYSTEM="standard")

    assert not [style for style in styles if "38;" in style or "48;" in style]
    assert 1 in _numbers(styles), "what is urgent is bold too"
    if theme == "light":
        since = set(STYLES.findall(text[text.index("107m") :]))
        assert not _numbers(since) & {33, 93}, "yellow is not read on white"
    assert 7 in _numbers(styles), "the row in focus has no other ground for a drift colour"
    for style in styles:
        parts = [int(part) for part in style.split(";") if part]
        front = [n for n in parts if 30 <= n <= 37 or 90 <= n <= 97]
        behind = [n - 10 for n in parts if 40 <= n <= 47 or 100 <= n <= 107]
        # A blank cell may be drawn in its own colour; no letter or sign is.
        if front and front == behind:
            assert not re.search(rf"\x1b\[{re.escape(style)}m *[^\s\x1b]", text), style
