"""The list widget through a pilot: draws what is visible, follows ids, says what is the matter."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeVar, cast

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.row_source import Found, Row, RowsInMemory, Wish
from keyturn.tui.widgets.virtual_list import PAGE, VirtualList
from keyturn.tui.workers import WorkFailed

T = TypeVar("T")
COLUMNS = (Column("name", 10, 1), Column("state", 8))


def _rows(numbers: Sequence[int]) -> RowsInMemory:
    return RowsInMemory(
        tuple(Row(n, "=", (f"Person {n}", "active"), label=f"Person {n}") for n in numbers)
    )


class _Many:
    """A million rows that exist only while they are looked at."""

    def __init__(self, count: int = 1_000_000) -> None:
        self.count = count
        self.asked: list[int] = []

    def ids(self) -> Sequence[int]:
        return range(self.count)

    def rows(self, ids: Sequence[int]) -> Sequence[Row]:
        self.asked.append(len(ids))
        return [Row(n, "=", (f"Person {n}", "active")) for n in ids]

    def find(self, wish: Wish) -> Found:
        return Found([n for n in range(2000) if wish.needle in f"person {n}"])


class _ListApp(App[None]):
    CSS = "VirtualList { border: round white; }"

    def __init__(self) -> None:
        super().__init__()
        self.list = VirtualList(COLUMNS, title="Users", empty="Nobody.")
        self.failures: list[WorkFailed] = []
        self.chosen = 0

    def compose(self) -> ComposeResult:
        yield self.list

    def on_work_failed(self, event: WorkFailed) -> None:
        self.failures.append(event)

    def on_virtual_list_chosen(self) -> None:
        self.chosen += 1


def lines_of(app: App[None]) -> list[str]:
    """What is on the screen, line by line."""
    return ["".join(s.text for s in strip) for strip in app.screen._compositor.render_strips()]


async def until(pilot: Pilot[None], condition: Callable[[], object]) -> None:
    """Waits for a condition, never for a time."""
    for _ in range(400):
        if condition():
            return
        await pilot.pause()
    raise AssertionError("the condition never became true")


async def test_only_what_is_looked_at_is_read() -> None:
    app, source = _ListApp(), _Many()
    async with app.run_test(size=(60, 20)) as pilot:
        app.list.show(source)
        await until(pilot, lambda: app.list.row is not None)
        await pilot.press("G")
        await until(pilot, lambda: app.list.row is not None)

        assert app.list.content.cursor_id == 999_999
        assert "Person 999999" in "\n".join(lines_of(app))
        assert sum(source.asked) < 20 * PAGE


async def test_filtering_shows_matches_of_total_and_esc_free_text() -> None:
    app = _ListApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.list.show(_rows(range(1, 31)))
        await until(pilot, lambda: len(app.list.content.ids) == 30)
        app.list.filter("person 2")
        await until(pilot, lambda: len(app.list.content.shown) == 12)

        assert "12/30" in lines_of(app)[0]
        app.list.filter("[red]")
        await until(pilot, lambda: len(app.list.content.shown) == 0)
        assert "find: [red]" in lines_of(app)[0]
        assert "Nothing contains “[red]”" in "\n".join(lines_of(app))


async def test_marks_are_counted_also_the_hidden_ones() -> None:
    app = _ListApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.list.show(_rows([1, 2, 3]))
        await until(pilot, lambda: len(app.list.content.ids) == 3)
        await pilot.press("space", "space")
        app.list.filter("person 2")
        await until(pilot, lambda: len(app.list.content.shown) == 1)

        assert app.list.content.marks == {1, 2}
        assert "2 marked (1 hidden)" in lines_of(app)[-1]
        assert "●" in lines_of(app)[2]


async def test_a_refresh_keeps_the_cursor_on_its_person_and_says_who_is_gone() -> None:
    app = _ListApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.list.show(_rows([1, 2, 3]))
        await until(pilot, lambda: len(app.list.content.ids) == 3)
        await pilot.press("j")
        app.list.show(_rows([9, 8, 1, 2, 3]), again=True)
        await until(pilot, lambda: len(app.list.content.ids) == 5)
        assert app.list.content.cursor_id == 2

        app.list.mark_gone("12:04")
        app.list.show(_rows([9, 8, 1, 3]), again=True)
        await until(pilot, lambda: len(app.list.content.ids) == 4)
        assert app.list.row is None
        assert "Person 2 is gone from here since 12:04" in lines_of(app)[-1]
        await pilot.press("j")
        assert app.list.row is not None
        assert app.list.row.id == 3
        assert "Person 2" not in "\n".join(lines_of(app))


async def test_mouse_and_keys_reach_every_row() -> None:
    app = _ListApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.list.show(_rows(range(100)))
        await until(pilot, lambda: len(app.list.content.ids) == 100)
        await pilot.click(app.list, offset=(8, 5))
        assert app.list.content.cursor == 3
        await pilot.press("pagedown", "ctrl+d", "k", "home", "end", "g", "down")
        assert app.list.content.cursor == 1
        await pilot.double_click(app.list, offset=(8, 4))
        assert app.list.content.cursor == 2
        assert app.chosen == 1


async def test_a_failure_is_shown_in_place_and_reported() -> None:
    class _Broken(_Many):
        def ids(self) -> Sequence[int]:
            raise OSError("disk on fire")

    app = _ListApp()
    async with app.run_test(size=(60, 12)) as pilot:
        app.list.show(_Broken())
        await until(pilot, lambda: app.failures)

        assert app.failures[0].doing == "reading a list"
        assert "could not be read" in "\n".join(lines_of(app))


async def test_the_newest_question_wins_over_a_slower_older_one() -> None:
    gate = asyncio.Event()

    class _Slow(_Many):
        """Its answer comes when the gate opens."""

    async def ask(work: Callable[[], T]) -> T:
        found = work()
        if not gate.is_set():
            gate.set()
            await asyncio.sleep(0)
        return found

    app = _ListApp()
    app.list = VirtualList(COLUMNS, title="Users", ask=ask)
    async with app.run_test(size=(60, 12)) as pilot:
        app.list.show(_Slow(1))
        app.list.show(_rows([2]))
        await until(pilot, lambda: len(app.list.content.ids) == 1)
        await pilot.pause()
        assert list(app.list.content.ids) == [2]


@pytest.mark.parametrize(
    "name",
    [
        "[red]Robert[/red]",
        "[/]",
        "\x1b]52;c;ZXZpbA==\x1b\\Mallory",
        "\x9b2Jclear",
        "\u202eevil",
        "nul\x00byte",
        "x" * 10_000,
        "👩‍👩‍👧‍👦 family",
        "line\nbreak\ttab",
        "=cmd()",
    ],
)
async def test_a_hostile_name_changes_nothing_outside_its_cell(name: str) -> None:
    app, plain = _ListApp(), _ListApp()
    frames: list[list[str]] = []
    for one, text in ((plain, "Plain"), (app, name)):
        async with one.run_test(size=(60, 8)) as pilot:
            rows = RowsInMemory(
                (Row(1, "!", (text, "active"), label=text), Row(2, "=", ("B", "x")))
            )
            one.list.show(rows)
            await until(pilot, lambda one=one: one.list.row is not None)  # type: ignore[misc] # bound now
            frames.append(lines_of(one))

    for number, (here, there) in enumerate(zip(*frames, strict=True)):
        assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2028" for c in there)
        if number != 2:
            assert here == there
    assert frames[1][2].startswith("│ ! ")
    assert frames[1][2].endswith("│")


class _Turnstile:
    """An `Ask` that does what is asked for in turn, when a test lets it."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[Callable[[], object], asyncio.Future[object]]] = deque()

    async def __call__(self, work: Callable[[], T]) -> T:
        answer: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self.waiting.append((work, answer))
        return cast("T", await answer)

    async def let_one_through(self, pilot: Pilot[None]) -> None:
        """The oldest that somebody waits for still."""
        await until(pilot, lambda: self.waiting)
        work, answer = self.waiting.popleft()
        if answer.done():
            await self.let_one_through(pilot)
            return
        answer.set_result(work())
        await pilot.pause()


def _gated() -> tuple[_ListApp, _Turnstile]:
    app, turnstile = _ListApp(), _Turnstile()
    app.list = VirtualList(COLUMNS, title="Users", ask=turnstile)
    return app, turnstile


async def test_what_waits_for_the_rows_waits_for_a_filter_typed_while_they_were_read() -> None:
    app, turnstile = _gated()
    async with app.run_test(size=(60, 20)) as pilot:
        app.list.show(_rows(range(1, 31)))
        await until(pilot, lambda: turnstile.waiting)
        app.list.filter("person 2")
        settled = asyncio.create_task(app.list.settled())
        await turnstile.let_one_through(pilot)
        assert len(app.list.content.shown) == 30
        assert not settled.done()
        await turnstile.let_one_through(pilot)
        await settled
        assert len(app.list.content.shown) == 12


async def test_the_cursor_stays_on_a_row_it_moved_to_while_that_was_found_to_be_gone() -> None:
    app, turnstile = _gated()
    async with app.run_test(size=(60, 20)) as pilot:
        app.list.show(_rows([1, 2, 3]))
        await turnstile.let_one_through(pilot)
        app.list.show(_rows([1, 3]), again=True)
        await until(pilot, lambda: turnstile.waiting)
        await pilot.press("j")
        assert app.list.content.cursor_id == 2
        await turnstile.let_one_through(pilot)
        assert app.list.content.cursor_id == 2
        assert app.list.content.on_gone
        assert app.list.row is None


async def test_a_page_asked_for_before_newer_rows_came_is_not_drawn_among_them() -> None:
    app, turnstile = _gated()
    older, newer = (
        RowsInMemory(tuple(Row(n, "=", (f"{words} {n}", "active")) for n in range(300)))
        for words in ("older", "newer")
    )
    async with app.run_test(size=(60, 20)) as pilot:
        app.list.show(older)
        await turnstile.let_one_through(pilot)
        app.list.show(newer, again=True)
        await until(pilot, lambda: turnstile.waiting)
        await pilot.press("G")
        await until(pilot, lambda: len(turnstile.waiting) > 1)
        await turnstile.let_one_through(pilot)
        for _ in range(len(turnstile.waiting)):
            await turnstile.let_one_through(pilot)
        assert "older 299" not in "\n".join(lines_of(app))
        while turnstile.waiting:
            await turnstile.let_one_through(pilot)
        assert "newer 299" in "\n".join(lines_of(app))
