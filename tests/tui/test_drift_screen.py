"""The Drift screen over the simulated pair: sorted, filtered, marked, planned, empty, huge."""

import json
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from tests.tui.going_to import at_screen
from tests.tui.looking import access, lines_of, ready, shows, text_of, until
from tests.tui.simulated import Bench, Policy, SimulatedDoors, Watch, rules_of

from keyturn.decide.rules import NamedId, Waiver
from keyturn.tui.app import KeyturnApp
from keyturn.tui.screens.access import REFRESHING
from keyturn.tui.screens.drift import Drift
from keyturn.tui.screens.plan import PlanReview
from keyturn_providers.abilities import Ability
from keyturn_providers.records import Level, PrincipalKind, Side
from keyturn_providers.simulated import simulated_pair
from keyturn_providers.simulated.faults import Effect, Fault
from keyturn_storage.queries.finding_lines import Order, id_of
from keyturn_storage.rows import FindingIn
from keyturn_storage.snapshots import Cache, open_cache

SIZE = (120, 36)


def _subjects(screen: Drift) -> list[str]:
    rows = [screen.table._known.get(number) for number in screen.table.content.shown]
    return [row.cells[2] for row in rows if row is not None]


async def test_every_finding_is_listed_and_told_in_full(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        screen = await at_screen(pilot, app, "2", Drift)
        assert app.facts.drift is not None
        assert len(screen.table.content.ids) == app.facts.drift.total
        await shows(pilot, "! 1 urgent")
        text = text_of(app)

        assert "! urgent    leaver still active" in text
        await shows(pilot, "remedy   suspend: mark it with space, then s shows the plan")
        await shows(pilot, "data     corp-id 0s old, complete; corp-vault 0s old, complete")


async def test_the_text_names_path_and_policy_line(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await at_screen(pilot, app, "2", Drift)
        await pilot.press("slash", *"direct payments", "enter")
        await shows(pilot, "find: direct payments")
        await shows(pilot, "remedy   revoke")
        assert "policy   no line of it is about this" in text_of(app)
        assert "path     " in text_of(app)


async def test_a_key_goes_through_the_orders_and_the_cursor_stays(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        screen = await at_screen(pilot, app, "2", Drift)
        await pilot.press("j")
        kept = screen.table.content.cursor_id
        by_severity = list(screen.table.content.ids)
        for words in ("sorted by kind", "sorted by person", "sorted by vault", "newest first"):
            await pilot.press("o")
            await shows(pilot, words)
            await screen.table.settled()
            assert screen.table.content.cursor_id == kept
            assert sorted(screen.table.content.ids) == sorted(by_severity)
            if words == "sorted by vault":
                objects = [screen.table._known[n].cells[3] for n in screen.table.content.ids]
                vaults = [name for name in objects if name in {"Payments", "Platform Prod"}]
                assert objects[: len(vaults)] == sorted(vaults)
                assert vaults
        await pilot.press("o")
        await shows(pilot, "sorted by severity")
        await screen.table.settled()
        assert list(screen.table.content.ids) == by_severity


async def test_s_plans_what_is_marked_and_says_what_is_hidden(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        screen = await at_screen(pilot, app, "2", Drift)
        marked = screen.table.content.cursor_id
        assert marked is not None
        await pilot.press("space", "slash", *"missing", "enter", "s")
        await until(pilot, lambda: isinstance(app.screen, PlanReview))
        await shows(pilot, "1 marked, 1 of them hidden now")
        review = app.screen
        assert isinstance(review, PlanReview)

        assert [one.change.kind.value for one in review.plan.operations] == ["suspend"]
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        await pilot.press("u")
        assert not screen.table.content.marks


async def test_a_filter_without_marks_never_plans_what_it_hides(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        screen = await at_screen(pilot, app, "2", Drift)
        await pilot.press("slash", *"missing", "enter", "s")
        await shows(pilot, "Nothing is marked: * marks all that the filter shows")
        assert app.screen is screen
        await pilot.press("escape")
        await until(pilot, lambda: screen.table.needle == "")
        await pilot.press("s")
        await until(pilot, lambda: isinstance(app.screen, PlanReview))


async def test_enter_goes_to_the_person_in_access(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        screen = await at_screen(pilot, app, "2", Drift)
        await pilot.press("slash", *"ravi", "enter")
        await until(pilot, lambda: len(screen.table.content.shown) == 1)
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is access(app))
        await shows(pilot, "of Ravi Menon")


async def test_read_only_has_no_plan_and_says_so(read_bench: Bench) -> None:
    app = read_bench.app(read_only=True)
    async with app.run_test(size=SIZE) as pilot:
        screen = await at_screen(pilot, app, "2", Drift)
        await shows(pilot, "suspend; keyturn is read-only here")
        await pilot.press("s")
        await shows(pilot, "keyturn is read-only here, so it cannot change anything")
        assert app.screen is screen


async def test_nothing_read_and_nothing_drifted_are_told_apart(empty_bench: Bench) -> None:
    app = empty_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("2")
        await shows(pilot, "Nothing has been compared yet. r reads both sources.")
        await pilot.press("r")
        await shows(pilot, "leaver still active")
        with open_cache(empty_bench.data / "cache.db") as cache:
            _store(cache, ())
        app.data_changed()
        await shows(pilot, "This is gone from the list since the last refresh.")
        await pilot.press("1", "2")
        await shows(pilot, "Nothing has drifted: everything is in step.")
        assert "= in step" in text_of(app)


async def test_what_was_not_wholly_read_is_said_above(empty_bench: Bench) -> None:
    bench = empty_bench
    bench.pair.secrets.faults.add(Fault(Effect.NO_PROOF, Ability.LIST_GRANTS, times=None))
    await bench.engine.refresh(lambda _event: None, lambda: False)
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.press("2")
        await shows(pilot, "? there may be more: corp-vault not read wholly")


async def test_a_list_that_cannot_be_read_says_so(
    read_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> object:
        raise OSError("the disk is gone")

    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await ready(pilot, app)
        monkeypatch.setattr("keyturn_storage.queries.finding_lines.finding_nos", broken)
        await pilot.press("2")
        await shows(pilot, "This list could not be read.")
        await shows(pilot, "the disk is gone")


async def test_a_hundred_thousand_findings_are_read_by_the_page(read_bench: Bench) -> None:
    many = 100_000
    with open_cache(read_bench.data / "cache.db") as cache:
        _store(cache, [_finding(number) for number in range(many)])
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        screen = await at_screen(pilot, app, "2", Drift)
        await shows(pilot, "Findings 100,000")
        await pilot.press("G")
        await shows(pilot, "person-099994")
        assert len(screen.table._known) < 1_000
        await pilot.press("slash", *"person-077", "enter")
        await shows(pilot, "Findings 1,000/100,000")
        await shows(pilot, "person-077000")
        await pilot.press("o")
        await shows(pilot, "sorted by kind")
        assert screen.table.content.cursor_id in screen.table.content.shown


async def test_it_is_remembered_where_the_operator_was(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await at_screen(pilot, app, "2", Drift)
        await pilot.press("q")
    again = read_bench.app()
    async with again.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: isinstance(again.screen, Drift))
        await pilot.press("1")
        await until(pilot, lambda: again.screen is access(again))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_no_line_is_wider_or_narrower_than_the_terminal(
    read_bench: Bench, size: tuple[int, int]
) -> None:
    app = read_bench.app()
    async with app.run_test(size=size) as pilot:
        screen = await at_screen(pilot, app, "2", Drift)
        await until(pilot, lambda: "remedy" in text_of(app))
        assert {len(line) for line in lines_of(app)} == {size[0]}
        assert len(_subjects(screen)) == len(screen.table.content.ids)


def test_there_is_an_order_for_each_that_the_key_promises() -> None:
    assert [order.value for order in Order] == ["severity", "kind", "person", "vault", "newest"]


def _finding(number: int) -> FindingIn:
    return FindingIn(
        id_of(number + 1), f"kind {number % 7}", "medium", 2, "-", "", "secrets/account/x",
        f"person-{number:06d}", "secrets/vault/v", f"vault {number % 97}", "It differs.",
        json.dumps({}),
    )  # fmt: skip


def _store(cache: Cache, findings: Sequence[FindingIn]) -> None:
    ids = {row.source.side: row.snapshot_id for row in cache.sources()}
    cache.store_assessment(ids[Side.DIRECTORY], ids[Side.SECRETS], 1_800_000_000_000, [], [],
                           findings)  # fmt: skip


async def excepted(app: KeyturnApp, finding: str) -> str:
    """What is copied where the finding with these words is excepted by keys: r.silva answers for
    it, for the year end."""
    async with app.run_test(size=(120, 40)) as pilot:
        await at_screen(pilot, app, "2", Drift)
        await pilot.press("slash", *finding, "enter")
        await shows(pilot, "makes an exception")
        await pilot.press("e")
        await shows(pilot, "Who answers?")
        await pilot.press("enter")
        await shows(pilot, "Say who answers for it: it stands in keyturn.yaml.")
        await pilot.press(*"r.silva", "enter")
        await shows(pilot, "Why?")
        await pilot.press(*"year end", "enter")
        await shows(pilot, "Until when?")
        await pilot.press("enter")
        await shows(pilot, "An exception, to be reviewed")
        return app.clipboard


async def test_a_direct_grant_is_excepted_as_text_with_owner_reason_and_day(
    read_bench: Bench,
) -> None:
    text = await excepted(read_bench.app(), "payments dana")
    assert 'name: "Payments"' in text
    assert 'owner: "r.silva", reason: "year end"' in text


async def test_an_exception_for_what_is_wider_than_one_there_is_allows_all_of_it(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    pair = simulated_pair(lifecycle=True)
    held = next(
        grant for held in pair.secrets.tenant.grants.values() for grant in held.values()
        if grant.vault_id == "v-payments" and grant.principal_kind is PrincipalKind.ACCOUNT
    )  # fmt: skip
    listed = held.permissions[:1]
    waiver = Waiver("p001@acme.example", NamedId("v-payments", "Payments"), Level.UNKNOWN, 2**42,
                    "o", "r", "", 30, listed)  # fmt: skip
    policy = Policy(replace(rules_of(pair), exceptions=(waiver,)))
    made = Bench(data, pair, SimulatedDoors(pair, policy), Watch())
    await made.engine.refresh(lambda _event: None, lambda: False)
    (item,) = yaml.safe_load(await excepted(made.app(), "wider dana"))
    made.close()
    assert set(item["permissions"]) == set(held.permissions) > set(listed)


async def test_what_no_exception_is_for_says_so(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await at_screen(pilot, app, "2", Drift)
        await pilot.press("slash", *"leaver", "enter")
        await shows(pilot, "leaver still active")
        await pilot.press("e")
        await shows(pilot, "can be excepted")


async def test_while_both_sources_are_read_for_the_first_time_that_is_said(
    empty_bench: Bench,
) -> None:
    go_on = threading.Event()

    async def slow(_observe: object, _stop: object) -> None:
        go_on.wait(30)

    app = empty_bench.app()
    async with app.run_test(size=(120, 40)) as pilot:
        app.start(REFRESHING, slow, lambda _: None)
        await pilot.press("2")
        await shows(pilot, "Nothing has been compared yet. Both sources are being read.")
        go_on.set()
