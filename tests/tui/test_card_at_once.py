"""A card is whole when it is first seen, read once, and leaves nothing behind."""

import gc
import weakref

import pytest
from tests.tui.looking import access, ready, text_of, until
from tests.tui.simulated import Bench
from textual.pilot import Pilot

from keyturn.run.person_facts import PersonFacts
from keyturn.tui.app import KeyturnApp
from keyturn.tui.screens import card as card_module
from keyturn.tui.screens.person import Person

LONG_S = 20.0


def _count_reads(app: KeyturnApp, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of the people whose cards are read from here on."""
    read, data = app.parts.data.person_card, app.parts.data
    keys: list[str] = []

    def counted(key: str) -> PersonFacts | None:
        keys.append(key)
        return read(key)

    monkeypatch.setattr(data, "person_card", counted)
    return keys


@pytest.mark.parametrize(
    ("size", "classes"), [((80, 24), {"-narrow", "-short"}), ((120, 40), {"-medium", "-tall"})]
)
async def test_the_first_paint_of_a_card_is_the_whole_card(
    read_bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
    classes: set[str],
) -> None:
    monkeypatch.setattr(card_module, "FIRST_WAIT_S", LONG_S)
    app = read_bench.app()
    async with app.run_test(size=size) as pilot:
        await ready(pilot, app)
        keys = _count_reads(app, monkeypatch)
        card = Person("d:d-001", "Dana Okafor", "v-payments")
        await app.push_screen(card)
        assert card.table.row is not None
        assert card.text.lines
        assert classes <= card.classes
        await until(pilot, lambda: card.hand.vault.name == "Payments")
        assert keys == ["d:d-001"]


async def test_a_card_that_takes_long_says_so_and_is_read_once(
    read_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(card_module, "FIRST_WAIT_S", 0.0)
    app = read_bench.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        keys = _count_reads(app, monkeypatch)
        app.show_person("d:d-001", "Dana Okafor")
        await until(pilot, lambda: isinstance(app.screen, Person) and app.screen.alive)
        card = app.screen
        assert isinstance(card, Person)
        await until(pilot, lambda: card.table.row is not None and card.text.lines)
        assert keys == ["d:d-001"]
        card.data_changed()
        await until(pilot, lambda: len(keys) == 2)


async def test_a_card_that_cannot_be_read_says_why(
    read_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(card_module, "FIRST_WAIT_S", LONG_S)
    app = read_bench.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)

        def broken(_key: str) -> PersonFacts | None:
            raise OSError("the disk is gone")

        monkeypatch.setattr(app.parts.data, "person_card", broken)
        app.show_person("d:d-001", "Dana Okafor")
        await until(pilot, lambda: "the disk is gone" in text_of(app))


async def _opened_and_left(pilot: Pilot[None], app: KeyturnApp) -> "weakref.ref[object]":
    card = Person("d:d-001", "Dana Okafor")
    await app.push_screen(card)
    await until(pilot, lambda: card.table.row is not None and card.text.lines)
    drawn: weakref.ref[object] = weakref.ref(card.table._styles_cache)
    await pilot.press("escape")
    await until(pilot, lambda: app.screen is access(app))
    return drawn


async def test_what_a_card_has_drawn_goes_with_it(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        drawn = await _opened_and_left(pilot, app)
        await until(pilot, lambda: gc.collect() >= 0 and drawn() is None)
