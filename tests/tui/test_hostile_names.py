"""A tenant full of hostile names through every screen: nothing leaves raw, nothing is interpreted.

Names come here as they are: the simulated tenants do not make them safe at the provider's border,
so that the border where strips are drawn is tested by itself.
"""

from collections.abc import Sequence
from dataclasses import replace

from rich.cells import cell_len
from tests.tui.hostile import HOSTILE, SIZE, Seen, hostile, poison, raw
from tests.tui.looking import access, lines_of, pane, quiet, ready, shows, until
from tests.tui.simulated import Bench

from keyturn.tui.actions import Where
from keyturn.tui.app import KeyturnApp
from keyturn.tui.data import Pane
from keyturn.tui.screens.dialog import Dialog
from keyturn.tui.screens.differences import Differences
from keyturn.tui.screens.history import History
from keyturn.tui.screens.offboard import Offboard
from keyturn.tui.screens.plan import PlanReview
from keyturn.tui.screens.sources import Sources
from keyturn.tui.state import Remembered, remember
from keyturn_providers.abilities import Ability
from keyturn_providers.errors import NotAllowed
from keyturn_providers.records import AccountState, MachineIdentity
from keyturn_providers.simulated.faults import ABOUT
from keyturn_providers.simulated.remote import Moment, Remote

EDGES = "│┃╭╮╰╯┏┓┗┛"
HOUR_MS = 3_600_000


def rename(bench: Bench) -> None:
    """Before the second read: somebody is suspended, and everybody in secrets is called anew."""
    bench.watch.at_ms += 72 * HOUR_MS
    tenant = bench.pair.secrets.tenant
    for number, account in enumerate(list(tenant.accounts.values())):
        tenant.add(replace(account, display_name=hostile(number + 1)))
    tenant.add(replace(tenant.accounts["s-003"], state=AccountState.SUSPENDED))


def refuse(remote: Remote, *abilities: Ability | str) -> None:
    """Answers these with an error whose every word is hostile."""
    words = " ".join(HOSTILE[:10])

    async def at(moment: Moment) -> None:
        if moment.ability in abilities:
            raise NotAllowed("corp\x1b]52;c;ZQ==\x07", f"could not {words}", words, words)

    remote.at = at


async def test_no_screen_lets_a_hostile_name_out(empty_bench: Bench, written: list[str]) -> None:
    bench = empty_bench
    poison(bench)
    name = " ".join(HOSTILE[:10])
    bench.pair.secrets.tenant.add(MachineIdentity("m", name, name, note=name, scopes=HOSTILE))
    await bench.engine.refresh(lambda _event: None, lambda: False)
    rename(bench)
    await bench.engine.refresh(lambda _event: None, lambda: False)
    remember(bench.data, Remembered().with_saved("drift", hostile(0), "/".join(HOSTILE[:8])))
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        seen = Seen(pilot, written)
        await _access(app, seen)
        await _lists(app, seen)
        await _cards(app, seen)
        await _past(app, seen)
        await _pickers(app, seen)
        await _leaver(bench, app, seen)
        await _sources(bench, app, seen)
        await pilot.press("3")
        await shows(pilot, "! failure")
        await shows(pilot, "[red]Robert")
        seen.look("failures whose words are hostile")

    assert "".join(written).count("Robert") > 3
    assert raw(written) == set()
    assert "\x1b]52" not in "".join(written)
    assert seen.places == set(Where) - {Where.EVERYWHERE, Where.LIST}, "a screen without a look"
    assert len(seen.screens) == 40


async def _access(app: KeyturnApp, seen: Seen) -> None:
    pilot = seen.pilot
    await ready(pilot, app)
    seen.look("users in front")
    seen.markup_is_literal()
    for name in ("groups", "grants"):
        await pilot.press("tab")
        await pilot.pause()
        await until(pilot, lambda: access(app).front.value == name)  # noqa: B023 - awaited here
        seen.look(f"{name} in front")
    await pilot.press("tab", "a", "slash", *"[red]")
    await until(pilot, lambda: pane(app, Pane.USERS).needle == "[red]")
    await shows(pilot, "find: [red]")
    seen.look("find")
    await pilot.press("escape")
    await until(pilot, lambda: pane(app, Pane.USERS).needle == "")
    await pilot.press("w")
    await until(pilot, lambda: isinstance(app.screen, Dialog))
    await pilot.pause()
    seen.look("why")
    await pilot.press("escape", "question_mark")
    await until(pilot, lambda: isinstance(app.screen, Dialog))
    await shows(pilot, "Everywhere")
    seen.look("help")
    await pilot.press("escape", "ctrl+p", *"xx")
    await shows(pilot, "person: ")
    seen.look("palette")
    await pilot.press("escape")
    await until(pilot, lambda: app.screen is access(app))


async def _lists(app: KeyturnApp, seen: Seen) -> None:
    pilot = seen.pilot
    for key, place in (("2", "remedy"), ("3", "read"), ("5", "U+009B")):
        for size in ((80, 24), SIZE):
            await pilot.resize_terminal(*size)
            await pilot.press(key)
            await shows(pilot, place)
            seen.look(f"screen {key} at {size}")
    seen.markup_is_literal()
    await pilot.press("1")
    await until(pilot, lambda: app.screen is access(app))


async def _cards(app: KeyturnApp, seen: Seen) -> None:
    pilot = seen.pilot
    await pilot.resize_terminal(80, 24)
    access(app).go_to_person("d:d-001")
    await until(pilot, lambda: "d-001" in access(app).person_key)
    await pilot.press("i")
    await shows(pilot, "matched")
    seen.look("person")
    seen.markup_is_literal()
    for key, words in (("j", "The way in"), ("G", "Gate by gate")):
        await pilot.press(key)
        await shows(pilot, words)
        seen.look(words)
    await pilot.press("1")
    access(app).go_to_vault("v-payments")
    await until(pilot, lambda: access(app).hand.vault.key == "v-payments")
    await pilot.press("V")
    await shows(pilot, "managed by")
    seen.look("vault")
    await pilot.press("1", "a")
    await until(pilot, lambda: app.screen is access(app))


async def _past(app: KeyturnApp, seen: Seen) -> None:
    pilot = seen.pilot
    await pilot.resize_terminal(*SIZE)
    await pilot.press("4")
    await shows(pilot, "read #")
    seen.look("history")
    await pilot.press("G", "d")
    await until(pilot, lambda: isinstance(app.screen, Differences))
    await shows(pilot, "name: ")
    await pilot.press("down")
    await shows(pilot, "first so in the read")
    seen.look("differences")
    await pilot.press("escape")
    await until(pilot, lambda: isinstance(app.screen, History))
    await pilot.press("G", "enter")
    await shows(pilot, "AS OF")
    await pilot.press("1")
    await until(pilot, lambda: app.screen is access(app))
    await shows(pilot, "AS OF")
    seen.look("as of")
    await pilot.press("t")
    await until(pilot, lambda: app.back is None)


async def _pickers(app: KeyturnApp, seen: Seen) -> None:
    pilot = seen.pilot
    await pilot.press("2")
    await shows(pilot, "remedy")
    opened = (
        ("F", "Saved filters"), ("H", "always shown"), ("J", "Jobs"), ("f3", "(1 of 5)"),
    )  # fmt: skip
    for key, words in opened:
        await pilot.press(key)
        await shows(pilot, words)
        seen.look(words)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.frame)
    await pilot.press("ctrl+k", *"red")
    await shows(pilot, "[red]")
    seen.look("jump")
    await pilot.press("escape", "1")
    await until(pilot, lambda: app.screen is access(app))


async def _leaver(bench: Bench, app: KeyturnApp, seen: Seen) -> None:
    pilot = seen.pilot
    access(app).go_to_person("d:d-001")
    await until(pilot, lambda: "d-001" in access(app).person_key)
    await pilot.press("space", "down", "space", "o")
    await shows(pilot, "Offboard 2 people")
    await quiet(pilot, app)
    seen.look("leavers")
    seen.markup_is_literal()
    await pilot.press("escape", "u")
    access(app).go_to_person("d:d-001")
    await until(pilot, lambda: "d-001" in access(app).person_key)
    await pilot.press("o")
    await shows(pilot, "t-dana-1")
    assert isinstance(app.screen, Offboard)
    seen.look("offboard")
    seen.markup_is_literal()
    await pilot.press("p")
    await shows(pilot, "Guards")
    seen.look("plan")
    seen.markup_is_literal()
    refuse(bench.pair.secrets.remote, Ability.END_SESSIONS)
    await pilot.press("c")
    review = app.screen
    assert isinstance(review, PlanReview)
    await pilot.press(*review.plan.confirm_with, "enter")
    await until(pilot, lambda: review.ended is not None)
    await pilot.press("g")
    await pilot.pause()
    seen.look("result, top")
    await pilot.press("G", "end")
    await pilot.pause()
    seen.look("result, end")
    await quiet(pilot, app)
    await pilot.press("escape")
    await shows(pilot, "of 5 proven")
    await quiet(pilot, app)
    seen.look("case")
    await pilot.press("T")
    await shows(pilot, "to change, ")
    seen.look("rotation in the case")
    await pilot.press("enter")
    await shows(pilot, "To change")
    seen.look("rotation")
    await pilot.press("7")
    await shows(pilot, "opens it: plan")
    seen.look("cases")
    seen.markup_is_literal()
    await pilot.press("1")
    await until(pilot, lambda: app.screen is access(app))


async def _sources(bench: Bench, app: KeyturnApp, seen: Seen) -> None:
    pilot = seen.pilot
    refuse(bench.pair.secrets.remote, Ability.LIST_GRANTS, ABOUT)
    await pilot.press("6")
    await until(pilot, lambda: isinstance(app.screen, Sources))
    await pilot.press("c")
    await shows(pilot, "no answer")
    await pilot.press("j")
    await shows(pilot, "could not [red]")
    seen.look("a source that refuses")
    refuse(bench.pair.secrets.remote, Ability.LIST_GRANTS)
    await pilot.press("r")
    await shows(pilot, "✗ incomplete")
    await quiet(pilot, app)
    seen.look("an incomplete source")
    refuse(bench.pair.secrets.remote, ABOUT)
    await pilot.press("r")
    await until(pilot, lambda: app.frame is not None and app.frame.has_trouble)
    seen.look("an error that stays")
    await pilot.press("escape", "escape")
    await until(pilot, lambda: app.screen is access(app))
    seen.look("access at the end")
    await pilot.resize_terminal(80, 24)
    await pilot.pause()
    seen.look("access, narrow")


async def test_the_frame_stands_where_it_stands_with_plain_names(empty_bench: Bench) -> None:
    frames: list[list[tuple[int, str]]] = []
    for poisoned in (False, True):
        if poisoned:
            poison(empty_bench)
        await empty_bench.engine.refresh(lambda _event: None, lambda: False)
        app = empty_bench.app()
        async with app.run_test(size=SIZE) as pilot:
            await ready(pilot, app)
            frames.append(_edges(lines_of(app)[1:30]))

    assert len(frames[0]) > 100
    assert frames[0] == frames[1]


def _edges(lines: Sequence[str]) -> list[tuple[int, str]]:
    """Where the borders are: the column in cells, for every border character of every line."""
    return [
        (cell_len(line[:place]), char)
        for line in lines
        for place, char in enumerate(line)
        if char in EDGES
    ]
