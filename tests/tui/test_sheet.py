"""A page of text is where the last key says, however quickly the keys came."""

from textual.app import App, ComposeResult
from textual.content import Content

from keyturn.tui.widgets.paragraphs import Line
from keyturn.tui.widgets.sheet import Sheet


class _One(App[None]):
    def compose(self) -> ComposeResult:
        yield Sheet()


async def test_a_page_back_starts_at_the_end_that_was_just_gone_to() -> None:
    app = _One()
    async with app.run_test(size=(40, 12)) as pilot:
        sheet = app.query_one(Sheet)
        sheet.put("A text", [Line(Content(f"line {number}")) for number in range(100)])
        await pilot.pause()
        page, end = sheet.scrollable_content_region.height, sheet.max_scroll_y
        assert end > 2 * page
        sheet.action_scroll_end()
        sheet.action_page_up()
        assert sheet.scroll_offset.y == end - page
        sheet.action_page_down()
        sheet.action_page_down()
        assert sheet.scroll_offset.y == end
        sheet.action_scroll_home()
        sheet.action_page_up()
        assert sheet.scroll_offset.y == 0
