"""What lies behind others looks as if every line of it had been drawn."""

import pytest
from tests.tui.looking import quiet, ready, until
from tests.tui.simulated import Bench
from textual.geometry import Region
from textual.widget import Widget

from keyturn.tui.screens.frame import Frame
from keyturn.tui.widgets.backdrop import Backdrop
from keyturn.tui.widgets.sheet import Sheet


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
@pytest.mark.parametrize("key", ["1", "2", "3", "i"])
async def test_the_lines_are_those_that_textual_would_draw(
    read_bench: Bench, size: tuple[int, int], key: str
) -> None:
    app = read_bench.app()
    async with app.run_test(size=size) as pilot:
        await ready(pilot, app)
        await pilot.press(key)
        await until(pilot, lambda: key == "1" or len(app.screen_stack) > 1)
        await quiet(pilot, app)
        seen: list[str] = []
        behind: list[Widget] = [app.screen, *app.screen.query(Backdrop), *app.screen.query(Sheet)]
        for widget in behind:
            crop = Region(0, 0, *widget.region.size)
            if not crop:
                continue  # another tab is in front of it
            drawn = widget.render_lines(crop)
            widget._styles_cache.clear()
            assert [list(strip) for strip in drawn] == [
                list(strip) for strip in Widget.render_lines(widget, crop)
            ], widget
            seen.append(type(widget).__name__)
        assert isinstance(app.screen, Frame)
        assert len(seen) > 1
