"""A leaver's case by keys alone: facts, who takes over, waivers, emergency, proof, evidence."""

import asyncio
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
from tests.tui.going_to import at_screen, go_to_line
from tests.tui.kept_cases import kept
from tests.tui.looking import quiet, ready, shows, text_of, until
from tests.tui.plan_review import LOGIN, SIZE, review
from tests.tui.simulated import Bench
from textual.pilot import Pilot

from keyturn.tui.app import KeyturnApp
from keyturn.tui.case_desk import CaseSeen
from keyturn.tui.run_desk import RunDesk
from keyturn.tui.screens.cases import Cases
from keyturn.tui.screens.offboard import Offboard
from keyturn.tui.screens.plan import PlanReview
from keyturn_providers.records import Grant, Level, PrincipalKind, Vault


@pytest.fixture
async def alone(empty_bench: Bench) -> Bench:
    """Nobody but Dana manages Vendors; Ravi may write to it."""
    secrets = empty_bench.pair.secrets.tenant
    ravi = next(one.id for one in secrets.accounts.values() if one.display_name == "Ravi Menon")
    secrets.add(
        Vault("v-vendors", "Vendors"),
        _grant("s-001", Level.MANAGE),
        _grant(ravi, Level.WRITE),
    )
    await empty_bench.engine.refresh(lambda _event: None, lambda: False)
    return empty_bench


def _grant(account_id: str, level: Level) -> Grant:
    carrier = f"account/{account_id}/policy/vendors-{level.value}"
    return Grant("v-vendors", PrincipalKind.ACCOUNT, account_id, level, carrier)


def screen(app: KeyturnApp) -> Offboard:
    """The case in front."""
    assert isinstance(app.screen, Offboard)
    return app.screen


async def opened(app: KeyturnApp, pilot: Pilot[None]) -> None:
    """Dana's case, read."""
    await ready(pilot, app)
    await pilot.press("o")
    await shows(pilot, "What leaving takes along")
    await until(pilot, lambda: not app.jobs.running() and screen(app).read)
    await screen(app).table.settled()


async def go_to(app: KeyturnApp, pilot: Pilot[None], label: str) -> None:
    """The cursor to the line called so."""
    await until(pilot, lambda: app.screen.query_one("#lines").content.shown)  # type: ignore[attr-defined] # the list
    await go_to_line(pilot, screen(app).table, label)


def _on(app: KeyturnApp, label: str) -> bool:
    row = screen(app).table.row
    return row is not None and row.label == label


async def test_a_case_that_is_being_read_says_so(
    read_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = read_bench.app()
    let, look = Event(), RunDesk.look

    async def late(self: RunDesk, key: str, case_id: str = "") -> CaseSeen:
        await asyncio.to_thread(let.wait, 30)
        return await look(self, key, case_id)

    monkeypatch.setattr(RunDesk, "look", late)
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, Offboard) and app.screen.alive)
        await screen(app).table.settled()
        await shows(pilot, "Reading …")
        assert "Nothing here" not in text_of(app)
        let.set()
        await shows(pilot, "leave time")


async def test_what_is_stated_is_kept_with_the_case(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        assert kept(read_bench) == ()
        await go_to(app, pilot, "type")
        await pilot.press("enter")
        await shows(pilot, "contractor end")
        await pilot.press("down", "enter")
        await until(pilot, lambda: screen(app).seen.facts.kind == "involuntary")
        await go_to(app, pilot, "leave time")
        await pilot.press("enter")
        await shows(pilot, "Leave time")
        await pilot.press(*["backspace"] * 40, *"2027-01-15T17:30", "enter")
        await shows(pilot, "has no time zone")
        await pilot.press(*"+01:00", "enter")
        await shows(pilot, "2027-01-15 17:30 +01:00")
        await go_to(app, pilot, "approver")
        await pilot.press("enter", "enter")
        await shows(pilot, "leave it with esc")
        await pilot.press(*"J. Reyes", "enter")
        await until(pilot, lambda: screen(app).seen.facts.approver == "J. Reyes")
        await go_to(app, pilot, "legal hold")
        await pilot.press("enter")
        await shows(pilot, "Legal hold")
        await pilot.press("down", "enter")
        await until(pilot, lambda: screen(app).seen.facts.legal_hold is False)
        await quiet(pilot, app)
        await shows(pilot, "No plan was applied yet")
    (row,) = kept(read_bench)
    assert (row.facts.kind, row.facts.left_zone) == ("involuntary", "+01:00")
    assert (row.facts.approver, row.facts.legal_hold) == ("J. Reyes", False)


async def test_esc_in_a_question_states_nothing(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, pilot)
        await go_to(app, pilot, "ticket")
        await pilot.press("enter", *"HR-1", "escape")
        await until(pilot, lambda: isinstance(app.screen, Offboard))
        await go_to(app, pilot, "type")
        await pilot.press("enter")
        await shows(pilot, "contractor end")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, Offboard))
    assert kept(read_bench) == ()


async def test_the_plan_is_blocked_until_somebody_takes_over_and_says_so_in_place(
    alone: Bench,
) -> None:
    app = alone.app()
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        assert "Blocked: 1 vault has no other manager" in text_of(app)
        await pilot.press("p")
        await shows(pilot, "d says who takes over")
        assert review(app).plan.refused
        await pilot.press("d")
        await shows(pilot, "Who takes over Vendors?")
        assert "can write to it" in text_of(app)
        await pilot.press(*"ravi", "enter")
        await until(
            pilot, lambda: isinstance(app.screen, PlanReview) and not review(app).plan.refused
        )
        await shows(pilot, "Give Ravi Menon manage on Vendors")
        await pilot.press("c", *LOGIN, "enter")
        await until(pilot, lambda: review(app).ended is not None)
        await quiet(pilot, app)
    (row,) = kept(alone)
    assert [note.body for note in row.notes if note.what == "successor"]
    grants = alone.pair.secrets.tenant.grants.values()
    assert any(
        one.level is Level.MANAGE and one.principal_id != "s-001"
        for held in grants for one in held.values() if one.vault_id == "v-vendors"
    )  # fmt: skip


async def test_a_waiver_needs_a_reason_and_stands_in_the_plan(alone: Bench) -> None:
    app = alone.app()
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await pilot.press("w", "enter")
        await shows(pilot, "Say why nobody has to manage it")
        await pilot.press(*"closed on Friday", "enter")
        await shows(pilot, "waived: closed on Fri")
        await pilot.press("p")
        await shows(pilot, "then type")
        await pilot.press("G", "pageup")
        await shows(pilot, "Vendors: closed on Friday")
    (row,) = kept(alone)
    assert [note.what for note in row.notes].count("waiver") == 1


async def test_what_was_decided_may_be_decided_otherwise(alone: Bench) -> None:
    app = alone.app()
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await pilot.press("w", *"closed on Friday", "enter")
        await shows(pilot, "waived: closed on Fri")
        await pilot.press("p")
        await shows(pilot, "then type")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, Offboard) and not app.jobs.running())
        await go_to(app, pilot, "Vendors")
        await pilot.press("enter")
        await shows(pilot, "Who takes over Vendors?")
        await pilot.press(*"ravi", "enter")
        await until(pilot, lambda: isinstance(app.screen, Offboard))
        await shows(pilot, "Ravi Menon becomes manager")
        await quiet(pilot, app)
        await pilot.press("p")
        await shows(pilot, "Give Ravi Menon manage on Vendors")
    (row,) = kept(alone)
    assert [x.what for x in row.notes if x.what in ("waiver", "successor")] == [
        "waiver",
        "successor",
    ]


async def test_an_emergency_is_a_plan_by_one_key_and_a_case_of_that_mode(alone: Bench) -> None:
    app = alone.app()
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await pilot.press("e")
        await shows(pilot, "d says who takes over")
        await pilot.press("w", *"a fire", "enter")
        await shows(pilot, "then type")
    (row,) = kept(alone)
    assert row.facts.mode == "emergency"


async def test_after_the_run_come_rotation_and_evidence(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await pilot.press("v")
        await shows(pilot, "no plan was applied yet")
        await pilot.press("p")
        await shows(pilot, "then type")
        await pilot.press("c", *LOGIN, "enter")
        await until(pilot, lambda: review(app).ended is not None)
        await quiet(pilot, app)
        assert "v evidence" in text_of(app)
        await pilot.press("v")
        await until(pilot, lambda: bool(review(app).evidence))
        app.refresh_sources()
        await until(pilot, lambda: not app.jobs.running())
        await shows(pilot, "effective and logged. The evidence is in")
        await pilot.press("escape")
        await shows(pilot, "Verified.")
        await quiet(pilot, app)
        await pilot.press("v")
        await until(pilot, lambda: screen(app).evidence is not None)
        await shows(pilot, "keyturn verify")
        evidence = screen(app).evidence
        assert evidence is not None
        assert (evidence.folder / "leaver.html").is_file()
        assert evidence.zip.is_file()
        await pilot.press("T")
        await shows(pilot, "what was used is not known")
        await quiet(pilot, app)
        await screen(app).table.settled()
        await until(pilot, lambda: _on(app, "rotation"))
        await pilot.press("enter")
        await shows(pilot, "To change")
        await shows(pilot, "Platform Prod")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, Offboard))
        await pilot.press("C", *"all is done", "enter")
        await shows(pilot, "Closed.")
        await at_screen(pilot, app, "7", Cases)
        await shows(pilot, "1 closed")
        await pilot.press("enter")
        await shows(pilot, "closed by")
    (row,) = kept(read_bench)
    assert row.notes[-1].what == "closed"


async def test_a_case_is_read_where_nothing_may_be_changed(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await go_to(app, pilot, "approver")
        await pilot.press("enter", *"Ana", "enter")
        await until(pilot, lambda: screen(app).seen.id)
    later = read_bench.app(read_only=True)
    async with later.run_test(size=(80, 24)) as pilot:
        await ready(pilot, later)
        await at_screen(pilot, later, "7", Cases)
        await shows(pilot, "1 open")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(later.screen, Offboard) and screen(later).read)
        await go_to(later, pilot, "ticket")
        await pilot.press("enter")
        await shows(pilot, "read-only here")
        await pilot.press("e")
        await shows(pilot, "emergency: keyturn is read-only here")
    assert kept(read_bench)[0].facts.ticket == ""


async def test_a_case_of_somebody_who_is_gone_is_still_told(
    read_bench: Bench, tmp_path: Path
) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await go_to(app, pilot, "ticket")
        await pilot.press("enter", *"HR-7", "enter")
        await until(pilot, lambda: screen(app).seen.facts.ticket == "HR-7")
    read_bench.pair.secrets.tenant.drop_account("s-001")
    read_bench.pair.directory.tenant.drop_account("d-001")
    await read_bench.engine.refresh(lambda _event: None, lambda: False)
    later = read_bench.app()
    async with later.run_test(size=SIZE) as pilot:
        await ready(pilot, later)
        await at_screen(pilot, later, "7", Cases)
        await shows(pilot, "1 open")
        await pilot.press("enter")
        await shows(pilot, "gone: Dana Okafor")
        await shows(pilot, "no account of this person")


async def test_whom_the_policy_never_touches_has_no_case_from_an_emergency(
    read_bench: Bench,
) -> None:
    rules = replace(read_bench.doors.policy.rules, never_touch=(LOGIN,))
    read_bench.doors.policy = replace(read_bench.doors.policy, rules=rules)
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, PlanReview))
        assert review(app).plan.refused
        await pilot.press("c")
        await shows(pilot, "cannot be confirmed")
    assert kept(read_bench) == ()
