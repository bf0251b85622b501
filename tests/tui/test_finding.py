"""Filters, orders, columns, saved filters and jumping, through a pilot over the simulated pair."""

from collections.abc import Sequence
from pathlib import Path

from tests.tui.gates import held_move
from tests.tui.looking import access, going_on, labels, lines_of, pane, ready, shows, text_of, until
from tests.tui.simulated import Bench
from textual.events import Key
from textual.pilot import Pilot

from keyturn.tui.access_rows import columns
from keyturn.tui.actions import Where
from keyturn.tui.data import Pane
from keyturn.tui.screens.drift import Drift
from keyturn.tui.screens.person import Person
from keyturn.tui.screens.picker import Picker
from keyturn.tui.state import Remembered, recall, remember
from keyturn.tui.widgets.find_line import FindLine
from keyturn.tui.widgets.list_look import ListLook, clicked, stepped, toggled

SIZE = (120, 40)


async def _type(pilot: Pilot[None], words: str) -> None:
    names = {" ": "space", ":": "colon", '"': "quotation_mark", "-": "minus", ".": "full_stop"}
    await pilot.press(*(names.get(char, char) for char in words))


async def test_a_filter_by_state_leaves_those_who_have_it(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        everybody = len(pane(app, Pane.USERS).content.shown)
        await pilot.press("slash")
        await _type(pilot, "corp-id:off")
        await until(pilot, lambda: 0 < len(pane(app, Pane.USERS).content.shown) < everybody)
        found = labels(app, Pane.USERS)
        await _type(pilot, " -drift:leaver")
        await until(pilot, lambda: len(pane(app, Pane.USERS).content.shown) < len(found))
        assert "Dana Okafor" in found
        assert "Dana Okafor" not in labels(app, Pane.USERS)


async def test_tab_takes_what_is_suggested_and_a_mistake_is_named(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("slash")
        await shows(pilot, "tab  name:  dept:")
        await _type(pilot, "dri")
        await shows(pilot, "tab  drift:")
        await pilot.press("tab")
        await _type(pilot, "leav")
        await shows(pilot, 'drift:"leaver still active"')
        await pilot.press("tab")
        users = pane(app, Pane.USERS)
        await until(pilot, lambda: users.needle == 'drift:"leaver still active"')
        await until(pilot, lambda: labels(app, Pane.USERS) == ["Dana Okafor"])
        await _type(pilot, " since:soon")
        await shows(pilot, "at 35: since: takes 7d")
        await until(pilot, lambda: len(users.content.shown) == 0)
        await pilot.press("enter")
        await shows(pilot, "find, at 35: since: takes 7d")


async def test_a_field_that_is_not_here_is_text_with_a_hint(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("slash")
        await _type(pilot, "dpt:x")
        await shows(pilot, "Did you mean dept:?")


async def test_a_list_is_sorted_by_keys_and_by_its_head_and_stays_so(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        users = pane(app, Pane.USERS)
        await pilot.press("down", "down")
        here = users.content.cursor_id
        await pilot.press("greater_than_sign")
        await until(pilot, lambda: _sorted(labels(app, Pane.USERS)))
        assert users.content.cursor_id == here
        assert "name▾" in lines_of(app)[2]
        await pilot.press("full_stop")
        await until(pilot, lambda: _sorted(labels(app, Pane.USERS)[::-1]))
        await pilot.click("#users", offset=(6, 1))
        await until(pilot, lambda: users.look.order == "")
        await pilot.click("#users", offset=(6, 1))
        await until(pilot, lambda: _sorted(labels(app, Pane.USERS)))
        app.save_state()

    again = read_bench.app()
    async with again.run_test(size=SIZE) as pilot:
        await ready(pilot, again)
        await until(pilot, lambda: _sorted(labels(again, Pane.USERS)))
        assert pane(again, Pane.USERS).look == ListLook("name")


def _sorted(found: Sequence[str]) -> bool:
    return len(found) > 3 and list(found) == sorted(found, key=str.casefold)


async def test_columns_are_chosen_and_the_first_stays(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("H")
        await shows(pilot, "always shown")
        await pilot.press("enter", "down", "enter")
        await shows(pilot, "hidden")
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, Picker))
        assert pane(app, Pane.USERS).look.hidden == {"directory"}
        await until(pilot, lambda: "corp-id" not in lines_of(app)[2][:40])
        assert "corp-vault" in lines_of(app)[2][:60]


async def test_a_filter_is_saved_recalled_and_deleted(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("F")
        await shows(pilot, "Nothing is saved.")
        await pilot.press("escape", "slash", *"dana", "enter", "F")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await pilot.press(*"mine")
        await shows(pilot, "save as “mine”")
        await pilot.press("enter")
        await shows(pilot, "Saved as “mine”")
        assert recall(read_bench.data).saved == {"users": {"mine": "dana"}}
        await pilot.press("escape")
        await until(pilot, lambda: pane(app, Pane.USERS).needle == "")

    again = read_bench.app()
    async with again.run_test(size=SIZE) as pilot:
        await ready(pilot, again)
        await pilot.press("F")
        await shows(pilot, "mine")
        await pilot.press("enter")
        await until(pilot, lambda: labels(again, Pane.USERS) == ["Dana Okafor"])
        await pilot.press("F")
        await shows(pilot, "Saved filters")
        await until(pilot, lambda: _picker(again).lines.row is not None)
        await pilot.press("ctrl+d")
        await until(pilot, lambda: not _picker(again).lines.content.shown)
    assert recall(read_bench.data).saved == {"users": {}}


def _picker(app: object) -> Picker:
    found = getattr(app, "screen", None)
    assert isinstance(found, Picker)
    return found


async def test_the_filter_of_another_screen_is_there_after_a_restart(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, Drift) and app.screen.table.row)
        await pilot.press("slash", *"dana", "enter", "greater_than_sign", "1", "q")

    again = read_bench.app()
    async with again.run_test(size=SIZE) as pilot:
        await ready(pilot, again)
        await pilot.press("2")
        await shows(pilot, "find: dana")
        assert isinstance(again.screen, Drift)
        assert again.screen.table.look == ListLook("severity")


async def test_a_filter_alone_is_kept_on_a_screen_of_one_list(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, Drift) and app.screen.table.row)
        await pilot.press("slash", *"dana", "enter")
        await shows(pilot, "find: dana")
        await pilot.press("q")

    again = read_bench.app()
    async with again.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: isinstance(again.screen, Drift))
        await shows(pilot, "find: dana")
        await pilot.press("escape", "q")
    assert recall(read_bench.data).finds["drift"] == ""


async def test_ctrl_k_jumps_to_people_groups_vaults_and_screens(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        vault = labels(app, Pane.GRANTS)[0]
        group = labels(app, Pane.GROUPS)[0]
        await pilot.press("2")
        await until(pilot, lambda: isinstance(app.screen, Drift))
        for typed, where, name in (
            ("dokafor", Where.PERSON, "Dana Okafor"), (group, Where.ACCESS, group),
            (vault, Where.VAULT, vault),
        ):  # fmt: skip
            await pilot.press("ctrl+k")
            await until(pilot, lambda: isinstance(app.screen, Picker))
            await _type(pilot, typed.lower())
            await until(pilot, lambda: _found(app) == name)  # noqa: B023 - awaited here
            await pilot.press("enter")
            await until(pilot, lambda: app.frame is app.screen and app.frame.WHERE is where)  # noqa: B023
            await shows(pilot, name)
        await pilot.press("ctrl+k")
        await until(pilot, lambda: isinstance(app.screen, Picker))
        await _type(pilot, "dri")
        await until(pilot, lambda: _found(app) == "drift")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, Drift))
        await pilot.press("ctrl+k")
        await _type(pilot, "zzzzqq")
        await shows(pilot, "Nothing has these letters.")
        assert "Jump to" in text_of(app)


def _found(app: object) -> str:
    screen = getattr(app, "screen", None)
    row = screen.lines.row if isinstance(screen, Picker) and screen.is_mounted else None
    return row.label if row is not None else ""


def test_how_a_list_is_looked_at_is_one_line_of_text() -> None:
    for look in (ListLook(), ListLook("name", True), ListLook("", True, frozenset({"a", "b"}))):
        assert ListLook.from_text(look.to_text()) == look


def test_stepping_and_clicking_go_round() -> None:
    four = columns(Pane.USERS, "okta", "1password")
    orders = ("name", "directory", "secrets", "drift")
    look = ListLook()
    seen = [look.order]
    for _ in range(5):
        look = stepped(look, four, orders, 1)
        seen.append(look.order)
    assert seen == ["", "name", "directory", "secrets", "drift", ""]
    assert stepped(ListLook(), four, orders, -1).order == "drift"
    assert clicked(clicked(clicked(ListLook(), "name"), "name"), "name") == ListLook()
    assert toggled(ListLook("name"), four, "name") == ListLook("name")
    assert toggled(ListLook("drift"), four, "drift") == ListLook("", False, frozenset({"drift"}))


def test_state_that_is_not_what_it_should_be_is_no_trouble(tmp_path: Path) -> None:
    kept = Remembered().with_saved("users", "a", "x").with_list("users", "y", ListLook())
    remember(tmp_path, kept)
    found = recall(tmp_path)
    assert (found.saved, found.finds) == ({"users": {"a": "x"}}, {"users": "y"})
    (tmp_path / "dashboard.json").write_text('{"version": 1, "saved": {"users": 3}, "looks": [1]}')
    assert recall(tmp_path).saved == {"users": {}}
    assert recall(tmp_path).look("users") == ListLook()


def _burst(pilot: Pilot[None], words: str, *then: str) -> None:
    """Keys as a terminal sends them that has been asked for many at once: none waits for another
    to be done."""
    for char in words:
        pilot.app.post_message(Key("slash" if char == "/" else char, char))
    for name in then:
        pilot.app.post_message(Key(name, None))


async def test_enter_right_behind_the_last_letter_keeps_all_that_was_typed(
    read_bench: Bench,
) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        users = pane(app, Pane.USERS)
        await pilot.press("slash")
        _burst(pilot, "okafor", "enter")
        await until(pilot, lambda: users.has_focus)
        assert users.needle == "okafor"
        await until(pilot, lambda: labels(app, Pane.USERS) == ["Dana Okafor"])


async def test_escape_right_behind_the_last_letter_leaves_the_pane_in_front(
    read_bench: Bench,
) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        users = pane(app, Pane.USERS)
        everybody = len(users.content.shown)
        await pilot.press("slash")
        _burst(pilot, "okafor", "escape")
        await until(pilot, lambda: not access(app).query(FindLine))
        await users.settled()
        await pilot.pause()
        assert access(app).front is Pane.USERS
        assert (users.needle, users.note) == ("", "")
        assert len(users.content.shown) == everybody


async def test_enter_right_behind_the_last_letter_jumps_to_what_was_typed(
    read_bench: Bench,
) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("ctrl+k")
        await until(pilot, lambda: isinstance(app.screen, Picker) and app.screen.lines.row)
        await _type(pilot, "zqxw")
        await shows(pilot, "Nothing has these letters.")
        await pilot.press("enter")
        assert isinstance(app.screen, Picker)  # and says still why nothing happens
        await pilot.press("ctrl+u")
        await until(pilot, lambda: isinstance(app.screen, Picker) and app.screen.lines.row)
        _burst(pilot, "okafor", "enter")
        await until(pilot, lambda: not isinstance(app.screen, Picker))
        await shows(pilot, "Access › Dana Okafor")


async def test_letters_right_behind_the_jump_key_are_typed_and_are_no_keys(
    read_bench: Bench,
) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        pilot.app.post_message(Key("ctrl+k", None))
        _burst(pilot, "okafor", "enter")
        await shows(pilot, "Access › Dana Okafor")
        assert not going_on(app)


async def test_tab_right_behind_the_last_letter_completes_all_of_it(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        users = pane(app, Pane.USERS)
        await pilot.press("slash")
        await shows(pilot, "tab  name:  dept:")
        _burst(pilot, "dri", "tab")
        await until(pilot, lambda: users.needle == "drift:")


async def test_a_filter_that_finds_nothing_says_what_was_perhaps_meant(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("slash")
        users = pane(app, Pane.USERS)
        await pilot.press("ctrl+u")
        await _type(pilot, "state:actve")
        await shows(pilot, "tab  state:active")
        await until(pilot, lambda: not users.content.shown)
        await pilot.press("tab")
        await until(pilot, lambda: users.needle == "state:active" and bool(users.content.shown))
        await pilot.press("ctrl+u")
        await _type(pilot, "user:dana")
        await until(pilot, lambda: labels(app, Pane.USERS) == ["Dana Okafor"])


async def test_a_mistake_in_a_filter_is_told_whole_in_a_narrow_pane(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("slash")
        await _type(pilot, "since:soon")
        await pilot.press("enter")
        await shows(pilot, "2027-01-31")


async def test_keys_right_behind_the_one_that_opens_a_card_are_for_the_card(
    read_bench: Bench,
) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        _burst(pilot, "/okafor", "enter")
        _burst(pilot, "i/plat", "enter")
        await until(pilot, lambda: isinstance(app.screen, Person) and app.screen.table.row)
        assert isinstance(app.screen, Person)
        table = app.screen.table
        await until(pilot, lambda: table.needle == "plat" and table.has_focus)
        await shows(pilot, "Dana Okafor and Platform Prod")
        assert (pane(app, Pane.USERS).needle, len(app.screen_stack)) == ("okafor", 2)
        assert not app.troubles


async def test_an_answer_right_behind_the_key_that_asks_is_for_the_question(
    read_bench: Bench,
) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        gate = await held_move(pilot, read_bench)
        _burst(pilot, "qy")
        await until(pilot, lambda: app._exit)
        gate.opened.set()
    assert app.return_code == 0
