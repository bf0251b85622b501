"""The cards of a person and of a vault: answers, copying, the vendor's page, odd states."""

from dataclasses import replace
from functools import partial
from itertools import pairwise

import pytest
from rich.cells import cell_len
from tests.tui.looking import access, lines_of, pane, ready, shows, text_of, until
from tests.tui.simulated import Bench, stopped_run
from tests.tui.two_reads import HOUR_MS, at_past, change, read
from textual.events import Key
from textual.pilot import Pilot

from keyturn.run.deep_links import Link, LinkKind
from keyturn.tui.app import KeyturnApp
from keyturn.tui.card_lines import as_text
from keyturn.tui.data import Pane
from keyturn.tui.screens.activity import Activity
from keyturn.tui.screens.card import Card
from keyturn.tui.screens.console import has_browser
from keyturn_providers.records import AccountState, Grant, Group, Level, PrincipalKind, Vault
from keyturn_storage.journal import open_journal
from keyturn_storage.queries.activity import RunLine

HOSTILE = "x[/b] [red]Mallory\x1b]52;c;bWFs\x07\u202e\u200b" + "🦊" * 40


async def _card(pilot: Pilot[None], app: KeyturnApp) -> Card[object]:
    """The card in front, once its lines are there."""
    await until(pilot, lambda: isinstance(app.screen, Card) and app.screen.alive)
    found = app.screen
    assert isinstance(found, Card)
    await until(pilot, lambda: found.table.row is not None and found.text.lines)
    return found


async def _left(card: Card[object], typed: str) -> list[str]:
    """Which lines a filter leaves."""
    card.table.filter(typed)
    await card.table.settled()
    rows = [card.table.row_at(index) for index in range(len(card.table.content.shown))]
    return [row.label for row in rows if row is not None]


async def _offered(card: Card[object], typed: str) -> list[str]:
    return [one.shown for one in await card.table.suggest(typed, 9)]


def _said(card: Card[object]) -> str:
    return as_text(card.text.lines)


async def test_can_dana_open_payments_in_a_few_keys(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        await pilot.press("slash", *"dana", "enter", "i")
        card = await _card(pilot, app)
        await pilot.press("slash", *"pay", "enter")
        await shows(pilot, "Dana Okafor can manage Payments because of a direct grant")
        await pilot.press("tab", "end")
        await shows(pilot, "Revoke manage on Payments from Dana Okafor in corp-vault.")
        assert card.hand.vault.name == "Payments"
        await pilot.press("escape", "escape", "escape")
        await until(pilot, lambda: app.screen is access(app))


async def test_ways_that_are_too_many_to_be_told_are_said_to_be_there(read_bench: Bench) -> None:
    secrets = read_bench.pair.secrets.tenant
    names = [[f"n{level}-{side}" for side in "ab"] for level in range(9)]
    secrets.add(*(Group(name, name) for pair in names for name in pair))
    for inner, outer in pairwise(names):
        for a in inner:
            for b in outer:
                secrets.nest(b, a)
    secrets.join("n0-a", ["s-001"])
    secrets.add(Grant("v-billing", PrincipalKind.GROUP, "n8-a", Level.READ, "to-n8"))
    await read(read_bench)
    app = read_bench.app()
    async with app.run_test(size=(120, 60)) as pilot:
        await ready(pilot, app)
        await pilot.press("slash", *"dana", "enter", "i")
        await _card(pilot, app)
        await pilot.press("slash", *"billing", "enter")
        await shows(pilot, "The way in")
        await pilot.press("tab", "end")
        await shows(pilot, "? There may be more ways: only the shortest through")


async def test_a_card_is_filtered_by_what_somebody_may_and_by_what(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        await pilot.press("slash", *"dana", "enter", "i")
        card = await _card(pilot, app)

        left = partial(_left, card)
        everything = await left("")
        assert await left("may:manage") == ["Payments"]
        assert await left("vault:pay by:direct") == ["Payments"]
        opened, closed = await left("may:any"), await left("may:none")
        assert sorted(opened + closed) == sorted(everything[1:])
        assert "Payments" not in await left('-"payments"')
        assert await _offered(card, "may:") == ["may:manage", "may:write"]
        assert await _offered(card, "vault:pay") == ["vault:Payments"]
        assert await left("dept:x") == []
        assert "there is no dept: here" in card.table.hint


async def test_a_vault_is_filtered_by_what_people_may_by_what_and_who_is_off(
    read_bench: Bench,
) -> None:
    tenant = read_bench.pair.secrets.tenant
    tenant.add(
        Vault("v-team", "Team"),
        Group("s-crew", "crew"),
        Grant("v-team", PrincipalKind.GROUP, "s-crew", Level.READ, "group/s-crew/policy/team"),
        Grant("v-team", PrincipalKind.ACCOUNT, "s-001", Level.MANAGE, "account/s-001/policy/team"),
        Grant("v-team", PrincipalKind.ACCOUNT, "s-002", Level.WRITE, "account/s-002/policy/team"),
        replace(tenant.accounts["s-003"], state=AccountState.SUSPENDED),
    )
    tenant.join("s-crew", ["s-002", "s-003"])
    await read(read_bench)
    app = read_bench.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: access(app).alive)
        app.show_vault("v-team", "Team")
        card = await _card(pilot, app)
        dana, ravi, lea = "Dana Okafor", "Ravi Menon", "Lea Baum"
        left = partial(_left, card)
        assert sorted(await left("")) == sorted(["Team", "crew", dana, ravi, dana, ravi, lea])
        assert await left("may:manage") == [dana, dana]
        assert sorted(await left("may:read")) == [lea, ravi, "crew"]
        assert sorted(await left("by:crew")) == [lea, ravi]  # by every way, not only by the best
        assert await left("by:crew -may:suspended") == [ravi]
        assert await left("state:suspended") == await left("may:suspended") == [lea]
        assert await left("by:group") == ["crew"]
        assert sorted(await left("by:direct")) == [dana, dana, ravi, ravi]
        assert await left("p003") == [lea]  # the login
        assert await _offered(card, "by:") == ["by:direct", "by:crew"]
        assert await _offered(card, "state:s") == ["state:suspended"]
        assert await left("dept:x") == []
        assert "there is no dept: here" in card.table.hint


async def test_why_not_for_a_vault_somebody_lacks(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        access(app).go_to_person("d:d-003")
        await until(pilot, lambda: access(app).person_key == "d:d-003")
        await pilot.press("i")
        card = await _card(pilot, app)
        await pilot.press("slash", *"payments", "enter")
        await shows(pilot, "has no access to Payments")
        assert "Does the policy give anybody Payments? NO: no mapping names it" in _said(card)


async def test_what_is_copied_is_said_and_is_plain_text(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await ready(pilot, app)
        await pilot.press("i")
        await _card(pilot, app)
        await pilot.press("j")
        await shows(pilot, "The way in")
        await pilot.press("y")
        await shows(pilot, "Dana Okafor and Payments:")
        text = app.clipboard
        assert text.startswith("Dana Okafor (p001@acme.example), vault Payments\n")
        assert "Smallest cut" in text
        assert "As read by keyturn: corp-id 2027-01-15" in text
        assert not {char for char in text if ord(char) < 32} - {"\n"}
        await pilot.press("k")
        await shows(pilot, "matched")
        await pilot.press("y")
        await until(pilot, lambda: "Groups" in app.clipboard)


async def test_the_vault_says_who_opens_it_and_leads_to_the_person(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        access(app).go_to_vault("v-payments")
        await until(pilot, lambda: access(app).hand.vault.key == "v-payments")
        await pilot.press("V")
        card = await _card(pilot, app)
        await shows(pilot, "managed by")
        await shows(pilot, "Dana Okafor and keyturn")
        await pilot.press("slash", *"dana", "enter")
        await until(pilot, lambda: card.hand.person)
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard.startswith("Vault Payments and Dana Okafor"))
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is not card)
        person = await _card(pilot, app)
        await until(pilot, lambda: person.hand.vault.name == "Payments")


async def test_a_group_that_opens_a_vault_leads_to_access(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        app.show_vault("v-platform", "Platform Prod")
        await _card(pilot, app)
        await pilot.press("slash", *"eng", "enter")
        await shows(pilot, "group of")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is access(app))
        await until(pilot, lambda: access(app).front is Pane.GROUPS)
        row = pane(app, Pane.GROUPS)
        await until(pilot, lambda: row.row is not None and row.row.label == "eng-platform")


async def test_the_vendors_pages_are_shown_where_no_browser_can_be_opened(
    read_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    assert not has_browser(web=False)
    assert has_browser(web=True)
    app = read_bench.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        await pilot.press("b")
        await shows(pilot, "https://acme-admin.okta.com/admin/user/profile/view/d-001")
        assert "No browser can be opened from this terminal." in text_of(app)
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard.startswith("https://acme-admin.okta.com"))
        await until(pilot, lambda: app.screen is app.frame)
        await pilot.press("b")
        await shows(pilot, "1-2 copy")
        await pilot.press("2")
        await until(pilot, lambda: app.clipboard.startswith("https://bao.acme.example"))


async def test_a_browser_is_given_the_page(
    read_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    opened: list[str] = []
    app = read_bench.app()
    monkeypatch.setattr(app, "open_url", opened.append)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        await pilot.press("b")
        await shows(pilot, "1-2 open")
        await pilot.press("2")
        await until(pilot, lambda: opened)
    assert opened == [
        "https://bao.acme.example:8200/ui/vault/access/identity/entities/s-001/details"
    ]


async def test_keys_without_anything_in_hand_say_why(empty_bench: Bench) -> None:
    app = empty_bench.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen_stack and access(app).alive)
        for key, words in (
            ("i", "Person: put the cursor"), ("V", "Vault: put the cursor"),
            ("y", "Copy: there is no text"), ("b", "Console: put the cursor"),
        ):  # fmt: skip
            await pilot.press(key)
            await shows(pilot, words)


async def test_a_card_of_nobody_says_so_and_a_refresh_fills_it(empty_bench: Bench) -> None:
    app = empty_bench.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen_stack and access(app).alive)
        app.show_person("d:d-001", "Dana Okafor")
        await shows(pilot, "is in the newest read. r reads both sources.")
        app.show_vault("v-payments", "Payments")
        await shows(pilot, "No vault of this id is in the newest read.")
        await pilot.press("r")
        await shows(pilot, "managed by")
        await pilot.press("escape")
        await shows(pilot, "Drift 3")


@pytest.mark.parametrize(
    ("state", "opens", "line"),
    [
        (AccountState.SUSPENDED, "nothing while suspended; else 2 vaults", "2 vaults (off)"),
        (AccountState.INVITED, "nothing while invited; else 2 vaults", "2 vaults (invited)"),
        (AccountState.UNKNOWN, "perhaps 2 vaults", "2 vaults (unkno"),
    ],
)
async def test_who_is_not_active_opens_nothing_now(
    read_bench: Bench, state: AccountState, opens: str, line: str
) -> None:
    tenant = read_bench.pair.secrets.tenant
    tenant.add(replace(tenant.accounts["s-001"], state=state))
    await read_bench.engine.refresh(lambda _event: None, lambda: False)
    app = read_bench.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: access(app).alive)
        app.show_person("d:d-001", "Dana Okafor")
        card = await _card(pilot, app)
        await shows(pilot, line)
        assert f"opens       {opens}" in _said(card)


async def test_a_manager_who_is_suspended_manages_nothing(read_bench: Bench) -> None:
    tenant = read_bench.pair.secrets.tenant
    tenant.add(
        Vault("v-solo", "Solo"),
        Grant("v-solo", PrincipalKind.ACCOUNT, "s-001", Level.MANAGE, "account/s-001/policy/solo"),
    )
    await read_bench.engine.refresh(lambda _event: None, lambda: False)
    app = read_bench.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: access(app).alive)
        app.show_vault("v-solo", "Solo")
        card = await _card(pilot, app)
        assert "managed by  1: Dana Okafor\n" in _said(card)
        tenant.add(replace(tenant.accounts["s-001"], state=AccountState.SUSPENDED))
        await pilot.press("r")
        await until(
            pilot,
            lambda: "managed by  nobody who can now; 1: Dana Okafor (suspended)" in _said(card),
        )


async def test_hostile_names_change_nothing_outside_their_cell(read_bench: Bench) -> None:
    tenant = read_bench.pair.secrets.tenant
    tenant.add(
        Vault("v-odd", HOSTILE),
        Grant("v-odd", PrincipalKind.ACCOUNT, "s-001", Level.READ, "account/s-001/policy/odd"),
    )
    await read_bench.engine.refresh(lambda _event: None, lambda: False)
    app = read_bench.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot, app)
        await pilot.press("i")
        await _card(pilot, app)
        await pilot.press("slash", *"mallory", "enter")
        await shows(pilot, "The way in")
        assert {cell_len(line) for line in lines_of(app)} == {80}
        await pilot.press("y")
        await until(pilot, lambda: app.clipboard)
        assert "\x1b" not in app.clipboard
        assert "\u202e" not in app.clipboard
        await pilot.press("V")
        await shows(pilot, "managed by")
        assert "\x1b" not in text_of(app)


async def test_a_policy_that_cannot_be_read_is_told_on_the_card(
    read_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = read_bench.app()

    def broken() -> object:
        raise LookupError("keyturn.yaml:3:1 is wrong")

    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        monkeypatch.setattr(app.parts.data, "_rules", broken)
        await pilot.press("i")
        await shows(pilot, "keyturn.yaml:3:1 is wrong")


async def test_a_deep_link_opens_there(read_bench: Bench) -> None:
    await stopped_run(read_bench)
    with open_journal(read_bench.data / "journal.db") as journal:
        (run,) = journal.runs()
    app = read_bench.app(link=Link(LinkKind.USER, "d:d-003", "Lea Baum"))
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "Lea Baum")
        assert (await _card(pilot, app)).hand.person.key == "d:d-003"
        app.follow(Link(LinkKind.VAULT, "v-payments", "Payments"))
        await shows(pilot, "managed by")
        app.follow(Link(LinkKind.GROUP, "d:dg-finance", "finance"))
        shown = pane(app, Pane.GROUPS)
        await until(pilot, lambda: shown.row is not None and shown.row.label == "finance")
        app.follow(Link(LinkKind.RUN, run.id, run.title))
        await until(pilot, lambda: isinstance(app.screen, Activity) and app.screen.alive)
        found = app.screen
        assert isinstance(found, Activity)
        await until(pilot, lambda: isinstance(_about(found), RunLine))
        app.follow(Link(LinkKind.RUN, "gone", ""))
        await shows(pilot, "Run gone is not among those shown.")


def _about(screen: Activity) -> object:
    row = screen.table.row
    return row.about if row is not None else None


async def test_as_of_an_earlier_read_the_card_tells_of_then(read_bench: Bench) -> None:
    await change(read_bench)
    read_bench.watch.at_ms += 72 * HOUR_MS
    await read(read_bench)
    app = read_bench.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await at_past(pilot, app)
        app.show_person("d:nobody", "Nobody")
        await shows(pilot, "Nobody of this id was in the read")
        await pilot.press("escape")
        app.show_person("d:d-001", "Dana Okafor")
        then = await _card(pilot, app)
        await until(pilot, lambda: "Payments" in _said(then))
        assert " ended (" not in _said(then)
        await pilot.press("t")
        await until(pilot, lambda: app.back is None)
        await until(pilot, lambda: "manage on Payments ended" in _said(then))
        await pilot.press("slash", *"payments", "enter")
        await until(pilot, lambda: "has no access to Payments" in _said(then))


async def test_what_is_copied_is_about_the_row_under_the_cursor_however_fast_the_keys(
    read_bench: Bench,
) -> None:
    app = read_bench.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        await pilot.press("i")
        card = await _card(pilot, app)
        for key in ("j", "j", "y"):
            _ = app.post_message(Key(key, key))
        await until(pilot, lambda: app.clipboard)
        vault = card.hand.vault.name
        assert app.clipboard.startswith(f"Dana Okafor (p001@acme.example), vault {vault}\n")
        assert f"Dana Okafor can write to {vault}" in app.clipboard


async def test_nothing_is_copied_where_no_row_is_left(read_bench: Bench) -> None:
    app = read_bench.app()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot, app)
        await pilot.press("i")
        card = await _card(pilot, app)
        await pilot.press("j")
        await shows(pilot, "Dana Okafor and Payments")
        await pilot.press("slash", *"zzz", "enter")
        await shows(pilot, "No line here has these words.")
        assert "and Payments" not in str(card.text.border_title)
        await pilot.press("y")
        await shows(pilot, "Copy: there is no text about what is in hand here.")
        assert app.clipboard == ""
