"""Hostile text in what stands in front of a screen: prompts, pickers, exceptions, console pages."""

import pytest
from tests.tui.hostile import HOSTILE, Seen, poison, raw
from tests.tui.looking import access, quiet, ready, shows, text_of, until
from tests.tui.simulated import Bench
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from keyturn.tui.app import KeyturnApp
from keyturn.tui.screens.ask import Ask
from keyturn.tui.screens.console import console_dialog
from keyturn.tui.screens.picker import Choice, Picker, in_memory
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.row_source import Row
from keyturn.tui.widgets.virtual_list import VirtualList
from keyturn_providers.consoles import ConsolePage

SIZES = ((80, 24), (120, 40))
TOGETHER = " ".join(HOSTILE)
WORST = (HOSTILE[0], HOSTILE[3], HOSTILE[7], "x" * 10_000, TOGETHER)
PASTED = (*HOSTILE[2:10], "x" * 10_000)
ROWS = tuple(Row(n, "!", (name, name), ("strong", ""), name) for n, name in enumerate(HOSTILE))


def _nothing_came_of_it(written: list[str]) -> None:
    assert len("".join(written)) > 1000
    assert raw(written) == set()
    assert "\x1b]52" not in "".join(written)


async def _back(pilot: Pilot[None], app: KeyturnApp) -> None:
    await pilot.press("escape")
    await until(pilot, lambda: app.screen is app.screen_stack[0])


async def test_a_prompt_keeps_its_field_in_sight_and_takes_its_words_literally(
    read_bench: Bench, written: list[str]
) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZES[0]) as pilot:
        await ready(pilot, app)
        seen = Seen(pilot, written)
        for size, texts in zip(SIZES, (WORST, WORST[-1:]), strict=True):
            await pilot.resize_terminal(*size)
            for text in texts:
                ask = Ask(f"Skip {text}?", text, value=text, check=lambda _: text)  # noqa: B023 - asked here
                _ = app.push_screen(ask)
                await until(pilot, lambda: app.screen is ask and ask.focused)  # noqa: B023 - awaited here
                await pilot.press("home", *"TY")
                await shows(pilot, "TY")
                seen.look(f"asked {text[:20]!r} at {size}")
                await pilot.press("enter")
                await until(pilot, lambda: ask.query_one("#wrong").display)  # noqa: B023 - awaited here
                await pilot.pause()
                seen.look(f"refused {text[:20]!r} at {size}")
                assert "TY" in text_of(app)
                await _back(pilot, app)
    _nothing_came_of_it(written)


async def test_what_is_pasted_into_a_prompt_does_not_reach_the_terminal_raw(
    read_bench: Bench, written: list[str]
) -> None:
    app = read_bench.app()
    said: list[str | None] = []
    async with app.run_test(size=SIZES[0]) as pilot:
        await ready(pilot, app)
        seen = Seen(pilot, written)
        for text in PASTED:
            ask = Ask("Why?", "A reason.")
            _ = app.push_screen(ask, said.append)
            await until(pilot, lambda: app.screen is ask and ask.focused)  # noqa: B023 - awaited here
            _ = ask.query_one(Input).post_message(events.Paste(text))
            await until(pilot, lambda: ask.query_one(Input).value)  # noqa: B023 - awaited here
            await pilot.pause()
            seen.look(f"pasted {text[:20]!r}")
            await pilot.press("enter")
            await until(pilot, lambda: app.screen is app.screen_stack[0])
    assert len(said) == len(PASTED)
    assert "\u241b[2Jclear\u241b[H" in said
    assert "⟨U+202E⟩evil⟨U+2066⟩mirror" in said
    _nothing_came_of_it(written)


async def test_a_picker_shows_hostile_rows_in_their_cells(
    read_bench: Bench, written: list[str]
) -> None:
    chosen: list[str] = []
    app = read_bench.app()
    async with app.run_test(size=SIZES[0]) as pilot:
        await ready(pilot, app)
        seen = Seen(pilot, written)
        for size, texts in zip(SIZES, (WORST, WORST[-1:]), strict=True):
            await pilot.resize_terminal(*size)
            for text in texts:
                choice = Choice(
                    f"Who takes over {text}?", (Column("name", 10, 1), Column("because", 10, 1)),
                    lambda _typed: in_memory(ROWS),
                    lambda row, _typed: chosen.append(row.label if row else ""),
                    words=text, empty=text, placeholder="type", typed=text, note=text,
                )  # fmt: skip
                _ = app.push_screen(picker := Picker(choice))
                await until(pilot, lambda: picker.query(VirtualList))
                await until(pilot, lambda: picker.lines.row is not None)
                await pilot.press("down")
                await pilot.pause()
                seen.look(f"picker {text[:20]!r} at {size}")
                assert "[/]" in text_of(app)  # the row under the cursor is in sight
                await pilot.press("enter")
                await until(pilot, lambda: app.screen is app.screen_stack[0])
    assert chosen == [HOSTILE[1]] * (len(WORST) + 1)
    _nothing_came_of_it(written)


async def test_an_exception_for_hostile_names_is_asked_for_and_shown_literally(
    empty_bench: Bench, written: list[str]
) -> None:
    poison(empty_bench)
    await empty_bench.engine.refresh(lambda _event: None, lambda: False)
    app = empty_bench.app()
    copied: list[str] = []
    app.copy_to_clipboard = copied.append  # type: ignore[method-assign,assignment] # what the terminal would get
    async with app.run_test(size=SIZES[0]) as pilot:
        seen = Seen(pilot, written)
        await quiet(pilot, app)
        await pilot.press("2")
        await shows(pilot, "severity")
        await pilot.press("slash", *"direct", "enter")
        await shows(pilot, "no line of it is about this")
        await pilot.press("e")
        for words in ("Who answers?", "Why?"):
            await shows(pilot, words)
            seen.look(words)
            field = app.screen.query_one(Input)
            _ = field.post_message(events.Paste('[red]"\x1b[2J\u202eevil'))
            await until(pilot, lambda: field.value)  # noqa: B023 - awaited here
            await pilot.press("enter")
        await shows(pilot, "Until when?")
        seen.look("until when")
        await pilot.press("enter")
        await shows(pilot, "An exception, to be reviewed")
        seen.look("to be reviewed")
        seen.markup_is_literal()
        await pilot.press("escape")
    (text,) = copied
    assert "\x1b" not in text
    assert "\u202e" not in text
    _nothing_came_of_it(written)


@pytest.mark.parametrize("display", ["", ":0"], ids=["no browser", "browser"])
async def test_console_pages_of_hostile_names_are_text(
    read_bench: Bench, written: list[str], monkeypatch: pytest.MonkeyPatch, display: str
) -> None:
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.setenv("WAYLAND_DISPLAY", "")
    app = read_bench.app()
    async with app.run_test(size=SIZES[0]) as pilot:
        await ready(pilot, app)
        seen = Seen(pilot, written)
        for text in ("", TOGETHER):
            pages = [
                ConsolePage(name, name, url=f"https://acme.example/{name}", words="")
                for name in ([text] if text else HOSTILE)
            ]
            pages.append(ConsolePage(text, text, words=text))
            _ = app.push_screen(console_dialog(pages, app))
            await shows(pilot, "In the vendor's console")
            await pilot.pause()
            seen.look(f"console {text[:20]!r}")
            await _back(pilot, app)
    _nothing_came_of_it(written)


async def test_the_console_of_somebody_with_a_hostile_name(
    empty_bench: Bench, written: list[str]
) -> None:
    poison(empty_bench)
    await empty_bench.engine.refresh(lambda _event: None, lambda: False)
    app = empty_bench.app()
    async with app.run_test(size=SIZES[0]) as pilot:
        await ready(pilot, app)
        access(app).go_to_person("d:d-001")
        await until(pilot, lambda: "d-001" in access(app).person_key)
        await pilot.press("b")
        await shows(pilot, "/admin/user/profile/view/d-001")
        Seen(pilot, written).look("console")
    _nothing_came_of_it(written)
