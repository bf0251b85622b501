"""Several who left, and one list of what has to be changed: each item once, with who knew it."""

from tests.tui.looking import quiet, shows, text_of, until
from tests.tui.plan_review import SIZE, review
from tests.tui.several_leavers import THREE, go_to, opened, screen
from tests.tui.simulated import START_MS, Bench

from keyturn.tui.screens.shared_rotation import SharedRotation
from keyturn_storage.journal import open_journal
from keyturn_storage.stream_archive import begin_stream, store_page
from keyturn_storage.stream_rows import EventIn, PageIn


def archive(bench: Bench, *uses: tuple[str, str, str]) -> None:
    """What these people did with items of Payments: (name, item, action)."""
    accounts = {one.display_name: one.id for one in bench.pair.secrets.tenant.accounts.values()}
    events = tuple(
        EventIn(f"u{number}", START_MS - 9_000, action, "{}", accounts[name], "v-payments", item)
        for number, (name, item, action) in enumerate(uses)
    )
    with open_journal(bench.data / "journal.db") as journal:
        begin_stream(journal, bench.pair.secrets.tenant.source, "item usages", 0)
        store_page(journal, 1, PageIn(events, None, "p1", START_MS, START_MS + 3_600_000))


async def test_after_the_run_of_several_one_list_has_each_item_once_by_keys_alone(
    read_bench: Bench,
) -> None:
    archive(
        read_bench,
        ("Dana Okafor", "card", "view"),
        ("Ravi Menon", "card", "export"),
        ("Ravi Menon", "bank", "reveal"),
    )
    app = read_bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await opened(app, pilot, *THREE)
        await go_to(app, pilot, "rotation")
        await shows(pilot, "Each item stands once")
        await pilot.press("p")
        await shows(pilot, "then type 3")
        await pilot.press("c", "3", "enter")
        await until(pilot, lambda: review(app).ended is not None)
        await quiet(pilot, app)
        await pilot.press("escape")
        await shows(pilot, "3 of 3 verified")
        await quiet(pilot, app)
        await pilot.press("T")
        await until(pilot, lambda: screen(app).rotation is not None)
        await quiet(pilot, app)
        await shows(pilot, "Ravi Menon, Dana Okafor: exported")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, SharedRotation))
        await shows(pilot, "3 people: ")
        assert isinstance(app.screen, SharedRotation)
        table = app.screen.table
        await table.settled()
        rows = [line for line in text_of(app).splitlines() if line.startswith("┃")]
        first, second = (row for row in rows if " same day " in row or " 24 h " in row)
        assert "card" in first
        assert "Ravi Menon, Dana" in first
        assert "bank" in second
        assert sum(" card " in row for row in rows) == 1
        await shows(pilot, "Ravi Menon: exported; 1 use, last ")
        await shows(pilot, "Dana Okafor: opened; 1 use, last ")
        await pilot.press("slash", *"dana card", "enter")
        await until(pilot, lambda: len(table.content.shown) == 1)
        await pilot.press("escape", "escape")
        # Who is left out is out of the list, which has to be read anew.
        await go_to(app, pilot, "Ravi Menon")
        await pilot.press("u")
        await until(pilot, lambda: screen(app).rotation is None)
        await quiet(pilot, app)
