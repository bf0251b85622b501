"""The Access screen over the simulated pair: read, link, filter, mark, and what a refresh keeps."""

import asyncio
import re
import threading
from dataclasses import replace

import pytest
from tests.tui.looking import access, labels, lines_of, pane, quiet, ready, shows, text_of, until
from tests.tui.simulated import Bench, Policy

from keyturn.tui.data import Pane
from keyturn.tui.screens.person import Person
from keyturn.tui.screens.vault import Vault
from keyturn.tui.state import recall
from keyturn_providers.records import AccountState
from keyturn_providers.simulated import Moment
from keyturn_providers.simulated.faults import ABOUT, Effect, Fault

WIDE = (120, 36)


async def test_a_first_start_says_what_to_press_and_a_refresh_fills_the_panes(
    empty_bench: Bench,
) -> None:
    app = empty_bench.app()
    async with app.run_test(size=WIDE) as pilot:
        await shows(pilot, "nothing read yet")
        await shows(pilot, "r reads both sources")
        await pilot.press("r")
        await shows(pilot, "Dana Okafor")
        await shows(pilot, "corp-id: complete")
        await quiet(pilot, app)

        assert "corp-vault" in lines_of(app)[0]
        assert "✓ complete" in lines_of(app)[0]
        assert "! 1 urgent" in lines_of(app)[0]


async def test_the_pane_with_focus_drives_the_other_two(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        assert labels(app, Pane.USERS)[0] == "Dana Okafor"
        everybody = len(pane(app, Pane.USERS).content.ids)
        assert set(labels(app, Pane.GROUPS)) == {"old-billing", "eng-platform", "everyone"}
        assert set(labels(app, Pane.GRANTS)) == {"Payments", "Platform Prod"}

        await pilot.press("tab")
        await until(pilot, lambda: pane(app, Pane.USERS).note == "of old-billing")
        await until(pilot, lambda: labels(app, Pane.USERS) == ["Dana Okafor"])

        await pilot.press("a")
        await until(pilot, lambda: len(pane(app, Pane.USERS).content.ids) == everybody)
        assert pane(app, Pane.GRANTS).note == ""


async def test_why_is_said_for_the_row_in_focus(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        await shows(pilot, "! Dana Okafor is suspended in corp-id")
        await pilot.press("shift+tab")
        await shows(pilot, "Dana Okafor has manage on Payments through a direct grant")
        await pilot.press("w")
        await shows(pilot, "Why: Dana Okafor and Payments")
        await shows(pilot, "not in policy")
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is access(app))


async def test_filter_as_you_type_keeps_and_clears(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        await pilot.press("slash", *"ravi")
        await until(pilot, lambda: labels(app, Pane.USERS) == ["Ravi Menon"])
        assert "find: ravi" in text_of(app)
        await until(pilot, lambda: pane(app, Pane.GROUPS).note == "of Ravi Menon")

        await pilot.press("enter")
        await until(pilot, lambda: pane(app, Pane.USERS).has_focus)
        assert pane(app, Pane.USERS).needle == "ravi"
        await pilot.press("escape")
        await until(pilot, lambda: pane(app, Pane.USERS).needle == "")
        row = pane(app, Pane.USERS).row
        assert row is not None
        assert row.label == "Ravi Menon"


async def test_drift_only_hides_what_is_in_step(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        before = len(pane(app, Pane.USERS).content.ids)
        await pilot.press("d")
        await until(pilot, lambda: 0 < len(pane(app, Pane.USERS).content.ids) < before)
        assert "Users, drift only" in text_of(app)
        await until(pilot, lambda: "eng-platform" not in labels(app, Pane.GROUPS))
        await pilot.press("d")
        await until(pilot, lambda: len(pane(app, Pane.USERS).content.ids) == before)


async def test_a_refresh_never_moves_the_cursor_to_another_person(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        await pilot.press("slash", *"baum", "enter")
        await until(pilot, lambda: labels(app, Pane.USERS) == ["Lea Baum"])
        await pilot.press("escape")
        await until(pilot, lambda: pane(app, Pane.USERS).needle == "")
        tenant = read_bench.pair.secrets.tenant
        lea = next(one for one in tenant.accounts.values() if one.display_name == "Lea Baum")
        tenant.accounts[lea.id] = replace(lea, state=AccountState.SUSPENDED)

        await pilot.press("r")
        await shows(pilot, "corp-id: complete")
        await quiet(pilot, app)

        row = pane(app, Pane.USERS).row
        assert row is not None
        assert row.label == "Lea Baum"
        assert row.sign != "="


async def test_marks_choose_what_is_planned_and_hidden_ones_are_named(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        await pilot.press("space")
        await pilot.press("slash", *"ravi", "enter", "space")
        await shows(pilot, "2 marked (1 hidden)")
        await pilot.press("s")
        await shows(pilot, "2 marked, 1 of them hidden now")
        await shows(pilot, "Guards")


async def test_marking_only_what_is_in_step_plans_nothing(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        await pilot.press("slash", *"baum", "enter", "space", "s")
        await shows(pilot, "there is nothing to plan")
        assert app.screen is access(app)


async def test_read_only_has_no_dangerous_key_and_says_so(read_bench: Bench) -> None:
    app = read_bench.app(read_only=True)
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        assert "read-only" in lines_of(app)[0]
        assert "offboard" not in lines_of(app)[-1]
        assert "sync" not in lines_of(app)[-1]
        active = {bound.binding.action for bound in app.screen.active_bindings.values()}
        assert not {"offboard", "sync"} & active
        assert "find" in active

        await pilot.press("o")
        await shows(pilot, "keyturn is read-only here")
        assert app.screen is access(app)
        await pilot.press("question_mark")
        await shows(pilot, "Read-only: keyturn cannot change anything")
        assert "Offboard the person" not in text_of(app)


async def test_read_only_in_the_configuration_counts_too(read_bench: Bench) -> None:
    read_bench.doors.policy = Policy(read_bench.doors.policy.rules, read_only=True)
    app = read_bench.app()
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        await until(pilot, lambda: app.read_only)
        await until(pilot, lambda: "offboard" not in lines_of(app)[-1])
        await pilot.press("o", "s")
        await shows(pilot, "keyturn is read-only here")


async def test_a_source_that_cannot_be_read_stays_on_the_screen(read_bench: Bench) -> None:
    read_bench.pair.secrets.faults.add(Fault(Effect.NOT_AUTHENTICATED, ABOUT, times=None))
    app = read_bench.app()
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        await pilot.press("r")
        await until(pilot, lambda: access(app).has_trouble)
        await until(pilot, lambda: re.search(r"! corp-vault: [^:]+: \S", text_of(app)))
        assert "esc dismisses" in text_of(app)
        await pilot.press("escape")
        await until(pilot, lambda: not access(app).has_trouble)


async def test_a_start_with_a_person_puts_the_cursor_there(read_bench: Bench) -> None:
    app = read_bench.app(person="ravi menon")
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: pane(app, Pane.GROUPS).note == "of Ravi Menon")
    nobody = read_bench.app(person="zzz")
    async with nobody.run_test(size=WIDE) as pilot:
        await shows(pilot, "Nobody here is called zzz")


async def test_a_start_that_reads_first_ends_at_the_person(empty_bench: Bench) -> None:
    app = empty_bench.app(person="ravi menon", read_first=True)
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: pane(app, Pane.GROUPS).note == "of Ravi Menon")
        assert "Nobody here" not in text_of(app)


async def test_while_nothing_is_there_yet_the_lists_say_that_it_is_being_read(
    empty_bench: Bench,
) -> None:
    gate = threading.Event()
    calm = empty_bench.pair.directory.remote.at

    async def wait(moment: Moment) -> None:
        await asyncio.to_thread(gate.wait, 30)
        await calm(moment)

    empty_bench.pair.directory.remote.at = wait
    app = empty_bench.app(read_first=True)
    async with app.run_test(size=WIDE) as pilot:
        await shows(pilot, "Reading both sources …")
        assert "r reads both sources" not in text_of(app)
        empty_bench.pair.directory.faults.add(Fault(Effect.UNREACHABLE, ABOUT, times=None))
        empty_bench.pair.secrets.faults.add(Fault(Effect.UNREACHABLE, ABOUT, times=None))
        gate.set()
        await shows(pilot, "No people. r reads both sources.")


async def test_where_the_operator_was_survives_a_restart(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        await pilot.press("d", "slash", *"ravi", "enter", "space")
        await until(pilot, lambda: labels(app, Pane.USERS) == ["Ravi Menon"])
        await pilot.press("q")
    kept = recall(read_bench.data)
    assert kept.drift_only
    assert kept.finds["users"] == "ravi"

    again = read_bench.app()
    async with again.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: labels(again, Pane.USERS) == ["Ravi Menon"])
        assert not pane(again, Pane.USERS).content.marks
        assert access(again).drift_only


@pytest.mark.parametrize("size", [(80, 24), (100, 24), (120, 40), (200, 60)])
async def test_every_size_shows_users_why_and_keys(
    read_bench: Bench, size: tuple[int, int]
) -> None:
    app = read_bench.app()
    async with app.run_test(size=size) as pilot:
        await ready(pilot, app)
        await shows(pilot, "still active")
        lines = lines_of(app)
        assert len(lines) == size[1]
        assert "Dana Okafor" in text_of(app)
        assert "suspended" in text_of(app)
        assert "q quit" in lines[-1]
        tabs = sum(name in lines[1] for name in ("Users", "Groups", "Vault grants"))
        assert tabs == 3


async def test_a_terminal_that_is_too_small_says_so_and_can_be_left(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=(59, 15)) as pilot:
        await shows(pilot, "keyturn needs 60x15")
        await shows(pilot, "59x15")
        assert "Dana" not in text_of(app)
        await pilot.resize_terminal(60, 15)
        await shows(pilot, "Dana Okafor")
        await pilot.resize_terminal(50, 10)
        await pilot.press("q")
    assert app.return_code == 0


async def test_a_command_palette_finds_actions_and_people(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=WIDE) as pilot:
        await ready(pilot, app)
        await pilot.press("ctrl+p")
        await shows(pilot, "person: offboard")
        await pilot.press(*"ravi")
        await shows(pilot, "person: Ravi Menon")
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, Person))
        await pilot.press("ctrl+p", *"platform prod")
        await shows(pilot, "vault: Platform Prod")
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, Vault))


async def test_the_panes_say_what_they_are_before_anything_was_read(empty_bench: Bench) -> None:
    app = empty_bench.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "No people. r reads both sources.")
        await shows(pilot, "No groups here.")
        await shows(pilot, "No vault grants here.")
        await pilot.press("6")
        await shows(pilot, "Sources 0")
        await shows(pilot, "Nothing read yet.")
        assert text_of(app).count("Nothing read yet.") == 1


async def test_the_palette_finds_an_action_by_a_word_of_its_help(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        await pilot.press("ctrl+p", *"theme")
        await shows(pilot, "view: light or dark")
        found = [line for line in lines_of(app) if "view: light" in line or "list: sort" in line]
        assert "view: light" in found[0]
